/// <reference types="node" />
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { MaskObligation } from '../../../decision.ts'
import { readWithoutHead } from '../bodies.ts'
import { Catalogue, type CatalogueData } from '../catalogue.ts'
import { SyntaxReader } from '../syntax.ts'
import { dumpQueries, psqlQueries } from './corpus-tools.ts'
import { attacks, corpusCatalogue, ordinary, peculiar, peculiarCatalogue, peculiarColumns, type CorpusLine } from './corpus.ts'
import type { MaskPlan, MaskRequest } from './mask-plan.ts'
import { planMasks } from './plan-masks.ts'
import { secretLiterals } from './secret-literals.ts'

let reader: SyntaxReader

beforeAll(async () => {
  reader = await SyntaxReader.open(() => readFile(createRequire(import.meta.url).resolve('libpg-query/wasm/libpg-query.wasm')))
})

const masked: MaskObligation = {
  rule: 'hide personal data',
  columns: ['email', 'ssn'].map(column => ({ target: null, schema: null, table: 'customers', column })),
  matching: null,
  with: 'last4',
  predicates: 'refuse',
}

const catalogues = new Map<CatalogueData, Catalogue>()

/** One catalogue for all texts, as a session has it: what is looked up in it by name is worked out once. */
function catalogueOf(data: CatalogueData): Catalogue {
  const known = catalogues.get(data) ?? new Catalogue(data)
  catalogues.set(data, known)
  return known
}

function plan(text: string, changes: Partial<MaskRequest> = {}, data: CatalogueData = corpusCatalogue): MaskPlan {
  const syntax = reader.read(text)
  if (syntax.kind !== 'statements') throw new Error(`${text}: ${syntax.kind === 'refused' ? syntax.message : syntax.because}`)
  return planMasks({
    text,
    statements: syntax.statements,
    catalogue: catalogueOf(data),
    target: 'shop',
    masks: [masked],
    parse: body => reader.read(body),
    parseBody: head => readWithoutHead(head, body => reader.readBody(body)),
    ...changes,
  })
}

const peculiarMasks = { masks: [{ ...masked, columns: [...masked.columns, ...peculiarColumns] }] }

/** A plan as the corpus writes it. */
function said(made: MaskPlan): string {
  if (made.kind === 'refuse') return 'refuse'
  const last = made.answers.at(-1)
  if (!last) return 'none'
  if (last.columns === 'unknown-count') return 'uncounted'
  return last.columns
    .map(column => (column ? column.source.replaceAll('customers.', '').replaceAll(', ', ',') + (column.isWhole ? '*' : '') : '-'))
    .join(' ')
}

describe('the attack corpus', () => {
  it.each(attacks.map((line: CorpusLine) => [...line]))('%s', (text, outcome) => expect(said(plan(text))).toBe(outcome))
})

/** What a line must come to, in the words of a corpus: `free` is anything that is not masked. */
function outcome(made: MaskPlan, expected: string): string {
  const is = said(made)
  return expected === 'free' && /^(?:none|uncounted|[- ]*)$/.test(is) ? 'free' : is
}

describe('the ordinary corpus', () => {
  it.each(ordinary.map((line: CorpusLine) => [...line]))('%s', (text, expected) => {
    const made = plan(text)
    expect(made.kind === 'refuse' ? made.reason : outcome(made, expected)).toBe(expected)
  })

  it.each([...psqlQueries])('psql: %s', text => {
    const made = plan(text)
    expect(made.kind === 'refuse' ? made.reason : outcome(made, 'free')).toBe('free')
  })

  it('pg_dump, in one session', () => {
    const session = new Map<string, string>()
    for (const text of dumpQueries) {
      const name = /^PREPARE (\w+)/.exec(text)?.[1]
      if (name !== undefined) session.set(name.toLowerCase(), text)
      const made = plan(text, { prepared: asked => session.get(asked) ?? null })
      expect([text, made.kind === 'refuse' ? made.reason : outcome(made, 'free')]).toEqual([text, 'free'])
    }
  })
})

describe('a database with operators, types and rules of its own', () => {
  it.each(peculiar.map((line: CorpusLine) => [...line]))('%s', (text, expected) => {
    const made = plan(text, peculiarMasks, peculiarCatalogue)
    expect(made.kind === 'refuse' && expected !== 'refuse' ? made.reason : said(made)).toBe(expected)
  })
})

