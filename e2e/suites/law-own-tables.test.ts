import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startGateway, type Gateway } from '../support/gateway.ts'
import { lawless, maskingPolicy, publish, strictPolicy } from '../support/law.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'
import { int16, int32, message } from '../support/raw.ts'
import { bytesOf, errorOf, rowsOf, tagsOf, Wire, type Said } from '../support/wire.ts'

let postgres: Postgres
let gateway: Gateway

beforeAll(async () => {
  postgres = await startPostgres()
  await postgres.sql(`
    CREATE TABLE customers (id int PRIMARY KEY, name text, email text, ssn text);
    INSERT INTO customers VALUES (1, 'Ada', 'ada@secret.example', '078-05-1120'), (2, 'Ben', 'ben@secret.example', '219-09-9999');
    CREATE TABLE orders (id int, customer_id int, note text);
    INSERT INTO orders SELECT n, 1 + n % 2, 'note ' || n FROM generate_series(1, 10) n;
    CREATE FUNCTION swap() RETURNS void LANGUAGE plpgsql AS $$ BEGIN
      EXECUTE 'DROP TABLE IF EXISTS own'; EXECUTE 'CREATE TEMP VIEW own AS SELECT id, reverse(ssn) AS note FROM customers';
    END $$`)
  gateway = await startGateway(postgres)
})

afterAll(async () => {
  await gateway?.stop()
  await postgres?.stop()
})

afterEach(() => lawless(gateway))

const open = async () => Wire.open(gateway.port, await gateway.run({ task: 'own tables' }))
/** Asks one text after the other in a session, and gives what the last one brought. */
const asking = async (wire: Wire, texts: string[], how: 'simple' | 'extended' = 'simple') => {
  let said: Said[] = []
  for (const text of texts) said = await wire.ask(text, how)
  return said
}
const outcome = (said: Said[]) => errorOf(said)?.['M'] ?? rowsOf(said)
const tells = (said: Said[]) => /secret|elpmaxe|0211-50|9999-90|078-05|219-09/.test(bytesOf(said).toString('latin1'))

