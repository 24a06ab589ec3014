import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import postgres from 'postgres'
import { readConfig } from '../config/index.ts'
import { startGateway, type Gateway } from '../gateway.ts'
import { protocols } from '../protocols/registry.ts'
import { realMachine } from '../runtime/node.ts'
import { startPostgres, type RunningPostgres } from '../targets/embedded-postgres.ts'
import { agentVariable, demoConfig } from './demo-config.ts'
import { shopSchema } from './shop.ts'

/** What the demo's agents do at the first start, in order. A launcher opens a run of its own around the agent's. */
const story = [
  {
    task: 'nightly-backfill',
    agent: 'agent-backfill',
    version: '1.4.2',
    trigger: 'cron',
    program: 'backfill',
    attempts: 3,
    launcher: 'nightly-scheduler',
  },
  {
    task: 'schema-0042',
    agent: 'claude-migrator',
    version: '0.9.0',
    trigger: 'pull request 42',
    program: 'migrate',
    attempts: 1,
    launcher: null,
  },
  { task: 'weekly-revenue', agent: 'reporting-bot', version: '2.0.1', trigger: 'cron', program: 'report', attempts: 1, launcher: null },
  { task: 'ticket-import', agent: 'ticket-importer', version: '1.0.0', trigger: 'upload', program: 'import', attempts: 1, launcher: null },
  { task: 'ticket-61', agent: 'support-copilot', version: '3.2.0', trigger: 'ticket 61', program: 'support', attempts: 1, launcher: null },
] as const

/** The agent that whoever reads the demo's output works as. */
const visitor = 'try-it'

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
  const secrets = demoSecrets(data)
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
    gateway = await startDemoGateway(data, secrets, { webPort, postgresPort })
    const done = join(data, 'story-told')
    if (!existsSync(done)) {
      say('letting a few agents work in the shop, through the port …')
      await tellStory(gateway, secrets, say, stop.signal)
      if (!stop.signal.aborted) writeFileSync(done, '')
    }
    say(welcome(gateway, secrets))
    if (!stop.signal.aborted) await once(stop.signal, 'abort')
    say('\nstopping …')
    return 0
  } finally {
    await gateway?.stop()
    await shop?.stop()
  }
}

interface DemoSecrets {
  shop: string
  shopPort: number
  agents: Record<string, string>
}

/** The demo's secrets, made once and kept in its data directory, readable by its owner alone. */
function demoSecrets(data: string): DemoSecrets {
  const path = join(data, 'secrets.json')
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8')) as DemoSecrets
  const machine = realMachine()
  const secret = () => Buffer.from(machine.random(24)).toString('base64url')
  const names = [visitor, ...story.flatMap(({ agent, launcher }) => (launcher ? [agent, launcher] : [agent]))]
  const [high = 0, low = 0] = machine.random(2)
  const secrets: DemoSecrets = {
    shop: secret(),
    shopPort: 20_000 + (((high << 8) | low) % 20_000),
    agents: Object.fromEntries(names.map(name => [name, secret()])),
  }
  writeFileSync(path, JSON.stringify(secrets, null, 2), { mode: 0o600 })
  return secrets
}

async function startDemoGateway(data: string, secrets: DemoSecrets, ports: { webPort: number; postgresPort: number }): Promise<Gateway> {
  const path = join(data, 'steno.yaml')
  writeFileSync(path, demoConfig({ ...ports, shopPort: secrets.shopPort, agents: Object.keys(secrets.agents) }), { mode: 0o600 })
  const env = {
    STENO_DEMO_SHOP: secrets.shop,
    ...Object.fromEntries(Object.entries(secrets.agents).map(([name, secret]) => [agentVariable(name), secret])),
  }
  const machine = realMachine()
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

async function tellStory(gateway: Gateway, secrets: DemoSecrets, say: (text: string) => void, stop: AbortSignal): Promise<void> {
  const cli = fileURLToPath(new URL('../cli/main.js', import.meta.url))
  const agents = fileURLToPath(new URL('./agents.js', import.meta.url))
  for (const { task, agent, version, trigger, program, attempts, launcher } of story) {
    for (let attempt = 1; attempt <= attempts && !stop.aborted; attempt++) {
      const inRun = (name: string[], command: string[]) => [process.execPath, cli, 'run', '--target', 'shop', ...name, '--', ...command]
      const run = inRun(
        ['--agent', agent, '--agent-version', version, '--task', task, '--trigger', trigger],
        [process.execPath, agents, program, String(attempt)],
      )
      const [command = '', ...args] = launcher ? inRun(['--task', 'nightly', '--trigger', 'cron'], run) : run
      const env = { ...process.env, STENO_URL: gateway.url, STENO_TOKEN: secrets.agents[launcher ?? agent] }
      const child = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'inherit'] })
      const [code] = (await once(child, 'exit')) as [number | null]
      say(`  ${agent} · ${task} #${attempt}: ${code === 0 ? 'done' : `exit ${code}`}`)
    }
  }
}

function welcome(gateway: Gateway, secrets: DemoSecrets): string {
  const ask = 'select state, count(*), sum(total) from orders group by state'
  const client = hasPsql() ? `psql -c "${ask}"` : `node gateway/dist/demo/ask.js "${ask}"`
  return `
  Steno is running at ${gateway.url}

  See what the agents did:
    ${gateway.signInLink()}

  Work through it yourself, in another terminal:
    export STENO_URL=${gateway.url} STENO_TOKEN=${secrets.agents[visitor]}
    npx steno run --target shop --task try-it -- ${client}

  Ctrl-C ends everything that was started.
`
}

function hasPsql(): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some(directory => existsSync(join(directory, 'psql')))
}
