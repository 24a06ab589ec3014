import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gatewayCommand } from '../tools/runtimes.js'
import { freePort, house, run, stopChild, temporaryDirectory, until, type Ran } from './machine.ts'
import { superuserPassword, type Postgres } from './postgres.ts'

export const agentSecret = 'agent-x-secret-0123456789abcdef'
export const otherSecret = 'agent-y-secret-0123456789abcdef'
export const adminSecret = 'admin-secret-0123456789abcdef'

/** A gateway of its own process, configured by file, as an operator runs it. */
export interface Gateway {
  url: string
  port: number
  data: string
  config: Record<string, unknown>
  process: ChildProcess
  log(): string
  /** Calls the API as the administrator unless another token is given. */
  call(method: string, path: string, body?: unknown, token?: string): Promise<{ status: number; body: any }>
  run(body?: Record<string, unknown>, token?: string): Promise<Run>
  commands(query?: string): Promise<any[]>
  /** The recordings on disk, as their events. */
  recordings(): Recording[]
  steno(args: string[], options?: { env?: NodeJS.ProcessEnv; input?: string }): Promise<Ran>
  kill(): Promise<void>
  stop(): Promise<void>
  start(): Promise<void>
}

export interface Run {
  id: string
  token: string
  attempt: number
  url: string
  env: Record<string, string>
}

export interface Recording {
  path: string
  header: any
  /** `[seconds since the line before, code, data]`, data parsed where it is ours. */
  events: { code: string; data: any; line: number }[]
  whole: boolean
}

export async function startGateway(
  postgres: Postgres | null,
  more: Record<string, unknown> & { target?: Record<string, unknown>; environment?: Record<string, string> } = {},
): Promise<Gateway> {
  const directory = temporaryDirectory('gateway')
  const [web, port] = [await freePort(), await freePort()]
  const { target, environment, ...rest } = more
  const config: Record<string, unknown> = {
    data: join(directory.path, 'data'),
    listen: { web: `127.0.0.1:${web}`, postgres: `127.0.0.1:${port}` },
    targets: postgres
      ? {
          shop: {
            protocol: 'postgres',
            address: `127.0.0.1:${postgres.port}`,
            database: 'shop',
            user: 'postgres',
            password: { env: 'SHOP_PASSWORD' },
            labels: { env: 'test' },
            ...target,
          },
          other: {
            protocol: 'postgres',
            address: `127.0.0.1:${postgres.port}`,
            database: 'postgres',
            user: 'postgres',
            password: { env: 'SHOP_PASSWORD' },
          },
        }
      : {},
    agents: { 'agent-x': { secret: { env: 'AGENT_X' }, groups: ['etl'] }, 'agent-y': { secret: { env: 'AGENT_Y' } } },
    tokens: { admin: { role: 'admin', secret: { env: 'ADMIN_T' } } },
    ...rest,
  }
  const file = join(directory.path, 'steno.yaml')
  const env = { ...process.env, AGENT_X: agentSecret, AGENT_Y: otherSecret, ADMIN_T: adminSecret, SHOP_PASSWORD: superuserPassword }
  const url = `${rest['tls'] ? 'https' : 'http'}://127.0.0.1:${web}`
  let log = ''

  async function start(): Promise<void> {
    writeFileSync(file, JSON.stringify(gateway.config))
    const [command, ...args] = gatewayCommand()
    const child = spawn(command!, [...args, 'start', '--config', file], {
      env: { ...env, ...environment },
      cwd: house,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    gateway.process = child
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (log += bytes.toString()))
    await until(
      'the gateway to be healthy',
      async () => {
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`the gateway ended with ${child.exitCode ?? child.signalCode}: ${log.slice(-3000)}`)
        return fetch(`${url}/healthz`).then(
          answer => answer.ok,
          () => false,
        )
      },
      90_000,
    )
  }

  async function call(method: string, path: string, body?: unknown, token = adminSecret) {
    const answer = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    return { status: answer.status, body: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text }
  }

  const gateway: Gateway = {
    url,
    port,
    data: config['data'] as string,
    config,
    process: undefined as unknown as ChildProcess,
    log: () => log,
    call,
    async run(body = {}, token = agentSecret) {
      const { status, body: made } = await call('POST', '/api/runs', { targets: ['shop'], ...body }, token)
      if (status !== 201) throw new Error(`POST /api/runs: ${status} ${JSON.stringify(made)}`)
      const target = Object.values(made.targets)[0] as { url: string; env: Record<string, string> }
      return { id: made.id, token: made.token, attempt: made.attempt, url: target.url, env: target.env }
    },
    async commands(query = '') {
      const { status, body } = await call('GET', `/api/commands?${query}`)
      if (status !== 200) throw new Error(`GET /api/commands: ${status} ${JSON.stringify(body)}`)
      return body.items
    },
    recordings: () => readRecordings(join(config['data'] as string, 'sessions')),
    steno: (args, options = {}) =>
      run('node', [join(house, 'gateway/bin/steno.js'), ...args], {
        env: { ...env, STENO_URL: url, STENO_TOKEN: agentSecret, ...options.env },
        ...(options.input === undefined ? {} : { input: options.input }),
      }),
    async kill() {
      const exited = once(gateway.process, 'exit')
      gateway.process.kill('SIGKILL')
      await exited
    },
    async stop() {
      await stopChild(gateway.process)
      directory.remove()
    },
    start,
  }
  await start()
  return gateway
}

/** Reads every recording below a directory with nothing but JSON.parse. */
export function readRecordings(directory: string): Recording[] {
  return readdirSync(directory)
    .flatMap(day => readdirSync(join(directory, day)).map(name => join(directory, day, name)))
    .filter(path => path.endsWith('.cast'))
    .map(readRecording)
}

export function readRecording(path: string): Recording {
  const text = readFileSync(path, 'utf8')
  const whole = text.endsWith('\n')
  const lines = text.split('\n')
  // What follows the last newline: nothing, or a torn line.
  lines.pop()
  const [header, ...rest] = lines
  let next = 1
  const events = rest.map(text => {
    const [, code, json] = JSON.parse(text) as [number, string, string]
    const data = 'omr'.includes(code) ? json : JSON.parse(json)
    const line = next
    // One line may stand for several that are erased.
    next = code === 'v' ? data.to : line + 1
    return { code, data, line }
  })
  return { path, header: JSON.parse(header ?? 'null'), events, whole }
}

/** What psql prints of a script, run through the gateway. */
export function psql(url: string, text: string, args: string[] = []): Promise<Ran> {
  return run('psql', [url, '-XAtq', ...args, '-f', '-'], { input: text, timeoutMs: 60_000 })
}
