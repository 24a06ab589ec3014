import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { realMachine } from '../runtime/node.ts'
import { startPostgres, type RunningPostgres } from '../targets/embedded-postgres.ts'
import type { IndexCheck } from './check-index.ts'
import { startIndexer } from './start-indexer.ts'
import { connectStore, type Sql } from './store.ts'
import { runEnded, runOpened, TestRecording } from './test-recordings.ts'

const machine = realMachine()
let directory: string
let server: RunningPostgres
let sql: Sql
let data: string
let started: Awaited<ReturnType<typeof startIndexer>> | null = null

beforeAll(async () => {
  directory = mkdtempSync(`${tmpdir()}/steno-check-`)
  server = await startPostgres({ directory: `${directory}/store`, user: 'steno', settings: { fsync: 'off' }, log: () => {} })
  sql = connectStore(server.connection, { connections: 1 })
}, 60_000)

afterAll(async () => {
  await sql.end()
  await server.stop()
  rmSync(directory, { recursive: true, force: true })
})

beforeEach(async () => {
  data = mkdtempSync(`${directory}/data-`)
  await sql`drop schema if exists steno_index cascade`
  writeLedger()
})

afterEach(async () => {
  await started?.close()
  started = null
})

function writeLedger(): void {
  const file = machine.disk.append(`${data}/ledger.ndjson`, { exclusive: false })
  for (const line of [runOpened({ id: 'r1', atUs: 1 }), runOpened({ id: 'r2', atUs: 2 }), runEnded({ id: 'r1', atUs: 3, exitCode: 0 })])
    file.write(new TextEncoder().encode(line))
  file.close()
}

/** Two recordings with something of everything; the second goes on. */
function recordings(): [TestRecording, TestRecording] {
  const one = new TestRecording(machine, data, { id: 's1', run: 'r1', task: 'nightly' })
  one.run('select id from orders', [['7']], { parameters: [{ type: 'text', oid: 25, value: 'nul \0 and half \ud83d' }] })
  one.fail('delete from payments', '42501', 'permission denied')
  one.ask('drop table orders', { decision: { verdict: 'hold', policyVersion: 'v1', rule: 'no drops' } })
  one.decide(3, 'deny', 'no drops')
  one.answer(3, { kind: 'end', transaction: 'idle' })
  one.run('select 1')
  one.end()
  const other = new TestRecording(machine, data, { id: 's2', run: 'r2' })
  other.run('select 2')
  other.ask('select pg_sleep(9)')
  return [one, other]
}

async function index(): Promise<void> {
  started = await startIndexer(
    { connection: server.connection, dataDirectory: data },
    { onIndexed: () => {}, onLag: () => {}, onProblem: () => {} },
  )
  await started.indexer.settled()
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
    const torn = new TestRecording(machine, data, { id: 's3' })
    torn.run('select 1')
    torn.raw('[0.001,"q","{\\"n')
    const empty = new TestRecording(machine, data, { id: 's4' })
    machine.disk.replace(empty.path, new TextEncoder().encode('no header\n'))
    await index()
    expect(await differences()).toEqual([])
  })

  it('is checked with hundreds of commands, and twice at once', async () => {
    const many = new TestRecording(machine, data, { id: 's1' })
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
    const many = new TestRecording(machine, data, { id: 's1' })
    for (let n = 0; n < 1100; n++) many.run('select 1')
    await index()
    await sql`update steno_index.commands set asked = ''`
    const { differences: first, differing } = await check()
    expect([first.length, differing]).toEqual([1000, 1100])
  })
})

it('a check rejects when the store cannot be read', async () => {
  recordings()
  await index()
  await sql`drop table steno_index.runs`
  await expect(check()).rejects.toThrow('steno_index.runs')
})
