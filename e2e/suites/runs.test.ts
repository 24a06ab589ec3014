import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { agentSecret, otherSecret, psql, startGateway, type Gateway } from '../support/gateway.ts'
import { until } from '../support/machine.ts'
import { startPostgres, superuserPassword, type Postgres } from '../support/postgres.ts'

let postgres: Postgres
let gateway: Gateway

beforeAll(async () => {
  postgres = await startPostgres()
  gateway = await startGateway(postgres)
})

afterAll(async () => {
  await gateway?.stop()
  await postgres?.stop()
})

describe('a run', () => {
  it('is the only way in', async () => {
    const run = await gateway.run()
    const wrong = await psql(run.url.replace(run.token, 'x'.repeat(run.token.length)), 'select 1')
    expect(wrong.code).not.toBe(0)
    expect(wrong.stderr).toContain('password authentication failed')
    const unknown = await psql(run.url.replace(run.id, 'run_00000000000000000000000000'), 'select 1')
    expect(unknown.stderr.replaceAll(/run_\w+/g, '')).toBe(wrong.stderr.replaceAll(/run_\w+/g, ''))
    const secret = await psql(run.url.replace(run.token, agentSecret), 'select 1')
    expect(secret.code).not.toBe(0)
  })

  it('reaches its own targets alone', async () => {
    const run = await gateway.run({ targets: ['shop'] })
    const other = await psql(run.url.replace(/\/shop(\?|$)/, '/other$1'), 'select 1')
    expect(other.code).not.toBe(0)
    const nowhere = await psql(run.url.replace(/\/shop(\?|$)/, '/nowhere$1'), 'select 1')
    expect(nowhere.code).not.toBe(0)
    expect(nowhere.stderr.replaceAll('nowhere', '')).toBe(other.stderr.replaceAll('other', ''))
  })

  it('takes no token of another run', async () => {
    const [one, two] = [await gateway.run(), await gateway.run()]
    expect((await psql(one.url.replace(one.token, two.token), 'select 1')).code).not.toBe(0)
  })

  it('ends its open sessions with itself', async () => {
    const run = await gateway.run()
    const session = psql(run.url, 'select pg_sleep(30)')
    await until('the session to be running', () =>
      gateway.recordings().some(({ header, events }) => header.steno.run.id === run.id && events.some(event => event.code === 'q')),
    )
    expect((await gateway.call('POST', `/api/runs/${run.id}/end`, { exitCode: 0 })).status).toBeLessThan(300)
    const ran = await session
    expect(ran.code).not.toBe(0)
    expect(ran.stderr).toContain('run ended')
    expect((await psql(run.url, 'select 1')).code).not.toBe(0)
    const recording = gateway.recordings().find(({ header }) => header.steno.run.id === run.id)!
    expect(recording.events.at(-1)!.data.reason).toBe('run ended')
  })

  it('expires', async () => {
    const run = await gateway.run({ ttlSeconds: 1 })
    const ran = await psql(run.url, 'select pg_sleep(20)')
    expect(ran.stderr).toMatch(/run expired|password authentication failed/)
    await until('the run to be refused', async () => (await psql(run.url, 'select 1')).code !== 0)
  })

  it('is numbered by agent and task, and never reused', async () => {
    const first = await gateway.run({ task: 'count me' })
    const second = await gateway.run({ task: 'count me' })
    const others = await gateway.run({ task: 'count me' }, otherSecret)
    expect([first.attempt, second.attempt, others.attempt]).toEqual([1, 2, 1])
    expect(second.id).not.toBe(first.id)
  })

  it('is opened and ended by `steno run`, with the exit code and the environment passed on', async () => {
    const ran = await gateway.steno(['run', '--target', 'shop', '--task', 'cli', '--', 'sh', '-c', 'psql -XAtqc "select 40 + 2"; exit 7'])
    expect(ran.stdout.trim()).toBe('42')
    expect(ran.code).toBe(7)
    const killed = await gateway.steno(['run', '--target', 'shop', '--', 'sh', '-c', 'kill -TERM $$'])
    expect(killed.code).toBe(143)
    const missing = await gateway.steno(['run', '--target', 'shop', '--', 'no-such-command-anywhere'])
    expect(missing.code).toBe(127)
  })

  it('carries the delegation when one is opened inside another', async () => {
    const cli = new URL('../../gateway/bin/steno.js', import.meta.url).pathname
    const ran = await gateway.steno([
      'run',
      '--target',
      'shop',
      '--task',
      'outer',
      '--',
      'node',
      cli,
      'run',
      '--target',
      'shop',
      '--task',
      'inner',
      '--',
      'psql',
      '-XAtqc',
      "select 'from the inner run'",
    ])
    expect(ran.stderr).toBe('')
    expect(ran.stdout.trim()).toBe('from the inner run')
    const recording = gateway
      .recordings()
      .find(({ events }) => events.some(event => event.code === 'q' && event.data.text.includes('from the inner run')))!
    expect(recording.header.steno.run.task).toBe('inner')
    expect(recording.header.steno.run.parent).toMatch(/^run_/)
    expect(recording.header.steno.delegation.map((one: { name: string }) => one.name)).toEqual(['agent-x'])
  })

  it('leaves no secret where it could be found', async () => {
    const run = await gateway.run()
    await psql(run.url, "select current_user, current_setting('application_name')")
    const everything =
      JSON.stringify(gateway.recordings()) +
      gateway.log() +
      JSON.stringify((await gateway.call('GET', '/api/targets')).body) +
      JSON.stringify((await gateway.call('GET', '/api/runs')).body)
    expect(everything).not.toContain(superuserPassword)
    expect(everything).not.toContain(run.token)
    expect(everything).not.toContain(agentSecret)
  })

  it('does not let its token or its agent read the trail', async () => {
    const run = await gateway.run()
    for (const token of [agentSecret, run.token])
      for (const path of ['/api/commands', '/api/sessions', '/api/runs', '/api/events'])
        expect([401, 403]).toContain((await gateway.call('GET', path, undefined, token)).status)
    expect((await gateway.call('GET', '/api/commands', undefined, 'nobody')).status).toBe(401)
  })
})
