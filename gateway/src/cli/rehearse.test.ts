import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serve } from '@hono/node-server'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { rehearsalReport } from '../api/schemas.ts'
import { forbidding, knownWorld } from '../policies/test-policies.ts'
import { apiOf, secrets } from '../rehearsal/test-api.ts'
import { History } from '../rehearsal/test-history.ts'
import { CliError } from './cli-error.ts'
import type { Shell } from './command-line.ts'
import { policyCommand } from './policy.ts'

let directory: string
let history: History
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'steno-rehearse-'))
  history = new History()
})
afterEach(() => rmSync(directory, { recursive: true }))

const file = (name: string, content: string | Uint8Array) => {
  const path = join(directory, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, content)
  return path
}
const schema = () => file('live.json', JSON.stringify(knownWorld))
/** Puts a session's recording on the real disk. */
const cast = (session: string, name = `sessions/2026-01-01/${session}.cast`) => file(name, history.castOf(session))

async function rehearse(args: string[], env: Record<string, string> = {}) {
  let out = ''
  const told: string[] = []
  const shell: Shell = {
    env,
    out: text => void (out += text),
    err: () => {},
    drained: async () => {},
    width: 160,
    progress: line => void told.push(line),
  }
  try {
    return { exitCode: await policyCommand.run(['rehearse', ...args], shell), out, err: '', told }
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    return { exitCode: error.exitCode, out, err: error.message, told }
  }
}