describe('a table that the session made, under column masks', () => {
  const ways: [what: string, before: string[], asked: string, rows: unknown][] = [
    [
      'CREATE TEMP TABLE AS',
      ['CREATE TEMP TABLE own AS SELECT id, note FROM orders WHERE id < 3'],
      'SELECT * FROM own',
      [
        ['1', 'note 1'],
        ['2', 'note 2'],
      ],
    ],
    ['SELECT INTO', ['SELECT id, note INTO TEMP own FROM orders WHERE id = 1'], 'SELECT o.* FROM own o', [['1', 'note 1']]],
    [
      'CREATE TEMP TABLE',
      ['CREATE TEMP TABLE own (a int, b text)', "INSERT INTO own VALUES (7, 'x')"],
      'SELECT b, a FROM own',
      [['x', '7']],
    ],
    ['CREATE TABLE', ['CREATE TABLE own (a int)', 'INSERT INTO own VALUES (7)'], 'SELECT * FROM own', [['7']]],
    ['a view', ['CREATE VIEW own AS SELECT id FROM orders WHERE id = 4'], 'SELECT * FROM own', [['4']]],
    [
      'one from another',
      ['CREATE TEMP TABLE one AS SELECT 1 AS a', 'CREATE TEMP TABLE own AS SELECT a + 1 AS b FROM one'],
      'SELECT * FROM own',
      [['2']],
    ],
    [
      'one with an index',
      ['CREATE TEMP TABLE own AS SELECT id FROM orders WHERE id = 5', 'CREATE INDEX ON own (id)', 'ANALYZE own'],
      'SELECT * FROM own',
      [['5']],
    ],
    [
      'one with a key',
      ['CREATE TEMP TABLE own AS SELECT id FROM orders WHERE id = 5', 'ALTER TABLE own ADD PRIMARY KEY (id)'],
      'SELECT * FROM own',
      [['5']],
    ],
    [
      'one joined with masked columns',
      ['CREATE TEMP TABLE own AS SELECT 2 AS id'],
      'SELECT c.name, c.email FROM customers c JOIN own USING (id)',
      [['Ben', '[redacted]']],
    ],
    [
      'one made before a savepoint',
      ['CREATE TEMP TABLE own AS SELECT 1 AS a', 'SAVEPOINT s', 'CREATE TEMP TABLE other (b int)', 'SELECT 1/0', 'ROLLBACK TO s'],
      'SELECT * FROM own',
      [['1']],
    ],
    [
      'one made after a savepoint that was released',
      ['SAVEPOINT s', 'CREATE TEMP TABLE own AS SELECT 1 AS a', 'RELEASE s'],
      'SELECT * FROM own',
      [['1']],
    ],
    ['a cursor over it', ['CREATE TEMP TABLE own AS SELECT 1 AS a', 'DECLARE c CURSOR FOR SELECT * FROM own'], 'FETCH ALL FROM c', [['1']]],
    ['COPY of it', ['CREATE TEMP TABLE own AS SELECT 1 AS a'], 'COPY own TO STDOUT', []],
  ]
  for (const how of ['simple', 'extended'] as const)
    for (const where of ['in one transaction', 'each alone'] as const)
      it(`is read as it is, ${where}, ${how}`, async () => {
        await publish(gateway, 'masks', maskingPolicy)
        for (const [what, before, asked, rows] of ways) {
          const alone = where === 'each alone'
          if (alone && before.some(text => /SAVEPOINT|DECLARE/.test(text))) continue
          const wire = await open()
          const said = await asking(wire, [...(alone ? [] : ['BEGIN']), ...before, asked], how)
          expect([what, outcome(said)]).toEqual([what, rows])
          await asking(wire, [alone ? 'DROP VIEW IF EXISTS own' : 'ROLLBACK'])
          await asking(wire, alone ? ['DROP TABLE IF EXISTS own'] : [])
          wire.close()
        }
      })

  it('is nothing any more when it was rolled back', async () => {
    await publish(gateway, 'masks', maskingPolicy)
    const gone = [
      ['BEGIN', 'CREATE TEMP TABLE own AS SELECT 1 AS a', 'ROLLBACK'],
      ['BEGIN', 'SAVEPOINT s', 'CREATE TEMP TABLE own AS SELECT 1 AS a', 'ROLLBACK TO s'],
      ['CREATE TEMP TABLE own AS SELECT 1 AS a; SELECT 1/0'],
      ['BEGIN', 'CREATE TEMP TABLE own AS SELECT 1 AS a', 'SELECT 1/0', 'COMMIT'],
      ['BEGIN', 'CREATE TEMP TABLE own (a int) ON COMMIT DROP', 'COMMIT'],
      ['CREATE TEMP TABLE own AS SELECT 1 AS a', 'DISCARD ALL'],
      ['CREATE TEMP TABLE own AS SELECT 1 AS a', 'DROP TABLE own'],
    ]
    for (const texts of gone) {
      const wire = await open()
      expect([texts, errorOf(await asking(wire, [...texts, 'SELECT * FROM own']))]).toMatchObject([
        texts,
        { C: expect.stringMatching(/^42/) },
      ])
      wire.close()
    }
  })

  it('never lends its name to what is masked', async () => {
    const hidden = 'SELECT id, reverse(ssn) AS note FROM customers'
    const unread = `DO $$ BEGIN EXECUTE convert_from(decode('${Buffer.from(`DROP TABLE IF EXISTS own; CREATE TEMP VIEW own AS ${hidden}`).toString('hex')}', 'hex'), 'UTF8'); END $$`
    const games: { before?: string[]; texts: string[] }[] = [
      { texts: ['CREATE TEMP TABLE own (id int, note text)', 'SELECT swap()'] },
      { texts: ['CREATE TEMP TABLE own (id int, note text)', unread] },
      { texts: ['BEGIN', 'CREATE TEMP TABLE own (id int, note text)', 'SELECT swap()'] },
      { texts: ['BEGIN', 'CREATE TEMP TABLE own (id int, note text)', unread] },
      {
        texts: ['BEGIN', 'SAVEPOINT a', 'CREATE TEMP TABLE own (id int, note text)', 'ROLLBACK TO a', `CREATE TEMP VIEW own AS ${hidden}`],
      },
      { before: [`CREATE TEMP VIEW own AS ${hidden}`], texts: ['CREATE TEMP TABLE IF NOT EXISTS own (id int, note text)'] },
      { before: [`CREATE TEMP VIEW own AS ${hidden}`], texts: ['CREATE TABLE own (id int, note text)'] },
      { before: ['BEGIN', `CREATE TEMP VIEW own AS ${hidden}`], texts: ['CREATE TEMP TABLE IF NOT EXISTS own (id int, note text)'] },
      { before: ['SELECT swap()'], texts: ['CREATE TEMP TABLE IF NOT EXISTS own (id int, note text)'] },
      { before: ['SELECT swap()'], texts: ['CREATE TABLE own (id int, note text)'] },
      {
        before: ['SELECT swap()'],
        texts: ['DROP VIEW own; CREATE TEMP TABLE own (id int, note text); ALTER TABLE own RENAME TO other', 'SELECT swap()'],
      },
      { texts: ['CREATE TEMP TABLE own (id int, note text)', 'ALTER TABLE own RENAME TO other', 'ALTER TABLE customers RENAME TO own'] },
      { texts: ['CREATE TEMP TABLE own (id int, note text)', 'DROP TABLE own', `CREATE TEMP VIEW own AS ${hidden}`] },
      { texts: ['CREATE SCHEMA other', 'CREATE TABLE other.own (id int, note text)', 'SELECT swap()'] },
      { texts: ["CREATE TEMP TABLE own AS SELECT 1 AS id, '' AS note", 'INSERT INTO own SELECT id, reverse(ssn) FROM customers'] },
      {
        texts: [
          "CREATE TEMP TABLE own AS SELECT 1 AS id, '' AS note",
          'UPDATE own SET note = (SELECT reverse(ssn) FROM customers WHERE customers.id = own.id)',
        ],
      },
      {
        texts: [
          'CREATE TEMP TABLE own (id int, note text GENERATED ALWAYS AS (lower(note2)) STORED, note2 text)',
          'ALTER TABLE own INHERIT customers',
        ],
      },
    ]
    for (const { before = [], texts } of games) {
      const wire = await open()
      await asking(wire, before)
      await publish(gateway, 'masks', maskingPolicy)
      const said: Said[] = []
      for (const text of [
        ...texts,
        'SELECT note FROM own',
        'SELECT * FROM own',
        'SELECT note FROM pg_temp.own',
        'COPY (SELECT note FROM own) TO STDOUT',
      ])
        said.push(...(await wire.ask(text)))
      expect([before, texts, tells(said)]).toEqual([before, texts, false])
      wire.close()
      await lawless(gateway)
      await postgres.sql('DROP TABLE IF EXISTS own; DROP SCHEMA IF EXISTS other CASCADE')
      await postgres.sql("DO $$ BEGIN IF to_regclass('customers') IS NULL THEN ALTER TABLE own RENAME TO customers; END IF; END $$")
    }
  })

  it('in a pipeline is known to what stands behind it, and forgotten with what fails before its Sync', async () => {
    await publish(gateway, 'masks', maskingPolicy)
    const run = (text: string) => [
      message('P', `\0${text}\0`, int16(0)),
      message('B', '\0\0', int16(0), int16(0), int16(0)),
      message('E', '\0', int32(0)),
    ]
    const wire = await open()
    const good = await wire.exchange(...run('CREATE TEMP TABLE mine AS SELECT 1 AS a'), ...run('SELECT * FROM mine'), message('S'))
    expect([rowsOf(good), tagsOf(good)]).toEqual([[['1']], ['SELECT 1', 'SELECT 1']])
    const bad = await wire.exchange(
      ...run('DROP TABLE mine'),
      ...run('CREATE TEMP TABLE other AS SELECT 2 AS b'),
      ...run('SELECT 1/0'),
      message('S'),
    )
    expect(errorOf(bad)).toMatchObject({ C: '22012' })
    expect(outcome(await wire.ask('SELECT * FROM mine'))).toEqual([['1']])
    expect(errorOf(await wire.ask('SELECT * FROM other'))).not.toBeNull()
    wire.close()
  })
})

