import { Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ApiEnv } from '../api/caller.ts'
import { erasuresApi } from '../api/erasures.ts'
import { holdsApi } from '../api/holds.ts'
import { Problem, writeProblem } from '../api/problem.ts'
import { serveApi } from '../api/serve.ts'
import { RecordingFiles } from '../journal/recording-files.ts'
import { RetentionRefused } from '../retention/index.ts'
import { data, filesWith, openTestRetention, recordSession, secret } from '../retention/test-retention.ts'
import { SimulatedMachine } from '../runtime/simulated.ts'
import type { CliCommand, Shell } from './command-line.ts'
import { eraseCommand, erasuresCommand } from './erasures.ts'
import { holdCommand, holdsCommand } from './holds.ts'

const reason = ['--reason', 'a slip']
let machine: SimulatedMachine
let session: ReturnType<typeof recordSession>
let served: Awaited<ReturnType<typeof serveApi>>

beforeEach(async () => {
  machine = new SimulatedMachine()
  session = recordSession(machine)
  const { holds, erasures } = await openTestRetention(machine)
  const app = new Hono<ApiEnv>()
  app.onError((error, c) => {
    if (error instanceof RetentionRefused) return writeProblem(c, new Problem(409, error.message))
    if (error instanceof Problem) return writeProblem(c, error)
    throw error
  })
  // The token is the name.
  app.use('/api/*', async (c, next) => {
    const name = c.req.header('authorization')!.slice('Bearer '.length)
    c.set('caller', { kind: 'token', name, role: name === 'eye' ? 'investigator' : 'admin', groups: [] })
    await next()
  })
  const search = { run: async (id: string) => (id === 'r1' ? {} : null) } as never
  app.route('/api/holds', holdsApi({ holds, recordings: new RecordingFiles(machine.disk, data), search }))
  app.route('/api/erasures', erasuresApi({ erasures }))
  served = await serveApi(app, { address: { host: '127.0.0.1', port: 0 }, tls: null })
})
afterEach(() => served.close())

async function run(command: CliCommand, line: string[], { as = 'ada', answer }: { as?: string; answer?: string } = {}) {
  let [out, err] = ['', '']
  const shell: Shell = {
    env: { STENO_URL: `http://127.0.0.1:${served.address.port}`, STENO_TOKEN: as },
    out: text => void (out += String(text)),
    err: text => void (err += text),
    drained: async () => {},
    width: 200,
    ...(answer === undefined ? {} : { ask: async () => answer }),
  }
  const code = await command.run(line, shell)
  return { code, out, err }
}

describe('steno hold', () => {
  it('places, lists and lifts a hold by what it is on', async () => {
    expect((await run(holdCommand, ['place', '--session', session.id, ...reason], { as: 'eye' })).out).toBe(`held: session ${session.id}\n`)
    expect((await run(holdCommand, ['place', '--run', 'r1', ...reason])).out).toBe('held: run r1\n')
    expect((await run(holdsCommand, [])).out).toContain(`eye  session ${session.id}  a slip`)
    await expect(run(holdCommand, ['lift', '--run', 'r1', ...reason], { as: 'eye' })).rejects.toThrow('may not lift holds')
    await run(holdCommand, ['lift', '--run', 'r1', ...reason])
    await run(holdCommand, ['lift', '--session', session.id, ...reason])
    expect((await run(holdsCommand, [])).out).toBe('nothing is held\n')
    await expect(run(holdCommand, ['lift', '--run', 'r1', ...reason])).rejects.toThrow('run r1 is not held itself')
  })

  it.each([
    [['place', '--session', 's']],
    [['place', ...reason]],
    [['keep', '--run', 'r', ...reason]],
    [['place', '--run', 'r', '--session', 's', ...reason]],
  ])('does not understand %j', async line => {
    await expect(run(holdCommand, line)).rejects.toMatchObject({ exitCode: 2 })
  })
})

describe('steno erase', () => {
  it('asks for a command by its id, and somebody else approves it', async () => {
    const asked = await run(eraseCommand, [`${session.id}.2`, ...reason], { as: 'eye' })
    expect(asked.out).toMatch(/^erasure {3}era_\w+: pending\nsession {3}\w+\nlines {5}\d+-\d+\ncommands {2}2\nwhy {7}a slip\n/)
    const [, id] = /(era_\w+)/.exec(asked.out)!
    expect((await run(erasuresCommand, [])).out).toContain('a slip')
    await expect(run(erasuresCommand, ['approve', id!, '--yes'], { as: 'eye' })).rejects.toThrow('asked for themselves')
    expect((await run(erasuresCommand, ['approve', id!], { answer: 'n' })).code).toBe(1)
    expect(filesWith(machine.disk, secret)).toHaveLength(1)
    const approved = await run(erasuresCommand, ['approve', id!], { answer: 'y' })
    expect(approved.out).toContain(`${id}: done`)
    expect(filesWith(machine.disk, secret)).toEqual([])
  })

  it('asks for lines as people count them, and takes it back', async () => {
    const asked = await run(eraseCommand, [session.id, '--lines', '8-11', ...reason, '--json'])
    const { id, lines } = JSON.parse(asked.out)
    expect(lines).toEqual([{ from: 8, to: 12 }])
    const refused = await run(erasuresCommand, ['refuse', id, ...reason])
    expect(refused.out).toContain(`${id}: refused`)
    await expect(run(erasuresCommand, ['approve', id, '--yes'], { as: 'bob' })).rejects.toThrow('it was refused')
  })

  it.each([[[]], [['s']], [['s.x', ...reason]], [['s', '--lines', 'x', ...reason]], [['s.1', 's.2', ...reason]], [['s.1']]])(
    'does not understand %j',
    async line => {
      await expect(run(eraseCommand, line)).rejects.toMatchObject({ exitCode: 2 })
    },
  )

  it('is approved unasked only with --yes', async () => {
    const { out } = await run(eraseCommand, [`${session.id}.2`, ...reason, '--json'])
    await expect(run(erasuresCommand, ['approve', JSON.parse(out).id], { as: 'bob' })).rejects.toThrow('expected --yes')
    expect(filesWith(machine.disk, secret)).toHaveLength(1)
  })
})
