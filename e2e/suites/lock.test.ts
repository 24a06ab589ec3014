import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, house, stopChild, temporaryDirectory, until } from '../support/machine.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'
import { gatewayCommand } from '../tools/runtimes.js'

let store: Postgres
const directory = temporaryDirectory('lock')

beforeAll(async () => {
  store = await startPostgres({ auth: 'trust' })
})

afterAll(async () => {
  await store?.stop()
  directory.remove()
})

/** A gateway on a data directory, on ports of its own: only the directory can come between two. */
async function start(data: string, more: Record<string, unknown> = {}) {
  const web = await freePort()
  const config = join(directory.path, `${web}.yaml`)
  const listen = { web: `127.0.0.1:${web}`, postgres: false }
  writeFileSync(config, JSON.stringify({ ...more, data, listen, store: `postgres://postgres@127.0.0.1:${store.port}/postgres` }))
  const [command, ...args] = gatewayCommand()
  const child = spawn(command!, [...args, 'start', '--config', config], { cwd: house, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (said += bytes.toString()))
  const exited = once(child, 'exit')
  return {
    child,
    exited,
    said: () => said,
    /** Settles with whether it serves, or refused to. */
    settled: () => until('a gateway to start or refuse', () => said.includes('steno is ready') || child.exitCode !== null, 60_000),
    serves: () => said.includes('steno is ready') && child.exitCode === null,
  }
}

describe('two gateways with one data directory', () => {
  it('are one: the second is told who is there', async () => {
    const data = join(directory.path, 'two')
    const first = await start(data)
    await first.settled()
    const second = await start(data)
    await second.exited
    expect(second.child.exitCode).toBe(1)
    expect(second.said()).toMatch(
      /another gateway has this data directory: .*two\/lock is held by gateway steno \(steno [\d.]+\), since 20/,
    )
    expect(second.said()).toContain(`process ${first.child.pid} on `)
    expect(first.serves()).toBe(true)
    await stopChild(first.child)
    const third = await start(data)
    await third.settled()
    expect(third.serves()).toBe(true)
    await stopChild(third.child)
  })

  it('are one also where one has a copy of it: both would sign for one log', async () => {
    const log = { origin: 'copied.example/log', head: join(directory.path, 'heads/log') }
    const data = join(directory.path, 'original')
    const copy = join(directory.path, 'copy')
    const first = await start(data, { log })
    await first.settled()
    cpSync(data, copy, { recursive: true, filter: path => !path.endsWith('/lock') })
    const second = await start(copy, { log })
    await second.exited
    expect(second.said()).toMatch(/heads\/log\.lock is held by gateway steno/)
    expect(first.serves()).toBe(true)
    // It goes on after the copy was made; the copy does not.
    await stopChild(first.child)
    const third = await start(copy, { log })
    await third.exited
    expect(third.child.exitCode).toBe(1)
    expect(third.said()).toMatch(/the log has fewer leaves than the \d+ that were signed for \(.*heads\/log\)/)
  })

  it('are one also when they start at once, and a kill -9 holds nobody up', async () => {
    const data = join(directory.path, 'race')
    for (let round = 0; round < 3; round++) {
      const all = await Promise.all([start(data), start(data), start(data)])
      await Promise.all(all.map(one => one.settled()))
      expect(all.filter(one => one.serves())).toHaveLength(1)
      for (const { child, exited } of all) {
        child.kill('SIGKILL')
        await exited
      }
    }
  })
})
