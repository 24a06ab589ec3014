/// <reference types="node" />
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Operation } from '@steno/recordings'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { catalogueCorpus, corpus, deepCorpus, hiddenCorpus } from './corpus.ts'
import { createParser, type Circumstances, type Parser } from './parser.ts'
import { parsedBytesMax } from './syntax.ts'
import { Catalogue } from './catalogue.ts'
import { chainOfFunctions, relation, shop, webOfFunctions, workshop } from './test-catalogue.ts'
import { listedInTextMax, listedMax } from './understand.ts'

/** An instance of the parser that is not thrown away is lost after some thirty of them. `npm test` tries more on one runtime. */
const killers = process.env['STENO_THOROUGH'] === undefined ? 50 : 200

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

/** All that is said of an operation: `DELETE shop.orders +where reads(id) in(SELECT)`. */
function told(text: string, circumstances?: Circumstances): string[] {
  return parser.understand(text, circumstances).map(tell)
}

function tell({ verb, object, tables, hasWhere, hasLimit, reads, writes, functions, inside, statement }: Operation): string {
  const words = [verb, object === undefined ? '' : `[${object}]`, ...tables]
  if (hasWhere !== undefined) words.push(hasWhere ? '+where' : '-where')
  if (hasLimit) words.push('+limit')
  if (reads) words.push(`reads(${reads.join(' ')})`)
  if (writes) words.push(`writes(${writes.join(' ')})`)
  if (functions) words.push(`calls(${functions.join(' ')})`)
  if (inside !== undefined) words.push(`in(${inside})`)
  if (statement !== undefined) words.push(`#${statement}`)
  return words.filter(word => word !== '').join(' ')
}

/** The piece of the text that each operation's statement is. */
function places(text: string): string[] {
  return parser.operations(text).map(({ at }) => text.slice(...(at ?? [0, 0])))
}

function columns(text: string): string[] {
  return parser.operations(text).flatMap(operation => operation.columns)
}

describe('operations of a statement', () => {
  for (const [text, ...expected] of corpus)
    it(text.length > 110 ? `${text.slice(0, 110)}…` : text || '(empty)', () => expect(said(text)).toEqual(expected))
})

describe('all that is known of a statement', () => {
  for (const [text, ...expected] of deepCorpus) it(shortly(text), () => expect(told(text)).toEqual(expected))
})

describe('all that is known of a statement with a catalogue', () => {
  for (const [text, ...expected] of catalogueCorpus) it(shortly(text), () => expect(told(text, { catalogue: shop })).toEqual(expected))
})

describe('what happens without being written', () => {
  for (const [text, ...expected] of hiddenCorpus) it(shortly(text), () => expect(told(text, { catalogue: workshop })).toEqual(expected))

  it('is not made up where nothing is known of the database', () => {
    expect(told("SELECT 1 === 2, 'x'::short FROM orders WHERE id = 1")).toEqual(['SELECT orders reads(id)'])
  })
})

function shortly(text: string): string {
  return text.length > 110 ? `${text.slice(0, 110)}…` : text || '(empty)'
}