describe('the schema is not read again', () => {
  /** Connections that the gateway made to read it, as the server counts them. */
  const readings = async () =>
    Number((await postgres.log()).match(/connection authorized: .*application_name=steno catalogue/g)?.length ?? 0)

  it('for temporary tables that concern nobody else, nor for what poolers say', async () => {
    await postgres.sql('ALTER SYSTEM SET log_connections = on; SELECT pg_reload_conf()')
    for (const policy of [maskingPolicy, strictPolicy.replace("'DROP', ", '')]) {
      await publish(gateway, 'law', policy)
      const wire = await open()
      await wire.ask('SELECT 1')
      const before = await readings()
      for (let round = 0; round < 3; round++)
        for (const text of [
          'CREATE TEMP TABLE light (a int PRIMARY KEY, b text DEFAULT 0)',
          "INSERT INTO light VALUES (1, 'x')",
          'CREATE INDEX ON light (b)',
          'SELECT * FROM light',
          'CREATE TEMP TABLE lighter AS SELECT a FROM light',
          'SELECT count(*) FROM lighter',
          'DROP TABLE lighter',
          'DISCARD PLANS',
          'DISCARD TEMP',
          'DISCARD ALL',
        ])
          expect([text, errorOf(await wire.ask(text))]).toEqual([text, null])
      expect(await readings()).toBe(before)
      await wire.ask('CREATE VIEW heavy AS SELECT 1 AS a')
      await wire.ask('SELECT * FROM heavy')
      expect(await readings()).toBe(before + 1)
      wire.close()
      await lawless(gateway)
      await postgres.sql('DROP VIEW heavy')
    }
  })
})
