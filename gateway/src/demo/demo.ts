import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { createClient, type Client } from '../cli/client.ts'
import { readConfig } from '../config/index.ts'
import { startGateway, type Gateway } from '../gateway.ts'
import { protocols } from '../protocols/registry.ts'
import type { Machine } from '../runtime/machine.ts'
import { realMachine } from '../runtime/node.ts'
import { startPostgres, type RunningPostgres } from '../targets/embedded-postgres.ts'
import { demoConfig, secretVariable, type DemoAgents, type DemoTokens } from './demo-config.ts'
import { publishShopPolicy, reviewUntil, type Opinion } from './desk.ts'
import { shopSchema } from './shop.ts'

interface Chapter {
  task: string
  agent: string
  version: string
  trigger: string
  /** Which of `agents.ts` runs. */
  program: string
  attempts: number
  /** Opens a run of its own around the agent's. */
  launcher?: string
  /** What the approver says to what is held meanwhile; nothing should be, where nothing is said. */
  opinion?: Opinion
}

const surprised: Opinion = { vote: 'reject', comment: 'not what this task is for' }

/** What the demo's agents do at the first start, in order. */
const story: readonly Chapter[] = [
  {
    task: 'nightly-backfill',
    agent: 'agent-backfill',
    version: '1.4.2',
    trigger: 'cron',
    program: 'backfill',
    attempts: 3,
    launcher: 'nightly-scheduler',
  },
  { task: 'schema-0042', agent: 'claude-migrator', version: '0.9.0', trigger: 'pull request 42', program: 'migrate', attempts: 1 },
  {
    task: 'weekly-revenue',
    agent: 'reporting-bot',
    version: '2.0.1',
    trigger: 'cron',
    program: 'report',
    attempts: 1,
    opinion: { vote: 'reject', comment: 'a count is a SELECT; a report needs no DO block' },
  },
  { task: 'ticket-import', agent: 'ticket-importer', version: '1.0.0', trigger: 'upload', program: 'import', attempts: 1 },
  { task: 'ticket-61', agent: 'support-copilot', version: '3.2.0', trigger: 'ticket 61', program: 'support', attempts: 1 },
  {
    task: 'note-cleanup',
    agent: 'housekeeper',
    version: '0.3.1',
    trigger: 'cron',
    program: 'cleanup',
    attempts: 1,
    launcher: 'nightly-scheduler',
    opinion: { vote: 'approve', comment: 'the notes are in the report of this week' },
  },
]

/** The agent that whoever reads the demo's output works as. */
const visitor = 'try-it'

const agents: DemoAgents = {
  [visitor]: { groups: [] },
  ...Object.fromEntries(
    story.flatMap(({ agent, launcher }) => [agent, ...(launcher ? [launcher] : [])]).map(name => [name, { groups: [] }]),
  ),
  'claude-migrator': { groups: ['migrators'] },
  'support-copilot': { groups: ['pii-readers'] },
}

/** Who wrote the policy, and who decides on what it holds. */
const author = 'ada'
const approver = 'grace'
const tokens: DemoTokens = { [author]: { role: 'author' }, [approver]: { role: 'approver' } }

export interface DemoOptions {
  /** Where the demo keeps everything. */
  data: string
  webPort: number
  postgresPort: number
}

/** Runs the demo until it is told to stop: a gateway, a shop to reach through it, and agents that have really worked there. */
export async function demo({ data: directory, webPort, postgresPort }: DemoOptions): Promise<number> {
  const data = resolve(directory)
  mkdirSync(data, { recursive: true, mode: 0o700 })
  const say = (text: string) => process.stdout.write(`${text}\n`)
  const machine = realMachine()
  const secrets = demoSecrets(data, machine)
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop.abort())
  let shop: RunningPostgres | null = null
  let gateway: Gateway | null = null
  try {
    say('starting the shop, a PostgreSQL with a few thousand rows …')
    shop = await startPostgres({
      directory: join(data, 'shop'),
      port: secrets.shopPort,
      user: 'app',
      password: secrets.shop,
      log: () => {},
    })
    await fillShop(shop)
    say('starting the gateway …')
    gateway = await startDemoGateway(data, { machine, secrets, webPort, postgresPort })
    const { url } = gateway
    const asToken = (name: string) => createClient({ env: { STENO_URL: url, STENO_TOKEN: secretOf(secrets, name) } })
    const { signal } = stop
    await atFirst(join(data, 'policy-published'), signal, () => {
      say(`publishing the shop’s policy, as its author ${author} …`)
      return publishShopPolicy(asToken(author), machine.clock)
    })
    await atFirst(join(data, 'story-told'), signal, () => {
      say('letting a few agents work in the shop, through the port …')
      return tellStory({ url, secrets, machine, approving: asToken(approver), say, stop: signal })
    })
    say(welcome(gateway, { secrets, record: join(directory, 'gateway') }))
    if (!stop.signal.aborted) await once(stop.signal, 'abort')
    say('\nstopping …')
    return 0
  } finally {
    await gateway?.stop()
    await shop?.stop()
  }
}

/** Does something at the first start that comes to its end; later starts find the mark it leaves. */
async function atFirst(mark: string, stop: AbortSignal, act: () => Promise<void>): Promise<void> {
  if (existsSync(mark) || stop.aborted) return
  await act()
  if (!stop.aborted) writeFileSync(mark, '')
}

interface DemoSecrets {
  shop: string
  shopPort: number
  agents: Record<string, string>
  tokens: Record<string, string>
}