describe('steno policy rehearse --recordings', () => {
  it('says without a gateway what would have been decided, and what history cannot tell', async () => {
    const first = await history.session(['SELECT id FROM orders', 'DELETE FROM orders WHERE id = 7'])
    const second = await history.session(['DELETE FROM orders WHERE id = 8'], { agent: 'reporter' })
    cast(first)
    cast(second)
    const policy = file('guard.policy.ts', forbidding('DELETE'))
    const { exitCode, out } = await rehearse([policy, '--schema', schema(), '--recordings', join(directory, 'sessions')])
    expect(exitCode).toBe(0)
    expect(out).toBe(`3 commands of 2 sessions and 2 agents, 2026-01-01 00:00 to 2026-01-01 00:00

THEN \\ NOW  ALLOW  HOLD  DENY
allow       1      0     2
hold        0      0     0
deny        0      0     0

MATCHED  DECIDED  NEWLY DENIED  NEWLY HELD  NEWLY ALLOWED  AGENTS  RULE
2        2        2             0           0              2       guard:1 no DELETE

FLIP          COMMAND                       PRINCIPAL  TARGET  RULE       TEXT
allow → deny  ${first}.2  backfill   shop    no DELETE  DELETE FROM orders WHERE id = 7
allow → deny  ${second}.1  reporter   shop    no DELETE  DELETE FROM orders WHERE id = 8

FLIPS  DENIED  HELD  ALLOWED  SHAPE
2      2       0     0        delete from orders where id = ?

what history cannot tell:
  3 commands are recorded without what they would do: read now from the text alone, without what the target's catalogue told then, so functions and views are not looked into and tables may lack their schema
`)
  })

  it('takes files of recordings, policies beside each other, and only what is asked for', async () => {
    const [one, two] = [
      await history.session(['DELETE FROM orders']),
      await history.session(['UPDATE orders SET id = 1'], { agent: 'reporter' }),
    ]
    const policies = [file('guard.policy.ts', forbidding('DELETE')), file('more.ts', forbidding('UPDATE'))]
    const casts = [cast(two, 'b.cast'), cast(one, 'a.cast')]
    const json = async (...more: string[]) =>
      rehearsalReport.parse(
        JSON.parse((await rehearse([...policies, '--schema', schema(), '--json', '--recordings', ...casts, ...more])).out),
      )
    expect(await json()).toMatchObject({
      policies: [{ name: 'guard' }, { name: 'more' }],
      sessions: 2,
      flips: [
        { session: one, policy: 'guard' },
        { session: two, policy: 'more' },
      ],
    })
    expect(await json('--agent', 'reporter')).toMatchObject({ sessions: 1, flips: [{ session: two }] })
    expect(await json('--target', 'billing')).toMatchObject({ sessions: 0 })
    expect(await json('--until', '2026-01-01T00:00:01.5Z')).toMatchObject({ commands: 1, flips: [{ session: one }] })
    expect(await json('--since', '2026-01-01T00:00:01.5Z')).toMatchObject({ commands: 1, flips: [{ session: two }] })
  })

  it('says how far it is to whoever watches, and takes that away at the end', async () => {
    const casts = [cast(await history.session(['SELECT 1']), 'a.cast'), cast(await history.session(['SELECT 1', 'SELECT 2']), 'b.cast')]
    const { told } = await rehearse([file('guard.ts', forbidding('DELETE')), '--schema', schema(), '--recordings', ...casts])
    expect(told.slice(-2)).toEqual(['2 of 2 sessions, 3 commands', ''])
  })

  it('shows values before and after a mask, and what limits would cut', async () => {
    const rows = [['a@x.org'], ['b@x.org\u001b[2J']]
    const id = await history.session([{ text: 'SELECT email FROM customers', columns: ['email'], rows }])
    const source = `
      rule('hide mail', { on: target('shop'), effect: mask({ columns: [shop.customers.email], with: 'redact' }) })
      rule('one', { on: target('shop'), effect: limit({ rows: 1, over: 'cut' }) })`
    const { out } = await rehearse([file('guard.ts', source), '--schema', schema(), '--recordings', cast(id)])
    expect(out).not.toContain('\u001b')
    const lines = out.split('\n').map(line => line.split(/ {2,}/))
    expect(lines).toContainEqual(['public.customers.email', '1', '2', 'hide mail'])
    expect(lines).toContainEqual(['public.customers.email', 'a@x.org', '[redacted]', `${id}.1`, 'hide mail'])
    expect(lines).toContainEqual(['public.customers.email', 'b@x.org␛[2J', '[redacted]', `${id}.1`, 'hide mail'])
    expect(lines).toContainEqual(['LIMITED', 'DENIED', 'HELD', 'CUT', 'BY ROWS', 'BY BYTES', 'BROKEN OFF', 'RULE'])
    expect(lines).toContainEqual(['1', '0', '0', '1', '1', '20', '0', 'one'])
  })

  it('fails on what --fail-on names, and on nothing else', async () => {
    await history.publish('guard', forbidding('DELETE'))
    const recording = cast(await history.session(['DELETE FROM orders', 'UPDATE orders SET id = 1']))
    const exitOf = async (source: string, ...more: string[]) =>
      (await rehearse([file('guard.policy.ts', source), '--schema', schema(), '--recordings', recording, ...more])).exitCode
    expect(await exitOf(forbidding('UPDATE'))).toBe(0)
    expect(await exitOf(forbidding('UPDATE'), '--fail-on', 'newly-denied')).toBe(1)
    expect(await exitOf(forbidding('INSERT'), '--fail-on', 'newly-denied')).toBe(0)
    expect(await exitOf(forbidding('INSERT'), '--fail-on', 'any-flip')).toBe(1)
    expect(await exitOf(forbidding('DELETE'), '--fail-on', 'any-flip')).toBe(0)
  })

  it('names what is no recording, and shows what agents wrote without obeying it', async () => {
    const recording = cast(await history.session([{ text: 'DELETE FROM orders -- \x1b[2J' }]))
    const none = file('none.cast', 'hello\n')
    const { exitCode, out } = await rehearse([
      file('guard.ts', forbidding('DELETE')),
      '--schema',
      schema(),
      '--recordings',
      recording,
      none,
    ])
    expect(exitCode).toBe(0)
    expect(out).not.toContain('\x1b')
    expect(out).toContain(`no recording can be read in ${none}`)
    const nothing = await rehearse([file('guard.ts', forbidding('DELETE')), '--schema', schema(), '--recordings', none])
    expect(nothing).toMatchObject({ exitCode: 0, out: expect.stringMatching(/^no command to rehearse\n/) })
  })

  it('cannot rehearse what does not compile or is not there: exit code 3', async () => {
    const recording = cast(await history.session(['SELECT 1']))
    const broken = file('guard.policy.ts', 'rule(')
    expect(await rehearse([broken, '--recordings', recording])).toMatchObject({ exitCode: 3, err: expect.stringContaining(`${broken}:1:`) })
    expect(await rehearse(['/nowhere/guard.ts', '--recordings', recording])).toMatchObject({
      exitCode: 3,
      err: expect.stringContaining('ENOENT'),
    })
    expect(await rehearse([file('guard.ts', ''), '--recordings', '/nowhere'])).toMatchObject({
      exitCode: 3,
      err: expect.stringContaining('/nowhere'),
    })
  })

  it.each([
    [[], 'expected a file'],
    [['a.ts', '--fail-on', 'anything'], '--fail-on: expected newly-denied or any-flip'],
    [['a.ts', '--recordings', '.', '--limit', '5'], '--limit does not go with --recordings'],
    [['a.ts', '--schema', 'live.json'], '--schema goes with --recordings'],
    [['x/a.ts', 'y/a.policy.ts'], 'two files for `a`'],
    [['not a name.ts'], 'a policy’s file has its name'],
    [['a.ts', '--recordings', '.', '--since', 'soon'], '--since: expected a time'],
    [['a.ts', '--limit', '0'], '--limit: expected a number'],
    [['a.ts', '--reason', 'x'], '--reason does not go with rehearse'],
  ])('refuses %j', async (args, message) => {
    const own = args.map(arg => (arg === 'live.json' ? schema() : arg === '.' ? directory : arg))
    const files = own.map(arg => (arg === 'a.ts' ? file('a.ts', '') : arg))
    expect(await rehearse(files)).toMatchObject({ exitCode: 2, err: expect.stringContaining(message) })
  })
})

