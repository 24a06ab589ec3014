import { spawn } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { psql, startGateway, type Gateway, type Run } from '../support/gateway.ts'
import { house, run, stopChild, temporaryDirectory, until } from '../support/machine.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'

const secret = 'zebra-4711-crossing'
const dayMs = 86_400_000
const eyeSecret = 'eye-secret-0123456789abcdef'
const asEye = { env: { STENO_TOKEN: eyeSecret } }
const asAdmin = { env: { STENO_TOKEN: 'admin-secret-0123456789abcdef' } }

let postgres: Postgres
let gateway: Gateway
let current: Run
const directory = temporaryDirectory('retention')
const clock = join(directory.path, 'clock')

/** Starts the gateway again with its clock wrong by so much. */
async function restart(shiftMs: number): Promise<void> {
  await gateway.kill()
  writeFileSync(clock, String(shiftMs))
  await gateway.start()
}

beforeAll(async () => {
  postgres = await startPostgres()
  await postgres.sql('create table orders (id int, note text)')
  // The gateway has lived for a while: its first sessions are forty days old.
  writeFileSync(clock, String(-40 * dayMs))
  process.env['STENO_TEST_CLOCK'] = clock
  process.env['NODE_OPTIONS'] = `--import ${join(house, 'e2e/tools/shifted-clock.js')}`
  try {
    gateway = await startGateway(postgres, {
      target: { retention: '30d' },
      tokens: {
        admin: { role: 'admin', secret: { env: 'ADMIN_T' } },
        eye: { role: 'investigator', secret: { value: eyeSecret } },
      },
    })
  } finally {
    delete process.env['STENO_TEST_CLOCK']
    delete process.env['NODE_OPTIONS']
  }
  await until('search to be there', async () => (await gateway.call('GET', '/api/commands')).status === 200)
  current = await gateway.run({ task: 'old' })
})

afterAll(async () => {
  await gateway?.stop()
  await postgres?.stop()
  directory.remove()
})

/** A session that is over and sealed, found by what was asked in it. */
async function ask(text: string, url = current.url): Promise<{ session: string; path: string; number: number }> {
  await psql(url, text)
  const recording = await until(`the session of \`${text}\` to be over`, () =>
    gateway
      .recordings()
      .find(({ events }) => events.at(-1)?.code === 'e' && events.some(({ code, data }) => code === 'q' && data.text.includes(text))),
  )
  const { session } = recording.header.steno
  await until('it to be sealed', () => !existsSync(join(gateway.data, 'open', session)))
  const number = recording.events.find(({ code, data }) => code === 'q' && data.text.includes(text))!.data.n
  return { session, path: recording.path, number }
}

/** Files below the data directory, the store’s among them, that have a text in them. */
async function filesWith(text: string): Promise<string[]> {
  const found = await run('grep', ['-RFla', text, gateway.data])
  return found.stdout.split('\n').filter(line => line !== '')
}

async function anchored(): Promise<void> {
  await until('the log to have it all', async () => (await gateway.call('GET', '/api/log')).body.unanchoredSeconds === 0)
}

const verdictOf = async (session: string) => {
  const { stdout } = await gateway.steno(['verify', gateway.data, '--json'], asAdmin)
  return JSON.parse(stdout).sessions.find((one: { session: string }) => one.session === session)?.verdict
}