describe('what is known where a text is run', () => {
  const prepared = (texts: Record<string, string>): Circumstances => ({ prepared: name => texts[name] ?? null })

  it('gives what a prepared statement does, from its own text or its PREPARE', () => {
    expect(told('EXECUTE p', prepared({ p: 'DELETE FROM a WHERE id = $1' }))).toEqual([
      'EXECUTE [p]',
      'DELETE a +where reads(id) in(EXECUTE)',
    ])
    expect(told('EXECUTE p', prepared({ p: 'PREPARE p AS DELETE FROM a' }))).toEqual(['EXECUTE [p]', 'DELETE a -where in(EXECUTE)'])
    expect(told('EXPLAIN EXECUTE p', prepared({ p: 'DELETE FROM a' }))).toEqual(['EXPLAIN a'])
  })

  it('follows a prepared statement that executes itself only once', () => {
    expect(told('EXECUTE p', prepared({ p: 'EXECUTE q', q: 'EXECUTE p' }))).toEqual([
      'EXECUTE [p]',
      'EXECUTE [q] in(EXECUTE)',
      'EXECUTE [p] in(EXECUTE)',
    ])
  })

  it('says so when a prepared statement is not known, or cannot be read', () => {
    expect(told('EXECUTE p', prepared({}))).toEqual(['EXECUTE [p]', 'OPAQUE [prepared statement p] in(EXECUTE)'])
    expect(told('EXECUTE p', prepared({ p: 'DELETE FORM a' }))).toEqual(['EXECUTE [p]', 'OPAQUE [prepared statement p] in(EXECUTE)'])
  })

  it('prefers what the text itself has prepared', () => {
    expect(told('PREPARE p AS DELETE FROM a; EXECUTE p', prepared({ p: 'SELECT 1' })).at(-1)).toBe('DELETE a -where in(EXECUTE) #1')
  })

  it('gives what a cursor reads', () => {
    const cursors = (name: string): string | null => (name === 'c' ? 'DECLARE c CURSOR FOR SELECT ssn FROM a' : null)
    expect(told('FETCH ALL FROM c', { cursors })).toEqual(['FETCH [c]', 'SELECT a reads(ssn) in(FETCH)'])
    expect(told('MOVE c', { cursors })).toEqual(['MOVE [c]', 'SELECT a reads(ssn) in(MOVE)'])
    expect(told('FETCH d', { cursors })).toEqual(['FETCH [d]', 'OPAQUE [cursor d] in(FETCH)'])
  })

  it('looks bare names up in the search path it is given', () => {
    expect(told('SELECT id FROM orders', { catalogue: shop, searchPath: ['public', 'shop'] })).toEqual([
      'SELECT public.orders reads(public.orders.id)',
    ])
    expect(told('SELECT hidden()', { catalogue: shop, searchPath: ['evil'] })[0]).toBe('SELECT +limit calls(evil.hidden)')
    expect(told('SELECT ssn FROM customers', { catalogue: shop, searchPath: ['public'] })).toEqual(['SELECT customers reads(ssn)'])
  })

  it('reads a view under the search path it was printed for', () => {
    expect(told('SELECT mail FROM shop.contacts', { catalogue: shop, searchPath: ['public'] }).at(-1)).toBe(
      'SELECT shop.customers reads(shop.customers.id shop.customers.email) in(view shop.contacts)',
    )
  })

  it('knows the tables of a target, and calls no function unknown for it', () => {
    const schemas = [
      {
        name: 'shop',
        isDefault: true,
        tables: [
          {
            name: 'orders',
            columns: [
              { name: 'id', type: 'int' },
              { name: 'total', type: 'int' },
            ],
          },
        ],
      },
      { name: 'old', isDefault: false, tables: [{ name: 'orders', columns: [{ name: 'sum', type: 'int' }] }] },
    ]
    const of = (text: string) => parser.operations(text, { name: 'shop', protocol: 'postgres', labels: {}, schemas }).map(tell)
    expect(of('SELECT *, f(1) FROM orders')).toEqual(['SELECT shop.orders reads(shop.orders.id shop.orders.total) calls(f)'])
    expect(of('SELECT sum(total), o.sum FROM orders, old.orders AS o')).toEqual([
      'SELECT shop.orders old.orders reads(shop.orders.total old.orders.sum) calls(sum)',
    ])
    expect(of('INSERT INTO orders VALUES (1)')).toEqual(['INSERT shop.orders writes(shop.orders.id shop.orders.total)'])
    expect(of('SELECT * FROM f(1)')).toEqual(['SELECT reads(*) calls(f)'])
    expect(parser.operations('SELECT * FROM orders', { name: 'crm', protocol: 'postgres', labels: {}, schemas: null })).toMatchObject([
      { reads: ['*'] },
    ])
  })

  it('marks what is not known', () => {
    const isOpaque = (text: string): (boolean | undefined)[] => parser.operations(text).map(operation => operation.isOpaque)
    expect(isOpaque('SELEC')).toEqual([true])
    expect(isOpaque('DO $$ BEGIN EXECUTE x; END $$')).toEqual([undefined, true])
    expect(isOpaque('SELECT 1')).toEqual([undefined])
  })
})