describe('both corpora together', () => {
  it('leak nothing and refuse nothing needlessly', () => {
    const isHarsher = (is: string, expected: string): boolean => is === 'refuse' && expected !== 'refuse'
    const results = [...attacks, ...ordinary].map(([text, expected]) => ({ text, expected, is: outcome(plan(text), expected) }))
    const leaks = results.filter(({ is, expected }) => is !== expected && !isHarsher(is, expected))
    const needless = results.filter(({ is, expected }) => isHarsher(is, expected))
    process.stdout.write(
      `${attacks.length} attacks, ${ordinary.length} ordinary: leaks ${leaks.length}, needless refusals ${needless.length}\n`,
    )
    expect({ leaks, needless }).toEqual({ leaks: [], needless: [] })
  })

  it('come to the same when they are wrapped', () => {
    const selects = [...attacks, ...ordinary].filter(([text]) =>
      /^(?:SELECT|VALUES|WITH)\b(?!.*(?:INSERT|UPDATE|DELETE|INTO|;))/is.test(text),
    )
    expect(selects.length).toBeGreaterThan(200)
    for (const [text] of selects) {
      const is = said(plan(text))
      for (const wrapped of [
        `SELECT * FROM (${text}) q`,
        `WITH q AS (${text}) TABLE q`,
        `SELECT l.* FROM (SELECT 1) o, LATERAL (${text}) l`,
        `(${text}) UNION ALL (${text})`,
        `COPY (${text}) TO STDOUT`,
        `PREPARE z AS ${text}; EXECUTE z`,
        `DECLARE z CURSOR FOR ${text}; FETCH z`,
      ])
        expect([wrapped, said(plan(wrapped))]).toEqual([wrapped, is])
      const copy = said(plan(`CREATE TABLE z AS ${text}`))
      expect([text, copy]).toEqual([text, /^(?:uncounted|[- ]*)$/.test(is) ? 'none' : 'refuse'])
    }
  })
})

describe('what a mask lets be asked', () => {
  const equality = { masks: [{ ...masked, predicates: 'equality' as const }] }
  const allow = { masks: [{ ...masked, predicates: 'allow' as const }] }

  it.each([
    ["SELECT id FROM customers WHERE ssn = '1'", '-'],
    ["SELECT id FROM customers WHERE $1 = email AND city = 'x'", '-'],
    ["SELECT id FROM customers WHERE email IN ('a', 'b') OR ssn = ANY ($1)", '-'],
    ['SELECT c.id, d.ssn FROM customers c JOIN customers d ON c.ssn = d.ssn', '- ssn'],
    ['SELECT c.id FROM customers c JOIN customers d USING (email)', '-'],
    ['SELECT id FROM notes WHERE body IN (SELECT ssn FROM customers)', '-'],
    ["INSERT INTO customers (id, email) VALUES (1, 'a') ON CONFLICT (email) DO UPDATE SET city = 'x'", 'none'],
    ["SELECT id FROM customers WHERE ssn <> '1'", 'refuse'],
    ["SELECT id FROM customers WHERE ssn LIKE '1'", 'refuse'],
    ["SELECT id FROM customers WHERE left(ssn, 1) = '1'", 'refuse'],
    ["SELECT id FROM customers WHERE ssn = '0' || id", 'refuse'],
    ["SELECT ssn = '1' FROM customers", 'refuse'],
    ['SELECT id FROM customers ORDER BY ssn', 'refuse'],
  ])('equality: %s', (text, expected) => expect(said(plan(text, equality))).toBe(expected))

  it.each([
    ["SELECT id, ssn FROM customers WHERE ssn LIKE '1%' ORDER BY email", '- ssn'],
    ["SELECT ssn = '1', count(*) FROM customers GROUP BY 1", 'ssn* -'],
    ['SELECT DISTINCT left(ssn, 1) FROM customers', 'ssn*'],
    ['SELECT ssn::int FROM customers', 'ssn*'],
    ['CREATE TABLE t AS SELECT ssn FROM customers', 'refuse'],
    ["SELECT set_config('x.y', ssn, false) FROM customers", 'refuse'],
  ])('anything: %s', (text, expected) => expect(said(plan(text, allow))).toBe(expected))
})

