import type { RelationData } from '../catalogue.ts'
import { isStar, kindOf, nodesIn, operator, stripped } from '../expressions.ts'
import { fieldsOf, isFields, list, nameParts, type Fields } from '../tree.ts'

/** What names mean around a condition. */
export interface Names {
  /** Names that are values like `$1`, the same for every row. */
  variables: ReadonlySet<string>
  /** The relation that a name means, or null when that is not known. */
  relation(name: string[]): RelationData | null
  /** What a WITH clause around the condition says under a name. */
  cte(name: string): Fields | null
  /** The query of a view. */
  query(name: string[]): Fields | null
  /** How much may still be looked at, for all conditions of a text together. */
  effort: Effort
}

/** What looking costs: a text whose conditions are too much is one whose conditions do not count. */
export interface Effort {
  room: number
}

/** What a text may cost, in nodes that are looked at. */
export function effortForText(): Effort {
  return { room: roomMax }
}

/** Conditions nested deeper than this are not looked into, and count as no condition. */
export const depthMax = 200
/** More than a text of a megabyte needs that is not made to need more. */
const roomMax = 2_000_000

/** Something beside the table that is changed. */
export interface Beside {
  /** Whether its rows are the changed table's own, all of them. */
  isSelf: boolean
  relation: RelationData | null
}

/** A condition, and whether it has to hold or not to. */
export interface Part {
  node: unknown
  wanted: boolean
}

/** The parts of the analysis that ask each other in a circle. */
export interface Analysis {
  /** Whether a condition leaves rows out. */
  limits(part: Part, scope: Scope, depth: number): boolean
  /** Whether a value may be another for every row. */
  varies(value: unknown, scope: Scope, depth: number): boolean
  /** Whether every row of the changed table is among what a query gives. */
  isWhole(select: Fields, scope: Scope, depth: number): boolean
}

/** Where a condition stands. */
export interface Scope {
  analysis: Analysis
  names: Names
  /** The name that the changed table has here; null when every column counts. */
  own: string | null
  /** That name, and those of tables whose rows stand for its own. */
  owned: ReadonlySet<string>
  /** The names of the changed table, and of that whose rows it shows when it is a view. */
  tables: string[][]
  relation: RelationData | null
  beside: ReadonlyMap<string, Beside>
  /** Inside a subquery, where a bare name is first one of its own columns. */
  isInner: boolean
  /** What is known of conditions here, held and not. */
  judged: { held: Map<unknown, boolean>; denied: Map<unknown, boolean> }
  budget: { isSpent: boolean; wholes: Map<Fields, boolean> }
}

/** Whether looking at one more thing is too much. */
export function isTooMuch({ budget, names: { effort } }: Scope, depth: number): boolean {
  effort.room--
  if (effort.room <= 0) budget.isSpent = true
  return depth > depthMax || budget.isSpent
}

/** Nothing of what is known elsewhere holds in another scope. */
export function nothingJudged(): Scope['judged'] {
  return { held: new Map(), denied: new Map() }
}

const systemColumns = new Set(['ctid', 'xmin', 'xmax', 'cmin', 'cmax'])

/** Whether a column is one of the changed table's, as far as that is known. */
export function isOwnColumn(fields: Fields, scope: Scope): boolean {
  const name = nameParts(fields['fields'])
  if (isVariable(name, scope.names.variables) || name.at(-1) === 'tableoid') return false
  if (scope.own === null) return true
  const isStarred = isStar({ ColumnRef: fields })
  const column = isStarred ? '' : (name.at(-1) ?? '')
  const table = isStarred ? name.at(-1) : name.at(-2)
  if (table !== undefined) return scope.owned.has(table)
  if (scope.owned.has(column)) return true
  const { relation, beside } = scope
  const isItsOwn = relation === null ? null : systemColumns.has(column) || relation.columns.some(one => one.name === column)
  if (isItsOwn === false) return false
  const others = [...beside.values()]
  const mayBeOther = others.some(one => (one.relation ? one.relation.columns.some(({ name: known }) => known === column) : scope.isInner))
  return !mayBeOther || (isItsOwn === true && !scope.isInner)
}