describe('erasing a command', () => {
  it('takes two people, leaves nothing of it on the disk, and is no tampering', async () => {
    const { session, number } = await ask(`insert into orders values (1, '${secret}') returning note`)
    await psql(current.url, 'select 2')
    await until('search to know it', async () => (await gateway.commands(`text=${secret}`)).length > 0)
    await until('the store to have it on the disk', async () => (await filesWith(secret)).length > 1)

    const asked = await gateway.steno(['erase', `${session}.${number}`, '--reason', 'a customer asked for it'], asEye)
    expect(asked.code, asked.stderr).toBe(0)
    const [, id] = /(era_\w+)/.exec(asked.stdout)!
    const own = await gateway.steno(['erasures', 'approve', id!, '--yes'], asEye)
    expect([own.code, own.stderr]).toEqual([1, expect.stringContaining('nobody approves what they asked for')])

    const approved = await gateway.steno(['erasures', 'approve', id!, '--yes'], asAdmin)
    expect(approved.stdout, approved.stderr).toContain(`${id}: done`)
    expect(await filesWith(secret)).toEqual([])
    expect(await gateway.commands(`text=${secret}`)).toEqual([])
    expect(await verdictOf(session)).toBe('ERASED')

    // The rest of it plays, and says that something is missing.
    const exported = await gateway.steno(['export', session], asAdmin)
    expect(exported.stdout).toContain(`\\"erasure\\":\\"${id}\\"`)
    const played = await gateway.steno(['play', session, '--speed', '1000'], asAdmin)
    expect(played.code, played.stderr).toBe(0)
  })

  it('leaves nothing of it after a rebuilt index either', async () => {
    expect((await gateway.steno(['reindex'], asAdmin)).code).toBe(0)
    expect(await filesWith(secret)).toEqual([])
    expect((await gateway.commands('limit=500')).some(({ text }) => text === 'select 2')).toBe(true)
  })

  it('is refused while the session is open, and under legal hold', async () => {
    const open = spawn('psql', [current.url, '-X', '-q'], { stdio: ['pipe', 'ignore', 'ignore'] })
    open.stdin!.write("select 'open now';\n")
    const recording = await until('the session to be open', () =>
      gateway.recordings().find(({ events }) => events.some(({ code, data }) => code === 'q' && data.text.includes('open now'))),
    )
    const tooEarly = await gateway.steno(['erase', `${recording.header.steno.session}.1`, '--reason', 'x'], asEye)
    expect([tooEarly.code, tooEarly.stderr]).toEqual([1, expect.stringContaining('the session is open')])
    await stopChild(open)

    const { session, number } = await ask("select 'kept'")
    const held = await gateway.steno(['hold', 'place', '--session', session, '--reason', 'case 12'], asEye)
    expect(held.code, held.stderr).toBe(0)
    const refused = await gateway.steno(['erase', `${session}.${number}`, '--reason', 'x'], asEye)
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('case 12')])
    await gateway.steno(['hold', 'lift', '--session', session, '--reason', 'settled'], asAdmin)
  })
})

describe('retention', () => {
  it('removes what is older than its rule, but not what is held, and the log says what it was', async () => {
    const gone = await ask("select 'will be gone'")
    const held = await ask("select 'is held'")
    const other = await gateway.run({ task: 'other', targets: ['other'] })
    const kept = await ask("select 'no rule is about it'", other.url)
    const placed = await gateway.steno(['hold', 'place', '--session', held.session, '--reason', 'case 13'], asEye)
    expect(placed.code, placed.stderr).toBe(0)
    await anchored()

    await restart(0)
    await until('it to be removed', () => !existsSync(gone.path))
    expect([existsSync(held.path), existsSync(kept.path)]).toEqual([true, true])
    expect((await gateway.steno(['holds'], asEye)).stdout).toContain('case 13')
    await until('search to forget it', async () => (await gateway.call('GET', `/api/sessions/${gone.session}`)).status === 404)
    expect(await gateway.commands('text=will%20be%20gone')).toEqual([])
    await anchored()
    const report = JSON.parse((await gateway.steno(['verify', gateway.data, '--json'], asAdmin)).stdout)
    expect(report.sessions.find((one: any) => one.session === gone.session)).toMatchObject({ verdict: 'ERASED' })
    expect(['WHOLE', 'ERASED', 'UNANCHORED']).toContain(report.verdict)

    // Whoever removes one without the log is found out.
    rmSync(kept.path)
    expect(await verdictOf(kept.session)).toBe('LOST')
  })
})