/** The corpus's schema with more behind it. */
const wider: CatalogueData = {
  ...corpusCatalogue,
  relations: [
    ...corpusCatalogue.relations,
    relation(1, 'inner_view', 'view', ['m text', 'n text'], ' SELECT upper(c.contact) AS m, c.name AS n FROM customer_list c;'),
    relation(2, 'outer_view', 'view', ['n text', 'x text'], ' SELECT inner_view.n, inner_view.m AS x FROM inner_view;'),
    relation(3, 'calling_view', 'view', ['id integer', 'mail text'], ' SELECT notes.id, mail_of(notes.id) AS mail FROM notes;'),
    relation(
      4,
      'by_ssn',
      'view',
      ['id integer'],
      " SELECT customers.id FROM customers WHERE customers.ssn ~~ '0%'::text ORDER BY customers.ssn;",
    ),
    relation(5, 'unreadable', 'view', ['id integer'], 'SELECT FROM WHERE'),
    { ...relation(6, 'customers_eu', 'table', ['id integer', 'email text', 'vat text']), parents: [1001] },
    relation(7, 'people', 'table', ['id integer', 'ssn text']),
    { ...relation(1001, 'customers', 'table', []), oid: 3000, schema: 'archive', columns: corpusCatalogue.relations[0]!.columns },
  ].map(one => (one.oid === 1001 && one.name === 'customers' ? { ...one, parents: [7] } : one)),
  routines: [
    ...corpusCatalogue.routines,
    routine(1, 'total_of', 'sql', 'SELECT sum(total) FROM orders WHERE customer_id = $1'),
    routine(2, 'indirect', 'sql', 'SELECT mail_of($1)'),
    routine(3, 'dynamic', 'plpgsql', 'BEGIN EXECUTE q INTO r; RETURN r; END'),
    routine(4, 'spoken', 'plpgsql', 'BEGIN /* customers */ RETURN (SELECT count(*) FROM orders); END'),
    routine(5, 'reading', 'plpgsql', 'BEGIN RETURN (SELECT x FROM "outer_view" LIMIT 1); END'),
    routine(6, 'native', 'c', null),
    { ...routine(7, 'uuid_generate_v4', 'c', null), extension: 'uuid-ossp' },
    { ...routine(8, 'customer', 'sql', 'SELECT * FROM customers WHERE id = $1'), returnsRelation: 1001 },
    { ...routine(9, 'atomic', 'sql', null), sqlBody: 'BEGIN ATOMIC\n SELECT customers.ssn FROM customers;\nEND' },
    { ...routine(10, 'again', 'sql', 'SELECT again($1) FROM notes') },
    { ...routine(11, 'lower', 'sql', 'SELECT email FROM customers LIMIT 1') },
  ],
}

function relation(
  oid: number,
  name: string,
  kind: 'table' | 'view',
  columns: string[],
  definition?: string,
): CatalogueData['relations'][number] {
  return {
    oid,
    schema: 'public',
    name,
    kind,
    columns: columns.map((column, at) => ({ name: column.split(' ')[0]!, attribute: at + 1, type: column.split(' ')[1]!, typeOid: 0 })),
    ...(definition === undefined ? {} : { definition }),
  }
}

function routine(oid: number, name: string, language: string, body: string | null): CatalogueData['routines'][number] {
  return { oid, schema: 'public', name, kind: 'function', language, body, parameters: [], returnsSet: false, returnsRelation: 0 }
}

const altering = routine(50_000, 'altering', 'plpgsql', 'BEGIN CREATE TABLE x (a int); END')

