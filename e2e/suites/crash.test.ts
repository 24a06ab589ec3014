import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { psql, startGateway, type Gateway } from '../support/gateway.ts'
import { run, temporaryDirectory, until } from '../support/machine.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'

let postgres: Postgres
let gateway: Gateway

beforeAll(async () => {
  // The target's own log is the witness: every statement it saw, in its words.
  postgres = await startPostgres({ settings: { log_statement: "'all'", log_line_prefix: "'%m '" } })
  await postgres.sql('create table t (id int, name text)')
  gateway = await startGateway(postgres)
})

afterAll(async () => {
  await gateway?.stop()
  await postgres?.stop()
})

/** Marks of statements that the target's log holds. */
async function seenByTarget(mark: string): Promise<Set<string>> {
  return new Set((await postgres.log()).match(new RegExp(`${mark}-\\d+`, 'g')))
}

function recorded(mark: string): Set<string> {
  const found = gateway
    .recordings()
    .flatMap(({ events }) =>
      events.flatMap(event => (event.code === 'q' ? ((event.data.text as string).match(new RegExp(`${mark}-\\d+`, 'g')) ?? []) : [])),
    )
  return new Set(found)
}

describe('kill -9 of the gateway', () => {
  it.each([
    [
      'in the middle of a transaction',
      'tx',
      (n: number) =>
        `begin;\n${Array.from({ length: 400 }, (_, i) => `insert into t values (${i}, 'tx-${n * 1000 + i}');`).join('\n')}\ncommit;`,
    ],
    [
      'in the middle of an answer',
      'answer',
      (n: number) =>
        Array.from({ length: 20 }, (_, i) => `select g, 'answer-${n * 1000 + i}', repeat('x', 200) from generate_series(1, 20000) g;`).join(
          '\n',
        ),
    ],
    [
      'in the middle of a COPY',
      'copy',
      (n: number) =>
        `select 'copy-${n * 1000}';\ncopy t from stdin;\n${Array.from({ length: 60_000 }, (_, i) => `${i}\trow ${i} of a long copy`).join('\n')}\n\\.\n`,
    ],
  ])('%s loses nothing the target saw', async (_name, mark, script) => {
    for (let round = 0; round < 4; round++) {
      const { url } = await gateway.run({ task: `crash ${mark}` })
      const clients = [psql(url, script(round * 2)), psql(url, script(round * 2 + 1))]
      await new Promise(resolve => setTimeout(resolve, 60 + round * 70))
      await gateway.kill()
      await Promise.all(clients)
      await gateway.start()
      const [seen, kept] = [await seenByTarget(mark), recorded(mark)]
      expect([...seen].filter(statement => !kept.has(statement))).toEqual([])
      const recordings = gateway.recordings()
      expect(recordings.every(({ whole }) => whole)).toBe(true)
      expect(recordings.every(({ events }) => events.at(-1)?.code === 'e')).toBe(true)
    }
    expect(gateway.recordings().filter(({ events }) => events.at(-1)!.data.reason === 'interrupted').length).toBeGreaterThan(0)
  })

  it('leaves runs that still work', async () => {
    const current = await gateway.run({ task: 'survivor' })
    expect((await psql(current.url, 'select 1')).stdout.trim()).toBe('1')
    await gateway.kill()
    await gateway.start()
    expect((await psql(current.url, 'select 2')).stdout.trim()).toBe('2')
    expect((await gateway.run({ task: 'survivor' })).attempt).toBe(current.attempt + 1)
  })

  it('leaves an index that catches up', async () => {
    const { url, id } = await gateway.run({ task: 'catch up' })
    await psql(url, Array.from({ length: 50 }, (_, i) => `select 'catch-${i}';`).join('\n'))
    await gateway.kill()
    await gateway.start()
    await until('the index', async () => (await gateway.commands(`run=${id}&limit=200`)).length === 50)
  })
})

describe('the store killed', () => {
  it('leaves the port open, and the index catches up', async () => {
    const current = await gateway.run({ task: 'storeless' })
    const store = join(gateway.data, 'store')
    const place = existsSync(join(store, 'place')) ? join(store, 'place') : store
    process.kill(Number(readFileSync(join(place, 'cluster/postmaster.pid'), 'utf8').split('\n')[0]), 'SIGKILL')
    expect((await psql(current.url, "select 'while the store was down'")).stdout.trim()).toBe('while the store was down')
    await until(
      'the index to catch up',
      async () => {
        const answer = await gateway.call('GET', `/api/commands?run=${current.id}`)
        return answer.status === 200 && answer.body.items.length === 1
      },
      60_000,
    )
  })
})

describe('a full disk', () => {
  it('refuses commands with 58030, sends nothing, and recovers when there is room', async () => {
    const mount = temporaryDirectory('small')
    const data = join(mount.path, 'data')
    const isMounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', mount.path]).status === 0
    if (!isMounted) throw new Error('this test mounts a small tmpfs: run it as root')
    mkdirSync(data)
    const store = `postgres://postgres@127.0.0.1:${postgres.port}/postgres`
    const trusting = await startPostgres({ auth: 'trust' })
    const small = await startGateway(postgres, { data, store: store.replace(String(postgres.port), String(trusting.port)) })
    try {
      const { url } = await small.run()
      const script = Array.from({ length: 4000 }, (_, i) => `select 'disk-${i}', '${'x'.repeat(1000)}';`).join('\n')
      const ran = await psql(url, `\\set VERBOSITY verbose\n${script}`)
      expect(ran.stderr).toContain('58030')
      const seen = new Set((await postgres.log()).match(/disk-\d+/g))
      const kept = new Set(
        small
          .recordings()
          .flatMap(({ events }) =>
            events.flatMap(event => (event.code === 'q' ? ((event.data.text as string).match(/disk-\d+/g) ?? []) : [])),
          ),
      )
      expect([...seen].filter(statement => !kept.has(statement))).toEqual([])
      const refused = await psql(url, 'select 1')
      expect(refused.code).not.toBe(0)
      await run('sh', ['-c', `mount -o remount,size=64m ${mount.path}`])
      expect((await psql(url, 'select 42')).stdout.trim()).toBe('42')
      await small.kill()
      await small.start()
      const recordings = small.recordings()
      expect(recordings.filter(({ whole, events }) => !whole || events.at(-1)?.code !== 'e').map(({ path }) => path)).toEqual([])
      expect(readdirSync(join(data, 'open'))).toEqual([])
    } finally {
      await small.stop()
      await trusting.stop()
      spawnSync('umount', [mount.path])
      mount.remove()
    }
  })
})

describe('strict durability', () => {
  it('works as standard does', async () => {
    const strict = await startGateway(postgres, { durability: 'strict' })
    try {
      const { env } = await strict.run()
      const script = join(strict.data, 'script.sql')
      writeFileSync(script, 'select 1;\n')
      const bench = await run('pgbench', ['-n', '-f', script, '-c', '4', '-t', '50', 'shop'], { env: { ...process.env, ...env } })
      expect(bench.stdout, bench.stderr).toContain('200/200')
    } finally {
      await strict.stop()
    }
  })
})
