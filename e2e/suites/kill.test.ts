import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readRecording, startGateway, type Gateway, type Recording } from '../support/gateway.ts'
import { marksIn, marksTable, startLoad } from '../support/load.ts'
import { temporaryDirectory } from '../support/machine.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'

/** `npm run soak` asks for more. */
const kills = Number(process.env['STENO_KILLS'] ?? 20)
const modes = ['simple', 'extended', 'prepared']

let postgres: Postgres
let store: Postgres
let gateway: Gateway
const directory = temporaryDirectory('load')

beforeAll(async () => {
  // The target's own log is the witness: every statement it saw, with its values.
  postgres = await startPostgres({ settings: { log_statement: "'all'" } })
  await postgres.sql(marksTable)
  store = await startPostgres({ auth: 'trust' })
  gateway = await startGateway(postgres, { store: `postgres://postgres@127.0.0.1:${store.port}/postgres` })
})

afterAll(async () => {
  await gateway?.stop()
  await postgres?.stop()
  await store?.stop()
  directory.remove()
})

/** What there was when the last round looked, so that each looks at what is new. */
const known = { logBytes: 0, recordings: new Set<string>(), runs: new Set<string>() }
const tally = { kills: 0, statements: 0, answers: 0, sessions: 0, interrupted: 0, torn: 0, whileStarting: 0 }

it(
  `loses nothing that a target saw or a client was told, killed ${kills} times with -9 under load`,
  async () => {
    while (tally.kills < kills) {
      await killUnderLoad(modes[tally.kills % modes.length]!)
      if (Math.random() < 0.25) await killWhileStarting()
      if (tally.kills % 10 === 0 || tally.kills === kills) await verify()
    }
    console.log(
      `kill -9: ${Object.entries(tally)
        .map(([what, count]) => `${count} ${what}`)
        .join(', ')}`,
    )
    expect(tally.interrupted).toBeGreaterThan(kills / 2)
  },
  60_000 + kills * 15_000,
)

async function killUnderLoad(mode: string): Promise<void> {
  const run = await gateway.run({ task: `killed in ${mode} mode` })
  known.runs.add(run.id)
  const load = startLoad(run, { directory: directory.path, mode, clients: 1 + Math.floor(Math.random() * 6) })
  await sleep(40 + Math.random() * 700)
  await gateway.kill()
  tally.kills++
  const { answered } = await load.over
  await gateway.start()
  await check(answered)
}

/** Recovery is killed as well, and whoever comes next does the rest. */
async function killWhileStarting(): Promise<void> {
  await gateway.kill()
  const starting = gateway.start().catch(() => {})
  await sleep(Math.random() * 500)
  await gateway.kill()
  await starting
  tally.whileStarting++
  await gateway.start()
}

async function check(answered: Set<string>): Promise<void> {
  const seen = marksIn(await postgres.log(known.logBytes))
  known.logBytes = await postgres.logBytes()
  const recordings = newRecordings()
  for (const { path, whole, events } of recordings) {
    expect(whole, path).toBe(true)
    expect(events.at(-1)?.code, path).toBe('e')
    if (events.at(-1)?.data.reason === 'interrupted') tally.interrupted++
  }
  expect(missing(seen, recordings, 'q')).toEqual([])
  expect(missing(answered, recordings, 'a')).toEqual([])
  expect(readdirSync(join(gateway.data, 'open'))).toEqual([])
  const ledger = readFileSync(join(gateway.data, 'ledger.ndjson'), 'utf8')
  expect([...known.runs].filter(run => !ledger.includes(run))).toEqual([])
  tally.statements += seen.size
  tally.answers += answered.size
  tally.sessions += recordings.length
}

/** What an auditor says who has kept the checkpoint that was published when they came last. */
async function verify(): Promise<void> {
  const seen = join(directory.path, 'seen.checkpoint')
  const since = existsSync(seen) ? ['--since', seen] : []
  const { code, stdout } = await gateway.steno(['verify', gateway.data, ...since])
  expect(stdout).toMatch(/^(WHOLE|UNANCHORED)/)
  expect(code).toBe(0)
  writeFileSync(seen, await (await fetch(`${gateway.url}/checkpoint`)).text())
}

function newRecordings(): Recording[] {
  const sessions = join(gateway.data, 'sessions')
  const all = readdirSync(sessions).flatMap(day => readdirSync(join(sessions, day)).map(name => join(sessions, day, name)))
  const paths = all.filter(path => path.endsWith('.cast') && !known.recordings.has(path))
  for (const path of paths) known.recordings.add(path)
  tally.torn += paths.filter(path => existsSync(path.replace(/\.cast$/, '.torn'))).length
  return paths.map(readRecording)
}

/** Marks that no event of a kind holds. */
function missing(marks: Set<string>, recordings: Recording[], code: string): string[] {
  const recorded = marksIn(
    recordings.flatMap(({ events }) => events.flatMap(event => (event.code === code ? [JSON.stringify(event.data)] : []))).join('\n'),
  )
  return [...marks].filter(mark => !recorded.has(mark))
}

function sleep(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