describe('what stands behind a name', () => {
  it.each([
    ['SELECT * FROM outer_view', '- email*'],
    ['SELECT x FROM outer_view', 'email*'],
    ['SELECT * FROM calling_view', '- email,ssn*'],
    ['SELECT id FROM by_ssn', '-'],
    ['SELECT id FROM unreadable', 'refuse'],
    ['SELECT * FROM customers_eu', '- email -'],
    ['SELECT ssn FROM people', 'ssn'],
    ['SELECT ssn FROM archive.customers', 'archive.ssn'],
    ['SET search_path = archive; SELECT ssn FROM customers', 'archive.ssn'],
    ['SELECT total_of(1)', '-'],
    ['SELECT indirect(1)', 'email,ssn*'],
    ['SELECT dynamic(1)', 'refuse'],
    ['SELECT spoken()', '-'],
    ['SELECT reading()', 'email*'],
    ['SELECT native()', 'refuse'],
    ['SELECT uuid_generate_v4()', '-'],
    ['SELECT name, ssn FROM customer(1)', 'email,ssn* email,ssn*'],
    ['SELECT (customer(1)).city', 'email,ssn*'],
    ['SELECT atomic()', 'email,ssn*'],
    ['SELECT again(1)', '-'],
    ["SELECT lower('x')", 'email,ssn*'],
    ["SELECT pg_catalog.lower('x')", '-'],
    ['SELECT nowhere.f(1)', 'refuse'],
    ['SELECT total_of(length(ssn)) FROM customers', 'refuse'],
    ['CALL dynamic()', 'refuse'],
    ['SELECT * FROM not_yet_known', 'refuse'],
    ['CREATE TEMP TABLE made AS SELECT id, name AS n FROM customers; SELECT *, n FROM made', '- - -'],
    ['CREATE VIEW made (a) AS SELECT id FROM customers; SELECT a FROM made', '-'],
    ["CREATE FUNCTION f() RETURNS text LANGUAGE sql AS 'SELECT query FROM pg_stat_activity'", 'refuse'],
    ['DO $$ DECLARE r text; BEGIN SELECT query INTO r FROM pg_stat_activity; END $$', 'refuse'],
    ['SELECT id FROM not_yet_known', 'not_yet_known.**'],
  ])('%s', (text, expected) => expect(said(plan(text, {}, wider))).toBe(expected))

  it('is masked by a bare column name in any table, known or not, but not in the system’s own', () => {
    const anywhere = { masks: [{ ...masked, columns: [{ target: null, schema: null, table: null, column: 'name' }] }] }
    expect(said(plan('SELECT id, name FROM customers', anywhere))).toBe('- name')
    expect(said(plan('SELECT name, id FROM not_yet_known', anywhere))).toBe('name* not_yet_known.**')
    expect(said(plan('SELECT name, setting FROM pg_settings ORDER BY name', anywhere))).toBe('- -')
    expect(said(plan('SELECT name FROM (SELECT note AS name FROM orders) q', anywhere))).toBe('-')
  })

  it('is not masked for another target', () => {
    const other = { masks: [{ ...masked, columns: [{ target: 'elsewhere', schema: null, table: null, column: 'ssn' }] }] }
    expect(said(plan('SELECT ssn FROM customers WHERE ssn = $1 ORDER BY ssn', other))).toBe('uncounted')
  })

  it('takes the strictest of several rules', () => {
    const lenient = { ...masked, with: 'partial' as const, predicates: 'allow' as const, rule: 'lenient' }
    const made = plan('SELECT ssn, upper(ssn) FROM customers', { masks: [lenient, { ...masked, with: 'hash', rule: 'strict' }] })
    expect(made).toMatchObject({
      answers: [
        {
          columns: [
            { rule: 'strict', with: 'hash', isWhole: false, source: 'customers.ssn' },
            { rule: 'strict', with: 'redact', isWhole: true },
          ],
        },
      ],
    })
    expect(said(plan('SELECT id FROM customers ORDER BY ssn', { masks: [lenient, masked] }))).toBe('refuse')
  })

  it('is a cursor or a prepared statement of the session', () => {
    expect(said(plan('FETCH 5 FROM c', { cursors: () => 'DECLARE c CURSOR FOR SELECT id, ssn FROM customers' }))).toBe('- ssn')
    expect(said(plan('EXECUTE p(1)', { prepared: () => 'SELECT upper(email) FROM customers WHERE id = $1' }))).toBe('email*')
  })
})