describe('steno policy rehearse', () => {
  let server: ReturnType<typeof serve>
  let env: Record<string, string>
  beforeEach(async () => {
    const { app } = await apiOf(history)
    const port = await new Promise<number>(resolve => {
      server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 }, address => resolve(address.port))
    })
    env = { STENO_URL: `http://127.0.0.1:${port}`, STENO_TOKEN: secrets.author }
  })
  afterEach(
    () =>
      new Promise(resolve => {
        server.close(resolve)
        // Connections that are kept open for what may come would hold it back.
        if ('closeAllConnections' in server) server.closeAllConnections()
      }),
  )

  it('asks the gateway, with the file in the place of the policy of its name', async () => {
    await history.publish('guard', forbidding('DELETE'))
    await history.publish('other', forbidding('INSERT'))
    await history.session(['DELETE FROM orders', 'INSERT INTO orders VALUES (1)'])
    await history.session(['DELETE FROM orders'], { target: 'billing' })
    const policy = file('guard.policy.ts', forbidding('UPDATE'))
    const { exitCode, out } = await rehearse([policy, '--json', '--since', '30d', '--target', 'shop', '--fail-on', 'any-flip'], env)
    expect(exitCode).toBe(1)
    expect(rehearsalReport.parse(JSON.parse(out))).toMatchObject({
      policies: [
        { name: 'guard', version: null },
        { name: 'other', version: expect.stringMatching(/^other@/) },
      ],
      sessions: 1,
      matrix: { deny: { allow: 1, deny: 1 } },
      rulesGone: [{ rule: 'no DELETE', newlyAllowed: 1 }],
    })
    expect((await rehearse([policy], env)).out).toContain('no DELETE (is no more)')
  })

  it('says how far the gateway is', async () => {
    await history.session(['SELECT 1', 'SELECT 2'])
    const { told } = await rehearse([file('guard.ts', forbidding('DELETE'))], env)
    expect(told.slice(-2)).toEqual(['1 of 1 session, 2 commands', ''])
  })

  it('says what the gateway says against it: exit code 3', async () => {
    const broken = await rehearse([file('guard.ts', forbidding('DELETE').replace('op.verb', 'op.verbb'))], env)
    expect(broken).toMatchObject({ exitCode: 3, err: expect.stringContaining('guard does not compile: line 3') })
    const eye = await rehearse([file('guard.ts', '')], { ...env, STENO_TOKEN: secrets.investigator })
    expect(eye).toMatchObject({ exitCode: 3, err: expect.stringContaining('may not') })
    const nowhere = await rehearse([file('guard.ts', '')], { ...env, STENO_URL: 'http://127.0.0.1:1' })
    expect(nowhere).toMatchObject({ exitCode: 3, err: expect.stringContaining('no gateway answers') })
  })
})
