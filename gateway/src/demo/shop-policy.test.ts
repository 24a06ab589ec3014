import { readFileSync } from 'node:fs'
import { Catalogue, createParser, type CatalogueData, type LiveSchema } from '@steno/policy-dsl'
import { expect, it } from 'vitest'
import { checkPolicy } from '../policies/index.ts'
import { loadParserWasm } from '../runtime/parser-wasm.ts'
import { shopSchema } from './shop.ts'

const source = readFileSync(new URL('../../demo/shop.policy.ts', import.meta.url), 'utf8')

/** The tables that the demo makes, read from its own statements. */
const tables = [...shopSchema.matchAll(/create table (\w+) \(\n([^;]+)\n\);/g)].map(([, name = '', columns = '']) => ({
  name,
  columns: columns.split('\n').map(line => ({ name: line.trim().split(' ')[0]!, type: line.trim().split(' ')[1]! })),
}))

const live: LiveSchema = {
  targets: [{ name: 'shop', protocol: 'postgres', labels: { env: 'demo' }, schemas: [{ name: 'public', isDefault: true, tables }] }],
  groups: ['migrators', 'pii-readers'],
  agents: [],
  approvers: ['approver'],
}

/** The same as the target tells it to the gateway. */
const catalogue: CatalogueData = {
  relations: tables.map(({ name, columns }, at) => ({
    oid: 16_384 + at,
    schema: 'public',
    name,
    kind: 'table',
    columns: columns.map((column, i) => ({ ...column, attribute: i + 1, typeOid: 25 })),
  })),
  routines: [],
  searchPath: ['pg_catalog', 'public'],
  serverVersion: 180_000,
}

it('names only what the shop has, and keeps its own tests', async () => {
  expect(tables.map(({ name }) => name)).toEqual(['customers', 'orders', 'payments', 'tickets', 'audit_note'])
  const parser = await createParser({ loadWasm: loadParserWasm })
  const { ruleset, problems, tests } = checkPolicy(source, {
    live: () => live,
    operations: (_, statement) => parser.understand(statement, { catalogue: new Catalogue(catalogue) }),
  })
  expect(problems).toEqual([])
  expect(ruleset?.rules.length).toBe(8)
  expect(tests.length).toBeGreaterThan(10)
  expect(tests.filter(({ passed }) => !passed)).toEqual([])
})
