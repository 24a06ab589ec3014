import type { Operation } from '@steno/recordings'
import { describe, type Description } from './statements.ts'
import { fieldsOf, isFields, list, nameParts, readNode, tableName, text, type Fields } from './tree.ts'

/** Statements nested deeper than this are not told apart: the whole text is `UNPARSED`. It is well below what exhausts the parser, so the answer does not depend on the machine. */
export const treeDepthMax = 4000

/** An operation while the walk is inside it. */
interface Draft {
  verb: string
  object: string | undefined
  tables: Set<string>
  columns: Set<string>
  hasWhere: boolean | undefined
  target: string | undefined
}

/** The CTE names that hide tables of the same name. */
interface Scope {
  names: ReadonlySet<string>
  outer: Scope | null
}

/** A place still to be visited, and what it belongs to. */
interface Place {
  value: unknown
  field: string
  operation: Draft | null
  scope: Scope | null
  depth: number
  /** Inside something that is studied but not run, so nothing in it is an operation of its own. */
  isStudied: boolean
}

/**
 * Every operation in a list of statements, outermost first, each before those
 * inside it. Null when a statement is nested too deep.
 *
 * The walk knows only what it must: what is a statement (`statements.ts`), what
 * names a table, what names a column, and where a CTE's name is known. All else
 * is passed through, so a clause that a later PostgreSQL adds hides nothing.
 */
export function operationsOf(statements: Fields[]): Operation[] | null {
  const drafts: Draft[] = []
  const places: Place[] = statements
    .toReversed()
    .map(value => ({ value, field: '', operation: null, scope: null, depth: 0, isStudied: false }))
  // A stack of our own: a statement may nest deeper than the runtime's stack allows.
  for (let place = places.pop(); place; place = places.pop()) {
    if (place.depth > treeDepthMax) return null
    visit(place, drafts, places)
  }
  return drafts.map(finish)
}

function visit(place: Place, drafts: Draft[], places: Place[]): void {
  const { value } = place
  if (Array.isArray(value)) {
    for (let at = value.length - 1; at >= 0; at--) if (isTree(value[at])) places.push({ ...place, value: value[at] })
    return
  }
  if (!isFields(value)) return
  const { kind, fields } = readNode(value, place.field)
  const inside = { ...place, depth: place.depth + 1 }
  if (isNothingNew(kind, fields)) return
  const description = isPartOfOuter(kind, fields, place) ? null : describe(kind, fields)
  if (description && description.verb !== '') begin(description, inside, drafts)
  const { operation } = inside
  if (operation) note(kind, fields, operation, inside.scope)
  const cteScope = withScope(fields, inside.scope)
  pushFields(fields, { ...inside, scope: cteScope.scope }, description?.spoken ?? [], places)
  for (const cte of cteScope.queries.toReversed()) places.push({ ...inside, value: cte.query, field: 'ctequery', scope: cte.scope })
}

/** FOR UPDATE OF names aliases; `(a, b) = (SELECT …)` holds its one source once for every column. */
function isNothingNew(kind: string, fields: Fields): boolean {
  return kind === 'LockingClause' || (kind === 'MultiAssignRef' && fields['colno'] !== 1)
}

/** An arm of a UNION, and rows written out with VALUES, belong to the statement around them. */
function isPartOfOuter(kind: string, fields: Fields, place: Place): boolean {
  if (kind === 'IntoClause') return place.field === 'into'
  if (kind !== 'SelectStmt' || !place.operation) return false
  return place.field === 'larg' || place.field === 'rarg' || 'valuesLists' in fields
}

