import { Catalogue, createParser, type CatalogueData, type MaskObligation } from '@steno/policy-dsl'
import { describe, expect, it } from 'vitest'
import { loadParserWasm } from '../../runtime/parser-wasm.ts'
import { makingsOf } from './making.ts'

const parser = await createParser({ loadWasm: loadParserWasm })
const table = (oid: number, schema: string, name: string) => ({
  oid,
  schema,
  name,
  kind: 'table' as const,
  columns: [
    { name: 'id', attribute: 1, type: 'integer', typeOid: 23 },
    { name: 'ssn', attribute: 2, type: 'text', typeOid: 25 },
  ],
})
const data: CatalogueData = {
  relations: [table(1, 'public', 'customers'), table(2, 'pg_temp_7', 'elsewhere')],
  routines: [],
  searchPath: ['public'],
  serverVersion: 150_000,
}
const masked: MaskObligation = {
  rule: 'hide',
  columns: [{ target: null, schema: null, table: 'customers', column: 'ssn' }],
  matching: null,
  with: 'redact',
  predicates: 'refuse',
}

function makings(text: string, { masks = [masked], more = {} }: { masks?: MaskObligation[]; more?: Partial<CatalogueData> } = {}) {
  const syntax = parser.syntax(text)
  return makingsOf({
    text,
    statements: syntax.kind === 'statements' ? syntax.statements : [],
    catalogue: new Catalogue({ ...data, ...more }),
    searchPath: ['public'],
    target: 'shop',
    masks,
    parse: inner => parser.syntax(inner),
  })
}
const made = (text: string, options?: Parameters<typeof makings>[1]) => {
  const last = makings(text, options).at(-1)
  return last?.what === 'makes' ? last.made : null
}

describe('what a statement makes', () => {
  it.each([
    ['CREATE TEMP TABLE t (a int PRIMARY KEY, b text DEFAULT 1 NOT NULL)', ['a', 'b']],
    ['CREATE TEMP TABLE t AS SELECT id AS x FROM customers', ['x']],
    ['SELECT id INTO TEMP t FROM customers', ['id']],
    ['CREATE TABLE pg_temp.t (a int, UNIQUE (a))', ['a']],
    ['CREATE TEMP TABLE elsewhere (a int)', ['a']],
  ])('is light: %s', (text, columns) => {
    for (const masks of [[masked], []])
      expect(made(text, { masks })).toMatchObject({ columns, isTemporary: true, isCertain: true, isLight: true, isForTransaction: false })
  })

  it.each([
    ['CREATE TABLE t (a int)', 'is everybody’s'],
    ['CREATE VIEW t AS SELECT id FROM customers', 'is a view'],
    ['CREATE TEMP VIEW t AS SELECT id FROM customers', 'is a view'],
    ['CREATE MATERIALIZED VIEW t AS SELECT id FROM customers', 'is a view'],
    ['CREATE TEMP TABLE customers (a int)', 'hides another'],
    ['CREATE TEMP TABLE t (a int DEFAULT random())', 'runs code'],
    ['CREATE TEMP TABLE t (a int CHECK (a > 1))', 'runs code'],
    ['CREATE TEMP TABLE t (a int, CHECK (a > 1))', 'runs code'],
    ['CREATE TEMP TABLE t (a int, b int GENERATED ALWAYS AS (a + 1) STORED)', 'runs code'],
    ['CREATE TEMP TABLE t (SSN text)', 'has a column named as a masked one'],
    ['CREATE TEMP TABLE text (a int)', 'makes a type'],
  ])('is not light: %s, which %s', text => {
    expect(made(text)).toMatchObject({ isLight: false })
  })

  it.each([
    'CREATE TABLE other.t (a int)',
    'CREATE TEMP TABLE t (LIKE customers)',
    'CREATE TEMP TABLE t (a int) INHERITS (customers)',
    'CREATE TEMP TABLE t AS SELECT ssn FROM customers',
    'CREATE TEMP TABLE t AS SELECT * FROM unknown',
    'INSERT INTO customers VALUES (1)',
    'SELECT 1',
    'CREATE SEQUENCE s',
    'what is this',
  ])('is not said: %s', text => {
    expect(made(text)).toBeNull()
  })

  it('is not light where somebody’s domain may check what it is filled with', () => {
    const domains = [{ schema: 'public', name: 'd', base: 'text', checks: ['f(VALUE)'] }]
    expect(made('CREATE TEMP TABLE t (a int)', { more: { domains } })).toMatchObject({ isLight: false })
    expect(made('CREATE TEMP TABLE t (a int)', { more: { domains: [{ ...domains[0]!, checks: [] }] } })).toMatchObject({ isLight: true })
  })

  it('is certain only where making it says that there was nothing of its name', () => {
    expect(
      [
        'CREATE TEMP TABLE t (a int)',
        'CREATE TEMP TABLE IF NOT EXISTS t (a int)',
        'CREATE TABLE t (a int)',
        'CREATE TEMP VIEW t AS SELECT 1 AS a',
        'CREATE OR REPLACE TEMP VIEW t AS SELECT 1 AS a',
      ].map(text => made(text)?.isCertain),
    ).toEqual([true, false, false, true, false])
  })

  it('may be for its transaction alone', () => {
    for (const text of ['CREATE TEMP TABLE t (a int) ON COMMIT DROP', 'CREATE TEMP TABLE t ON COMMIT DROP AS SELECT 1 AS a'])
      expect(made(text)).toMatchObject({ isForTransaction: true })
  })

  it('is told statement by statement', () => {
    expect(
      makings('SELECT 1; CREATE TEMP TABLE t AS SELECT 1 AS a; CREATE INDEX ON t (a); ALTER TABLE t RENAME TO u').map(one => one?.what),
    ).toEqual([undefined, 'makes', 'indexes', 'moves'])
  })

  it('is no plain index when it has expressions, conditions or operators of its own', () => {
    for (const text of ['CREATE INDEX ON t (lower(a))', 'CREATE INDEX ON t (a) WHERE a > 1', 'CREATE INDEX ON t (a text_pattern_ops)'])
      expect(makings(text)).toEqual([null])
  })
})