/** The demo's secrets, made once and kept in its data directory, readable by its owner alone. An older demo's directory gets those that are new. */
function demoSecrets(data: string, machine: Machine): DemoSecrets {
  const path = join(data, 'secrets.json')
  const kept = existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Partial<DemoSecrets>) : {}
  const secret = () => Buffer.from(machine.random(24)).toString('base64url')
  const secretsFor = (names: object, known: Record<string, string> = {}) =>
    Object.fromEntries(Object.keys(names).map(name => [name, known[name] ?? secret()]))
  const [high = 0, low = 0] = machine.random(2)
  const secrets: DemoSecrets = {
    shop: kept.shop ?? secret(),
    shopPort: kept.shopPort ?? 20_000 + (((high << 8) | low) % 20_000),
    agents: secretsFor(agents, kept.agents),
    tokens: secretsFor(tokens, kept.tokens),
  }
  writeFileSync(path, JSON.stringify(secrets, null, 2), { mode: 0o600 })
  return secrets
}

function secretOf(secrets: DemoSecrets, name: string): string | undefined {
  return secrets.agents[name] ?? secrets.tokens[name]
}

interface DemoGateway {
  machine: Machine
  secrets: DemoSecrets
  webPort: number
  postgresPort: number
}

async function startDemoGateway(data: string, { machine, secrets, webPort, postgresPort }: DemoGateway): Promise<Gateway> {
  const path = join(data, 'steno.yaml')
  writeFileSync(path, demoConfig({ webPort, postgresPort, shopPort: secrets.shopPort, agents, tokens }), { mode: 0o600 })
  const named = Object.entries({ ...secrets.agents, ...secrets.tokens }).map(([name, secret]) => [secretVariable(name), secret] as const)
  const env = { STENO_DEMO_SHOP: secrets.shop, ...Object.fromEntries(named) }
  return startGateway(readConfig({ path, disk: machine.disk, env, protocols }), machine, { log: line => process.stderr.write(`${line}\n`) })
}

async function fillShop(shop: RunningPostgres): Promise<void> {
  const admin = postgres({ ...shop.connection, database: 'postgres', max: 1, onnotice: () => {} })
  try {
    const [found] = await admin`select 1 from pg_database where datname = 'shop'`
    if (!found) await admin`create database shop`.simple()
  } finally {
    await admin.end()
  }
  const sql = postgres({ ...shop.connection, database: 'shop', max: 1, onnotice: () => {} })
  try {
    const [filled] = await sql`select to_regclass('public.audit_note') is not null as done`
    if (!filled?.['done']) await sql.begin(tx => tx.unsafe(shopSchema).simple())
  } finally {
    await sql.end()
  }
}

interface Telling {
  url: string
  secrets: DemoSecrets
  machine: Machine
  /** The API as whoever decides on held commands reaches it. */
  approving: Client
  say: (text: string) => void
  stop: AbortSignal
}

async function tellStory({ url, secrets, machine, approving, say, stop }: Telling): Promise<void> {
  const cli = fileURLToPath(new URL('../cli/main.js', import.meta.url))
  const programs = fileURLToPath(new URL('./agents.js', import.meta.url))
  for (const { task, agent, version, trigger, program, attempts, launcher, opinion = surprised } of story) {
    for (let attempt = 1; attempt <= attempts && !stop.aborted; attempt++) {
      const inRun = (name: string[], command: string[]) => [process.execPath, cli, 'run', '--target', 'shop', ...name, '--', ...command]
      const run = inRun(
        ['--agent', agent, '--agent-version', version, '--task', task, '--trigger', trigger],
        [process.execPath, programs, program, String(attempt)],
      )
      const [command = '', ...args] = launcher ? inRun(['--task', 'nightly', '--trigger', 'cron'], run) : run
      const env = { ...process.env, STENO_URL: url, STENO_TOKEN: secretOf(secrets, launcher ?? agent) }
      const child = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'inherit'] })
      // Whoever stops the demo does not wait for what is held.
      const end = () => void child.kill()
      stop.addEventListener('abort', end, { once: true })
      const over = new AbortController()
      const [[code]] = await Promise.all([
        (once(child, 'exit') as Promise<[number | null]>).finally(() => over.abort()),
        reviewUntil(over.signal, { approver: approving, clock: machine.clock, opinion }),
      ])
      stop.removeEventListener('abort', end)
      say(`  ${agent} · ${task} #${attempt}: ${code === 0 ? 'done' : `exit ${code}`}`)
    }
  }
}

function welcome(gateway: Gateway, { secrets, record }: { secrets: DemoSecrets; record: string }): string {
  const client = hasPsql() ? 'psql -c' : 'node gateway/dist/demo/ask.js'
  const ask = (text: string) => `npx steno run --target shop --task try-it -- ${client} "${text}"`
  return `
  Steno is running at ${gateway.url}

  See what the agents did, and what the policy said to it:
    ${gateway.signInLink()}

  Work through it yourself, in another terminal:
    export STENO_URL=${gateway.url} STENO_TOKEN=${secretOf(secrets, visitor)}
    ${ask('select state, count(*), sum(total) from orders group by state')}

  Try the policy \`shop\` (gateway/demo/shop.policy.ts), as the agent that you are there:
    hidden   ${ask('select id, name, email, city from customers limit 3')}
    refused  ${ask('drop table payments')}
    held     ${ask('delete from tickets')}

  The last one waits for somebody. Be ${approver}, in a third terminal:
    export STENO_URL=${gateway.url} STENO_TOKEN=${secretOf(secrets, approver)}
    npx steno approvals
    npx steno approvals approve <the id in that list>

  Check that nobody has changed, cut or lost any of it since:
    npx steno verify '${record}'

  Ctrl-C ends everything that was started.
`
}

function hasPsql(): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some(directory => existsSync(join(directory, 'psql')))
}
