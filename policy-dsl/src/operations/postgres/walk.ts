import type { Operation } from '@steno/recordings'
import type { RelationData } from './catalogue.ts'
import { operatorsApplied, routinesBound, typeGiven } from './bindings.ts'
import { columnsMeant, qualified, type Frame, type Source } from './sources.ts'
import { describe, type Description } from './statements.ts'
import { fieldsOf, isFields, list, nameParts, readNode, tableParts, text, type Fields } from './tree.ts'
import type { Effort, Names } from './conditions/condition-scope.ts'

/** Statements nested deeper than this are not told apart: the whole text is `UNPARSED`. It is well below what exhausts the parser, so the answer does not depend on the machine. */
export const treeDepthMax = 4000

/** What a tree says will happen, and the tree does not hold. */
export type Lead =
  /** A view's rows are read, or those of a materialized one made anew. */
  | { kind: 'view'; relation: RelationData; isRefresh: boolean }
  /** Rows of a table change, or of a view that passes the change on. */
  | { kind: 'change'; verb: string; relation: RelationData; hasWhere: boolean | undefined; writes: string[] }
  /** What a table holds is worked out anew, or checked. */
  | { kind: 'rework'; relation: RelationData }
  /** The same for tables that the statement does not name. */
  | { kind: 'rework all' }
  | { kind: 'prepared' | 'cursor'; name: string }
  /** A body in a text of its own: a `DoStmt`, a `CreateFunctionStmt`. */
  | { kind: 'do' | 'function'; fields: Fields }

/** What a call by name may run: the names it is known by, and what these do. */
export interface Callees {
  names: string[]
  operations: Operation[]
}

/** What a walk asks of the world around its tree. */
export interface Surroundings {
  /** What everything in the tree stands in; null where the tree itself says it. */
  label: string | null
  /** The sources of columns that are known around the tree: a trigger's `new` and `old`. */
  frame: Frame | null
  /** Names that have values here, and are no columns. */
  variables: ReadonlySet<string>
  /** The relation that a name means, or null when that is not known. */
  relation(name: string[]): RelationData | null
  /** Every relation that a name could mean, though it is not known which. */
  relations(name: string[]): RelationData[]
  follow(lead: Lead): Operation[]
  call(name: string[], given: unknown[]): Callees
  /** What `x.name` calls when it is no column. */
  callField(name: string): Callees
  /** What an operator calls that someone added. */
  callOperator(name: string[]): Callees
  /** What a value goes through on its way to a type. */
  castTo(type: string[]): Callees
  /** Whether what a function does is said by `call`, if only that it is not known. */
  tellsCalls: boolean
  /** The names of a relation's columns; `*` for those of one that are too many to list. */
  columnsOf(relation: RelationData): string[]
  /** The query of a view, by its name. */
  query(name: string[]): Fields | null
  effort: Effort
  /** What a lead would run, for a statement that only looks at it. */
  study(lead: Lead): Fields[]
  /** What a trigger that is being made will call. */
  callTrigger(name: string[], table: string[]): Callees
}

/** An operation while the walk is inside it. */
interface Draft {
  statement: Fields
  verb: string
  object: string | undefined
  tables: Set<string>
  columns: Set<string>
  reads: Set<string>
  /** Relations whose columns are all among `reads`. */
  rows: Set<RelationData>
  writes: Set<string>
  functions: Set<string>
  hasWhere: boolean | undefined
  hasLimit: boolean | undefined
  target: string[] | undefined
  inside: string | null
  /** What is inside it, when that does not say more itself. */
  around: string
  /** What it leads to, right after it. */
  beyond: Operation[]
}

/** The CTE names that hide tables of the same name. */
interface Scope {
  /** What each CTE gives, by its name. */
  names: ReadonlyMap<string, Fields>
  outer: Scope | null
}

/** What a place belongs to; many places share one. */
interface Around {
  operation: Draft | null
  scope: Scope | null
  frame: Frame | null
  label: string | null
  /** Inside something that is studied but not run, so nothing in it is an operation of its own. */
  isStudied: boolean
}

/** A place still to be visited. */
interface Place {
  value: unknown
  field: string
  depth: number
  around: Around
}

/** A column that was named, understood when the sources around it are all known. */
interface PendingColumn {
  operation: Draft
  /** Empty for the columns that a natural join joins by. */
  name: string[]
  frame: Frame | null
}

