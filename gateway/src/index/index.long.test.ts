import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { realMachine } from '../runtime/node.ts'
import { startPostgres, type RunningPostgres } from '../targets/embedded-postgres.ts'
import type { IndexCheck } from './check-index.ts'
import type { Indexed, Lag } from './indexer.ts'
import { PgSearch } from './pg-search.ts'
import type { Filter } from './search.ts'
import { startIndexer } from './start-indexer.ts'
import { connectStore, type Sql } from './store.ts'
import { runEnded, runOpened, TestRecording, type Told } from './test-recordings.ts'

const machine = realMachine()
let directory: string
let server: RunningPostgres
let sql: Sql
let data: string
let started: Awaited<ReturnType<typeof startIndexer>> | null = null
let search: PgSearch
let heard: Indexed[]
let problems: string[]
/** How long the indexer meant to rest, each time. */
let restsMs: number[]
let lag: Lag

beforeAll(async () => {
  directory = mkdtempSync(`${tmpdir()}/steno-index-`)
  server = await startPostgres({
    directory: `${directory}/store`,
    user: 'steno',
    settings: { fsync: 'off', wal_recycle: 'off' },
    log: () => {},
  })
  sql = connectStore(server.connection, { connections: 2 })
  search = new PgSearch({ sql, nowUs: () => 1_700_000_100_000_000, lag: () => lag })
}, 60_000)

afterAll(async () => {
  await sql.end()
  await server.stop()
  rmSync(directory, { recursive: true, force: true })
})

beforeEach(async () => {
  data = mkdtempSync(`${directory}/data-`)
  await sql`drop schema if exists steno_index cascade`
})

afterEach(async () => {
  await started?.close()
  started = null
})

/** Starts an indexer on the test's data, and waits until it has caught up. */
async function index(): Promise<void> {
  await start()
  await started?.indexer.settled()
}

/** Starts an indexer, which is kept waiting for a processor for so long with every batch. */
async function start({ onIndexed = () => {}, waitedMs = 0 } = {}): Promise<void> {
  heard = []
  problems = []
  restsMs = []
  const { clock } = machine
  const after: typeof clock.after = (delayMs, then) => {
    restsMs.push(delayMs)
    return clock.after(delayMs, then)
  }
  started = await startIndexer(
    { connection: server.connection, dataDirectory: data },
    {
      onIndexed(indexed) {
        heard.push(indexed)
        onIndexed()
      },
      onLag: now => (lag = now),
      onProblem: problem => problems.push(problem),
    },
    { machine: { ...machine, clock: { ...clock, after } }, waitedMs: () => waitedMs },
  )
}

function follow({ session, path }: TestRecording): void {
  started?.indexer.follow({ session, path, sizeBytes: machine.disk.sizeBytes(path) })
}

async function grown(recording: TestRecording): Promise<void> {
  follow(recording)
  await started?.indexer.settled()
}

function record(told: Told): TestRecording {
  return new TestRecording(machine, data, told)
}

function ledger(...lines: string[]): void {
  const file = machine.disk.append(`${data}/ledger.ndjson`, { exclusive: false })
  for (const line of lines) file.write(new TextEncoder().encode(line))
  file.close()
}

const all = { limit: 100, cursor: null }

async function texts(filter: Filter): Promise<string[]> {
  return (await search.commands(filter, all)).items.map(({ text }) => text)
}

async function sessionsOf(filter: Filter): Promise<string[]> {
  return (await search.sessions(filter, all)).items.map(({ id }) => id)
}

/** The files of the store that have a text in them somewhere. */
async function storeFilesWith(text: string): Promise<string[]> {
  const [place] = await sql<{ directory: string }[]>`select setting as directory from pg_settings where name = 'data_directory'`
  return readdirSync(place!.directory, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => `${entry.parentPath}/${entry.name}`)
    .filter(path => readFileSync(path).includes(text))
}

/** Everything the index holds, but for what differs by how often it was read. */
async function dump(): Promise<unknown> {
  return {
    runs: await sql`select to_jsonb(r) from steno_index.runs r order by id`,
    sessions: await sql`select to_jsonb(s) from steno_index.sessions s order by id`,
    commands: await sql`select to_jsonb(c) from steno_index.commands c order by session, number`,
  }
}

