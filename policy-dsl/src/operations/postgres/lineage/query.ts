import { fieldsOf, isFields, list, nameParts, readNode, text, type Fields } from '../tree.ts'
import { askWindow } from './call.ts'
import type { Context } from './context.ts'
import { askCondition, askValue, valueOf } from './expression.ts'
import { readFrom, renamed, type FromItem } from './from.ts'
import { isChange, readChange } from './change.ts'
import { scopeIn, type Scope } from './scope.ts'
import { targetColumns, uncounted } from './target.ts'
import { clean, derived, either, isMasked, type Column, type Value } from './value.ts'

/** The output columns of a statement that answers rows, wherever it stands. What it asks and changes on the way is held against the masks. */
export function readQuery(context: Context, statement: unknown, scope: Scope | null): Column[] {
  if (!isFields(statement)) return []
  return context.inside(() => {
    const { kind, fields } = readNode(statement, 'larg')
    if (kind === 'SelectStmt' || kind === 'Bare') return selectColumns(fields, scope, context)
    if (kind === 'ReturnStmt') return [{ name: '?column?', value: valueOf(fields['returnval'], scope, context) }]
    if (isChange(kind)) return readChange(kind, fields, withQueries(fields, scope, context), context)
    throw context.refuse(`the columns of \`${kind}\` are not known`, 'write it as a SELECT')
  })
}

function selectColumns(select: Fields, outer: Scope | null, context: Context): Column[] {
  const scope = withQueries(select, outer, context)
  const columns = isFields(select['larg'])
    ? setColumns(select, scope, context)
    : list(select['valuesLists']).length > 0
      ? valuesColumns(select, scope, context)
      : plainColumns(select, scope, context)
  for (const limit of [select['limitCount'], select['limitOffset']]) askValue(limit, 'LIMIT', scope, context)
  if (isFields(select['intoClause'])) for (const { value } of columns) context.forbidCopy(value, 'SELECT INTO')
  return columns
}

// --- WITH

function withQueries(statement: Fields, outer: Scope | null, context: Context): Scope {
  const clause = statement['withClause']
  const ctes = new Map<string, Column[]>()
  const scope = scopeIn(outer, ctes)
  if (!isFields(clause)) return scope
  const queries = list(clause['ctes']).map(item => fieldsOf(item, 'CommonTableExpr') ?? {})
  for (const cte of clause['recursive'] === true ? inOrder(queries, context) : queries) {
    const name = text(cte['ctename'])
    const columns = clause['recursive'] === true ? recursiveColumns(name, cte, ctes, scope, context) : cteColumns(cte, scope, context)
    ctes.set(name, columns)
  }
  return scope
}

/** With RECURSIVE a query may name any other of the list, before it or after it: each comes after those it names. */
function inOrder(queries: Fields[], context: Context): Fields[] {
  const ordered: Fields[] = []
  const waiting = new Set(queries)
  while (waiting.size > 0) {
    const next = [...waiting].find(cte =>
      [...waiting].every(other => other === cte || !namesRelation(cte['ctequery'], text(other['ctename']))),
    )
    if (!next)
      throw context.refuse(
        'queries of WITH RECURSIVE name one another',
        'give them names that are no table’s, and none that is used inside',
      )
    ordered.push(next)
    waiting.delete(next)
  }
  return ordered
}

function cteColumns(cte: Fields, scope: Scope, context: Context): Column[] {
  const columns = renamed(readQuery(context, cte['ctequery'], scope), nameParts(cte['aliascolnames']))
  const added: Column[] = []
  const by = (names: unknown): Value =>
    derived(columns.filter(column => nameParts(names).includes(column.name)).map(column => column.value))
  const search = bareOrTagged(cte['search_clause'], 'CTESearchClause')
  if (search) {
    context.ask(by(search['search_col_list']), 'anything', 'SEARCH')
    added.push({ name: text(search['search_seq_column']), value: by(search['search_col_list']) })
  }
  const cycle = bareOrTagged(cte['cycle_clause'], 'CTECycleClause')
  if (cycle) {
    context.ask(by(cycle['cycle_col_list']), 'anything', 'CYCLE')
    added.push({ name: text(cycle['cycle_mark_column']), value: clean })
    added.push({ name: text(cycle['cycle_path_column']), value: by(cycle['cycle_col_list']) })
  }
  return [...columns, ...added]
}

