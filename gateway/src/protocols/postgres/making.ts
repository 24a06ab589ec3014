import { planMasks, type Catalogue, type MaskObligation, type MaskRequest } from '@steno/policy-dsl'

/** A table or view that a statement makes, by a name without a schema. */
export interface Made {
  name: string
  columns: string[]
  isTemporary: boolean
  /** That it could be made says that the session has no temporary relation of the name beside it. */
  isCertain: boolean
  /** It is temporary, hides nobody's table, and nothing runs when it is filled: only the session need know of it. */
  isLight: boolean
  /** It is gone when its transaction ends. */
  isForTransaction: boolean
}

/** What one statement of a text does to the names of tables. */
export type Making =
  | { what: 'makes'; made: Made }
  /** An index by columns, with PostgreSQL's own operators. */
  | { what: 'indexes' }
  /** Something has another name, or is in another schema. */
  | { what: 'moves' }
  | null

type Fields = Record<string, unknown>

/** A mask that hides nothing: what a statement makes is read by following columns, whether any is masked or not. */
const nothingHidden: MaskObligation = {
  rule: '',
  columns: [{ target: null, schema: '', table: '', column: '' }],
  matching: null,
  with: 'null',
  predicates: 'allow',
}

/** Says of each statement what it does to the names of tables. */
export function makingsOf(request: MaskRequest): Making[] {
  const kinds = request.statements.map(statement => Object.keys(statement)[0] ?? '')
  if (!kinds.some(kind => makers.has(kind))) return []
  const { masks } = request
  const plan = planMasks({ ...request, masks: masks.some(mask => mask.columns.length > 0) ? masks : [nothingHidden] })
  if (plan.kind === 'refuse') return []
  const columns = new Map(plan.made.map(made => [made.name, made.columns]))
  const makings = request.statements.map((statement, at) => makingOf(kinds[at]!, fieldsIn(statement, kinds[at]!), { columns, request }))
  // A table can make a type of its name that stands before PostgreSQL's own.
  return plan.leavesStale ? makings.map(heavy) : makings
}

function heavy(making: Making): Making {
  return making?.what === 'makes' ? { what: 'makes', made: { ...making.made, isLight: false } } : making
}

const makers = new Set(['CreateStmt', 'CreateTableAsStmt', 'SelectStmt', 'ViewStmt', 'IndexStmt', 'RenameStmt', 'AlterObjectSchemaStmt'])

function makingOf(kind: string, fields: Fields, { columns, request }: { columns: Map<string, string[]>; request: MaskRequest }): Making {
  if (kind === 'RenameStmt' || kind === 'AlterObjectSchemaStmt') return { what: 'moves' }
  if (kind === 'IndexStmt') return isPlainIndex(fields) ? { what: 'indexes' } : null
  const into = fieldsIn(fields, kind === 'SelectStmt' ? 'intoClause' : 'into')
  const relation =
    kind === 'CreateStmt' ? fieldsIn(fields, 'relation') : kind === 'ViewStmt' ? fieldsIn(fields, 'view') : fieldsIn(into, 'rel')
  const { relname: name, schemaname: schema, relpersistence: persistence } = relation
  if (typeof name !== 'string' || (schema !== undefined && schema !== 'pg_temp')) return null
  const isTemporary = persistence === 't' || schema === 'pg_temp'
  const named = columns.get(name)
  if (!named) return null
  const isTable = kind !== 'ViewStmt' && fields['objtype'] !== 'OBJECT_MATVIEW'
  const isQuiet = isTable && isTemporary && isNobodys(name, request.catalogue) && !mayRunCode(kind, fields, request.catalogue)
  return {
    what: 'makes',
    made: {
      name,
      columns: named,
      isTemporary,
      isCertain: isTemporary && fields['if_not_exists'] !== true && fields['replace'] !== true,
      isLight: isQuiet && !namesLikeMasked(named, request),
      isForTransaction: fields['oncommit'] === 'ONCOMMIT_DROP' || into['onCommit'] === 'ONCOMMIT_DROP',
    },
  }
}

/** A table that hides another is known to all who read the catalogue; other sessions' own tables hide nothing. */
function isNobodys(name: string, { data }: Catalogue): boolean {
  return !data.relations.some(relation => relation.name === name && !relation.schema.startsWith('pg_temp'))
}

/** Whether code may run that only a catalogue shows when the table is filled: defaults, checks, what is generated, domains. */
function mayRunCode(kind: string, fields: Fields, { data }: Catalogue): boolean {
  if (data.domains?.some(({ checks }) => checks.length > 0)) return true
  if (kind !== 'CreateStmt') return false
  if (['inhRelations', 'ofTypename', 'partspec', 'partbound', 'constraints'].some(place => fields[place] !== undefined)) return true
  const elements = Array.isArray(fields['tableElts']) ? (fields['tableElts'] as Fields[]) : []
  return elements.some(element => {
    const column = fieldsIn(element, 'ColumnDef')
    const constraints = Array.isArray(column['constraints']) ? (column['constraints'] as Fields[]) : []
    if (!('ColumnDef' in element) && !isKey(fieldsIn(element, 'Constraint'))) return true
    return constraints.some(constraint => {
      const { raw_expr: expression, ...rest } = fieldsIn(constraint, 'Constraint')
      return expression === undefined ? !isKey(rest) : !(isFields(expression) && 'A_Const' in expression)
    })
  })
}

function isKey({ contype }: Fields): boolean {
  return contype === 'CONSTR_PRIMARY' || contype === 'CONSTR_UNIQUE' || contype === 'CONSTR_NOTNULL' || contype === 'CONSTR_NULL'
}

/** A table that a catalogue does not know has masked columns by their names alone, so that one is worth a catalogue. */
function namesLikeMasked(columns: string[], { masks }: MaskRequest): boolean {
  const masked = new Set(masks.flatMap(mask => mask.columns.map(({ column }) => column.toLowerCase())))
  return columns.some(column => masked.has(column.toLowerCase()))
}

function isPlainIndex(index: Fields): boolean {
  const elements = Array.isArray(index['indexParams']) ? (index['indexParams'] as Fields[]) : []
  return (
    index['whereClause'] === undefined &&
    elements.every(element => {
      const { name, expr, opclass } = fieldsIn(element, 'IndexElem')
      return typeof name === 'string' && expr === undefined && opclass === undefined
    })
  )
}

function fieldsIn(fields: Fields, place: string): Fields {
  const found = fields[place]
  return isFields(found) ? found : {}
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