describe('a transaction in which names may have been given another meaning', () => {
  const stale = { isStale: true }

  it.each([
    ['SELECT id, ssn FROM customers', '- ssn'],
    ['SELECT lower(name), count(*) FROM customers GROUP BY 1', '- -'],
    ['SELECT id FROM customers WHERE ssn IS NULL', '-'],
    ['SELECT upper(ssn) FROM customers', 'refuse'],
    ['SELECT count(ssn) FROM customers', 'refuse'],
    ['SELECT pg_catalog.count(ssn) FROM customers', '-'],
    ["SELECT 'x' || ssn FROM customers", 'refuse'],
    ["SELECT pg_catalog.upper('x' OPERATOR(pg_catalog.||) ssn) FROM customers", 'ssn*'],
    ['SELECT ssn::text FROM customers', 'refuse'],
    ['SELECT ssn::varchar FROM customers', 'ssn'],
    ['SELECT contact FROM customer_list', 'email'],
    ['SELECT c.upper FROM customers c', 'refuse'],
  ])('%s', (text, expected) => expect(said(plan(text, stale))).toBe(expected))

  it('says how a masked value can be given to PostgreSQL’s own all the same', () => {
    expect(plan('SELECT upper(ssn) FROM customers', stale)).toMatchObject({
      kind: 'refuse',
      reason:
        "`customers.ssn` is masked and may only be given to what is surely PostgreSQL's own, which cannot be said of the function `upper`",
      hint: expect.stringContaining('pg_catalog.lower'),
    })
  })

  it('looks for a table everywhere', () => {
    expect(said(plan('SELECT ssn FROM people', { ...stale, ...peculiarMasks }, peculiarCatalogue))).toBe('hr.people.ssn')
    expect(said(plan('SELECT ssn FROM public.people', { ...stale, ...peculiarMasks }, peculiarCatalogue))).toBe('-')
  })

  it.each([
    ['CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$', true],
    ['CREATE OPERATOR @@@ (RIGHTARG = int, FUNCTION = f)', true],
    ['CREATE DOMAIN d AS text', true],
    ['CREATE TEMP TABLE text (a int)', true],
    ['ALTER TABLE notes RENAME TO n', true],
    ['DROP VIEW customer_list', true],
    ['DO $$ BEGIN NULL; END $$', true],
    ['SELECT altering()', true],
    ['SELECT mail_of(1)', false],
    ['CREATE TEMP TABLE t (a int)', false],
    ['CREATE TABLE t AS SELECT id FROM orders', false],
    ['ALTER TABLE notes ADD COLUMN more text', false],
    ['CREATE INDEX ON notes (body)', false],
    ['UPDATE notes SET body = 1', false],
    ['BEGIN; COMMIT', false],
  ])('begins with %s: %s', (text, isOne) => {
    const data = { ...corpusCatalogue, routines: [...corpusCatalogue.routines, altering] }
    expect(plan(text, {}, data)).toMatchObject({ kind: 'plan', leavesStale: isOne })
  })

  it('knows the tables that it has made', () => {
    const made = plan('CREATE TEMP TABLE t AS SELECT id, name AS n FROM customers; CREATE TABLE u (a int, b text)')
    const tables = made.kind === 'plan' ? made.made : []
    expect(tables).toEqual([
      { name: 't', columns: ['id', 'n'] },
      { name: 'u', columns: ['a', 'b'] },
    ])
    expect(said(plan('SELECT t.*, b FROM t, u', { made: tables }))).toBe('- - -')
    expect(said(plan('UPDATE u SET b = upper(b) WHERE a = 1 RETURNING b', { made: tables }))).toBe('-')
    expect(said(plan('INSERT INTO u SELECT id, ssn FROM customers', { made: tables }))).toBe('refuse')
    expect(plan('SELECT 1', { made: tables })).toMatchObject({ made: [] })
  })
})

describe('functions of extensions', () => {
  const extended: CatalogueData = {
    ...corpusCatalogue,
    routines: [
      ...corpusCatalogue.routines,
      ...[
        'similarity pg_trgm',
        'digest pgcrypto',
        'levenshtein fuzzystrmatch',
        'max citext',
        'dblink dblink',
        'eq citext',
        'concat_any hstore',
      ].map((one, at) => {
        const [name = '', extension = ''] = one.split(' ')
        return { ...routine(30_000 + at, name, 'c', null), extension }
      }),
      { ...routine(30_100, 'st_area', 'c', null), extension: 'postgis' },
      { ...routine(30_101, 'st_estimatedextent', 'c', null), extension: 'postgis' },
      { ...routine(30_102, 'pretended', 'c', null), name: 'st_area2' },
    ],
    operators: [
      { schema: 'public', name: '=', routine: { schema: 'public', name: 'eq' } },
      { schema: 'public', name: '||', routine: { schema: 'public', name: 'concat_any' } },
    ],
    types: [{ schema: 'public', name: 'citext', extension: 'citext' }],
  }

  it.each([
    ['SELECT similarity(name, ssn) FROM customers', 'ssn*'],
    ["SELECT digest(ssn, 'sha256') FROM customers", 'ssn*'],
    ["SELECT digest('x', ssn) FROM customers", 'refuse'],
    ["SELECT levenshtein(ssn, 'x') FROM customers", 'refuse'],
    ['SELECT max(ssn) FROM customers', 'ssn*'],
    ["SELECT 'x' || ssn FROM customers", 'ssn*'],
    ['SELECT ssn::citext FROM customers', 'ssn*'],
    ['SELECT dblink(ssn) FROM customers', 'refuse'],
    ['SELECT st_area(1)', '-'],
    ['SELECT st_estimatedextent(1)', 'refuse'],
    ['SELECT st_area2(1)', 'refuse'],
    ["SELECT id FROM customers WHERE name = 'x'", '-'],
  ])('%s', (text, expected) => expect(said(plan(text, {}, extended))).toBe(expected))

  it('leave an allowed question allowed, and keep nothing', () => {
    const equality = { masks: [{ ...masked, predicates: 'equality' as const }] }
    const allow = { masks: [{ ...masked, predicates: 'allow' as const }] }
    expect(said(plan('SELECT id FROM customers WHERE ssn = $1', equality, extended))).toBe('-')
    expect(said(plan("SELECT levenshtein(ssn, 'x') FROM customers", allow, extended))).toBe('ssn*')
    expect(said(plan('SELECT dblink(ssn) FROM customers', allow, extended))).toBe('refuse')
  })
})