describe('indexing', () => {
  it('gives a command everything its recording says', async () => {
    const recording = record({ id: 's1', run: 'r1', attempt: 2, task: 'nightly' })
    recording.ask('select $1::int', { kind: 'execute', parameters: [{ type: 'int4', oid: 23, value: '7' }], statement: '' })
    recording.answer(1, { kind: 'rows', rows: [['7']] }, { kind: 'done', tag: 'SELECT 1', rows: 1 })
    recording.answer(1, { kind: 'end', transaction: 'idle' })
    recording.fail('delete from payments', '42501', 'permission denied for table payments')
    recording.end()
    await index()

    expect(await search.command('s1.1')).toEqual({
      id: 's1.1',
      session: 's1',
      number: 1,
      run: 'r1',
      attempt: 2,
      task: 'nightly',
      principal: 'agent-a',
      delegation: ['ada'],
      target: 'shop',
      protocol: 'postgres',
      at: '2023-11-14T22:13:20.001000Z',
      kind: 'execute',
      text: 'select $1::int',
      parameters: [{ type: 'int4', oid: 23, value: '7' }],
      operations: [{ verb: 'SELECT', tables: [], columns: [], hasLimit: true, at: [0, 14] }],
      verdict: 'allow',
      policyVersion: 'none',
      masked: 0,
      rows: 1,
      durationMs: 1,
      frame: 1,
    })
    expect(await search.command('s1.2')).toMatchObject({
      operations: [{ verb: 'DELETE', tables: ['payments'], hasWhere: false }],
      error: { code: '42501', message: 'permission denied for table payments' },
    })
    expect(await search.session('s1')).toMatchObject({
      id: 's1',
      attempt: 2,
      commands: 2,
      errors: 1,
      endReason: 'client closed',
      application: 'psql',
      labels: { env: 'test' },
      sizeBytes: machine.disk.sizeBytes(recording.path),
    })
    expect(lag).toEqual({ bytes: 0, sessions: 0 })
  })

  it('stands back while sessions write on and others want the processors, until somebody asks', async () => {
    const recording = record({ id: 's1' })
    const grow = () => follow(recording)
    await start({ onIndexed: grow, waitedMs: 1000 })
    for (let n = 0; n < 4000; n++) recording.run(`select '${'x'.repeat(1000)}'`)
    recording.end()
    grow()
    await vi.waitFor(() => expect(restsMs).toContain(5000), { timeout: 30_000 })
    expect(heard).toHaveLength(1)
    expect(lag.bytes).toBeGreaterThan(1 << 20)

    await started?.indexer.settled()
    expect((await search.session('s1'))?.commands).toBe(4000)
    expect(lag).toEqual({ bytes: 0, sessions: 0 })
  })

  it('does not stand back where nobody wants the processors', async () => {
    const recording = record({ id: 's1' })
    const grow = () => follow(recording)
    await start({ onIndexed: grow })
    for (let n = 0; n < 4000; n++) recording.run(`select '${'x'.repeat(1000)}'`)
    recording.end()
    grow()
    await vi.waitFor(async () => expect((await search.session('s1'))?.commands).toBe(4000), { timeout: 30_000 })
    expect(Math.max(...restsMs)).toBeLessThanOrEqual(500)
  })

  it('shows a command while it runs, and completes it when its answer ends', async () => {
    const recording = record({ id: 's1' })
    const n = recording.ask('select pg_sleep(100)')
    await index()
    expect(await search.command('s1.1')).toMatchObject({ durationMs: null })
    expect(await search.session('s1')).toMatchObject({ endedAt: null, durationMs: null })

    recording.answer(n, { kind: 'rows', rows: [['first']] }, { kind: 'done', tag: 'SELECT 1', rows: 1 })
    await grown(recording)
    expect(await search.command('s1.1')).toMatchObject({ durationMs: null, rows: 1 })

    recording.answer(
      n,
      { kind: 'rows', rows: [['second']] },
      { kind: 'done', tag: 'SELECT 1', rows: 1 },
      { kind: 'end', transaction: 'idle' },
    )
    await grown(recording)
    expect(await search.command('s1.1')).toMatchObject({ durationMs: 1, rows: 2 })
    expect(await texts({ text: 'second' })).toEqual(['select pg_sleep(100)'])
    expect(heard.flatMap(({ commands }) => commands)).toEqual(['s1.1', 's1.1', 's1.1'])
  })

  it('gives of a recording with erased lines what the rest of it says, the same when it is indexed anew', async () => {
    const recording = record({ id: 's1' })
    recording.run('select 1', [['one']])
    recording.run("select 'a secret'", [['another secret']])
    recording.run('select 3', [['three']])
    recording.end()
    await index()
    const [, , third] = (await search.commands({ session: 's1' }, all)).items.toReversed()
    recording.erase(2)
    await started?.indexer.forget({ session: 's1', path: recording.path, isErased: true })
    await started?.indexer.settled()
    expect(await texts({ session: 's1' })).toEqual(['select 3', 'select 1'])
    expect(await texts({ text: 'secret' })).toEqual([])
    expect(await search.command('s1.3')).toEqual(third)
    expect(await search.session('s1')).toMatchObject({ commands: 2, endReason: 'client closed' })
    const before = await dump()
    await started?.indexer.reindex()
    expect(await dump()).toEqual(before)
    expect(problems).toEqual([])
  })

  it('knows how a session ended whose last line is erased', async () => {
    const recording = record({ id: 's1' })
    recording.run('select 1', [['one']])
    recording.end()
    recording.eraseLines({ from: 2, to: recording.lines })
    await index()
    expect(await search.session('s1')).toMatchObject({ commands: 1, endReason: 'client closed' })
    expect((await search.session('s1'))?.endedAt).not.toBeNull()
  })

  it('forgets a session that is removed, whether its file is gone or not', async () => {
    const recording = record({ id: 's1' })
    recording.run('select 1')
    recording.end()
    record({ id: 's2' }).run('select 2')
    await index()
    await started?.indexer.forget({ session: 's1', path: null, isErased: false })
    await started?.indexer.settled()
    expect(await sessionsOf({})).toEqual(['s2'])
    expect(await texts({})).toEqual(['select 2'])
  })

  it('leaves nothing of what was erased in the files of the store', async () => {
    const recording = record({ id: 's1' })
    const secret = 'v9kq-4711-xwtz'
    // Often enough that the planner keeps it among the values it knows.
    for (let n = 1; n <= 300; n++) recording.run(`select '${secret}'`, [[secret]])
    recording.run('select 1', [['one']])
    recording.end()
    await index()
    await sql`analyze steno_index.commands`
    await sql`checkpoint`
    expect((await storeFilesWith(secret)).length).toBeGreaterThan(1)
    recording.eraseLines({ from: 1, to: recording.lines - 5 })
    await started?.indexer.forget({ session: 's1', path: recording.path, isErased: true })
    await started?.indexer.settled()
    await sql`checkpoint`
    expect(await texts({})).toEqual(['select 1'])
    expect(await storeFilesWith(secret)).toEqual([])
    expect(problems).toEqual([])
  })

  it('goes on where the one before it stopped, and counts nothing twice', async () => {
    const recording = record({ id: 's1' })
    const n = recording.ask('select a from t')
    await index()
    await started?.close()
    recording.answer(n, { kind: 'rows', rows: [['needle']] })
    recording.raw('[0.1,"a","{\\"n\\":1')
    await index()
    await started?.close()
    recording.raw(
      ',\\"parts\\":[{\\"kind\\":\\"done\\",\\"tag\\":\\"SELECT 1\\",\\"rows\\":1},{\\"kind\\":\\"end\\",\\"transaction\\":\\"idle\\"}],\\"salt\\":\\"AAAAAAAAAAAAAAAA\\"}"]\n',
    )
    await index()
    expect(await search.command('s1.1')).toMatchObject({ rows: 1, durationMs: 100.5 })
    expect(await texts({ text: 'needle' })).toHaveLength(1)
    expect(await search.session('s1')).toMatchObject({ commands: 1 })
  })

  it('takes a decision that came later', async () => {
    const recording = record({ id: 's1' })
    const held = { decision: { verdict: 'hold', policyVersion: 'v1', rule: 'ask first' } } as const
    recording.decide(recording.ask('delete from a', held), 'deny', 'ask first')
    recording.decide(recording.ask('delete from b', held), 'allow', 'ask first')
    await index()
    expect(await texts({ verdict: 'deny' })).toEqual(['delete from a'])
    expect(await texts({ verdict: 'allow' })).toEqual(['delete from b'])
    expect(await texts({ verdict: 'hold' })).toEqual(['delete from b', 'delete from a'])
    expect(await search.session('s1')).toMatchObject({ denied: 1, held: 2 })
  })

  it('counts masked cells', async () => {
    const recording = record({ id: 's1' })
    recording.answer(recording.ask('select ssn from t'), {
      kind: 'rows',
      rows: [
        [{ masked: '***', rule: 'hide' }, 'x'],
        [{ masked: null, rule: 'hide' }, 'y'],
      ],
    })
    await index()
    expect(await search.session('s1')).toMatchObject({ masked: 2 })
  })

  it('indexes anew to the same content', async () => {
    for (let at = 0; at < 20; at++) {
      const recording = record({
        id: `s${at}`,
        run: `r${at % 4}`,
        attempt: 1 + (at % 4),
        task: 'nightly',
        startedAtUs: 1_700_000_000_000_000 + at * 1e6,
      })
      for (let n = 0; n < 30; n++) recording.run(`select * from t${n % 7} where id = ${n}`, [[`value ${n}`, 'x'.repeat(n * 20)]])
      recording.fail('select oops', '42703', 'column "oops" does not exist')
      recording.ask('select still_running()')
      if (at % 2) recording.end()
    }
    ledger(
      runOpened({ id: 'r0', atUs: 1_700_000_000_000_000, task: 'nightly' }),
      runEnded({ id: 'r0', atUs: 1_700_000_001_000_000, exitCode: 3 }),
    )
    await index()
    const before = await dump()
    await started?.indexer.reindex()
    expect(await dump()).toEqual(before)
    expect((await search.sessions({}, all)).items).toHaveLength(20)
    expect(problems).toEqual([])
  })

  it('builds the tables again when they are of another version', async () => {
    record({ id: 's1' }).run('select 1')
    await index()
    await started?.close()
    await sql`update steno_index.schema_version set version = 0`
    await sql`alter table steno_index.commands drop column text cascade`
    await index()
    expect(await texts({})).toEqual(['select 1'])
  })

  it('goes on when the store comes back', async () => {
    record({ id: 's1' }).run('select 1')
    await index()
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'steno' and pid <> pg_backend_pid()`
    await grown(record({ id: 's2' }))
    expect(await sessionsOf({})).toEqual(['s2', 's1'])
  })

  it('keeps what it understood of a damaged recording, says so, and goes on with the others', async () => {
    const recording = record({ id: 's1' })
    recording.run('select 1')
    recording.raw('[0.1,"q","not json"]\n')
    recording.run('select 2')
    record({ id: 's2' }).run('select 3')
    const torn = `${data}/sessions/2023-11-14/s3.cast`
    machine.disk.append(torn, { exclusive: true }).write(new TextEncoder().encode('{"version":2}\n'))
    await index()
    expect((await texts({})).toSorted()).toEqual(['select 1', 'select 3'])
    expect(problems.filter(problem => problem.includes('s1'))).toHaveLength(1)
    expect(problems.filter(problem => problem.includes('s3'))).toHaveLength(1)
  })

  it('says that a recording is gone, and goes on with the others', async () => {
    await index()
    started?.indexer.follow({ session: 's1', path: `${data}/gone.cast`, sizeBytes: 10 })
    await grown(record({ id: 's2' }))
    expect(await sessionsOf({})).toEqual(['s2'])
    expect(problems).toHaveLength(1)
  })

  it('takes a recording that was replaced by a shorter one for a new one', async () => {
    const recording = record({ id: 's1' })
    recording.run('select 1')
    recording.run('select 2')
    await index()
    await started?.close()
    machine.disk.remove(recording.path)
    record({ id: 's1' }).run('select 3')
    await index()
    expect(await texts({})).toEqual(['select 3'])
  })

  it('keeps the start of what is long, and says how long it was', async () => {
    const recording = record({ id: 's1' })
    const long = `select '${'é😀'.repeat(100_000)}'`
    recording.run(long, [['x'.repeat(10_000) + 'unfindable']], { parameters: [{ type: 'text', oid: 25, value: 'v'.repeat(10_000) }] })
    await index()
    const command = await search.command('s1.1')
    expect(command?.textLength).toBe(long.length)
    expect(long.startsWith(command?.text ?? 'x')).toBe(true)
    expect(command?.parameters[0]?.value).toMatchObject({ lengthBytes: 10_000 })
    expect(await texts({ text: 'unfindable' })).toEqual([])
  })

  it('stores what PostgreSQL cannot hold in a form that it can', async () => {
    const recording = record({ id: 's1', task: 'a\0b' })
    recording.run('select \0 <script>alert(1)</script> \u202e', [['\0']], { parameters: [{ type: 'text', oid: 25, value: 'x\0y' }] })
    await index()
    expect(await search.command('s1.1')).toMatchObject({
      text: 'select ␀ <script>alert(1)</script> \u202e',
      parameters: [{ value: 'x␀y' }],
    })
    expect(await texts({ text: '<script>' })).toHaveLength(1)
    expect(problems).toEqual([])
  })

  it('reads a line that is longer than what it reads at once', async () => {
    const recording = record({ id: 's1' })
    recording.run(`select '${'x'.repeat(3 << 20)}'`)
    recording.run('select 2')
    await index()
    expect(await texts({ text: 'select 2' })).toEqual(['select 2'])
  })
})

describe('searching', () => {
  beforeEach(async () => {
    const first = record({ id: 's1', principal: 'agent-a', run: 'r1', attempt: 1, task: 'nightly', startedAtUs: 1_700_000_000_000_000 })
    first.run('select * from public.payments', [['ada@example.com']])
    first.run('with gone as (delete from orders returning id) select * from gone')
    first.fail('select 50%_off from t', '42703', 'no such thing')
    first.end()
    const second = record({
      id: 's2',
      principal: 'agent-b',
      run: 'r2',
      attempt: 2,
      task: 'nightly',
      target: 'bank',
      startedAtUs: 1_700_000_050_000_000,
    })
    second.run('copy payments to stdout')
    second.run('update payments set amount = 1 where id = 3')
    ledger(
      runOpened({ id: 'r1', atUs: 1_700_000_000_000_000, task: 'nightly', principal: 'agent-a' }),
      '{"atUs":1,"kind":"something later"}\n',
      runEnded({ id: 'r1', atUs: 1_700_000_010_000_000, exitCode: 0 }),
      runOpened({ id: 'r2', atUs: 1_700_000_050_000_000, task: 'nightly', attempt: 2, principal: 'agent-b', targets: ['bank', 'shop'] }),
      runOpened({
        id: 'r3',
        atUs: 1_700_000_060_000_000,
        task: 'nightly',
        attempt: 3,
        principal: 'agent-b',
        expiresAtUs: 1_700_000_070_000_000,
      }),
    )
    await index()
  })

  it('finds the commands that touched a table, however it was written', async () => {
    const touching = ['update payments set amount = 1 where id = 3', 'copy payments to stdout', 'select * from public.payments']
    expect(await texts({ table: 'payments' })).toEqual(touching)
    expect(await texts({ table: 'PUBLIC.Payments' })).toEqual(touching)
    expect(await texts({ table: 'orders' })).toHaveLength(1)
    expect(await texts({ table: 'gone' })).toEqual([])
    expect(await texts({ table: 'audit.payments', verb: 'select' })).toEqual([])
  })

  it('combines all filters', async () => {
    expect(
      await texts({
        table: 'payments',
        verb: 'update',
        column: 'AMOUNT',
        principal: 'agent-b',
        target: 'bank',
        task: 'nightly',
        run: 'r2',
        session: 's2',
        protocol: 'postgres',
        verdict: 'allow',
      }),
    ).toHaveLength(1)
    expect(await texts({ table: 'payments', verb: 'DELETE' })).toEqual([])
    expect(await texts({ verb: 'delete' })).toHaveLength(1)
    expect(await texts({ principal: 'ada', verb: 'copy' })).toHaveLength(1)
    expect(await texts({ agent: 'ada' })).toEqual([])
    expect(await texts({ error: true })).toEqual(['select 50%_off from t'])
    expect(await texts({ live: false })).toHaveLength(3)
    expect(await texts({ live: true })).toHaveLength(2)
    expect(await texts({ sinceUs: 1_700_000_050_000_000 })).toHaveLength(2)
    expect(await texts({ untilUs: 1_700_000_050_000_000 })).toHaveLength(3)
  })

  it('finds text in statements, answers and errors, and takes it for what it is', async () => {
    expect(await texts({ text: 'ADA@example' })).toEqual(['select * from public.payments'])
    expect(await texts({ text: 'no such thing' })).toHaveLength(1)
    expect(await texts({ text: '50%_off' })).toHaveLength(1)
    expect(await texts({ text: '5%_off' })).toEqual([])
    expect(await texts({ text: "'; drop schema steno_index cascade; --" })).toEqual([])
    expect(await texts({ text: '\\' })).toEqual([])
    expect(await texts({ table: "x'; drop table", principal: '\'"\0' })).toEqual([])
  })

  it('finds the sessions and runs that have such a command', async () => {
    expect(await sessionsOf({})).toEqual(['s2', 's1'])
    expect(await sessionsOf({ table: 'payments' })).toEqual(['s2', 's1'])
    expect(await sessionsOf({ table: 'orders' })).toEqual(['s1'])
    expect(await sessionsOf({ verb: 'copy', table: 'orders' })).toEqual([])
    expect(await sessionsOf({ text: 'ada@' })).toEqual(['s1'])
    expect(await sessionsOf({ error: true })).toEqual(['s1'])
    expect(await sessionsOf({ live: true })).toEqual(['s2'])
    expect(await sessionsOf({ sinceUs: 1_700_000_020_000_000 })).toEqual(['s2'])
    const runs = async (filter: Filter) => (await search.runs(filter, all)).items.map(({ id }) => id)
    expect(await runs({})).toEqual(['r3', 'r2', 'r1'])
    expect(await runs({ table: 'orders' })).toEqual(['r1'])
    expect(await runs({ target: 'shop' })).toEqual(['r3', 'r2', 'r1'])
    expect(await runs({ target: 'bank' })).toEqual(['r2'])
    expect(await runs({ live: true })).toEqual(['r2'])
    expect(await runs({ principal: 'agent-b', task: 'nightly' })).toEqual(['r3', 'r2'])
    expect(await runs({ error: true })).toEqual(['r1'])
  })

  it('says how runs stand, and how many attempts there were', async () => {
    expect(await search.run('r1')).toMatchObject({
      state: 'ended',
      exitCode: 0,
      attempts: 1,
      sessions: 1,
      commands: 3,
      errors: 1,
      delegation: ['ada'],
    })
    expect(await search.run('r2')).toMatchObject({ state: 'open', attempts: 2, sessions: 1, commands: 2 })
    expect(await search.run('r3')).toMatchObject({ state: 'expired', sessions: 0, commands: 0 })
    expect(await search.session('s2')).toMatchObject({ attempt: 2, attempts: 2 })
    expect(await search.run('r9')).toBeNull()
    expect(await search.session('s9')).toBeNull()
    expect(await search.command('s1.99')).toBeNull()
    expect(await search.command("s1.1' or 1=1")).toBeNull()
  })

  it('gives every item once, page by page', async () => {
    const seen: string[] = []
    for (let cursor: string | null = null; ;) {
      const page = await search.commands({}, { limit: 2, cursor })
      seen.push(...page.items.map(({ id }) => id))
      cursor = page.cursor
      if (cursor === null) break
      expect(cursor).toMatch(/^[\w-]+$/)
    }
    expect(seen).toEqual(['s2.2', 's2.1', 's1.3', 's1.2', 's1.1'])
    const sessions = await search.sessions({}, { limit: 1, cursor: null })
    expect((await search.sessions({}, { limit: 1, cursor: sessions.cursor })).items[0]?.id).toBe('s1')
    const runs = await search.runs({}, { limit: 2, cursor: null })
    expect((await search.runs({}, { limit: 2, cursor: runs.cursor })).items.map(({ id }) => id)).toEqual(['r1'])
  })

  it('refuses a cursor that is not its own', async () => {
    for (const cursor of ['', '!', 'bm90IGpzb24', btoa('[1]'), btoa('["1","s",1]'), btoa('[1,"\\u0000",1]')]) {
      await expect(search.commands({}, { limit: 2, cursor })).rejects.toMatchObject({ code: 'cursor_invalid' })
    }
  })

  it('counts commands over time', async () => {
    const { buckets, sessions, commands } = await search.histogram(
      {},
      { sinceUs: 1_700_000_000_000_000, untilUs: 1_700_000_100_000_000, buckets: 4 },
    )
    expect(buckets.map(bucket => [bucket.commands, bucket.errors])).toEqual([
      [3, 1],
      [0, 0],
      [2, 0],
      [0, 0],
    ])
    expect(buckets[1]?.at).toBe('2023-11-14T22:13:45.000000Z')
    expect({ sessions, commands }).toEqual({ sessions: 2, commands: 5 })
    const payments = await search.histogram(
      { table: 'payments' },
      { sinceUs: 1_700_000_000_000_000, untilUs: 1_700_000_040_000_000, buckets: 1 },
    )
    expect(payments).toMatchObject({ sessions: 1, commands: 1, buckets: [{ commands: 1 }] })
  })
})

/** Two recordings with something of everything; the second goes on. */
function recordings(): [TestRecording, TestRecording] {
  ledger(runOpened({ id: 'r1', atUs: 1 }), runOpened({ id: 'r2', atUs: 2 }), runEnded({ id: 'r1', atUs: 3, exitCode: 0 }))
  const one = record({ id: 's1', run: 'r1', task: 'nightly' })
  one.run('select id from orders', [['7']], { parameters: [{ type: 'text', oid: 25, value: 'nul \0 and half \ud83d' }] })
  one.fail('delete from payments', '42501', 'permission denied')
  one.ask('drop table orders', { decision: { verdict: 'hold', policyVersion: 'v1', rule: 'no drops' } })
  one.decide(3, 'deny', 'no drops')
  one.answer(3, { kind: 'end', transaction: 'idle' })
  one.run('select 1')
  one.end()
  const other = record({ id: 's2', run: 'r2' })
  other.run('select 2')
  other.ask('select pg_sleep(9)')
  return [one, other]
}

async function check(): Promise<IndexCheck> {
  return started!.indexer.check()
}

/** What differs, in short. */
async function differences(): Promise<string[]> {
  return (await check()).differences.map(({ of, field, recorded, indexed }) => `${of} ${field ?? ''} ${recorded ?? '-'} ${indexed ?? '-'}`)
}

describe('an index that nobody touched', () => {
  it('says what the record says, while sessions go on', async () => {
    const [, other] = recordings()
    await index()
    expect(await check()).toEqual({ sessions: 2, commands: 6, runs: 2, differences: [], differing: 0 })
    // What is on disk and was not followed yet is no difference.
    other.answer(2, { kind: 'end', transaction: 'idle' })
    other.run('select 3')
    expect(await check()).toMatchObject({ sessions: 2, commands: 7, differing: 0 })
  })

  it('says so of damaged, torn and erased recordings too, and of one without a header', async () => {
    const [one, other] = recordings()
    one.erase(2)
    other.raw('[0.5,"q","{broken\n[0,"e","{}"]\n')
    const torn = record({ id: 's3' })
    torn.run('select 1')
    torn.raw('[0.001,"q","{\\"n')
    const empty = record({ id: 's4' })
    machine.disk.replace(empty.path, new TextEncoder().encode('no header\n'))
    await index()
    expect(await differences()).toEqual([])
  })

  it('is checked with hundreds of commands, and twice at once', async () => {
    const many = record({ id: 's1' })
    for (let n = 0; n < 1200; n++) many.run(`select ${n}`, [[String(n)]])
    await index()
    const [first, second] = await Promise.all([check(), check()])
    expect(first).toMatchObject({ sessions: 1, commands: 1200, differing: 0 })
    expect(second).toEqual(first)
  })
})

describe('an index that somebody changed', () => {
  it.each<[string, string, string[]]>([
    ['a verdict', `update steno_index.commands set verdict = 'allow' where number = 3`, ['command s1.3 verdict "deny" "allow"']],
    [
      'a text',
      `update steno_index.commands set text = 'select 9' where session = 's1' and number = 4`,
      ['command s1.4 text "select 1" "select 9"'],
    ],
    [
      'a text to search',
      `update steno_index.commands set asked = 'x' where session = 's1' and number = 4`,
      ['command s1.4 asked "select 1" "x"'],
    ],
    ['tables', `update steno_index.commands set tables = '{}' where number = 3`, ['command s1.3 tables ["orders",".orders"] []']],
    ['a time', `update steno_index.commands set at_us = 5 where session = 's1' and number = 4`, ['command s1.4 at_us 1700000000005500 5']],
    ['a command that is gone', `delete from steno_index.commands where number = 3`, ['command s1.3  "drop table orders" -']],
    [
      'a command that never was',
      `insert into steno_index.commands select (jsonb_populate_record(c, '{"number": 9}')).* from steno_index.commands c where session = 's1' and number = 1`,
      ['command s1.9  - 9'],
    ],
    ['what a session counts', `update steno_index.sessions set denied = 0 where id = 's1'`, ['session s1 denied 1 0']],
    ['who it was', `update steno_index.sessions set principal = 'mallory' where id = 's1'`, ['session s1 principal "agent-a" "mallory"']],
    [
      'how far it was read',
      `update steno_index.sessions set indexed_bytes = indexed_bytes + 1 where id = 's1'`,
      ['session s1 indexed_bytes'],
    ],
    [
      'the end of a session, as if it had not been read',
      `with gone as (delete from steno_index.commands where session = 's1' and number = 4)
       update steno_index.sessions set indexed_bytes = 100, commands = 3 where id = 's1'`,
      ['command s1.4  "select 1" -', 'session s1 commands 4 3', 'session s1 indexed_bytes'],
    ],
    ['damage', `update steno_index.sessions set damage = 'unreadable' where id = 's1'`, ['session s1 damage - "unreadable"']],
    ['a session that is gone', `delete from steno_index.sessions where id = 's1'`, ['session s1  1700000000000000 -']],
    [
      'a session that never was',
      `insert into steno_index.sessions select (jsonb_populate_record(s, '{"id": "s9"}')).* from steno_index.sessions s where id = 's1'`,
      ['session s9  - 1700000000000000'],
    ],
    ['a run', `update steno_index.runs set principal = 'mallory' where id = 'r1'`, ['run r1 principal']],
    [
      'the end of a run',
      `update steno_index.runs set ended_us = null, exit_code = null where id = 'r1'`,
      ['run r1 ended_us 3 -', 'run r1 exit_code'],
    ],
    ['a run that is gone', `delete from steno_index.runs where id = 'r2'`, ['run r2  2 -']],
    [
      'a run that never was',
      `insert into steno_index.runs select (jsonb_populate_record(r, '{"id": "r9"}')).* from steno_index.runs r where id = 'r1'`,
      ['run r9  - 1'],
    ],
    // It is read again before anything is held against it.
    ['how far the ledger was read', `update steno_index.progress set indexed_bytes = 0`, []],
  ])('%s', async (_, change, expected) => {
    recordings()
    await index()
    await sql.unsafe(change)
    const found = await differences()
    expect(found).toHaveLength(expected.length)
    for (const [at, one] of expected.entries()) expect(found[at]).toContain(one)
    await started!.indexer.reindex()
    expect(await differences()).toEqual([])
  })

  it('is told of a recording that is gone', async () => {
    const [one] = recordings()
    await index()
    machine.disk.remove(one.path)
    expect(await differences()).toEqual([
      'session s1  - 1700000000000000',
      ...[1, 2, 3, 4].map(number => `command s1.${number}  - ${number}`),
    ])
  })

  it('tells the first of very many differences, and how many there are', async () => {
    const many = record({ id: 's1' })
    for (let n = 0; n < 1100; n++) many.run('select 1')
    await index()
    await sql`update steno_index.commands set asked = ''`
    const { differences: first, differing } = await check()
    expect([first.length, differing]).toEqual([1000, 1100])
  })
})

describe('a check', () => {
  it('rejects when the store cannot be read', async () => {
    recordings()
    await index()
    await sql`drop table steno_index.runs`
    await expect(check()).rejects.toThrow('steno_index.runs')
  })
})