const roundsMax = 12

/** A query that reads itself is read until nothing new comes out of it; sources only ever grow. */
function recursiveColumns(name: string, cte: Fields, ctes: Map<string, Column[]>, scope: Scope, context: Context): Column[] {
  const query = fieldsOf(cte['ctequery'], 'SelectStmt')
  const isRecursive = query !== null && isFields(query['larg']) && namesRelation(query, name)
  if (!isRecursive) return cteColumns(cte, scope, context)
  let columns = renamed(
    selectColumns(query['larg'] as Fields, withQueries(query, scope, context), context),
    nameParts(cte['aliascolnames']),
  )
  for (let round = 0; round < roundsMax; round++) {
    ctes.set(name, columns)
    const next = cteColumns(cte, scope, context)
    const isSame = next.length === columns.length && next.every((column, at) => isSameValue(column.value, columns[at]!.value))
    columns = next
    if (isSame) return columns
  }
  const all = either(columns.map(column => column.value))
  return columns.map(column => ({ ...column, value: { ...all, isBare: false } }))
}

function isSameValue(one: Value, other: Value): boolean {
  return one.isBare === other.isBare && one.sources.length === other.sources.length
}

function namesRelation(tree: unknown, name: string): boolean {
  const waiting = [tree]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (Array.isArray(next)) waiting.push(...(next as unknown[]))
    if (!isFields(next)) continue
    if (next['relname'] === name) return true
    for (const key of Object.keys(next)) if (typeof next[key] === 'object' && next[key] !== null) waiting.push(next[key])
  }
  return false
}

function bareOrTagged(value: unknown, kind: string): Fields | null {
  if (!isFields(value)) return null
  return fieldsOf(value, kind) ?? value
}

// --- UNION, INTERSECT, EXCEPT, VALUES

function setColumns(select: Fields, scope: Scope, context: Context): Column[] {
  // A long UNION leans to the left: its arms are read without going down.
  const arms: { right: unknown; isAll: boolean }[] = []
  let left: Fields = select
  let leftScope = scope
  for (;;) {
    arms.unshift({ right: left['rarg'], isAll: left['op'] === 'SETOP_UNION' && left['all'] === true })
    const next = left['larg']
    if (!isFields(next)) break
    left = next
    if (!isFields(next['larg']) || isFields(next['withClause']) || hasTail(next)) break
    leftScope = scopeIn(leftScope)
  }
  let columns = selectColumns(left, leftScope, context)
  for (const { right, isAll } of arms) {
    columns = united(columns, isFields(right) ? selectColumns(right, scope, context) : [], context)
    if (!isAll) for (const { value } of columns) context.ask(value, 'anything', 'a set operation other than UNION ALL')
  }
  for (const item of list(select['sortClause'])) askSort(item, columns, null, context)
  return columns
}

function hasTail(select: Fields): boolean {
  return (
    list(select['sortClause']).length > 0 ||
    isFields(select['limitCount']) ||
    isFields(select['limitOffset']) ||
    isFields(select['intoClause'])
  )
}

function united(left: Column[], right: Column[], context: Context): Column[] {
  if ([...left, ...right].some(column => column.isMore)) {
    const value = derived([...left, ...right].map(column => column.value))
    if (isMasked(value)) throw uncounted(value, context)
    return [...left.filter(column => !column.isMore), { name: '*', value: clean, isMore: true }]
  }
  return left.map(({ name, value }, at) => ({ name, value: either([value, right[at]?.value ?? clean]) }))
}

