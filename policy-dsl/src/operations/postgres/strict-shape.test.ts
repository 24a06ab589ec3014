import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { beforeAll, describe, expect, it } from 'vitest'
import { createParser, type Parser } from './parser.ts'
import { strictShape } from './strict-shape.ts'

let parser: Parser

beforeAll(async () => {
  const wasm = createRequire(import.meta.url).resolve('libpg-query/wasm/libpg-query.wasm')
  parser = await createParser({ loadWasm: async () => readFileSync(wasm) })
})

function shapeOf(text: string): string | null {
  const syntax = parser.syntax(text)
  return syntax.kind === 'statements' ? strictShape(syntax.statements, parser.operations(text)) : null
}

describe('two texts have one shape', () => {
  it.each([
    ['DELETE FROM t WHERE id = 5', 'delete  from t where id = 70000 -- all of them'],
    ["DELETE FROM t WHERE name LIKE 'a%' AND id IN (1, 2)", "DELETE FROM t WHERE name LIKE 'b%' AND id IN (3, 4)"],
    ['DELETE FROM t WHERE id BETWEEN 1 AND 5', 'DELETE FROM t WHERE id BETWEEN 2 AND 3'],
    ["DELETE FROM t WHERE lower(name) = 'a'", "DELETE FROM t WHERE lower(name) = 'b'"],
    ["DELETE FROM t WHERE at < date '2020-01-01'", "DELETE FROM t WHERE at < date '2021-01-01'"],
    ['UPDATE t SET a = 1, b = b + 2 WHERE id = $1', 'UPDATE t SET a = 3, b = b + 4 WHERE id = $1'],
    ["INSERT INTO t VALUES (1, 'a')", "INSERT INTO t VALUES (2, 'b')"],
    ['DELETE FROM t WHERE id = ANY (ARRAY[1, 2])', 'DELETE FROM t WHERE id = ANY (ARRAY[3, 4])'],
  ])('when only values differ: %s', (one, other) => {
    expect(shapeOf(one)).not.toBeNull()
    expect(shapeOf(other)).toBe(shapeOf(one))
  })
})

describe('two texts have different shapes', () => {
  it.each([
    ['tables', 'DELETE FROM t WHERE id = 1', 'DELETE FROM u WHERE id = 1'],
    ['schemas', 'DELETE FROM t WHERE id = 1', 'DELETE FROM other.t WHERE id = 1'],
    ['columns', 'DELETE FROM t WHERE id = 1', 'DELETE FROM t WHERE age = 1'],
    ['operators', 'DELETE FROM t WHERE id = 1', 'DELETE FROM t WHERE id > 1'],
    ['a condition that says nothing', "DELETE FROM t WHERE name LIKE 'a%'", "DELETE FROM t WHERE name LIKE '%'"],
    ['a condition among constants', 'DELETE FROM t WHERE id = 1 OR 1 = 2', 'DELETE FROM t WHERE id = 1 OR 1 = 1'],
    [
      'a choice among constants',
      'SELECT CASE WHEN 1 + 1 = 3 THEN a ELSE b END FROM t',
      'SELECT CASE WHEN 1 + 1 = 2 THEN a ELSE b END FROM t',
    ],
    ['a list that is longer', 'DELETE FROM t WHERE id IN (1)', 'DELETE FROM t WHERE id IN (1, 2)'],
    ['rows that are more', 'INSERT INTO t VALUES (1)', 'INSERT INTO t VALUES (1), (2)'],
    ['what comes behind it', 'DELETE FROM t WHERE id = 1', 'DELETE FROM t WHERE id = 1; DROP TABLE t'],
    ['true and false', 'DELETE FROM t WHERE gone = false', 'DELETE FROM t WHERE gone = true'],
    ['a value and NULL', 'UPDATE t SET a = 1 WHERE id = 1', 'UPDATE t SET a = NULL WHERE id = 1'],
    ['a number and a text', 'DELETE FROM t WHERE id = 1', "DELETE FROM t WHERE id = '1'"],
    ['limits', 'SELECT a FROM t LIMIT 1', 'SELECT a FROM t LIMIT 2'],
    ['limits that are computed', 'SELECT a FROM t LIMIT 1 + 1', 'SELECT a FROM t LIMIT 1 + 9'],
    ['what is sorted by', 'SELECT a, b FROM t ORDER BY 1', 'SELECT a, b FROM t ORDER BY 2'],
    ['arguments of functions', "SELECT nextval('a')", "SELECT nextval('b')"],
    ['computed arguments', 'SELECT f(a + 1) FROM t', 'SELECT f(a + 2) FROM t'],
    ['a cast that names something', "SELECT a FROM t WHERE b = 'x'::regclass", "SELECT a FROM t WHERE b = 'y'::regclass"],
    ['the length of a type', 'SELECT a::varchar(5) FROM t', 'SELECT a::varchar(6) FROM t'],
    ['a path into a document', "SELECT d->>'name' FROM t", "SELECT d->>'ssn' FROM t"],
    ['such a path in a condition', "DELETE FROM t WHERE d->>'a' = 'x'", "DELETE FROM t WHERE d->>'b' = 'x'"],
    ['an element of an array', 'SELECT a[1] FROM t', 'SELECT a[2] FROM t'],
    ['an operator that somebody made', 'DELETE FROM t WHERE id = 1', 'DELETE FROM t WHERE id OPERATOR(evil.=) 1'],
  ])('when they differ in %s', (_, one, other) => {
    expect(shapeOf(one)).not.toBeNull()
    expect(shapeOf(other)).not.toBe(shapeOf(one))
  })
})

it.each([
  ['what is no plain statement', 'TRUNCATE t'],
  ['what runs a statement by its name', 'EXECUTE p(1)'],
  ['what hides another', 'EXPLAIN ANALYZE DELETE FROM t'],
  ['what cannot be known', "DO 'BEGIN END'"],
  ['what the grammar refuses', 'DELETE FORM t'],
  ['nothing', ''],
  ['a bind value among arguments', 'SELECT f($1)'],
  ['a bind value as a limit', 'SELECT a FROM t LIMIT $1'],
  ['a bind value as a path', 'SELECT d->>$1 FROM t'],
  ['trees nobody could read', `SELECT ${'a || '.repeat(400)}b FROM t`],
])('there is none for %s', (_, text) => {
  expect(shapeOf(text)).toBeNull()
})