interface Walk {
  surroundings: Surroundings
  drafts: Draft[]
  places: Place[]
  pending: PendingColumn[]
  /** Nodes whose part has been told by the node around them. */
  told: Set<Fields>
}

/**
 * Every operation in a list of statements, outermost first, each before those
 * inside it. Null when a statement is nested too deep.
 *
 * The walk knows only what it must: what is a statement (`statements.ts`), what
 * names a table, a column or a function, and where a CTE's name is known. All
 * else is passed through, so a clause that a later PostgreSQL adds hides nothing.
 */
export function operationsOf(statements: Fields[], surroundings: Surroundings): Operation[] | null {
  const { label, frame } = surroundings
  const around: Around = { operation: null, scope: null, frame, label, isStudied: false }
  const places: Place[] = statements.toReversed().map(value => ({ value, field: '', depth: 0, around }))
  const walk: Walk = { surroundings, drafts: [], places, pending: [], told: new Set() }
  // A stack of our own: a statement may nest deeper than the runtime's stack allows.
  for (let place = places.pop(); place; place = places.pop()) {
    if (place.depth > treeDepthMax) return null
    visit(place, walk)
  }
  for (const column of walk.pending) settleColumn(column, surroundings)
  return walk.drafts.flatMap(draft => (draft.beyond.length === 0 ? finish(draft) : [finish(draft), ...draft.beyond]))
}

function visit(place: Place, walk: Walk): void {
  const { value, field, depth } = place
  const { places } = walk
  if (Array.isArray(value)) {
    for (let at = value.length - 1; at >= 0; at--)
      if (isTree(value[at])) places.push({ value: value[at], field, depth, around: place.around })
    return
  }
  if (!isFields(value)) return
  const { kind, fields } = readNode(value, field)
  if (isNothingNew(kind, fields)) return
  const description = isPartOfOuter(kind, fields, place)
    ? null
    : describe(kind, fields, namesAt(place.around, walk), place.around.operation?.statement ?? null)
  const begun = description && description.verb !== '' ? begin(description, fields, place.around, walk) : place.around
  const frame = frameOf(kind, fields, begun.frame, walk.surroundings)
  const around = frame === begun.frame ? begun : { ...begun, frame }
  if (around.operation) {
    note(kind, fields, around.operation, { value, field, depth, around }, walk)
    noteHiddenCalls(kind, fields, around.operation, walk)
  }
  const { scope, queries } = withScope(fields, around.scope)
  const inside = scope === around.scope ? around : { ...around, scope }
  pushFields(fields, { depth: depth + 1, around: inside }, description?.spoken ?? nothing, places)
  for (const cte of queries.toReversed())
    places.push({ value: cte.query, field: 'ctequery', depth: depth + 1, around: { ...around, scope: cte.scope } })
  if (around.operation) lead(kind, fields, around.operation, around, walk)
}

const nothing: string[] = []
/** Nodes that hold no other. */
const leaves = new Set(['A_Const', 'String', 'Integer', 'ParamRef', 'SQLValueFunction'])

/** A constant says nothing; FOR UPDATE OF names aliases; `(a, b) = (SELECT …)` holds its one source once for every column. */
function isNothingNew(kind: string, fields: Fields): boolean {
  return leaves.has(kind) || kind === 'LockingClause' || (kind === 'MultiAssignRef' && fields['colno'] !== 1)
}

/** An arm of a UNION, and rows written out with VALUES, belong to the statement around them. */
function isPartOfOuter(kind: string, fields: Fields, place: Place): boolean {
  if (kind === 'IntoClause') return place.field === 'into'
  if (kind !== 'SelectStmt' || !place.around.operation) return false
  return place.field === 'larg' || place.field === 'rarg' || 'valuesLists' in fields
}

/** What names mean in a place. */
function namesAt({ scope }: Around, { surroundings }: Walk): Names {
  const { variables, effort } = surroundings
  return {
    variables,
    effort,
    relation: name => surroundings.relation(name),
    cte: name => cteNamed(name, scope),
    query: name => surroundings.query(name),
  }
}