/** What a value is without what does not change it: casts, `+ 0`, `|| ''`, a COALESCE with something else. */
export function core(value: unknown, depth: number): unknown {
  if (depth > depthMax) return value
  const bare = stripped(value)
  const { kind, fields } = kindOf(bare)
  switch (kind) {
    case 'CoalesceExpr':
    case 'MinMaxExpr': {
      const parts = list(fields['args'])
      return kind === 'CoalesceExpr' || parts.length === 1 ? core(parts[0], depth + 1) : bare
    }
    case 'FuncCall': {
      const parts = list(fields['args'])
      return nameParts(fields['funcname']).at(-1) === 'concat' && parts.length === 1 ? core(parts[0], depth + 1) : bare
    }
    case 'SubLink': {
      const select = fieldsOf(fields['subselect'], 'SelectStmt')
      const isBare = select && fields['subLinkType'] === 'EXPR_SUBLINK' && !('fromClause' in select) && !('whereClause' in select)
      return isBare ? core(fieldsOf(list(select['targetList'])[0], 'ResTarget')?.['val'], depth + 1) : bare
    }
    case 'A_Indirection': {
      const holder = fieldsOf(fields['arg'], 'ColumnRef')
      return holder ? { ColumnRef: { fields: [...list(holder['fields']), ...list(fields['indirection'])] } } : bare
    }
    case 'A_Expr': {
      const name = operator(fields)
      const isShift = ['+', '-', '*', '/', '||'].includes(name) && fields['kind'] === 'AEXPR_OP'
      if (isShift && fieldsOf(stripped(fields['rexpr']), 'A_Const') && 'lexpr' in fields) return core(fields['lexpr'], depth + 1)
      if (
        (isShift && name !== '-' && name !== '/' && fieldsOf(stripped(fields['lexpr']), 'A_Const')) ||
        (name === '+' && !('lexpr' in fields))
      )
        return core(fields['rexpr'], depth + 1)
      return bare
    }
    default:
      return bare
  }
}

/** Fields that say where something stands in the text. */
const places = /(?:location|list_start|list_end)$/

/** An expression as a text that is the same for the same expression, wherever it stands. */
export function printed(value: unknown, scope: Scope, depth = 0): string {
  if (isTooMuch(scope, depth)) {
    // What cannot be compared makes the whole condition none.
    scope.budget.isSpent = true
    return ''
  }
  if (Array.isArray(value)) return `[${value.map(item => printed(item, scope, depth + 1)).join(',')}]`
  if (!isFields(value)) return JSON.stringify(value) ?? ''
  const column = fieldsOf(value, 'ColumnRef')
  if (column) return columnText(column, scope)
  const keys = Object.keys(value)
    .filter(key => !places.test(key))
    .toSorted()
  return `{${keys.map(key => `${key}:${printed(value[key], scope, depth + 1)}`).join(',')}}`
}

/** A column by its table here, so that `id` and `orders.id` are one. */
function columnText(fields: Fields, scope: Scope): string {
  const name = nameParts(fields['fields'])
  const star = isStar({ ColumnRef: fields }) ? ['*'] : []
  if (scope.own === null) return `column ${[...name, ...star].at(-1) ?? ''}`
  const table = [...name, ...star].at(-2) ?? (isOwnColumn(fields, scope) ? scope.own : '')
  return `column ${table}.${[...name, ...star].at(-1) ?? ''}`
}

/** Whether the same value is somewhere among others. */
export function holds(others: unknown[], value: unknown, scope: Scope): boolean {
  const sought = core(value, 0)
  const own = printed(sought, scope)
  const waiting: unknown[] = [...others]
  while (waiting.length > 0 && !isTooMuch(scope, 0)) {
    const next = waiting.pop()
    if (Array.isArray(next)) for (const item of next) waiting.push(item)
    else if (isFields(next) && !('A_Const' in next)) {
      const bare = core(next, 0)
      if (kindOf(bare).kind === kindOf(sought).kind && printed(bare, scope) === own) return true
      for (const key of Object.keys(next)) waiting.push(next[key])
    }
  }
  return false
}

/** The columns in an expression, as `printed` says them. */
export function columnsIn(value: unknown, scope: Scope): Set<string> {
  return new Set(
    [...nodesIn(value, 'ColumnRef')]
      .filter(column => isOwnColumn(column, scope) || scope.own !== null)
      .map(column => columnText(column, scope)),
  )
}

/** Whether any column at all is in a condition. */
export function mentionsColumn(condition: unknown, { names }: Scope): boolean {
  if (isFields(condition) && 'CurrentOfExpr' in condition) return true
  for (const column of nodesIn(condition, 'ColumnRef')) if (!isVariable(nameParts(column['fields']), names.variables)) return true
  return false
}

/** `x`, `x.field` where `x` is a record, and `block.x`: a block's name stands among the variables with a dot. */
function isVariable([first = '', second = '']: string[], variables: ReadonlySet<string>): boolean {
  return variables.has(first) || (variables.has(`${first}.`) && variables.has(second))
}

/** The last name of a column, whatever it is cast to. */
export function lastName(value: unknown): string | null {
  const column = fieldsOf(core(value, 0), 'ColumnRef')
  return column ? (nameParts(column['fields']).at(-1) ?? null) : null
}
