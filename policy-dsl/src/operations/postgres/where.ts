import { limitsByAll } from './conditions/all-of.ts'
import { type Effort, mentionsColumn, type Names, nothingJudged, type Scope } from './conditions/condition-scope.ts'
import { limits } from './conditions/limits.ts'
import { aliasOf, besides, isWhole, joinConditions, withCtes } from './conditions/subqueries.ts'
import { varies } from './conditions/varies.ts'
import { type Fields, fieldsOf, isFields, list, tableParts } from './tree.ts'

/** The table whose rows a statement changes, and what it joins them to. */
export interface Choice {
  target: Fields | null
  beside: unknown[]
  conditions: unknown[]
}

/** How many views over views are followed. */
const viewsMax = 16

const noNames: Omit<Names, 'effort'> = { variables: new Set(), relation: () => null, cte: () => null, query: () => null }

/**
 * Whether conditions limit the rows of the table that a statement changes.
 * `true`, `1 = 1`, `id = id`, `id = 3 OR true` do not, nor does
 * `id IS NOT NULL`, which is every row where the column is a key, nor
 * `id IN (SELECT id FROM orders)` for `orders`, nor what is only said of the
 * tables beside it. It errs to false: nothing counts but a condition that a
 * column of the table is in, and known ways to say nothing with one are told
 * apart. What no analysis of text can find stays: `id > 0` where every id is.
 */
export function picksRows({ target, beside, conditions }: Choice, names: Names): boolean {
  const scope = scopeOf(target, beside, names)
  const parts = [...conditions, ...beside.flatMap(joinConditions)].filter(isFields).map(node => ({ node, wanted: true }))
  const limits = limitsByAll(parts, scope, 0)
  return limits && !scope.budget.isSpent && parts.some(({ node }) => mentionsColumn(node, scope))
}

/** The same for a condition in which every column counts. */
export function limitsRows(condition: unknown, effort: Effort): boolean {
  return picksRows({ target: null, beside: [], conditions: [condition] }, { ...noNames, effort })
}

/** Whether an `INSERT … ON CONFLICT DO UPDATE` may meet every row of its table: its rows are that table's own, or counted off. */
export function meetsEveryRow(insert: Fields, names: Names): boolean {
  const target = isFields(insert['relation']) ? insert['relation'] : null
  const query = fieldsOf(insert['selectStmt'], 'SelectStmt')
  if (!target || !query) return false
  const scope = scopeOf(target, [], withCtes(insert, names))
  return isWhole(query, scope, 0) || scope.budget.isSpent
}

function scopeOf(target: Fields | null, beside: unknown[], names: Names): Scope {
  const table = target ? tableParts(target) : []
  const own = target ? aliasOf(target) : null
  const scope: Scope = {
    analysis: { limits, varies, isWhole },
    names,
    own,
    owned: new Set(own === null ? [] : [own]),
    tables: target ? tablesBehind(table, names) : [],
    relation: target ? names.relation(table) : null,
    beside: new Map(),
    isInner: false,
    judged: nothingJudged(),
    budget: { isSpent: false, wholes: new Map() },
  }
  return own === null ? scope : { ...scope, judged: nothingJudged(), beside: new Map(beside.flatMap(item => besides(item, scope, 0))) }
}

/** A table, or a view and what it is a view of, as far as that is one table. */
function tablesBehind(table: string[], names: Names): string[][] {
  const tables = [table]
  for (let query = names.query(table); query && tables.length < viewsMax;) {
    const from = list(query['fromClause'])
    const base = from.length === 1 ? fieldsOf(from[0], 'RangeVar') : null
    if (!base) break
    tables.push(tableParts(base))
    query = names.query(tableParts(base))
  }
  return tables
}
