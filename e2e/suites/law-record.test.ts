import { readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { startGateway, type Gateway, type Run } from '../support/gateway.ts'
import { run, until } from '../support/machine.ts'
import { lawless, maskingPolicy, publish } from '../support/law.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'
import { int16, int32, message } from '../support/raw.ts'
import { bytesOf, errorOf, rowsOf, Wire } from '../support/wire.ts'

let postgres: Postgres
let gateway: Gateway

beforeAll(async () => {
  postgres = await startPostgres()
  await postgres.sql(`
    CREATE TABLE customers (id int PRIMARY KEY, name text, email text, ssn text);
    INSERT INTO customers VALUES (1, 'Ada', NULL, NULL);
    CREATE TABLE orders (id int, note text);
    CREATE FUNCTION set_ssn(v text) RETURNS void LANGUAGE sql AS 'UPDATE customers SET ssn = v WHERE id = 1';
    CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE customers SET ssn = NEW.note WHERE id = 1; RETURN NEW; END $$;
    CREATE TRIGGER keep AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION keep();
    CREATE EXTENSION postgres_fdw;
    CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'db.example');
    CREATE USER MAPPING FOR postgres SERVER elsewhere OPTIONS (user 'app', password 'Pa55-of-a-mapping');
    CREATE ROLE keeper LOGIN PASSWORD 'Pa55-of-a-role'`)
  gateway = await startGateway(postgres)
})

afterAll(async () => {
  await gateway?.stop()
  await postgres?.stop()
})

afterEach(() => lawless(gateway))

/** All that is written of a run, once its session is over. */
async function recordingOf(mine: Run): Promise<string> {
  const files = await until('the recording to end', () => {
    const found = gateway.recordings().filter(({ header }) => header.steno.run.id === mine.id)
    return found.length > 0 && found.every(({ events }) => events.at(-1)?.code === 'e') ? found : null
  })
  return files.map(({ path }) => readFileSync(path, 'utf8')).join('\n')
}

describe('values bound for a masked column stay out of the record', () => {
  const detecting = `rule('numbers', { on: postgres(), effect: mask({ matching: /\\d{3}-\\d{2}-\\d{4}/, with: 'redact' }) })`
  const value = '555-44-3322'
  const ways: [what: string, text: string][] = [
    ['in a comment behind', `INSERT INTO customers (id, ssn) VALUES (10, 'x') -- ${value}`],
    ['in a comment before', `/* the number is ${value} */ UPDATE customers SET ssn = 'x' WHERE id = 1`],
    ['given to a function that writes it', `SELECT set_ssn('${value}')`],
    ['given to a trigger that writes it', `INSERT INTO orders VALUES (1, '${value}')`],
    ['in a table that is made', `CREATE TEMP TABLE made AS SELECT '${value}' AS ssn`],
    ['as the default of a table that is made', `CREATE TEMP TABLE made2 (id int, ssn text DEFAULT '${value}')`],
    ['in code that nobody can read', `DO $$ BEGIN EXECUTE 'UPDATE customers SET s' || 'sn = ' || quote_literal('${value}'); END $$`],
    ['given to a function that nobody knows', `SELECT unknown_function('${value}')`],
    ['in what does not parse', `INSERT INTO customers (id, ssn) VALUES (1, '${value}' -- ${value}`],
  ]

  it.each([
    ['columns', maskingPolicy],
    ['detectors', detecting],
  ])('wherever they stand in a text, by %s', async (_, policy) => {
    await publish(gateway, 'masks', policy)
    const mine = await gateway.run({ task: 'texts' })
    const wire = await Wire.open(gateway.port, mine)
    for (const [, text] of ways) for (const how of ['simple', 'extended'] as const) await wire.ask(text, how)
    await wire.exchange(
      message('P', '\0SELECT set_ssn($1)\0', int16(0)),
      message('B', '\0\0', int16(0), int16(1), int32(value.length), value, int16(0)),
      message('E', '\0', int32(0)),
      message('S'),
    )
    wire.close()
    const written = await recordingOf(mine)
    for (const [what] of ways) expect([what, written.includes(value)]).toEqual([what, false])
    expect(written).toContain('UPDATE customers SET ssn')
    expect(written).toContain('set_ssn')
  })

  it('when the client gives its COPY up with them', async () => {
    await publish(gateway, 'masks', maskingPolicy)
    const mine = await gateway.run({ task: 'copy fail' })
    const wire = await Wire.open(gateway.port, mine)
    wire.send(message('Q', 'COPY customers (id, ssn) FROM STDIN\0'))
    const said = await wire.exchange(message('f', `tired of ${value}\0`))
    expect(errorOf(said)).toMatchObject({ C: '57014' })
    wire.close()
    const written = await recordingOf(mine)
    expect(written).toContain('gave its COPY up')
    expect(written).not.toContain(value)
  })

  it('but comments and literals of other statements stay', async () => {
    await publish(gateway, 'masks', maskingPolicy)
    const mine = await gateway.run({ task: 'comments' })
    const wire = await Wire.open(gateway.port, mine)
    await wire.ask("SELECT name, email FROM customers WHERE name = 'Ada' -- controller=people")
    await wire.ask("UPDATE customers SET name = 'Eve' WHERE id = 1 /* by hand */")
    wire.close()
    const written = await recordingOf(mine)
    for (const kept of ["'Ada' -- controller=people", "'Eve' WHERE id = 1 /* by hand */"]) expect(written).toContain(kept)
  })
})

describe('passwords that the target keeps', () => {
  const passwords = ['Pa55-of-a-mapping', 'SCRAM-SHA-256$']
  const asked = [
    'SELECT * FROM pg_user_mapping',
    'SELECT umoptions FROM pg_user_mappings',
    'SELECT array_to_string(umoptions, chr(32)) AS x FROM pg_user_mapping',
    'SELECT (pg_options_to_table(umoptions)).* FROM pg_user_mapping',
    'SELECT * FROM information_schema.user_mapping_options',
    'SELECT rolpassword FROM pg_authid',
    'SELECT * FROM pg_shadow',
    'SELECT usename AS who, passwd AS what FROM pg_shadow',
    'COPY pg_user_mapping TO STDOUT',
    'COPY (SELECT rolpassword FROM pg_authid) TO STDOUT (FORMAT csv, HEADER)',
    'COPY (SELECT umoptions FROM pg_user_mapping) TO STDOUT (FORMAT binary)',
  ]

  it.each([
    ['without any policy', null],
    [
      'with a policy that has nothing to do with it',
      `rule('no drops', { on: postgres(), when: op => op.verb === 'DROP', effect: forbid('no') })`,
    ],
    ['with a limit', `rule('few', { on: postgres(), effect: limit({ rows: 1000, over: 'cut' }) })`],
  ])('are told to who may see them, and not written down: %s', async (_, policy) => {
    if (policy) await publish(gateway, 'law', policy)
    const mine = await gateway.run({ task: 'passwords' })
    const wire = await Wire.open(gateway.port, mine)
    const past = await Wire.past(postgres)
    for (const text of asked)
      for (const how of ['simple', 'extended', 'extended binary'] as const) {
        const [told, truth] = [await wire.ask(text, how), await past.ask(text, how)]
        expect([text, how, rowsOf(told)]).toEqual([text, how, rowsOf(truth)])
        expect([text, how, /Pa55|SCRAM/.test(bytesOf(told).toString('latin1'))]).toEqual([text, how, true])
      }
    expect(rowsOf(await wire.ask('SELECT srvoptions FROM pg_foreign_server'))).toEqual([['{host=db.example}']])
    wire.close()
    past.close()
    const told = await run('psql', [mine.url, '-Xc', '\\deu+', '-c', '\\des+'])
    expect(told.stdout).toContain('Pa55-of-a-mapping')
    const written = await recordingOf(mine)
    expect(passwords.filter(password => written.includes(password))).toEqual([])
    for (const kept of ['elsewhere', 'db.example', 'keeper']) expect(written).toContain(kept)
  })
})

describe('a name that code may have given to another statement', () => {
  const doubt = 'what comes next may be another statement'
  const parse = (name: string, text: string) => [message('P', `${name}\0${text}\0`, int16(0)), message('S')]
  const run_ = (name: string) => [message('B', `\0${name}\0`, int16(0), int16(0), int16(0)), message('E', '\0', int32(0)), message('S')]
  const swapping = 'DEALLOCATE s; PREPARE s AS SELECT reverse(name) FROM customers'

  beforeAll(() =>
    postgres.sql(`
      CREATE FUNCTION swap() RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'DEALLOCATE s'; EXECUTE 'PREPARE s AS SELECT reverse(name) FROM customers'; END $$;
      CREATE FUNCTION on_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM swap(); RETURN NULL; END $$;
      CREATE TABLE quiet (id int, at timestamptz DEFAULT now());
      CREATE TABLE loud (id int);
      CREATE TRIGGER loud AFTER INSERT ON loud EXECUTE FUNCTION on_change()`),
  )

  /** What is written of a session that no policy looks at, and what it was told in the end. */
  const written = async (between: string, use: Buffer[] = run_('s')) => {
    const mine = await gateway.run({ task: 'names' })
    const wire = await Wire.open(gateway.port, mine)
    await wire.exchange(...parse('s', "SELECT 'as recorded'"))
    await wire.ask(between)
    const rows = rowsOf(await wire.exchange(...use))
    wire.close()
    return { rows, isDoubted: (await recordingOf(mine)).includes(doubt) }
  }

  it('is recorded with a doubt where no policy looks, whatever code it was', async () => {
    // The gateway knows what the target holds.
    await publish(gateway, 'masks', maskingPolicy)
    const wire = await Wire.open(gateway.port, await gateway.run({ task: 'names' }))
    await wire.ask('SELECT * FROM loud, quiet')
    wire.close()
    await lawless(gateway)
    // A block of code has it read again, so it comes last.
    for (const [between, isReplaced] of [
      ["SELECT count(*), now(), upper('x') FROM customers", false],
      ['INSERT INTO quiet (id) VALUES (1)', false],
      ['UPDATE customers SET name = name WHERE id = 1', false],
      ['SELECT swap()', true],
      ['INSERT INTO loud VALUES (1)', true],
      [`DO $$ BEGIN EXECUTE 'DEALLOCATE s'; EXECUTE 'PREPARE s AS SELECT reverse(name) FROM customers'; END $$`, true],
    ] as const) {
      for (const use of [run_('s'), [message('Q', 'EXECUTE s\0')]]) {
        const { rows, isDoubted } = await written(between, use)
        expect([between, rows[0]?.[0] === 'as recorded', isDoubted]).toEqual([between, !isReplaced, isReplaced])
      }
    }
  })

  it('stands for nothing when a policy begins to look', async () => {
    await postgres.sql("UPDATE customers SET ssn = '078-05-1120' WHERE id = 1")
    for (const use of [run_('s'), [message('Q', 'EXECUTE s\0')]]) {
      const mine = await gateway.run({ task: 'names' })
      const wire = await Wire.open(gateway.port, mine)
      await wire.exchange(...parse('s', "SELECT 'as recorded'"))
      await wire.ask(`DO $$ BEGIN EXECUTE 'DEALLOCATE s'; EXECUTE 'PREPARE s AS SELECT reverse(ssn) FROM customers'; END $$`)
      await publish(gateway, 'masks', maskingPolicy)
      const said = await wire.exchange(...use)
      expect(bytesOf(said).toString('latin1')).not.toContain('0211-50')
      expect(errorOf(said)).toMatchObject({ C: '42501' })
      wire.close()
      await lawless(gateway)
    }
  })

  it('is what SQL gave it last, once it was taken from the protocol', async () => {
    const mine = await gateway.run({ task: 'names' })
    const wire = await Wire.open(gateway.port, mine)
    await wire.exchange(...parse('s', "SELECT 'x'"))
    await wire.ask(swapping)
    expect(errorOf(await wire.exchange(...run_('s')))).toMatchObject({ C: '26000' })
    wire.close()
  })
})