describe('what may be asked, but not kept', () => {
  const allow = { masks: [{ ...masked, predicates: 'allow' as const }] }

  it.each([
    ["SELECT id FROM customers WHERE ssn LIKE '1%'", '-'],
    ['SELECT ssn || 1 FROM customers', 'refuse'],
    ['SELECT id FROM customers WHERE (ssn || 1) IS NULL', 'refuse'],
    ['SELECT kept(ssn, 1) FROM customers', 'refuse'],
    ['SELECT fits(ssn) FROM customers', 'refuse'],
    ['SELECT quiet(ssn) FROM customers', 'ssn*'],
    ['SELECT ssn::short FROM customers', 'refuse'],
    ['SELECT * FROM json_to_recordset((SELECT json_agg(c) FROM customers c)) AS r(ssn short)', 'refuse'],
    ['SELECT c.kept FROM customers c', 'refuse'],
  ])('%s', (text, expected) => {
    const data = {
      ...peculiarCatalogue,
      routines: [...peculiarCatalogue.routines, routine(40_000, 'quiet', 'sql', 'SELECT length(upper($1))')],
    }
    expect(said(plan(text, allow, data))).toBe(expected)
  })
})

describe('a plan', () => {
  it('says how COPY lays its rows out', () => {
    const made = plan("COPY customers (ssn, id) TO STDOUT WITH (FORMAT csv, DELIMITER ';', HEADER, NULL 'x')")
    expect(made).toMatchObject({
      answers: [{ copy: { columns: ['ssn', 'id'], format: 'csv', delimiter: ';', null: 'x', quote: '"', escape: '"', hasHeader: true } }],
    })
  })

  it('has an answer for each statement, null for those without rows', () => {
    const made = plan('BEGIN; SELECT ssn FROM customers; UPDATE notes SET body = 1; SHOW all; COMMIT')
    expect(made.kind === 'plan' && made.answers.map(answer => answer && answer.columns)).toEqual([
      null,
      [{ rule: 'hide personal data', with: 'last4', isWhole: false, source: 'customers.ssn' }],
      null,
      'unknown-count',
      null,
    ])
  })

  it('says whether masked columns are near, for the texts of errors', () => {
    const touches = (text: string): boolean => {
      const made = plan(text)
      return made.kind === 'plan' && made.touchesMasked
    }
    expect(touches('SELECT id FROM customers')).toBe(true)
    expect(touches("INSERT INTO customer_list (id, contact) VALUES (1, 'x')")).toBe(true)
    expect(touches('SELECT mail_of(1)')).toBe(true)
    expect(touches('SELECT * FROM orders')).toBe(false)
  })

  it('names the column and the way out when it refuses', () => {
    expect(plan("SELECT id FROM customers WHERE ssn LIKE '1%'")).toMatchObject({
      kind: 'refuse',
      rule: 'hide personal data',
      reason: '`customers.ssn` is masked and may not be asked about, which WHERE does',
      hint: expect.stringContaining('leave `customers.ssn` out of it'),
    })
  })

  it('follows nothing for masks that only detect', () => {
    const detecting = { ...masked, columns: [], matching: { pattern: '\\d{3}-\\d\\d-\\d{4}', flags: '' } }
    const detects = (_: MaskObligation, literal: string): boolean => /\d{3}-\d\d-\d{4}/.test(literal)
    const text = "SELECT * FROM customers WHERE ssn = '078-05-1120' AND name = 'Ada' ORDER BY ssn"
    const made = plan(text, { masks: [detecting], detects })
    expect(made).toMatchObject({ kind: 'plan', answers: [{ columns: 'unknown-count' }] })
    expect(made.redactions.map(one => ('start' in one ? text.slice(one.start, one.end) : one))).toEqual(["'078-05-1120'"])
  })
})