describe('functions that call functions', () => {
  it('are followed to their end', () => {
    expect(told('SELECT f0()', { catalogue: chainOfFunctions(12) }).at(-1)).toBe('DELETE shop.orders -where in(function shop.f11)')
  })

  it('are opaque when they go too deep', () => {
    expect(told('SELECT f0()', { catalogue: chainOfFunctions(40) }).at(-1)).toBe('OPAQUE [function shop.f16] in(function shop.f16)')
  })

  it('are told once, however often they are called', () => {
    expect(told('SELECT f0()', { catalogue: webOfFunctions(14) })).toHaveLength(15)
  })
})

describe('the columns of whole rows', () => {
  const names = (prefix: string, count: number) => Array.from({ length: count }, (_, at) => `${prefix}${at}`)
  const wide = new Catalogue({
    searchPath: ['s'],
    serverVersion: 180_000,
    relations: [relation('s.widest', names('a', listedMax)), relation('s.half', names('b', listedMax / 2)), relation('s.none', [])],
    routines: [],
  })
  const reads = (text: string) => parser.understand(text, { catalogue: wide }).map(operation => operation.reads ?? [])

  it('are listed, as many as a table can have', () => {
    expect(reads('SELECT * FROM widest')).toEqual([names('s.widest.a', listedMax)])
  })

  it('are not all listed beyond that, and then say so', () => {
    expect(reads('SELECT b.*, a.* FROM widest a, half b')).toEqual([[...names('s.half.b', listedMax / 2), 's.widest.*']])
    expect(reads('WITH x AS (SELECT * FROM half), y AS (SELECT * FROM widest) SELECT 1 FROM half h GROUP BY h')[0]).toEqual(
      names('s.half.b', listedMax / 2),
    )
  })

  it('count once in an operation, however often the row is named', () => {
    expect(reads('SELECT h, h.*, h IS NULL FROM half h WHERE h IS NOT NULL')).toEqual([names('s.half.b', listedMax / 2)])
    expect(reads('SELECT h, h.* FROM half h UNION SELECT * FROM half')).toEqual([names('s.half.b', listedMax / 2)])
  })

  it('count anew in every statement, up to the limit of a text', () => {
    const statements = listedInTextMax / listedMax
    const told = reads('SELECT * FROM widest;'.repeat(statements + 1))
    expect(told.slice(0, statements)).toEqual(told.slice(0, statements).fill(names('s.widest.a', listedMax)))
    expect(told.at(-1)).toEqual(['s.widest.*'])
  })

  it('are not taken for none where none are known', () => {
    expect(reads('SELECT * FROM none')).toEqual([['s.none.*']])
  })

  it('are written by an INSERT that does not name them, or said to be', () => {
    const writes = (text: string) => parser.understand(text, { catalogue: wide }).map(operation => operation.writes ?? [])
    expect(writes('INSERT INTO half VALUES (1)')).toEqual([names('s.half.b', listedMax / 2)])
    expect(writes('INSERT INTO widest SELECT * FROM half')).toEqual([names('s.widest.a', listedMax), []])
    expect(reads('INSERT INTO widest SELECT * FROM half')[1]).toEqual(['s.half.*'])
    expect(writes('WITH x AS (INSERT INTO half VALUES (1)) INSERT INTO widest VALUES (1)')).toEqual([
      names('s.widest.a', listedMax),
      ['s.half.*'],
    ])
  })
})