function begin(description: Description, statement: Fields, around: Around, { drafts, surroundings }: Walk): Around {
  const outer = around.operation
  const tables = description.tables?.map(name => shownTable(name, description, surroundings))
  if (around.isStudied && outer) {
    for (const table of tables ?? []) outer.tables.add(table)
    for (const column of description.columns ?? []) outer.columns.add(column)
    return around
  }
  const target = description.isActionOfOuter ? outer?.target : description.target
  const label = description.label ?? around.label
  const draft: Draft = {
    statement,
    verb: description.verb,
    object: description.object === '' ? undefined : description.object,
    tables: new Set(tables ?? (target === undefined ? [] : [shownTable(target, description, surroundings)])),
    columns: new Set(description.columns),
    reads: new Set(),
    rows: new Set(),
    writes: new Set(),
    functions: new Set(),
    hasWhere: description.hasWhere,
    hasLimit: description.hasLimit,
    target,
    inside: around.label ?? outer?.verb ?? null,
    around: label ?? description.verb,
    beyond: [],
  }
  drafts.push(draft)
  if (target !== undefined) touch(target, description, draft, surroundings)
  return { ...around, operation: draft, label, isStudied: description.isStudy ?? false }
}

/** The columns of the target that a statement changes, and what the change sets off. */
function touch(target: string[], { reads = [], writes = [] }: Description, draft: Draft, surroundings: Surroundings): void {
  const relation = surroundings.relation(target)
  const place = relation ? `${qualified(relation)}.` : ''
  const listed = (columns: string[]): string[] => (relation && columns.includes('*') ? surroundings.columnsOf(relation) : columns)
  const written = listed(writes)
  for (const column of listed(reads)) draft.reads.add(`${place}${column}`)
  for (const column of written) draft.writes.add(`${place}${column}`)
  const verb = draft.verb === 'COPY' && writes.length > 0 ? 'INSERT' : draft.verb
  if (!rowVerbs.has(verb)) return
  for (const changed of surroundings.relations(target))
    addBeyond(surroundings.follow({ kind: 'change', verb, relation: changed, hasWhere: draft.hasWhere, writes: written }), draft)
}

const rowVerbs = new Set(['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'])

function shownTable(name: string[], description: Description, surroundings: Surroundings): string {
  const relation = description.isNew ? null : surroundings.relation(name)
  return relation ? qualified(relation) : name.join('.')
}

/** A query brings sources of its own; what is inside it sees those around it too. */
function frameOf(kind: string, fields: Fields, frame: Frame | null, surroundings: Surroundings): Frame | null {
  switch (kind) {
    case 'SelectStmt':
      return { sources: [], outer: frame }
    case 'InsertStmt':
    case 'UpdateStmt':
    case 'DeleteStmt':
    case 'MergeStmt':
    case 'CopyStmt':
      return { sources: targetSources(fields, surroundings), outer: frame }
    case 'CreatePolicyStmt':
    case 'AlterPolicyStmt':
      return { sources: tableSources(fields['table'], [], surroundings), outer: frame }
    case 'RuleStmt':
    case 'CreateTrigStmt':
      return { sources: tableSources(fields['relation'], ['old', 'new'], surroundings), outer: frame }
    default:
      return frame
  }
}

/** The table that is changed goes by its own name, and by those of its rows before, after, and left out. */
function targetSources(fields: Fields, surroundings: Surroundings): Source[] {
  const others: string[] = []
  const returning = fields['returningClause']
  if (isFields(returning)) {
    others.push('old', 'new')
    for (const option of list(returning['options'])) others.push(text(fieldsOf(option, 'ReturningOption')?.['value']))
  }
  if ('onConflictClause' in fields) others.push('excluded')
  return tableSources(fields['relation'], others, surroundings)
}

function tableSources(rangeVar: unknown, others: string[], surroundings: Surroundings): Source[] {
  if (!isFields(rangeVar)) return []
  const own = tableSource(rangeVar, surroundings.relation(tableParts(rangeVar)))
  return [own, ...others.map(alias => ({ alias, relation: own.relation, isRow: true }))]
}

function tableSource(rangeVar: Fields, relation: RelationData | null): Source {
  return { ...named(rangeVar['alias'], text(rangeVar['relname'])), relation }
}

/** A source's alias and what that renames: `q (a, b)`. */
function named(alias: unknown, otherwise: string): Pick<Source, 'alias' | 'renamed'> {
  if (!isFields(alias)) return { alias: otherwise }
  const renamed = nameParts(alias['colnames'])
  return { alias: text(alias['aliasname']), ...(renamed.length > 0 ? { renamed } : {}) }
}

