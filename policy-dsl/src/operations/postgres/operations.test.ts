/// <reference types="node" />
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { beforeAll, describe, expect, it } from 'vitest'
import { corpus } from './corpus.ts'
import { createParser, type Parser } from './parser.ts'
import { parsedBytesMax } from './syntax.ts'

let parser: Parser

beforeAll(async () => {
  parser = await createParser({ loadWasm: () => readFile(createRequire(import.meta.url).resolve('libpg-query/wasm/libpg-query.wasm')) })
})

/** An operation in short: `DELETE shop.orders(id) where`, objects in brackets. */
function said(text: string): string[] {
  return parser
    .operations(text)
    .map(({ verb, object, tables, hasWhere }) =>
      [
        verb,
        ...(object === undefined ? [] : [`[${object}]`]),
        ...tables,
        ...(hasWhere === undefined ? [] : [hasWhere ? '+where' : '-where']),
      ].join(' '),
    )
}

function columns(text: string): string[] {
  return parser.operations(text).flatMap(operation => operation.columns)
}

describe('operations of a statement', () => {
  for (const [text, ...expected] of corpus)
    it(text.length > 110 ? `${text.slice(0, 110)}…` : text || '(empty)', () => expect(said(text)).toEqual(expected))
})

describe('columns', () => {
  it('are those named, without their table', () => {
    expect(columns('SELECT p.amount, *, count(*) FROM payments p WHERE p.status = 1 ORDER BY created_at')).toEqual([
      'amount',
      '*',
      'status',
      'created_at',
    ])
    expect(columns('INSERT INTO t (a, b) VALUES (1, 2)')).toEqual(['a', 'b'])
    expect(columns('UPDATE t SET a = b + 1, c = 2 WHERE d = 3')).toEqual(['a', 'c', 'b', 'd'])
    expect(columns('SELECT (t).ssn FROM t')).toEqual(['ssn', 't'])
    expect(columns('SELECT 1 FROM a JOIN b USING (id)')).toEqual(['id'])
    expect(columns('COPY t (a, b) FROM STDIN')).toEqual(['a', 'b'])
    expect(columns('SELECT amount AS alias FROM t')).toEqual(['amount'])
    expect(columns('ALTER TABLE t DROP COLUMN ssn, ADD COLUMN x int')).toEqual(['ssn', 'x'])
    expect(columns('CREATE INDEX ON t (a, lower(b))')).toEqual(['a', 'b'])
    expect(columns('GRANT SELECT (email) ON customers TO bob')).toEqual(['email'])
    expect(columns('INSERT INTO t (id, n) VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET n = excluded.n')).toEqual(['id', 'n', 'n', 'id'])
  })
})

describe('what would break a parser', () => {
  const chain = `SELECT ${'1+'.repeat(20_000)}1`

  it('gives the next statement its answer after two hundred that exhaust the stack', async () => {
    for (let at = 0; at < 200; at++) {
      expect(said(chain)).toEqual(['UNPARSED'])
      await parser.ready()
    }
    expect(said('SELECT * FROM payments')).toEqual(['SELECT payments'])
  }, 30_000)

  it('knows nothing, and says so, while it recovers from a burst of them', async () => {
    for (let at = 0; at < 200; at++) expect(said(chain)).toEqual(['UNPARSED'])
    // Bun's stack is deeper: it refuses the chains without losing an instance, and has nothing to recover from.
    const isBun = process.versions['bun'] !== undefined
    expect(said('SELECT * FROM payments')).toEqual([isBun ? 'SELECT payments' : 'UNPARSED'])
    await parser.ready()
    expect(said('SELECT * FROM payments')).toEqual(['SELECT payments'])
  }, 30_000)

  it('answers ten thousand parentheses, deep nesting and long chains', async () => {
    expect(said(`SELECT ${'('.repeat(10_000)}1${')'.repeat(10_000)}`)).toEqual(['UNPARSED'])
    await parser.ready()
    expect(said(`SELECT ${'1+'.repeat(6000)}1`)).toEqual(['UNPARSED'])
    await parser.ready()
    expect(said(`SELECT ${'1+'.repeat(1000)}1 FROM t`)).toEqual(['SELECT t'])
    expect(said(`SELECT 1${' UNION ALL SELECT 1'.repeat(2000)} FROM t`)).toEqual(['SELECT t'])
    expect(said(`DELETE FROM t WHERE ${'NOT '.repeat(1000)}a`)).toEqual(['DELETE t -where'])
  }, 30_000)

  it('does not follow a short text into gigabytes of tree', async () => {
    const columns = 'c0, c1, c2, c3, c4, c5, c6, c7, c8, c9'
    const nested = (depth: number): string =>
      depth === 0 ? 'SELECT 1' : `WITH x AS (UPDATE t SET (${columns}) = (${nested(depth - 1)})) SELECT 1`
    expect(said(nested(2))).toEqual(['SELECT', 'UPDATE t -where', 'SELECT', 'UPDATE t -where', 'SELECT'])
    expect(said(nested(8))).toEqual(['UNPARSED'])
    await parser.ready()
    expect(said('SELECT * FROM payments')).toEqual(['SELECT payments'])
  }, 30_000)

  it('refuses to look at a text with a NUL, or one that is too long', () => {
    expect(said('SELECT 1;\0 DROP TABLE users')).toEqual(['UNPARSED'])
    expect(said(`SELECT '${'x'.repeat(parsedBytesMax)}'`)).toEqual(['UNPARSED'])
    expect(said(`SELECT '${'é'.repeat(parsedBytesMax / 2)}'`)).toEqual(['UNPARSED'])
  })

  it('never throws, whatever the bytes', () => {
    let state = 1
    const next = () => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) >>> 16
    const words = [
      'SELECT',
      'FROM',
      '(',
      ')',
      "'",
      '"',
      '$$',
      '$1',
      'WITH',
      'AS',
      ',',
      ';',
      '--',
      '/*',
      't',
      '\\',
      "E'",
      'U&"',
      '*',
      'DELETE',
      '\ud800',
      '😀',
      '\u202e',
    ]
    for (let at = 0; at < 1000; at++) {
      const text = Array.from({ length: next() % 30 }, () =>
        next() % 3 ? (words[next() % words.length] ?? '') : String.fromCharCode(next() % 0x3000),
      ).join(' ')
      expect(Array.isArray(parser.operations(text))).toBe(true)
    }
  })
})