function begin(description: Description, inside: Place, drafts: Draft[]): void {
  const outer = inside.operation
  if (inside.isStudied && outer) {
    for (const table of description.tables ?? []) outer.tables.add(table)
    for (const column of description.columns ?? []) outer.columns.add(column)
    return
  }
  const target = description.isActionOfOuter ? outer?.target : description.target
  const draft: Draft = {
    verb: description.verb,
    object: description.object === '' ? undefined : description.object,
    tables: new Set(description.tables ?? (target === undefined ? [] : [target])),
    columns: new Set(description.columns),
    hasWhere: description.hasWhere,
    target,
  }
  drafts.push(draft)
  inside.operation = draft
  inside.isStudied = description.isStudy ?? false
}

const columnCommands = /Column|NotNull|Statistics|Storage|Identity|Compression|Expression/

/** Takes down the tables and columns that one node names. */
function note(kind: string, fields: Fields, operation: Draft, scope: Scope | null): void {
  switch (kind) {
    case 'RangeVar': {
      if (!fields['schemaname'] && isCte(text(fields['relname']), scope)) return
      operation.tables.add(tableName(fields))
      return
    }
    case 'ColumnRef': {
      const last = list(fields['fields']).at(-1)
      addColumn(operation, fieldsOf(last, 'A_Star') ? '*' : nameParts(last)[0])
      return
    }
    case 'A_Indirection':
      for (const part of list(fields['indirection'])) addColumn(operation, fieldsOf(part, 'A_Star') ? '*' : nameParts(part)[0])
      return
    case 'JoinExpr':
      for (const name of nameParts(fields['usingClause'])) addColumn(operation, name)
      return
    case 'IndexElem':
    case 'StatsElem':
      addColumn(operation, text(fields['name']))
      return
    case 'ColumnDef':
      addColumn(operation, text(fields['colname']))
      return
    case 'Constraint':
      for (const name of nameParts([fields['keys'], fields['fk_attrs'], fields['pk_attrs']].flatMap(list))) addColumn(operation, name)
      return
    case 'AlterTableCmd':
      if (columnCommands.test(text(fields['subtype']))) addColumn(operation, text(fields['name']))
      return
    case 'AccessPriv':
      for (const name of nameParts(fields['cols'])) addColumn(operation, name)
      return
    case 'VacuumRelation':
      for (const name of nameParts(fields['va_cols'])) addColumn(operation, name)
      return
  }
}

function addColumn(operation: Draft, name: string | undefined): void {
  if (name) operation.columns.add(name)
}

/** The names a WITH clause makes known, and where: a CTE sees those before it, and with RECURSIVE all of them. */
function withScope(fields: Fields, outer: Scope | null): { scope: Scope | null; queries: { query: unknown; scope: Scope | null }[] } {
  const clause = fields['withClause']
  if (!isFields(clause)) return { scope: outer, queries: [] }
  const ctes = list(clause['ctes'])
    .map(cte => fieldsOf(cte, 'CommonTableExpr'))
    .filter(cte => cte !== null)
  const names = ctes.map(cte => text(cte['ctename']))
  const scope: Scope = { names: new Set(names), outer }
  const queries = ctes.map((cte, at) => ({
    query: cte['ctequery'],
    scope: clause['recursive'] === true ? scope : { names: new Set(names.slice(0, at)), outer },
  }))
  return { scope, queries }
}

function isCte(name: string, scope: Scope | null): boolean {
  for (let at = scope; at; at = at.outer) if (at.names.has(name)) return true
  return false
}

function pushFields(fields: Fields, inside: Place, spoken: string[], places: Place[]): void {
  const keys = Object.keys(fields)
  for (let at = keys.length - 1; at >= 0; at--) {
    const field = keys[at]!
    const value = fields[field]
    if (isTree(value) && field !== 'withClause' && !spoken.includes(field)) places.push({ ...inside, value, field })
  }
}

function isTree(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function finish({ verb, object, tables, columns, hasWhere }: Draft): Operation {
  return {
    verb,
    ...(object === undefined ? {} : { object }),
    tables: [...tables],
    columns: [...columns],
    ...(hasWhere === undefined ? {} : { hasWhere }),
  }
}
