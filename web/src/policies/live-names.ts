import type { LiveNamespace, LiveSchema, LiveTarget } from '@steno/policy-dsl'

type LiveTable = LiveNamespace['tables'][number]

/** Something that policies name by a path from a target: `shop.customers.email`. */
export type LiveName =
  | { is: 'target'; target: LiveTarget }
  | { is: 'schema'; target: LiveTarget; schema: LiveNamespace }
  | { is: 'table'; target: LiveTarget; schema: LiveNamespace; table: LiveTable }
  | { is: 'column'; target: LiveTarget; schema: LiveNamespace; table: LiveTable; column: LiveTable['columns'][number] }

/** A path as it stands in a text. */
export interface NamePath {
  names: string[]
  start: number
  /** Where its last name begins. */
  last: number
}

/** Gives what a path names, or null. Tables of schemas on the search path are found without the schema, as the server finds them. */
export function findLiveName({ targets }: LiveSchema, [first, ...rest]: readonly string[]): LiveName | null {
  const target = targets.find(({ name }) => name === first)
  if (!target) return null
  let found: LiveName = { is: 'target', target }
  for (const name of rest) {
    const next: LiveName | undefined = membersOf(found).find(member => nameOf(member) === name)
    if (!next) return null
    found = next
  }
  return found
}

/** Gives what can follow, each name once. */
export function membersOf(found: LiveName): LiveName[] {
  switch (found.is) {
    case 'target': {
      const { target } = found
      const schemas = target.schemas ?? []
      const tables = schemas
        .filter(({ isDefault }) => isDefault)
        .flatMap(schema => schema.tables.map((table): LiveName => ({ is: 'table', target, schema, table })))
      const all = [...tables, ...schemas.map((schema): LiveName => ({ is: 'schema', target, schema }))]
      return [...new Map(all.toReversed().map(member => [nameOf(member), member])).values()].toReversed()
    }
    case 'schema':
      return found.schema.tables.map(table => ({ ...found, is: 'table', table }))
    case 'table':
      return found.table.columns.map(column => ({ ...found, is: 'column', column }))
    case 'column':
      return []
  }
}

export function nameOf(found: LiveName): string {
  return found.is === 'target'
    ? found.target.name
    : found.is === 'schema'
      ? found.schema.name
      : found.is === 'table'
        ? found.table.name
        : found.column.name
}

/** Gives what there is to say of a name in a few words: a column's type, a table's size. */
export function aboutLiveName(found: LiveName): string {
  switch (found.is) {
    case 'target':
      return [found.target.protocol, ...Object.entries(found.target.labels).map(([label, value]) => `${label}: ${value}`)].join(' · ')
    case 'schema':
      return counted(found.schema.tables.length, 'table')
    case 'table':
      return counted(found.table.columns.length, 'column')
    case 'column':
      return found.column.type
  }
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

const name = /[\p{ID_Start}$_][\p{ID_Continue}$]*/u.source
const member = String.raw`(?:\.\s*(?:${name})?|\[\s*(?:'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")\s*\])`

/** Gives the path that ends at an offset, or that a word there belongs to; null where there is none. Behind a dot its last name is empty. */
export function pathAt(source: string, offset: number): NamePath | null {
  const line = source.lastIndexOf('\n', offset - 1) + 1
  const before = new RegExp(`(?:${name})(?:${member})*$`, 'u').exec(source.slice(line, offset))
  const whole = before?.[0] + (new RegExp(`^[\\p{ID_Continue}$]*`, 'u').exec(source.slice(offset))?.[0] ?? '')
  if (!before) return null
  const pieces = Array.from(whole.matchAll(new RegExp(`${name}|(?<=\\.)\\s*$|'((?:[^'\\\\]|\\\\.)*)'|"((?:[^"\\\\]|\\\\.)*)"`, 'gu')))
  const start = line + before.index
  return {
    names: pieces.map(([text, single, double]) => (single ?? double ?? text.trim()).replaceAll(/\\(.)/g, '$1')),
    start,
    last: start + (pieces.at(-1)?.index ?? 0),
  }
}

/** Whether a name can stand in a policy as it is. */
export function isIdentifier(text: string): boolean {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(text)
}

/** A text as policies write it. */
export function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
