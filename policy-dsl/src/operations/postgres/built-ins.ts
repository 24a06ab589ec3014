import { constantText, fieldsOf, isFields, text } from './tree.ts'

/** What a built-in function does beyond giving a value, as far as its arguments say it. */
export type BuiltInCall =
  /** It runs a text that stands there in full. */
  | { kind: 'runs'; name: string; text: string }
  /** It reads a table whose name stands there in full. */
  | { kind: 'reads'; name: string; table: string }
  | { kind: 'opaque'; name: string; what: string }

/** Functions that run one of their arguments as a query: its place, and its name. */
const runners = new Map(
  ['query_to_xml', 'query_to_xmlschema', 'query_to_xml_and_xmlschema', 'ts_stat'].map(name => [name, { place: 0, name: 'query' }]),
)

const tableReaders = new Set(['table_to_xml', 'table_to_xmlschema', 'table_to_xml_and_xmlschema'])
/** Those that read what is not told from the call. */
const wholesale = new Map(
  ['', 'schema', '_and_xmlschema'].flatMap((end): [string, string][] => [
    [`schema_to_xml${end}`, 'many tables'],
    [`database_to_xml${end}`, 'many tables'],
    [`cursor_to_xml${end}`, 'a cursor'],
  ]),
)

/**
 * What a call of a built-in does that its name hides, or null for one that only
 * gives a value. `dblink` counts wherever it was installed: what it asks of
 * another server is not ours to know.
 */
export function callBuiltIn(name: string[], given: unknown[]): BuiltInCall | null {
  const bare = name.at(-1) ?? ''
  if (bare.startsWith('dblink')) return { kind: 'opaque', name: name.join('.'), what: 'another server' }
  if (name.length > 1 && name.at(-2) !== 'pg_catalog') return null
  const runner = runners.get(bare)
  if (runner) return running(bare, constantText(argument(given, runner)))
  // With two arguments the second is a query, with three it is a value.
  if (bare === 'ts_rewrite' && given.length === 2) return running(bare, constantText(given[1]))
  if (tableReaders.has(bare)) {
    const table = constantText(argument(given, { place: 0, name: 'tbl' }))
    return table === null ? { kind: 'opaque', name: bare, what: 'a table' } : { kind: 'reads', name: bare, table }
  }
  const what = wholesale.get(bare)
  return what === undefined ? null : { kind: 'opaque', name: bare, what }
}

function running(name: string, query: string | null): BuiltInCall {
  return query === null ? { kind: 'opaque', name, what: 'dynamic SQL' } : { kind: 'runs', name, text: query }
}

/** An argument by its place, or by its name: `query => '…'`. */
function argument(given: unknown[], { place, name }: { place: number; name: string }): unknown {
  for (const one of given) {
    const byName = fieldsOf(one, 'NamedArgExpr')
    if (byName && text(byName['name']) === name) return byName['arg']
  }
  const found = given[place]
  return isFields(found) ? found : null
}