function valuesColumns(select: Fields, scope: Scope, context: Context): Column[] {
  const rows = list(select['valuesLists']).map(row => list(fieldsOf(row, 'List')?.['items']).map(item => valueOf(item, scope, context)))
  const columns = (rows[0] ?? []).map((_, at) => ({ name: `column${at + 1}`, value: either(rows.map(row => row[at] ?? clean)) }))
  for (const item of list(select['sortClause'])) askSort(item, columns, null, context)
  return columns
}

// --- SELECT … FROM

function plainColumns(select: Fields, outer: Scope, context: Context): Column[] {
  const scope = scopeIn(outer)
  const star: FromItem['star'] = []
  for (const item of list(select['fromClause'])) {
    const read = readFrom(item, { lateral: scope, outer }, context)
    scope.entries.push(...read.entries)
    star.push(...read.star)
  }
  askCondition(select['whereClause'], 'WHERE', scope, context)
  const columns = targetColumns(select['targetList'], { scope, star }, context)
  for (const item of list(select['groupClause'])) askGroup(item, columns, scope, context)
  askCondition(select['havingClause'], 'HAVING', scope, context)
  const given = {
    value: (node: unknown): Value => sortValue(node, columns, scope, context),
    condition: (node: unknown, place: string) => askCondition(node, place, scope, context),
  }
  for (const window of list(select['windowClause'])) askWindow(fieldsOf(window, 'WindowDef'), given, context)
  for (const item of list(select['distinctClause'])) {
    if (isFields(item) && Object.keys(item).length > 0) context.ask(sortValue(item, columns, scope, context), 'anything', 'DISTINCT ON')
    else for (const { value } of columns) context.ask(value, 'anything', 'DISTINCT')
  }
  for (const item of list(select['sortClause'])) askSort(item, columns, scope, context)
  return columns
}

// --- ORDER BY, GROUP BY

function askSort(item: unknown, columns: Column[], scope: Scope | null, context: Context): void {
  context.ask(sortValue(fieldsOf(item, 'SortBy')?.['node'], columns, scope, context), 'anything', 'ORDER BY')
}

/** ORDER BY and DISTINCT ON: a number is an output column, and so is a name before it is a column of FROM. */
function sortValue(node: unknown, columns: Column[], scope: Scope | null, context: Context): Value {
  const output = outputNamed(node, columns)
  return (
    output ??
    valueOf(
      node,
      scope ?? { outer: null, ctes: new Map<string, Column[]>(), entries: [{ alias: '', schema: null, relation: null, columns }] },
      context,
    )
  )
}

/** GROUP BY: a number is an output column; a name is one only when nothing in FROM is called so. */
function askGroup(node: unknown, columns: Column[], scope: Scope, context: Context): void {
  const sets = fieldsOf(node, 'GroupingSet')
  const row = fieldsOf(node, 'RowExpr')
  if (sets) for (const part of list(sets['content'])) askGroup(part, columns, scope, context)
  else if (row) for (const part of list(row['args'])) askGroup(part, columns, scope, context)
  else {
    const name = singleName(node)
    const isInput = name !== null && scope.entries.some(entry => entry.columns.some(column => column.name === name && !column.isMore))
    const output = isInput ? null : outputNamed(node, columns)
    context.ask(output ?? valueOf(node, scope, context), 'anything', 'GROUP BY')
  }
}

function outputNamed(node: unknown, columns: Column[]): Value | null {
  const constant = fieldsOf(node, 'A_Const')
  if (constant && isFields(constant['ival'])) {
    const position = constant['ival']['ival']
    const at = (typeof position === 'number' ? position : 0) - 1
    const before = columns.slice(0, at + 1)
    return before.some(column => column.isMore) ? derived(columns.map(column => column.value)) : (columns[at]?.value ?? clean)
  }
  const name = singleName(node)
  const found = name === null ? [] : columns.filter(column => column.name === name && !column.isMore)
  return found.length === 0 ? null : either(found.map(column => column.value))
}

function singleName(node: unknown): string | null {
  const parts = list(fieldsOf(node, 'ColumnRef')?.['fields'])
  const names = nameParts(parts)
  return parts.length === 1 && names.length === 1 ? (names[0] ?? null) : null
}