/** The names of what a query gives, when it says them all. */
function outputsOf(query: unknown, renamed: unknown): Pick<Source, 'outputs'> {
  const outputs = nameParts(renamed)
  const targets = list(fieldsOf(query, 'SelectStmt')?.['targetList'])
  for (const target of targets) {
    const fields = fieldsOf(target, 'ResTarget') ?? {}
    const column = list(fieldsOf(fields['val'], 'ColumnRef')?.['fields']).at(-1)
    if (fieldsOf(column, 'A_Star')) return {}
    const name = text(fields['name']) || nameParts(column)[0]
    if (name !== undefined) outputs.push(name)
  }
  return { outputs: new Set(outputs) }
}

const columnCommands = /Column|NotNull|Statistics|Storage|Identity|Compression|Expression/

/** Takes down the tables, columns and functions that one node names. */
function note(kind: string, fields: Fields, operation: Draft, place: Place, walk: Walk): void {
  switch (kind) {
    case 'RangeVar':
      return noteTable(fields, operation, place, walk)
    case 'RangeTableSample': {
      const sampled = fieldsOf(fields['relation'], 'RangeVar')
      if (sampled) noteTable(sampled, operation, { ...place, field: 'fromClause' }, walk)
      return
    }
    case 'RangeSubselect':
      place.around.frame?.sources.push({
        ...named(fields['alias'], ''),
        relation: null,
        isDerived: true,
        isTold: true,
        ...outputsOf(fields['subquery'], []),
      })
      return
    case 'RangeFunction': {
      const isTold = walk.surroundings.tellsCalls
      place.around.frame?.sources.push({ ...named(fields['alias'], ''), relation: null, isDerived: true, isTold })
      return
    }
    case 'RangeTableFunc':
    case 'JsonTable':
      place.around.frame?.sources.push({ ...named(fields['alias'], ''), relation: null, isDerived: true, isTold: true })
      return
    case 'ColumnRef':
      return noteColumn(fields, operation, place, walk)
    case 'A_Indirection':
      return noteFields(fields, operation, place, walk)
    case 'FuncCall':
      return noteCall(nameParts(fields['funcname']), list(fields['args']), operation, walk)
    case 'CreateTrigStmt':
    case 'CreateEventTrigStmt': {
      const table = isFields(fields['relation']) ? tableParts(fields['relation']) : [text(fields['trigname'])]
      addCallees(walk.surroundings.callTrigger(nameParts(fields['funcname']), table), operation)
      return
    }
    case 'JoinExpr':
      return noteJoin(fields, operation, place, walk)
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

/** Takes down the functions that are called or bound without a call being written. */
function noteHiddenCalls(kind: string, fields: Fields, operation: Draft, { surroundings }: Walk): void {
  for (const name of operatorsApplied(kind, fields)) addCallees(surroundings.callOperator(name), operation)
  for (const name of routinesBound(kind, fields)) addCallees(surroundings.call(name, []), operation)
  const type = typeGiven(fields)
  // A definition names types that no value is given to yet.
  if (type && (operation.verb !== 'CREATE' || kind === 'TypeCast')) addCallees(surroundings.castTo(type), operation)
}

/** Fields in which a table's name means its rows. */
const rowFields = new Set(['fromClause', 'larg', 'rarg', 'usingClause', 'sourceRelation'])
/** Fields in which it means a table that the statement makes. */
const newFields = new Set(['view', 'rel'])

/** Statements that may look at every row again: a constraint is put to it, an index made of it. */
const reworking = new Set(['ALTER', 'ANALYZE', 'CLUSTER', 'REINDEX', 'VACUUM'])

function noteTable(fields: Fields, operation: Draft, place: Place, { places, surroundings }: Walk): void {
  const givesRows = rowFields.has(place.field)
  const cte = fields['schemaname'] ? null : cteNamed(text(fields['relname']), place.around.scope)
  if (cte) {
    const outputs = outputsOf(cte['ctequery'], cte['aliascolnames'])
    if (givesRows) place.around.frame?.sources.push({ ...tableSource(fields, null), isDerived: true, isTold: true, ...outputs })
    return
  }
  const name = tableParts(fields)
  const relation = newFields.has(place.field) ? null : surroundings.relation(name)
  operation.tables.add(relation ? qualified(relation) : name.join('.'))
  if (operation.verb === 'TRUNCATE')
    for (const emptied of surroundings.relations(name))
      addBeyond(surroundings.follow({ kind: 'change', verb: 'TRUNCATE', relation: emptied, hasWhere: undefined, writes: [] }), operation)
  if (reworking.has(operation.verb) && !place.around.isStudied)
    for (const reworked of surroundings.relations(name)) addBeyond(surroundings.follow({ kind: 'rework', relation: reworked }), operation)
  if (operation.verb === 'REFRESH') followView(name, operation, place, surroundings, places)
  if (!givesRows) return
  place.around.frame?.sources.push(tableSource(fields, relation))
  followView(name, operation, place, surroundings, places)
}

function followView(name: string[], operation: Draft, place: Place, surroundings: Surroundings, places: Place[]): void {
  for (const relation of surroundings.relations(name)) {
    const view: Lead = { kind: 'view', relation, isRefresh: operation.verb === 'REFRESH' }
    if (place.around.isStudied) pushStudied(view, place.around, surroundings, places)
    else addBeyond(surroundings.follow(view), operation)
  }
}

/** What is only looked at is walked like a part of the statement that looks. */
function pushStudied(studied: Lead, around: Around, surroundings: Surroundings, places: Place[]): void {
  for (const value of surroundings.study(studied))
    places.push({ value, field: '', depth: 0, around: { ...around, scope: null, frame: null } })
}

function noteColumn(fields: Fields, operation: Draft, place: Place, walk: Walk): void {
  const parts = list(fields['fields'])
  const isStar = fieldsOf(parts.at(-1), 'A_Star') !== null
  const name = isStar ? [...nameParts(parts), '*'] : nameParts(parts)
  addColumn(operation, name.at(-1))
  if (!walk.told.has(fields)) walk.pending.push({ operation, name, frame: place.around.frame })
}

/** `(t).ssn`, `(f(1)).ssn`: a field, or a function that is called like one. */
function noteFields(fields: Fields, operation: Draft, place: Place, walk: Walk): void {
  const names = list(fields['indirection']).flatMap(part => (fieldsOf(part, 'A_Star') ? ['*'] : nameParts(part).slice(0, 1)))
  for (const name of names) addColumn(operation, name)
  const [field] = names
  if (field === undefined) return
  const holder = fieldsOf(fields['arg'], 'ColumnRef')
  if (holder) {
    walk.told.add(holder)
    walk.pending.push({ operation, name: [...nameParts(holder['fields']), field], frame: place.around.frame })
  } else {
    // What a function gives is told by what it does; all else is made of columns that are named inside.
    if (takesValues(operation) && !walk.surroundings.tellsCalls) operation.reads.add(field)
    addCallees(walk.surroundings.callField(field), operation)
  }
}

function noteCall(name: string[], given: unknown[], operation: Draft, { surroundings }: Walk): void {
  addCallees(surroundings.call(name, given), operation)
}

function addCallees({ names, operations }: Callees, operation: Draft): void {
  for (const name of names) operation.functions.add(name)
  addBeyond(operations, operation)
}

function addBeyond(operations: Operation[], { beyond, around }: Draft): void {
  for (const one of operations) beyond.push(one.inside === undefined ? { ...one, inside: around } : one)
}

function noteJoin(fields: Fields, operation: Draft, place: Place, { pending }: Walk): void {
  const { frame } = place.around
  if (isFields(fields['alias'])) frame?.sources.push({ ...named(fields['alias'], ''), relation: null, isDerived: true, isJoin: true })
  if (fields['isNatural'] === true) pending.push({ operation, name: [], frame })
  // One that gives its columns names of their own may be read by any of them.
  if (isFields(fields['alias']) && 'colnames' in fields['alias']) pending.push({ operation, name: ['*'], frame })
  for (const name of nameParts(fields['usingClause'])) {
    addColumn(operation, name)
    pending.push({ operation, name: [name], frame })
  }
}

function addColumn(operation: Draft, name: string | undefined): void {
  if (name) operation.columns.add(name)
}

/** What a statement sets off that its tree does not hold. */
function lead(kind: string, fields: Fields, operation: Draft, around: Around, { places, surroundings }: Walk): void {
  const found = leadOf(kind, fields)
  if (!found) return
  if (around.isStudied) pushStudied(found, around, surroundings, places)
  else addBeyond(surroundings.follow(found), operation)
}

function leadOf(kind: string, fields: Fields): Lead | null {
  switch (kind) {
    case 'ExecuteStmt':
      return { kind: 'prepared', name: text(fields['name']) }
    case 'FetchStmt':
      return { kind: 'cursor', name: text(fields['portalname']) }
    case 'DoStmt':
      return { kind: 'do', fields }
    case 'CreateFunctionStmt':
      return { kind: 'function', fields }
    case 'VacuumStmt':
      return list(fields['rels']).length === 0 ? { kind: 'rework all' } : null
    case 'ClusterStmt':
      return isFields(fields['relation']) ? null : { kind: 'rework all' }
    case 'ReindexStmt':
      // An index does not say whose it is.
      return fields['kind'] === 'REINDEX_OBJECT_TABLE' ? null : { kind: 'rework all' }
    default:
      return null
  }
}

/** Definitions name columns without taking their values. */
const valueVerbs = new Set(['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'MERGE', 'COPY', 'CALL', 'EXECUTE'])

function takesValues(operation: Draft): boolean {
  return valueVerbs.has(operation.verb)
}

function settleColumn({ operation, name, frame }: PendingColumn, surroundings: Surroundings): void {
  const { columns, rows = [], called } = columnsMeant(name, frame, surroundings.variables)
  if (takesValues(operation)) {
    for (const row of rows) readRow(row, operation, surroundings)
    for (const column of columns) operation.reads.add(column)
  }
  if (called !== undefined) addCallees(surroundings.callField(called), operation)
}

function readRow(relation: RelationData, { rows, reads }: Draft, surroundings: Surroundings): void {
  if (rows.has(relation)) return
  rows.add(relation)
  for (const column of surroundings.columnsOf(relation)) reads.add(`${qualified(relation)}.${column}`)
}

/** The names a WITH clause makes known, and where: a CTE sees those before it, and with RECURSIVE all of them. */
function withScope(fields: Fields, outer: Scope | null): { scope: Scope | null; queries: { query: unknown; scope: Scope | null }[] } {
  const clause = fields['withClause']
  if (!isFields(clause)) return { scope: outer, queries: [] }
  const ctes = list(clause['ctes'])
    .map(cte => fieldsOf(cte, 'CommonTableExpr'))
    .filter(cte => cte !== null)
  const names = ctes.map((cte): [string, Fields] => [text(cte['ctename']), cte])
  const scope: Scope = { names: new Map(names), outer }
  const queries = ctes.map((cte, at) => ({
    query: cte['ctequery'],
    scope: clause['recursive'] === true ? scope : { names: new Map(names.slice(0, at)), outer },
  }))
  return { scope, queries }
}

function cteNamed(name: string, scope: Scope | null): Fields | null {
  for (let at = scope; at; at = at.outer) {
    const cte = at.names.get(name)
    if (cte) return cte
  }
  return null
}

function pushFields(fields: Fields, { depth, around }: Pick<Place, 'depth' | 'around'>, spoken: string[], places: Place[]): void {
  const keys = Object.keys(fields)
  for (let at = keys.length - 1; at >= 0; at--) {
    const field = keys[at]!
    const value = fields[field]
    if (isTree(value) && field !== 'withClause' && !spoken.includes(field)) places.push({ value, field, depth, around })
  }
}

function isTree(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function finish({ verb, object, tables, columns, reads, writes, functions, hasWhere, hasLimit, inside }: Draft): Operation {
  return {
    verb,
    ...(object === undefined ? {} : { object }),
    tables: [...tables],
    columns: [...columns],
    ...(hasWhere === undefined ? {} : { hasWhere }),
    ...(hasLimit === undefined ? {} : { hasLimit }),
    ...(reads.size === 0 ? {} : { reads: [...reads] }),
    ...(writes.size === 0 ? {} : { writes: [...writes] }),
    ...(functions.size === 0 ? {} : { functions: [...functions] }),
    ...(inside === null ? {} : { inside }),
    ...(verb === 'UNPARSED' ? { isOpaque: true } : {}),
  }
}