describe('places in the text', () => {
  it('are those of the statement, without what is around it', () => {
    expect(places(' /* a; */ SELECT 1 ; -- b\n\tDELETE FROM x ;; SELECT 2 ')).toEqual(['SELECT 1', 'DELETE FROM x', 'SELECT 2'])
    expect(places("SELECT 'é😀\ud800'; SELECT '🦊' ; SELECT 3")).toEqual(["SELECT 'é😀\ud800'", "SELECT '🦊'", 'SELECT 3'])
  })

  it('are the outer statement for everything inside it', () => {
    const text = "SELECT 'é'; DO $$ BEGIN DELETE FROM a; END $$"
    expect(places(text)).toEqual(["SELECT 'é'", 'DO $$ BEGIN DELETE FROM a; END $$', 'DO $$ BEGIN DELETE FROM a; END $$'])
  })

  it('are right for any batch', () => {
    const statement = fc.string({ unit: 'binary', maxLength: 12 }).map(value => `SELECT '${value.replaceAll(/['\0\\]/g, '')}' AS x`)
    const gap = fc.constantFrom(';', ' ; ', ';\n', '; -- é;\n', ';/* 😀 /* ; */ */', ';;')
    fc.assert(
      fc.property(fc.array(fc.tuple(statement, gap), { maxLength: 6 }), parts => {
        expect(places(parts.flat().join(''))).toEqual(parts.map(([one]) => one))
      }),
    )
  })
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

  it(`gives the next statement its answer after ${killers} that exhaust the stack`, async () => {
    for (let at = 0; at < killers; at++) {
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

  it(`gives the next statement its answer after ${killers / 10} bodies that exhaust the stack`, async () => {
    const body = `DO $$ BEGIN PERFORM ${'1+'.repeat(20_000)}1; END $$`
    for (let at = 0; at < killers / 10; at++) {
      expect(said(body)).toEqual(['DO [plpgsql]', 'OPAQUE [DO]'])
      await parser.ready()
    }
    expect(said('DO $$ BEGIN DELETE FROM a; END $$')).toEqual(['DO [plpgsql]', 'DELETE a -where'])
  }, 60_000)

  it('says that there is more when a body does too much to be listed', () => {
    const operations = said(`DO $$ BEGIN ${'DELETE FROM a; '.repeat(11_000)} END $$`)
    expect(operations).toHaveLength(10_002)
    expect(operations.at(-1)).toBe('OPAQUE [more than 10000 operations]')
  })

  it('refuses to look at a text with a NUL, or one that is too long', () => {
    expect(said('SELECT 1;\0 DROP TABLE users')).toEqual(['UNPARSED'])
    expect(said(`SELECT '${'x'.repeat(parsedBytesMax)}'`)).toEqual(['UNPARSED'])
    expect(said(`SELECT '${'é'.repeat(parsedBytesMax / 2)}'`)).toEqual(['UNPARSED'])
  })

  it('never throws, whatever the bytes', async () => {
    const words = [
      'SELECT',
      'FROM',
      '(',
      ')',
      "'",
      '"',
      '$$',
      'DO',
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
      '*',
      'BEGIN',
      'END',
    ]
    const text = fc.array(fc.oneof(fc.constantFrom(...words), fc.string({ unit: 'binary', maxLength: 8 })), { maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(text, async pieces => {
        expect(parser.understand(pieces.join(' '), { catalogue: shop })).toBeInstanceOf(Array)
        await parser.ready()
      }),
      { numRuns: 500 },
    )
  })

  it('never throws, and never says nothing, when a statement of the corpus is damaged', async () => {
    const whole = [...corpus, ...deepCorpus, ...catalogueCorpus, ...hiddenCorpus].map(([text]) => text).filter(text => /\w/.test(text))
    const damage = fc.record({
      text: fc.constantFrom(...whole),
      other: fc.constantFrom(...whole),
      at: fc.nat(200),
      removed: fc.nat(20),
      from: fc.nat(200),
      taken: fc.nat(20),
    })
    await fc.assert(
      fc.asyncProperty(damage, async ({ text, other, at, removed, from, taken }) => {
        const damaged = text.slice(0, at) + other.slice(from, from + taken) + text.slice(at + removed)
        const operations = [shop, workshop].flatMap(catalogue => parser.understand(damaged, { catalogue }))
        // What the grammar takes, we understand: an error of ours would say UNPARSED too.
        if (parser.syntax(damaged).kind === 'statements') expect(operations.map(({ verb }) => verb)).not.toContain('UNPARSED')
        for (const { verb, tables } of operations) expect([verb, tables]).toEqual([expect.any(String), expect.any(Array)])
        for (const { at: place } of operations)
          if (place) expect(0 <= place[0] && place[0] < place[1] && place[1] <= damaged.length).toBe(true)
        await parser.ready()
      }),
      { numRuns: 2000 },
    )
  }, 30_000)
})