/** The parts of a text that stay out of the recording, and parameters as `$n`. */
function redacted(text: string, changes: Partial<MaskRequest> = {}): string[] {
  return plan(text, changes).redactions.map(one => ('start' in one ? text.slice(one.start, one.end) : `$${one.parameter}`))
}

describe('redactions', () => {
  it.each([
    [
      "INSERT INTO customers (id, ssn, email) VALUES (1, '1-2', 'a@b'), (2, E'3\\'4', lower($$c@d$$))",
      ["'1-2'", "'a@b'", "E'3\\'4'", '$$c@d$$'],
    ],
    ["INSERT INTO customers VALUES (1, 'n', 'e', 's')", ["'e'", "'s'"]],
    ["INSERT INTO customers (name, ssn) SELECT 'n', '1-2' UNION ALL SELECT 'm', $1", ["'1-2'", '$1']],
    ["UPDATE customers SET name = 'n', email = 'a@b', ssn = $2 WHERE id = 3", ["'a@b'", '$2']],
    ["UPDATE customers SET (name, ssn) = ('n', '1-2')", ["'1-2'"]],
    ["UPDATE customers SET (ssn, name) = (SELECT '1-2', 'n')", ["'1-2'"]],
    ["INSERT INTO customers (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET ssn = '1-2', name = 'n'", ["'1-2'"]],
    ["SELECT '🔑é', id FROM customers WHERE ssn = '1-2' AND name = 'é' AND email IN ('ä', $1)", ["'1-2'", "'ä'", '$1']],
    ["SELECT id FROM customers WHERE '1-2'::text = ssn OR ssn LIKE U&'\\0031%' OR ssn = 12345", ["'1-2'", "U&'\\0031%'", '12345']],
    ["SELECT id FROM customers WHERE ssn = 'a'\n  'b' OR ssn = -5", ["'a'\n  'b'", '-5']],
    ["SELECT id FROM customers WHERE name = 'n' AND id = 3", []],
    ["SELECT id FROM customer_list WHERE contact = 'a@b'", ["'a@b'"]],
    ["WITH x AS (SELECT '1-2'::text AS s) INSERT INTO customers (id, ssn) SELECT 5, s FROM x", ["'1-2'", '5']],
    ["INSERT INTO customers (id, ssn) SELECT 6, s FROM (VALUES ('1-2')) q(s)", ["'1-2'", '6']],
    ["INSERT INTO customers (id, ssn) SELECT * FROM unnest($1::int[], ARRAY['1-2'])", ["'1-2'", '$1']],
    ["UPDATE customers SET ssn = v.s FROM (VALUES (1, '1-2')) v(id, s) WHERE v.id = customers.id", ["'1-2'", '1']],
    ["WITH x AS (SELECT '1-2' AS s), y AS (UPDATE customers SET ssn = x.s FROM x) SELECT 1", ["'1-2'", '1']],
    ['UPDATE customers SET ssn = upper(ssn) WHERE id = 1', []],
    ["ALTER TABLE customers ALTER ssn SET DEFAULT '1-2', ALTER name SET DEFAULT 'n'", ["'1-2'"]],
    ["DO $$ BEGIN INSERT INTO customers (ssn) VALUES ('1-2'); END $$", ["$$ BEGIN INSERT INTO customers (ssn) VALUES ('1-2'); END $$"]],
    ['INSERT INTO customers (id, name) SELECT 7, body FROM notes WHERE id = 8', []],
    ["PREPARE p AS INSERT INTO customers (id, ssn) VALUES ($1, $2); EXECUTE p (1, '1-2')", ['$2', "'1-2'"]],
    [
      "MERGE INTO customers c USING notes n ON c.id = n.id WHEN MATCHED THEN UPDATE SET ssn = '1-2' WHEN NOT MATCHED THEN INSERT (name, email) VALUES ('n', 'a@b')",
      ["'1-2'", "'a@b'"],
    ],
  ])('%s', (text, expected) => expect(redacted(text).toSorted()).toEqual(expected.toSorted()))
})

