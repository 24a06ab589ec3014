import type * as ast from 'acorn'
import type { ColumnPattern } from '../decision.ts'
import type { LiveNamespace, LiveSchema, LiveTarget } from '../live-schema.ts'
import { quoted, shown, type ProblemList } from './problem-list.ts'
import { suggest } from './suggest.ts'

/** A live reference: a target, and the names written after it. */
export interface Reference {
  target: LiveTarget
  parts: { name: string; at: ast.Node }[]
}

export interface TableName {
  schema: string | null
  table: string
}

/** The table that a reference names. Null, with a problem, when there is none. */
export function tableOf(reference: Reference, at: ast.Node, problems: ProblemList): TableName | null {
  if (reference.parts.length < 1 || reference.parts.length > 2) {
    problems.error('wrong-reference', at, `expected a table like \`${reference.target.name}.payments\`, got ${nameOf(reference)}`)
    return null
  }
  if (reference.parts.length === 2 && isColumn(reference)) {
    problems.error(
      'wrong-reference',
      at,
      `expected a table like \`${reference.target.name}.payments\`, got the column ${shown(namesOf(reference))}`,
    )
    return null
  }
  const found = findTable(reference, reference.parts, problems)
  return found && { schema: found.schema, table: found.table }
}

/** The column that a reference names. Null, with a problem, when there is none. */
export function columnOf(reference: Reference, at: ast.Node, problems: ProblemList): (ColumnPattern & { table: string }) | null {
  const { target, parts } = reference
  if (parts.length < 2 || parts.length > 3) {
    problems.error('wrong-reference', at, `expected a column like \`${target.name}.customers.email\`, got ${nameOf(reference)}`)
    return null
  }
  const found = findTable(reference, parts.slice(0, -1), problems)
  const last = parts.at(-1)
  if (!found || !last) return null
  const names = found.columns?.map(column => column.name)
  if (names && !names.includes(last.name)) {
    const message = `expected a column of ${shown(`${target.name}.${found.table}`)}, got ${shown(last.name)}`
    problems.error('unknown-column', last.at, message, inPlace(last, suggest(last.name, names)))
    return null
  }
  return { target: target.name, schema: found.schema, table: found.table, column: last.name }
}

/** The targets by name. */
export function findTarget(live: LiveSchema, name: string): LiveTarget | null {
  return live.targets.find(target => target.name === name) ?? null
}

interface FoundTable extends TableName {
  columns: LiveNamespace['tables'][number]['columns'] | null
}

function findTable({ target }: Reference, parts: Reference['parts'], problems: ProblemList): FoundTable | null {
  const table = parts.at(-1)
  const schema = parts.length > 1 ? parts[0] : null
  if (!table) return null
  if (target.schemas === null) return { schema: schema?.name ?? null, table: table.name, columns: null }
  const schemas = schema ? target.schemas.filter(one => one.name === schema.name) : target.schemas.filter(one => one.isDefault)
  if (schema && schemas.length === 0) {
    const names = target.schemas.map(one => one.name)
    const message = `expected a schema of ${shown(target.name)}, got ${shown(schema.name)}`
    problems.error('unknown-table', schema.at, message, inPlace(schema, suggest(schema.name, names)))
    return null
  }
  for (const one of schemas) {
    const found = one.tables.find(({ name }) => name === table.name)
    if (found) return { schema: one.name, table: found.name, columns: found.columns }
  }
  const names = schemas.flatMap(one => one.tables.map(({ name }) => name))
  const message = `expected a table of ${shown(schema ? `${target.name}.${schema.name}` : target.name)}, got ${shown(table.name)}`
  problems.error('unknown-table', table.at, message, elsewhere(target, table) ?? inPlace(table, suggest(table.name, names)))
  return null
}

/** The schema's name belongs before a table that no session finds without it. */
function elsewhere(target: LiveTarget, table: Reference['parts'][number]): string | null {
  const schema = target.schemas?.find(one => !one.isDefault && one.tables.some(({ name }) => name === table.name))
  return schema && table.at.type === 'Identifier' && isIdentifier(schema.name) ? `${schema.name}.${table.name}` : null
}

/** A suggestion fits only where the name can be written in the same way. */
function inPlace(part: Reference['parts'][number], name: string | null): string | null {
  if (name === null) return null
  if (part.at.type !== 'Identifier') return quoted(name)
  return isIdentifier(name) ? name : null
}

function isIdentifier(name: string): boolean {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name)
}

/** Whether two names are a table that is found without its schema, and something of it. */
function isColumn({ target, parts: [first] }: Reference): boolean {
  const { schemas } = target
  if (schemas === null || schemas.some(one => one.name === first?.name)) return false
  return schemas.some(one => one.isDefault && one.tables.some(table => table.name === first?.name))
}

function nameOf(reference: Reference): string {
  const { parts } = reference
  const kind = parts.length === 0 ? 'target' : parts.length === 1 ? 'table' : 'column'
  return `the ${kind} ${shown(namesOf(reference))}`
}

function namesOf({ target, parts }: Reference): string {
  return [target.name, ...parts.map(({ name }) => name)].join('.')
}
