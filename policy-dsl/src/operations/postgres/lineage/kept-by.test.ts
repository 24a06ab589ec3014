/// <reference types="node" />
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { beforeAll, describe, expect, it } from 'vitest'
import { readWithoutHead } from '../bodies.ts'
import { Catalogue, type RoutineData } from '../catalogue.ts'
import { SyntaxReader } from '../syntax.ts'
import { corpusCatalogue } from './corpus.ts'
import { planMasks } from './plan-masks.ts'

let reader: SyntaxReader

beforeAll(async () => {
  reader = await SyntaxReader.open(() => readFile(createRequire(import.meta.url).resolve('libpg-query/wasm/libpg-query.wasm')))
})

/** Why a call of a function that a database has is refused while `customers.email` and `customers.ssn` are masked; null when it is not. */
function refusal(language: string, body: string, more: Partial<RoutineData> = {}, others: RoutineData[] = []): string | null {
  const parameters = ['p_id', 'email']
  const f: RoutineData = {
    oid: 30_000,
    schema: 'public',
    name: 'f',
    kind: 'function',
    language,
    body,
    parameters,
    returnsSet: false,
    returnsRelation: 0,
  }
  const text = 'SELECT f(1, $1)'
  const syntax = reader.read(text)
  const plan = planMasks({
    text,
    statements: syntax.kind === 'statements' ? syntax.statements : [],
    catalogue: new Catalogue({ ...corpusCatalogue, routines: [...corpusCatalogue.routines, { ...f, ...more }, ...others] }),
    target: 'shop',
    masks: [
      {
        rule: 'hide personal data',
        columns: ['email', 'ssn'].map(column => ({ target: null, schema: null, table: 'customers', column })),
        matching: null,
        with: 'redact',
        predicates: 'refuse',
      },
    ],
    parse: inner => reader.read(inner),
    parseBody: head => readWithoutHead(head, inner => reader.readBody(inner)),
  })
  return plan.kind === 'refuse' ? plan.reason : null
}
const plpgsql = (body: string, declare = ''): string | null =>
  refusal('plpgsql', `${declare === '' ? '' : `DECLARE ${declare}; `}BEGIN ${body} END`)

describe('a function of the database that puts masked values somewhere is refused', () => {
  it.each([
    'INSERT INTO notes SELECT id, ssn FROM customers',
    'UPDATE notes SET body = (SELECT ssn FROM customers LIMIT 1)',
    'UPDATE customers SET name = email',
    "SELECT set_config('app.ssn', ssn, false) FROM customers",
    'SELECT pg_advisory_lock(hashtext(ssn)) FROM customers',
    "SELECT pg_notify('c', email) FROM customers",
    'CREATE TABLE t AS SELECT ssn FROM customers',
    'MERGE INTO notes n USING customers c ON n.id = c.id WHEN NOT MATCHED THEN INSERT VALUES (c.id, c.ssn)',
    'WITH w AS (INSERT INTO notes SELECT 1, ssn FROM customers RETURNING body) SELECT count(*) FROM w',
  ])('in SQL: %s', body => expect(refusal('sql', `${body}; SELECT 1`)).toMatch(/masked/))

  it.each([
    ['INSERT INTO notes SELECT id, ssn FROM customers;', ''],
    ['SELECT ssn INTO v FROM customers; INSERT INTO notes VALUES (1, v);', 'v text'],
    ['v := (SELECT ssn FROM customers LIMIT 1); INSERT INTO notes VALUES (1, v);', 'v text'],
    ['FOR r IN SELECT * FROM customers LOOP INSERT INTO notes VALUES (1, r.ssn); END LOOP;', 'r record'],
    ["PERFORM set_config('a.b', (SELECT ssn FROM customers LIMIT 1), false);", ''],
    ["SELECT ssn INTO v FROM customers; PERFORM pg_notify('c', v);", 'v text'],
  ])('in PL/pgSQL: %s', (body, declare) => expect(plpgsql(body, declare)).toMatch(/masked/))

  it('also when another function writes what it is given', () => {
    const store: RoutineData = {
      oid: 30_001,
      schema: 'public',
      name: 'store',
      kind: 'function',
      language: 'plpgsql',
      body: 'BEGIN INSERT INTO notes VALUES (1, v); RETURN 1; END',
      parameters: ['v'],
      returnsSet: false,
      returnsRelation: 0,
    }
    expect(refusal('sql', 'SELECT store(ssn) FROM customers', {}, [store])).toMatch(/masked/)
  })

  it('and when its body cannot be read closer', () => {
    expect(refusal('plpgsql', 'BEGIN PERFORM 1 FROM customers; INSERT INTO notes VALUES (1, oh dear; END')).toMatch(/masked/)
  })
})

describe('one that only reads, or writes other things, is not', () => {
  it.each([
    'SELECT ssn FROM customers WHERE id = p_id',
    'INSERT INTO customers (id, email) VALUES (p_id, $2) RETURNING email',
    'UPDATE customers SET city = $2 WHERE email = $2',
    'DELETE FROM customers WHERE id = p_id',
    'INSERT INTO orders SELECT 9, id, 0, name FROM customers WHERE email = $2',
    'UPDATE customers SET email = lower(email)',
  ])('in SQL: %s', body => expect(refusal('sql', body)).toBeNull())

  it.each([
    ['RETURN (SELECT ssn FROM customers WHERE id = p_id);', ''],
    ['INSERT INTO customers (id, email) VALUES (p_id, email); RETURN p_id;', ''],
    ['UPDATE customers SET city = v WHERE customers.email = f.email; RETURN 1;', 'v text'],
    ['SELECT id INTO v FROM customers c WHERE c.email = f.email; INSERT INTO orders VALUES (1, v, 0, NULL); RETURN v;', 'v int'],
    ['IF EXISTS (SELECT 1 FROM customers) THEN INSERT INTO notes VALUES (1, email); END IF; RETURN 1;', ''],
    ['PERFORM 1 FROM customers FOR UPDATE; RETURN 1;', ''],
  ])('in PL/pgSQL: %s', (body, declare) => expect(plpgsql(body, declare)).toBeNull())
})