describe('secrets', () => {
  function secrets(text: string): string[] {
    const syntax = reader.read(text)
    return secretLiterals(syntax.kind === 'statements' ? syntax.statements : null, text).map(({ start, end }) => text.slice(start, end))
  }

  it.each([
    ["CREATE ROLE é LOGIN PASSWORD 'geheim' VALID UNTIL 'infinity'", ["'geheim'"]],
    ['ALTER USER u WITH ENCRYPTED PASSWORD /* here */ $x$geheim$x$', ['$x$geheim$x$']],
    ["ALTER ROLE u PASSWORD E'ge\\'heim'", ["E'ge\\'heim'"]],
    ["CREATE USER MAPPING FOR u SERVER s OPTIONS (user 'bob', password 'geheim')", ["'geheim'"]],
    ['ALTER USER MAPPING FOR u SERVER s OPTIONS (SET "password" \'geheim\')', ["'geheim'"]],
    ["CREATE SERVER s FOREIGN DATA WRAPPER f OPTIONS (host 'h', password 'geheim')", ["'geheim'"]],
    ["CREATE SUBSCRIPTION s CONNECTION 'host=h password=geheim' PUBLICATION p", ["'host=h password=geheim'"]],
    ["ALTER SUBSCRIPTION s CONNECTION 'host=h'", ["'host=h'"]],
    ["SELECT dblink_connect('c', 'host=h user=u password=geheim')", ["'host=h user=u password=geheim'"]],
    ["SELECT dblink_connect('postgres://u:geheim@h/d')", ["'postgres://u:geheim@h/d'"]],
    ["DO $$ BEGIN ALTER ROLE u PASSWORD 'geheim'; RAISE NOTICE 'x'; END $$", ["'geheim'"]],
    ["ALTER ROLE u PASSWORD 'geheim' and what no grammar knows", ["'geheim'"]],
    ["INSERT INTO users (password) VALUES ('x')", []],
    ["SELECT password 'x'", []],
    ["COPY t TO PROGRAM 'cat'", []],
  ])('%s', (text, expected) => expect(secrets(text)).toEqual(expected))
})

describe('any statement', () => {
  it('is planned or refused, whatever its pieces', () => {
    const pieces = [...attacks, ...ordinary].map(([text]) => text.split(/\b/))
    fc.assert(
      fc.property(
        fc.nat(pieces.length - 1),
        fc.nat(pieces.length - 1),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(6),
        (one, other, cut, drop) => {
          const first = pieces[one]!
          const second = pieces[other]!
          const at = Math.floor(cut * first.length)
          const text = [...first.slice(0, at), ...second.slice(Math.floor(cut * second.length)), ...first.slice(at + drop)].join('')
          const syntax = reader.read(text)
          if (syntax.kind === 'statements') expect(['plan', 'refuse']).toContain(plan(text, {}, wider).kind)
        },
      ),
      { numRuns: 3000 },
    )
  })

  it('is planned or refused when a field of its tree is missing or strange', () => {
    const texts = [...attacks, ...ordinary].map(([text]) => text)
    fc.assert(
      fc.property(
        fc.constantFrom(...texts),
        fc.nat(400),
        fc.constantFrom<unknown>(null, 7, 'x', [], {}, [{}], { Odd: {} }),
        (text, place, strange) => {
          const syntax = reader.read(text)
          if (syntax.kind !== 'statements') return
          bend(syntax.statements, place, strange)
          expect(['plan', 'refuse']).toContain(plan(text, { statements: syntax.statements }, wider).kind)
        },
      ),
      { numRuns: 3000 },
    )
  })

  it('is followed down to a limit', () => {
    const nested = (depth: number): string => 'SELECT * FROM ('.repeat(depth) + 'SELECT ssn FROM customers' + ') q'.repeat(depth)
    expect(said(plan(nested(100)))).toBe('ssn')
    expect(said(plan(nested(900)))).toBe('refuse')
    expect(said(plan(`SELECT ${'1 + '.repeat(300)} 1`))).toBe('-')
    expect(said(plan(`SELECT ${'1 + '.repeat(5000)} 1`))).toBe('refuse')
    expect(said(plan(`SELECT ssn FROM customers${' UNION ALL SELECT name FROM customers'.repeat(1500)}`))).toBe('ssn')
  })
})

/** Puts something strange at the nth place of a tree. */
function bend(tree: unknown, place: number, strange: unknown): void {
  const places: { holder: Record<string, unknown>; key: string }[] = []
  const waiting: unknown[] = [tree]
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    if (typeof next !== 'object' || next === null) continue
    const holder = next as Record<string, unknown>
    for (const key of Object.keys(holder)) {
      places.push({ holder, key })
      waiting.push(holder[key])
    }
  }
  const { holder, key } = places[place % places.length]!
  // One of its own each time: what stands in two places could come to stand in itself, which no tree of the parser's does.
  holder[key] = structuredClone(strange)
}
