import { chmodSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { psql, startGateway, type Gateway, type Run } from '../support/gateway.ts'
import { house, run, temporaryDirectory, until } from '../support/machine.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'
import { attacks, commandsOf, strictPolicy } from '../support/law.ts'
import { int16, int32, message } from '../support/raw.ts'
import { errorOf, rowsOf, tagsOf, Wire, type Manner } from '../support/wire.ts'
import { loadTool } from '../tools/tools.js'

let postgres: Postgres
let gateway: Gateway
let current: Run
let policies: { path: string; remove: () => void }
let out: { path: string; remove: () => void }
let past: Wire

beforeAll(async () => {
  postgres = await startPostgres()
  await postgres.sql(attacks.hidingSchema.join('\n'))
  policies = temporaryDirectory('policies')
  out = temporaryDirectory('out')
  chmodSync(out.path, 0o777)
  writeFileSync(join(policies.path, 'strict.policy.ts'), strictPolicy)
  gateway = await startGateway(postgres, { policies: policies.path })
  current = await gateway.run({ task: 'law' })
  past = await Wire.past(postgres)
})

afterAll(async () => {
  past?.close()
  await gateway?.stop()
  await postgres?.stop()
  policies?.remove()
  out?.remove()
})

/** Everything an attack could have changed, by name. */
async function world(): Promise<Record<string, string | null>> {
  const things: Record<string, string> = {
    accounts: "SELECT string_agg(a::text, ',' ORDER BY a) FROM accounts a",
    archive: "SELECT string_agg(a::text, ',' ORDER BY a) FROM archive a",
    inbox: 'SELECT count(*) FROM inbox',
    decoy: 'SELECT count(*) FROM decoy',
    defaulting: 'SELECT count(*) FROM defaulting',
    relations:
      "SELECT string_agg(relname || relkind::text || relnatts, ',' ORDER BY relname, oid) FROM pg_class WHERE relnamespace = 'public'::regnamespace",
    functions:
      "SELECT md5(string_agg(proname || prosrc, ',' ORDER BY proname, oid)) FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
    operators: "SELECT string_agg(oprname, ',' ORDER BY oprname) FROM pg_operator WHERE oprnamespace = 'public'::regnamespace",
    schemas: "SELECT string_agg(nspname, ',' ORDER BY nspname) FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp'",
    triggers: 'SELECT count(*) FROM pg_trigger',
    rules: "SELECT count(*) FROM pg_rewrite WHERE ev_class IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)",
    constraints: "SELECT count(*) FROM pg_constraint WHERE connamespace = 'public'::regnamespace",
    roles: "SELECT string_agg(rolname, ',' ORDER BY rolname) FROM pg_roles",
    'role settings': 'SELECT count(*) FROM pg_db_role_setting',
    databases: "SELECT string_agg(datname, ',' ORDER BY datname) FROM pg_database",
    'large objects': 'SELECT count(*) FROM pg_largeobject_metadata',
    servers: 'SELECT count(*) FROM pg_foreign_server',
    'prepared transactions': 'SELECT count(*) FROM pg_prepared_xacts',
    configuration: "SELECT count(*) FROM pg_file_settings WHERE sourcefile LIKE '%auto.conf'",
  }
  const said = await past.ask(
    `SELECT ${Object.values(things)
      .map(query => `(${query})`)
      .join(', ')}`,
  )
  const cells = rowsOf(said)[0]
  if (!cells) throw new Error(JSON.stringify(errorOf(said)))
  return { ...Object.fromEntries(Object.keys(things).map((name, i) => [name, cells[i] ?? null])), files: readdirSync(out.path).join(',') }
}

/** Puts back the rows that an attack took, so that the next one finds them. */
async function repair(): Promise<void> {
  await past.ask(`BEGIN; SET LOCAL session_replication_role = replica;
    DELETE FROM accounts; INSERT INTO accounts VALUES (1, 'one', 10), (2, 'two', 20), (3, 'three', 30);
    DELETE FROM archive; INSERT INTO archive VALUES (1, 'kept');
    DELETE FROM inbox; DELETE FROM decoy; DELETE FROM defaulting; DROP OPERATOR IF EXISTS public.=!= (int, int); COMMIT`)
}

describe('what hides what it does', () => {
  it.each(['simple', 'extended', 'prepared'] as Manner[])('is refused and changes nothing: %s', async how => {
    let before = await world()
    const wrong: string[] = []
    let wire = await Wire.open(gateway.port, current)
    for (const { name, steps } of attacks.hiding) {
      const texts = steps.map(step => step.replaceAll('{dir}', out.path))
      // What is several statements is one message of the simple protocol alone.
      let refusal: Record<string, string> | null = null
      const heard: string[] = []
      for (const text of texts) {
        const error = errorOf(
          await wire.ask(text, how).catch((failure: unknown) => [{ type: 'E', body: Buffer.from(`M${name}: ${String(failure)}\0`) }]),
        )
        if (error) heard.push(`${error['C']} ${error['M']}`)
        if (error?.['C'] === '42501' && error['D']?.startsWith('rule: ')) refusal = error
        if (refusal) break
      }
      if (!refusal) wrong.push(`${name}: not refused (${heard.join('; ')})`)
      else if (!refusal['H']) wrong.push(`${name}: no hint`)
      await wire.reset()
      const still = await wire.ask('SELECT 42')
      if (rowsOf(still)[0]?.[0] !== '42') {
        wrong.push(`${name}: the session is of no use afterwards`)
        wire.close()
        wire = await Wire.open(gateway.port, current)
      }
      const after = await world()
      const changed = Object.keys(after).filter(thing => after[thing] !== before[thing])
      if (changed.length === 0) continue
      wrong.push(`${name}: CHANGED ${changed.map(thing => `${thing} from ${before[thing]} to ${after[thing]}`).join('; ')}`)
      await repair()
      before = await world()
    }
    wire.close()
    expect(wrong).toEqual([])
  })

  it('is written down with its verdict and what it would have done, and found in the index', async () => {
    const mine = await gateway.run({ task: 'law, written down' })
    const wire = await Wire.open(gateway.port, mine)
    await wire.ask('WITH gone AS (DELETE FROM accounts RETURNING *) SELECT * FROM gone')
    await wire.ask('SELECT name FROM archive')
    await wire.ask("COPY accounts TO PROGRAM 'cat'", 'extended')
    await wire.ask('DO $$ BEGIN DELETE FROM accounts; END $$', 'prepared')
    wire.close()
    const recorded = await until('the recording', () => {
      const found = commandsOf(gateway, mine.id)
      return found.length === 4 && found
    })
    expect(recorded.map(({ command }) => [command.decision.verdict, command.decision.rule])).toEqual([
      ['deny', 'no change of every row'],
      ['allow', undefined],
      ['deny', 'no files, no programs, no servers'],
      ['deny', 'no change of every row'],
    ])
    expect(recorded[0]!.command.operations).toMatchObject([
      { verb: 'SELECT' },
      { verb: 'DELETE', tables: ['public.accounts'], hasWhere: false },
    ])
    expect(recorded[0]!.command.decision.policyVersion).toMatch(/^strict@[0-9a-f]{12}$/)
    expect(recorded[0]!.parts).toMatchObject([{ kind: 'error', by: 'gateway', error: { code: '42501' } }, { kind: 'end' }])
    const found = await until('the index', async () => {
      const items = await gateway.commands(`run=${mine.id}&verdict=deny`)
      return items.length === 3 && items
    })
    expect(found.map(({ rule }: any): string => rule).toSorted((a: string, b: string) => a.localeCompare(b))).toEqual([
      'no change of every row',
      'no change of every row',
      'no files, no programs, no servers',
    ])
    for (const { operations, error } of found) {
      expect(operations.length).toBeGreaterThan(0)
      expect(error.code).toBe('42501')
    }
    expect(await gateway.commands(`run=${mine.id}&verb=DELETE&verdict=deny`)).toHaveLength(2)
    expect(await gateway.commands(`run=${mine.id}&verdict=allow`)).toHaveLength(1)
  })

  it('is refused whatever its size', async () => {
    const before = await world()
    const wire = await Wire.open(gateway.port, current)
    const texts: [string, string][] = [
      ['nine mebibytes of comment', `/*${' '.repeat(9 << 20)}*/ DELETE FROM accounts`],
      ['a comment behind it', `DELETE FROM accounts /*${'x'.repeat(3 << 20)}*/`],
      ['a long sum', `DELETE FROM accounts WHERE ${'1+'.repeat(20_000)}1 > 0`],
      ['ten thousand parentheses', `DELETE FROM accounts WHERE ${'('.repeat(10_000)}true${')'.repeat(10_000)}`],
      ['a thousand statements', `${'SELECT 1;'.repeat(1000)} DELETE FROM accounts`],
      ['a deep nest of selects', `DELETE FROM accounts WHERE ${'(SELECT '.repeat(500)}true${')'.repeat(500)}`],
      ['a long IN', `DELETE FROM accounts WHERE 1 IN (${'1,'.repeat(50_000)}1)`],
    ]
    for (const [name, text] of texts) {
      for (const how of ['simple', 'extended'] as const) {
        expect(errorOf(await wire.ask(text, how))?.['C'], name).toBe('42501')
        expect(rowsOf(await wire.ask('SELECT 42')), name).toEqual([['42']])
      }
    }
    wire.close()
    expect(await world()).toEqual(before)
  }, 60_000)

  it('is refused as a function called by its number', async () => {
    const before = await world()
    const wire = await Wire.open(gateway.port, current)
    for (const name of ['wipe_deep()', 'wipe_block()', 'dblink_exec(text, text)']) {
      const oid = Number(await postgres.sql(`SELECT '${name}'::regprocedure::oid`))
      const error = errorOf(await wire.exchange(message('F', int32(oid), int16(0), int16(0), int16(0))))
      expect(error?.['C'], name).toBe('42501')
    }
    wire.close()
    expect(await world()).toEqual(before)
  })

  it('is refused to psql, node-postgres, postgres.js and psycopg, in words that say what to do', async () => {
    const before = await world()
    const texts = [
      'DELETE FROM accounts',
      'WITH d AS (DELETE FROM accounts RETURNING *) SELECT * FROM d',
      'SELECT wipe()',
      'TRUNCATE accounts',
      'DO $$ BEGIN DELETE FROM accounts; END $$',
    ]
    for (const text of texts) {
      const ran = await psql(current.url, `\\set VERBOSITY verbose\n${text};`)
      expect(ran.stderr).toMatch(/ERROR: {2}42501: /)
      expect(ran.stderr).toMatch(/DETAIL: {2}rule: .* \(policy strict@/)
      expect(ran.stderr).toMatch(/HINT: {2}\S/)
    }
    const { default: pg } = await loadTool('pg')
    const client = new pg.Client({ connectionString: current.url })
    await client.connect()
    const { default: postgresJs } = await loadTool('postgres')
    const sql = postgresJs(current.url, { max: 1 })
    const refused = { code: '42501', detail: expect.stringMatching(/^rule: /), hint: expect.stringMatching(/\S/) }
    for (const text of texts) {
      for (const asked of [{ text }, { text, queryMode: 'extended' }, { text, name: text.slice(0, 20) }])
        await expect(client.query(asked), text).rejects.toMatchObject(refused)
      await expect(sql.unsafe(text), text).rejects.toMatchObject(refused)
      await expect(sql.unsafe(text, [], { prepare: true }), text).rejects.toMatchObject(refused)
    }
    expect((await client.query('SELECT $1::int AS n', [5])).rows).toEqual([{ n: 5 }])
    expect(await sql`SELECT ${5}::int AS n`).toMatchObject([{ n: 5 }])
    await client.end()
    await sql.end()
    const asked = texts.flatMap(text => ['simple', 'prepared', 'binary'].map(how => ({ text, how })))
    const ran = await run('/usr/bin/python3', [`${house}/e2e/clients/law_psycopg3.py`], {
      env: { ...process.env, ...current.env },
      input: JSON.stringify(asked),
    })
    expect(ran.stderr).toBe('')
    for (const outcome of JSON.parse(ran.stdout))
      expect(outcome).toMatchObject({ state: '42501', detail: expect.stringMatching(/^rule: /), hint: expect.stringMatching(/\S/) })
    expect(await world()).toEqual(before)
  })
})

describe('what is allowed', () => {
  it('passes under the strictest policy', async () => {
    const wire = await Wire.open(gateway.port, current)
    const texts = [
      'SELECT * FROM accounts WHERE id = 1',
      "BEGIN; UPDATE accounts SET balance = 5 WHERE id = 1; DELETE FROM accounts WHERE id = 2; INSERT INTO archive VALUES (2, 'x'); ROLLBACK",
      'SELECT count(*), lower(name) FROM account_list GROUP BY 2',
      'WITH a AS (SELECT * FROM accounts) SELECT * FROM a JOIN archive USING (id)',
      'CREATE TEMP TABLE t (id int)',
      'EXPLAIN ANALYZE SELECT * FROM accounts',
      'PREPARE p (int) AS SELECT name FROM accounts WHERE id = $1; EXECUTE p (1)',
      'COPY accounts TO STDOUT',
      "SELECT 'DELETE FROM accounts', $$ DROP TABLE accounts $$ -- TRUNCATE accounts",
      'DO $$ BEGIN PERFORM 1; END $$',
      'SHOW server_version',
    ]
    for (const text of texts) expect(errorOf(await wire.ask(text)), text).toBeNull()
    wire.close()
  })
})

describe('a refused statement', () => {
  it('fails its transaction as any failing statement does', async () => {
    const wire = await Wire.open(gateway.port, current)
    for (const how of ['simple', 'extended', 'prepared'] as Manner[]) {
      await wire.ask('BEGIN')
      await wire.ask("UPDATE archive SET name = 'changed' WHERE id = 1", how)
      expect(errorOf(await wire.ask('DELETE FROM accounts', how))?.['C']).toBe('42501')
      expect(errorOf(await wire.ask('SELECT 1', how))?.['C']).toBe('25P02')
      const refused = errorOf(await wire.ask('DELETE FROM accounts', how))?.['C']
      expect(refused).toMatch(/^(42501|25P02)$/)
      expect(tagsOf(await wire.ask('COMMIT'))).toEqual(['ROLLBACK'])
      expect(rowsOf(await wire.ask('SELECT name FROM archive'))).toEqual([['kept']])
    }
    await wire.ask('BEGIN')
    await wire.ask('SAVEPOINT a')
    await wire.ask('DELETE FROM accounts')
    await wire.ask('ROLLBACK TO a')
    expect(rowsOf(await wire.ask('SELECT count(*) FROM accounts'))).toEqual([['3']])
    expect(tagsOf(await wire.ask('COMMIT'))).toEqual(['COMMIT'])
    wire.close()
  })

  it('takes the rest of its message with it, and nothing of the message runs', async () => {
    const wire = await Wire.open(gateway.port, current)
    const said = await wire.ask("INSERT INTO archive VALUES (7, 'x'); DELETE FROM accounts; SELECT 1")
    expect(said.map(({ type }) => type).join('')).toBe('EZ')
    expect(rowsOf(await wire.ask('SELECT count(*) FROM archive'))).toEqual([['1']])
    wire.close()
  })

  it('makes what stands behind it in a pipeline be skipped until Sync', async () => {
    const mine = await gateway.run({ task: 'law, pipeline' })
    const wire = await Wire.open(gateway.port, mine)
    const parse = (text: string) => message('P', `\0${text}\0`, int16(0))
    const go = [message('B', '\0\0', int16(0), int16(0), int16(0)), message('D', 'P\0'), message('E', '\0', int32(0))]
    const sync = message('S')
    wire.send(
      parse("INSERT INTO archive VALUES (8, 'before')"),
      ...go,
      parse('DELETE FROM accounts'),
      ...go,
      parse("INSERT INTO archive VALUES (9, 'behind')"),
      ...go,
    )
    const said = await wire.exchange(sync)
    expect(errorOf(said)?.['C']).toBe('42501')
    expect(said.at(-1)?.type).toBe('Z')
    expect(tagsOf(said)).toEqual(['INSERT 0 1'])
    const next = await wire.exchange(parse('SELECT 42'), ...go, sync)
    expect(rowsOf(next)).toEqual([['42']])
    // One Sync is one transaction: what stood before it is undone too.
    expect(rowsOf(await wire.ask('SELECT id FROM archive'))).toEqual([['1']])
    wire.close()
    const recorded = await until('the recording', () => {
      const found = commandsOf(gateway, mine.id)
      return found.length === 5 && found.every(({ parts }) => parts.at(-1)?.kind === 'end') && found
    })
    expect(recorded.map(({ command }) => command.decision.verdict)).toEqual(['allow', 'deny', 'allow', 'allow', 'allow'])
    expect(recorded[2]!.parts[0]).toMatchObject({ kind: 'skipped' })
    expect(await postgres.sql('SELECT count(*) FROM accounts')).toBe('3')
  })

  it('does not keep its name: a refused statement is not prepared', async () => {
    const wire = await Wire.open(gateway.port, current)
    await wire.exchange(message('P', 'kept\0SELECT 1\0', int16(0)), message('S'))
    await wire.exchange(message('P', 'bad\0DELETE FROM accounts\0', int16(0)), message('S'))
    const bound = await wire.exchange(message('B', '\0bad\0', int16(0), int16(0), int16(0)), message('E', '\0', int32(0)), message('S'))
    expect(errorOf(bound)?.['C']).toMatch(/26000|42501/)
    const kept = await wire.exchange(message('B', '\0kept\0', int16(0), int16(0), int16(0)), message('E', '\0', int32(0)), message('S'))
    expect(rowsOf(kept)).toEqual([['1']])
    wire.close()
    expect(await postgres.sql('SELECT count(*) FROM accounts')).toBe('3')
  })

  it('is told apart from the COPY before it, which the extended protocol asked for with a Sync before its data', async () => {
    // The server ignores that Sync, as it ignores everything but data while it takes some.
    for (const wire of [await Wire.past(postgres), await Wire.open(gateway.port, current)]) {
      await wire.ask('CREATE TEMP TABLE t (id int, name text)')
      expect(tagsOf(await wire.ask('COPY t FROM STDIN', 'extended'))).toEqual(['COPY 0'])
      expect(rowsOf(await wire.ask('SELECT 42', 'extended'))).toEqual([['42']])
      expect(rowsOf(await wire.ask('SELECT 43'))).toEqual([['43']])
      wire.close()
    }
  })
})
