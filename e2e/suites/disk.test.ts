import { once } from 'node:events'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { agentSecret, psql, startGateway, type Gateway } from '../support/gateway.ts'
import { house, run, temporaryDirectory, until } from '../support/machine.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'

const directory = temporaryDirectory('disk')
const data = join(directory.path, 'data')
const how = join(directory.path, 'how')

let postgres: Postgres
let store: Postgres
let gateway: Gateway

/** What the gateway's disk does from here on. */
const disk = (does: 'works' | 'sync' | 'write') => writeFileSync(how, does)

beforeAll(async () => {
  const library = join(directory.path, 'bad_disk.so')
  const built = await run('cc', ['-shared', '-fPIC', '-o', library, join(house, 'e2e/clients/bad_disk.c'), '-ldl'])
  expect(built.stderr).toBe('')
  mkdirSync(data)
  disk('works')
  postgres = await startPostgres({ settings: { log_statement: "'all'" } })
  store = await startPostgres({ auth: 'trust' })
  gateway = await startGateway(postgres, {
    data,
    store: `postgres://postgres@127.0.0.1:${store.port}/postgres`,
    environment: { LD_PRELOAD: library, BAD_DISK_BELOW: data, BAD_DISK_HOW: how },
  })
})

afterAll(async () => {
  disk('works')
  await gateway?.stop()
  await postgres?.stop()
  await store?.stop()
  directory.remove()
})

async function expectWhole(): Promise<void> {
  for (const { path, whole, events } of gateway.recordings()) expect([path, whole, events.at(-1)?.code]).toEqual([path, true, 'e'])
  const verified = await gateway.steno(['verify', data])
  expect(verified.stdout + verified.stderr).not.toMatch(/TAMPERED|LOST|TRUNCATED/)
  expect(verified.code).toBe(0)
}

describe('a read-only disk', () => {
  it('has commands refused with 58030, and sessions and runs, until it can be written again', async () => {
    const { url } = await gateway.run()
    const script = `\\set VERBOSITY verbose\nselect 'before-1';\n\\! printf write > ${how}\nselect 'during-1';\nselect 'during-2';\n`
    const ran = await psql(url, script)
    expect(ran.stdout).toContain('before-1')
    expect(ran.stderr).toContain('58030')
    const refused = await psql(url, "select 'during-3'")
    expect(refused.code).not.toBe(0)
    expect((await gateway.call('POST', '/api/runs', { targets: ['shop'] }, agentSecret)).status).toBe(503)
    expect(await postgres.log()).not.toContain('during-')
    disk('works')
    expect((await psql(url, "select 'after-1'")).stdout.trim()).toBe('after-1')
    await until('what was left open to be closed', () => readdirSync(join(data, 'open')).length === 0)
    await expectWhole()
  })
})

describe('a disk that does not sync', () => {
  it('stops the gateway, and the next one serves what is there', async () => {
    const { url } = await gateway.run()
    const exited = once(gateway.process, 'exit')
    disk('sync')
    await psql(url, Array.from({ length: 200 }, (_, i) => `select 'unsynced-${i}';`).join('\n'))
    expect((await exited)[0]).toBe(70)
    expect(gateway.log()).toContain('stopped: the disk cannot keep what was written')
    disk('works')
    await gateway.start()
    expect((await psql(url, "select 'again'")).stdout.trim()).toBe('again')
    const seen = new Set((await postgres.log()).match(/unsynced-\d+/g))
    const kept = JSON.stringify(gateway.recordings().flatMap(({ events }) => events.filter(({ code }) => code === 'q')))
    expect([...seen].filter(mark => !kept.includes(mark))).toEqual([])
    await until('its sessions to be closed', () => readdirSync(join(data, 'open')).length === 0)
    await expectWhole()
  })
})
