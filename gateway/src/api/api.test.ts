import type { Command, Run, Session, SessionDetail } from '@steno/recordings'
import { beforeEach, describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { Agents, Runs, SignIn, Tokens } from '../identity/index.ts'
import type { Filter, Search } from '../index/search.ts'
import { Ledger, readLedger } from '../journal/ledger.ts'
import { RecordingFiles } from '../journal/recording-files.ts'
import { newId } from '../runtime/id.ts'
import { SimulatedMachine } from '../runtime/simulated.ts'
import { createApi } from './create-api.ts'
import { EventStream } from './event-stream.ts'
import { Metrics } from './metrics.ts'
import * as schemas from './schemas.ts'
import { StaticFiles } from './static-files.ts'

const admin = 'admin-secret-0123456789'
const investigator = 'investigator-secret-0123'
const agent = 'agent-secret-0123456789'

const command: Command = {
  id: 's.1',
  session: 's',
  number: 1,
  run: 'run_1',
  attempt: 1,
  task: 'nightly',
  principal: 'backfill',
  delegation: [],
  target: 'shop',
  protocol: 'postgres',
  at: '2026-01-01T00:00:00.000000Z',
  kind: 'query',
  text: 'select * from orders where id = 7',
  parameters: [{ type: 'int4', oid: 23, value: '7' }],
  operations: [{ verb: 'SELECT', tables: ['orders'], columns: ['id'] }],
  verdict: 'allow',
  policyVersion: 'none',
  masked: 0,
  rows: 1,
  durationMs: 0.4,
  frame: 3,
}

const session: Session = {
  id: 's',
  run: 'run_1',
  attempt: 1,
  attempts: 2,
  task: 'nightly',
  agentVersion: null,
  principal: 'backfill',
  delegation: [],
  target: 'shop',
  protocol: 'postgres',
  startedAt: '2026-01-01T00:00:00.000000Z',
  endedAt: null,
  endReason: null,
  durationMs: null,
  commands: 1,
  errors: 0,
  denied: 0,
  held: 0,
  masked: 0,
  sizeBytes: 10,
  clientAddress: '127.0.0.1:5',
  application: null,
  policyVersion: 'none',
}

const detail: SessionDetail = {
  ...session,
  runIdentity: { id: 'run_1', attempt: 1, task: 'nightly', trigger: null, agentVersion: null, parent: null },
  principalDetail: { kind: 'agent', name: 'backfill', groups: [] },
  delegationDetail: [],
  labels: { env: 'prod' },
}

const run: Run = {
  id: 'run_1',
  principal: 'backfill',
  delegation: [],
  task: 'nightly',
  trigger: null,
  agentVersion: null,
  attempt: 1,
  attempts: 2,
  parent: null,
  targets: ['shop'],
  openedAt: '2026-01-01T00:00:00.000000Z',
  expiresAt: '2026-01-01T01:00:00.000000Z',
  endedAt: null,
  exitCode: null,
  state: 'open',
  sessions: 1,
  commands: 1,
  errors: 0,
  denied: 0,
  held: 0,
  masked: 0,
}

/** A search that knows two runs of one task, and remembers what it was asked. */
class KnownSearch implements Search {
  filters: Filter[] = []
  asked: { limit: number; cursor: string | null }[] = []
  extra: Command = {
    ...command,
    id: 's.2',
    run: 'run_2',
    text: 'delete from orders',
    operations: [{ verb: 'DELETE', tables: ['orders'], columns: [] }],
  }

  async commands(filter: Filter, page: { limit: number; cursor: string | null }) {
    this.filters.push(filter)
    this.asked.push(page)
    if (filter.text === 'boom') throw new Error('password=hunter2')
    return { items: filter.run === 'run_2' ? [this.extra, { ...command, run: 'run_2' }] : [command], cursor: null }
  }
  async command(id: string) {
    return id === command.id ? command : null
  }
  async sessions(filter: Filter) {
    this.filters.push(filter)
    return { items: [session], cursor: 'next' }
  }
  async session(id: string) {
    return id === session.id ? detail : null
  }
  async runs() {
    return { items: [{ ...run, id: 'run_2', attempt: 2 }, run], cursor: null }
  }
  async run(id: string) {
    return id === run.id ? run : null
  }
  async histogram() {
    return { buckets: [{ at: '2026-01-01T00:00:00Z', commands: 1, errors: 0, denied: 0, held: 0 }], sessions: 1, commands: 1 }
  }
  async lag() {
    return { bytes: 0, sessions: 0 }
  }
}

function build({ secure = false } = {}) {
  const machine = new SimulatedMachine()
  for (const directory of ['/data', '/web', '/web/assets']) machine.disk.makeDirectory(directory)
  const write = (path: string, text: string) => machine.disk.append(path, { exclusive: true }).write(new TextEncoder().encode(text))
  write('/web/index.html', '<!doctype html>desk')
  write('/web/assets/main-abc.js', 'desk()')
  const { ledger, entries } = Ledger.open(machine, { directory: '/data', onSyncFailed: () => {} })
  const search = new KnownSearch()
  const terminated: string[] = []
  const openSessions = new Map<string, unknown>()
  const errors: unknown[] = []
  const metrics = new Metrics()
  metrics.gauge('steno_sessions_open', 'Sessions that are open.', () => openSessions.size)
  const signIn = new SignIn({ machine, ledger, entries })
  const runs = new Runs({ machine, ledger, entries, targets: ['shop', 'idle'], onUnrecordedEnd: () => {} })
  const events = new EventStream(machine)
  const target = (name: string, protocol: string) => ({
    name,
    protocol,
    address: { host: '10.0.0.9', port: 5432 },
    labels: { env: 'prod' },
    settings: { database: 'shop', password: { env: 'SHOP_PASSWORD' } },
  })
  const app = createApi({
    machine,
    version: '1.2.3',
    secure,
    ledger,
    search,
    reindex: () => new Promise(resolve => machine.clock.after(1000, resolve)),
    runs,
    signIn,
    events,
    metrics,
    agents: new Agents({ machine, ledger, entries, declared: { backfill: { secret: agent, groups: ['etl'] } } }),
    tokens: new Tokens({
      machine,
      ledger,
      entries,
      declared: { ci: { secret: admin, role: 'admin' }, eye: { secret: investigator, role: 'investigator' } },
    }),
    sessions: { openSessions, terminate: id => terminated.push(id) > 0 },
    recordings: new RecordingFiles(machine.disk, '/data'),
    targets: { shop: target('shop', 'postgres'), idle: target('idle', 'off') },
    ports: { postgres: { host: '127.0.0.1', port: 7432 } },
    connection: ({ run: id, token, target: { name, protocol } }) => ({
      protocol,
      url: `x://${id}:${token}@h/${name}`,
      env: { PGUSER: id },
    }),
    web: new StaticFiles(machine.disk, '/web'),
    configSchema: { title: 'steno.yaml' },
    onError: error => errors.push(error),
  })
  const ask = (
    method: string,
    path: string,
    { token = admin, body, headers = {} }: { token?: string | null; body?: unknown; headers?: Record<string, string> } = {},
  ) =>
    app.request(path, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  const record = (text: string) => {
    const id = newId(machine)
    const day = '/data/sessions/2026-01-01'
    machine.disk.makeDirectory(day)
    write(`${day}/${id}.cast`, text)
    return id
  }
  const ledgerKinds = () => readLedger(machine.disk, '/data').map(({ kind }) => kind)
  return { machine, app, ask, search, signIn, runs, events, openSessions, terminated, errors, record, ledgerKinds }
}

const openApiDocument = z.object({
  openapi: z.string(),
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        summary: z.string(),
        parameters: z.array(z.object({ name: z.string() })).optional(),
        responses: z.record(
          z.string(),
          z.object({ content: z.record(z.string(), z.object({ schema: z.record(z.string(), z.unknown()) })).optional() }),
        ),
      }),
    ),
  ),
  components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
})

let gateway: ReturnType<typeof build>
beforeEach(() => {
  gateway = build()
})

const signedIn = async () => {
  const answer = await gateway.ask('POST', '/api/sign-in', {
    token: null,
    body: { token: gateway.signIn.createLink({ name: 'ada', role: 'admin' }).secret },
    headers: { 'sec-fetch-site': 'same-origin' },
  })
  const setCookie = answer.headers.get('set-cookie') ?? ''
  return { answer, setCookie, cookie: setCookie.split(';')[0]! }
}

describe('the answers', () => {
  it('are the record’s own types, field for field', () => {
    expectTypeOf<z.infer<typeof schemas.command>>().toEqualTypeOf<Command>()
    expectTypeOf<z.infer<typeof schemas.session>>().toEqualTypeOf<Session>()
    expectTypeOf<z.infer<typeof schemas.sessionDetail>>().toEqualTypeOf<SessionDetail>()
    expectTypeOf<z.infer<typeof schemas.run>>().toEqualTypeOf<Run>()
  })

  it('have the shapes that the document says', async () => {
    const id = gateway.record('line')
    const document = openApiDocument.parse(await (await gateway.ask('GET', '/api/openapi.json')).json())
    const sweep: [string, string, number, unknown?][] = [
      ['GET', '/api/sessions', 200],
      ['GET', '/api/sessions/s', 200],
      ['GET', '/api/sessions/none', 404],
      ['GET', '/api/commands?table=orders&since=1h', 200],
      ['GET', '/api/commands/s.1', 200],
      ['GET', '/api/commands/histogram', 200],
      ['GET', '/api/commands?limit=0', 400],
      ['GET', '/api/runs', 200],
      ['GET', '/api/runs/run_1', 200],
      ['GET', '/api/runs/compare?task=nightly', 200],
      ['GET', '/api/agents', 200],
      ['POST', '/api/agents', 201, { name: 'new' }],
      ['POST', '/api/agents', 409, { name: 'new' }],
      ['GET', '/api/tokens', 200],
      ['POST', '/api/tokens', 201, { name: 'siem', role: 'investigator' }],
      ['GET', '/api/targets', 200],
      ['GET', '/api/index', 200],
      ['POST', '/api/index/rebuild', 202],
      ['POST', '/api/index/rebuild', 409],
      ['GET', '/api/me', 200],
      ['POST', '/api/sign-in/links', 201, { name: 'ada', role: 'admin' }],
      ['POST', '/api/sign-in', 401, { token: 'x' }],
    ]
    for (const [method, path, status, body] of sweep) {
      const answer = await gateway.ask(method, path, { body })
      const value: unknown = await answer.json()
      expect(answer.status, `${method} ${path}: ${JSON.stringify(value)}`).toBe(status)
      const [media] = (answer.headers.get('content-type') ?? '').split(';')
      expect(media).toBe(status >= 400 ? 'application/problem+json' : 'application/json')
      const segments = path.split('?')[0]!.split('/')
      const documented = Object.keys(document.paths)
        .filter(
          known =>
            known.split('/').length === segments.length &&
            known.split('/').every((part, at) => part === segments[at] || part.startsWith('{')),
        )
        .toSorted((a, b) => a.split('{').length - b.split('{').length)[0]!
      const schema = document.paths[documented]?.[method.toLowerCase()]?.responses[status]?.content?.[media!]?.schema
      expect(schema, `${method} ${documented} ${status}`).toBeDefined()
      const text = JSON.stringify({ ...schema, $defs: document.components.schemas }).replaceAll('#/components/schemas/', '#/$defs/')
      expect(z.fromJSONSchema(JSON.parse(text)).safeParse(value).error, `${method} ${path}`).toBeUndefined()
    }
    expect((await gateway.ask('GET', `/api/sessions/${id}/recording`)).status).toBe(200)
  })

  it('leave no route out of the document, and the document is OpenAPI 3.1', async () => {
    const document = openApiDocument.parse(await (await gateway.ask('GET', '/api/openapi.json', { token: null })).json())
    expect(document.openapi).toMatch(/^3\.1/)
    const routes = gateway.app.routes.filter(({ method, path }) => method !== 'ALL' && path.startsWith('/api/'))
    expect(routes.length).toBeGreaterThan(15)
    for (const { method, path } of routes) {
      const documented = document.paths[path.replaceAll(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()]
      expect(documented?.summary, `${method} ${path}`).toBeTypeOf('string')
    }
    const names = document.paths['/api/commands']?.['get']?.parameters?.map(({ name }) => name)
    expect(names).toEqual(
      expect.arrayContaining([
        'principal',
        'agent',
        'run',
        'task',
        'target',
        'protocol',
        'verb',
        'table',
        'column',
        'verdict',
        'text',
        'since',
        'until',
        'limit',
        'cursor',
      ]),
    )
  })

  it('are problem details whatever goes wrong, and tell nothing of what is ours', async () => {
    const cases: [string, string, number, Parameters<typeof gateway.ask>[2]?][] = [
      ['GET', '/api/nothing', 404],
      ['PUT', '/api/commands', 405],
      ['GET', '/api/commands', 401, { token: null }],
      ['GET', '/api/commands', 401, { token: 'nobody' }],
      ['GET', '/api/commands?tabel=orders', 400],
      ['GET', '/api/commands?since=yesterday', 400],
      ['GET', '/api/commands?table=a&table=b', 400],
      ['GET', '/api/commands?text=boom', 500],
      ['POST', '/api/runs', 400, { token: agent, body: '{"task":' }],
      ['POST', '/api/runs', 400, { token: agent, body: { task: 'a\u0000b' } }],
      ['POST', '/api/runs', 400, { token: agent, body: { surprise: 1 } }],
      ['POST', '/api/runs', 411, { token: agent, body: {}, headers: { 'transfer-encoding': 'chunked' } }],
      ['POST', '/api/runs', 413, { token: agent, body: { task: 'x' }, headers: { 'content-length': '70000' } }],
      ['GET', '/missing.js', 404],
    ]
    for (const [method, path, status, more] of cases) {
      const answer = await gateway.ask(method, path, more)
      const text = await answer.text()
      expect(answer.status, `${method} ${path} ${text}`).toBe(status)
      expect(answer.headers.get('content-type')).toBe('application/problem+json')
      expect(schemas.problem.safeParse(JSON.parse(text)).error).toBeUndefined()
      expect(text).not.toContain('hunter2')
    }
    expect(gateway.errors).toHaveLength(1)
    expect((await gateway.ask('PUT', '/api/commands')).headers.get('allow')).toBe('GET, HEAD')
    expect((await gateway.ask('GET', '/api/me', { token: null })).headers.get('www-authenticate')).toContain('Bearer')
  })

  it('carry the headers that keep a browser safe', async () => {
    for (const path of ['/', '/sessions/x', '/api/commands', '/api/nothing', '/healthz']) {
      const { headers } = await gateway.ask('GET', path)
      expect(headers.get('content-security-policy')).toContain("script-src 'self'")
      expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('referrer-policy')).toBe('no-referrer')
    }
  })
})

describe('search', () => {
  it('resolves times and passes every filter on', async () => {
    await gateway.ask('GET', '/api/commands?verb=delete&table=orders&error=true&since=1h&until=2026-01-01T00:00:00.5Z&limit=7&cursor=abc')
    const nowUs = gateway.machine.clock.nowUs()
    expect(gateway.search.filters).toEqual([
      { verb: 'DELETE', table: 'orders', error: true, sinceUs: nowUs - 3_600_000_000, untilUs: 1_767_225_600_500_000 },
    ])
    expect(gateway.search.asked).toEqual([{ limit: 7, cursor: 'abc' }])
  })

  it('sets the attempts of a task beside each other', async () => {
    const found = schemas.comparison.parse(await (await gateway.ask('GET', '/api/runs/compare?task=nightly')).json())
    expect(found.runs.map(({ id }) => id)).toEqual(['run_1', 'run_2'])
    expect(found.shapes).toEqual([
      {
        shape: 'select * from orders where id = ?',
        example: command.text,
        verbs: ['SELECT'],
        tables: ['orders'],
        counts: [1, 1],
        first: ['s.1', 's.1'],
      },
      {
        shape: 'delete from orders',
        example: 'delete from orders',
        verbs: ['DELETE'],
        tables: ['orders'],
        counts: [0, 1],
        first: [null, 's.2'],
      },
    ])
  })
})

describe('runs', () => {
  const open = async (token: string, body: unknown = {}) => {
    const answer = await gateway.ask('POST', '/api/runs', { token, body })
    const said: unknown = await answer.json()
    const { success, data } = schemas.openedRun.safeParse(said)
    return { status: answer.status, opened: success ? data : nothingOpened }
  }
  const nothingOpened: z.infer<typeof schemas.openedRun> = { id: '', token: '', attempt: 1, expiresAt: '', targets: {} }

  it('are opened by an agent, with how to reach each target whose port is on', async () => {
    const { status, opened } = await open(agent, { task: 'nightly', version: '1' })
    expect(status).toBe(201)
    expect(Object.keys(opened.targets)).toEqual(['shop'])
    expect(opened.targets['shop']?.env).toEqual({ PGUSER: opened.id, STENO_RUN: opened.id, STENO_TOKEN: opened.token })
    expect((await open(agent, { task: 'nightly' })).opened.attempt).toBe(2)
    expect(await (await gateway.ask('GET', `/api/runs/${opened.id}`)).json()).toMatchObject({ id: opened.id, state: 'open', attempts: 2 })
  })

  it('nest with the run’s own token, never wider', async () => {
    const { opened } = await open(agent, { targets: ['shop'] })
    const child = await open(opened.token, { agent: 'helper' })
    expect(child.status).toBe(201)
    expect(gateway.runs.get(child.opened.id)).toMatchObject({
      principal: { name: 'backfill/helper', groups: [] },
      delegation: [{ name: 'backfill' }],
    })
    expect((await open(opened.token, { targets: ['idle'] })).status).toBe(403)
  })

  it('end by those they belong to, and by nobody else', async () => {
    const { opened } = await open(agent)
    const child = (await open(opened.token)).opened
    const other = (await open(agent)).opened
    const end = async (id: string, token: string) =>
      (await gateway.ask('POST', `/api/runs/${id}/end`, { token, body: { exitCode: 3 } })).status
    expect(await end(other.id, opened.token)).toBe(404)
    expect(await end(opened.id, child.token)).toBe(404)
    expect(await end(child.id, opened.token)).toBe(200)
    expect(await end(opened.id, opened.token)).toBe(200)
    expect(await end(opened.id, opened.token)).toBe(401)
    expect(await end(other.id, admin)).toBe(200)
    expect(await end(other.id, admin)).toBe(404)
  })

  it('never read the trail, nor do agents', async () => {
    const { opened } = await open(agent)
    const id = gateway.record('line')
    const paths = [
      'sessions',
      'sessions/s',
      `sessions/${id}/recording`,
      'commands',
      'commands/s.1',
      'commands/histogram',
      'runs',
      'runs/run_1',
      'runs/compare?task=a',
      'targets',
      'events',
      'agents',
      'tokens',
    ]
    for (const token of [agent, opened.token]) {
      for (const path of paths) expect((await gateway.ask('GET', `/api/${path}`, { token })).status, path).toBe(403)
      expect((await gateway.ask('POST', `/api/sessions/${id}/terminate`, { token })).status).toBe(403)
      expect((await gateway.ask('POST', '/api/sign-in/links', { token, body: { name: 'x', role: 'admin' } })).status).toBe(403)
    }
    expect((await open(admin)).status).toBe(403)
  })

  it('are not opened while the ledger cannot be written', async () => {
    gateway.machine.disk.failWritesAfter(0)
    expect((await open(agent)).status).toBe(503)
    expect(gateway.runs.openRuns()).toEqual([])
  })

  it('end with the agent that is removed', async () => {
    const { secret } = schemas.addedAgent.parse(
      await (await gateway.ask('POST', '/api/agents', { body: { name: 'temp', groups: ['x'] } })).json(),
    )
    const { opened } = await open(secret)
    expect((await gateway.ask('DELETE', '/api/agents/temp', { token: investigator })).status).toBe(403)
    expect((await gateway.ask('DELETE', '/api/agents/temp')).status).toBe(204)
    expect(gateway.runs.get(opened.id)).toBeNull()
    expect((await open(secret)).status).toBe(401)
  })
})

describe('recordings', () => {
  const fetchRange = async (id: string, range?: string, headers = {}) => {
    const answer = await gateway.ask('GET', `/api/sessions/${id}/recording`, { headers: { ...(range ? { range } : {}), ...headers } })
    return [answer.status, await answer.text(), answer.headers.get('content-range')]
  }

  it('come whole or in the range that was asked for', async () => {
    const id = gateway.record('0123456789')
    expect(await fetchRange(id)).toEqual([200, '0123456789', null])
    expect(await fetchRange(id, 'bytes=2-4')).toEqual([206, '234', 'bytes 2-4/10'])
    expect(await fetchRange(id, 'bytes=7-')).toEqual([206, '789', 'bytes 7-9/10'])
    expect(await fetchRange(id, 'bytes=-3')).toEqual([206, '789', 'bytes 7-9/10'])
    expect(await fetchRange(id, 'bytes=5-999')).toEqual([206, '56789', 'bytes 5-9/10'])
    expect((await fetchRange(id, 'bytes=10-')).slice(0, 1)).toEqual([416])
    for (const odd of ['bytes=4-2', 'bytes=0-1,3-4', 'lines=1-2', 'bytes=-'])
      expect(await fetchRange(id, odd)).toEqual([200, '0123456789', null])
  })

  it('are sent again only when they changed', async () => {
    const id = gateway.record('0123456789')
    const etag = (await gateway.ask('GET', `/api/sessions/${id}/recording`)).headers.get('etag')!
    expect(await fetchRange(id, undefined, { 'if-none-match': etag })).toEqual([304, '', null])
    expect((await fetchRange(id, 'bytes=0-0', { 'if-range': etag }))[0]).toBe(206)
    expect((await fetchRange(id, 'bytes=0-0', { 'if-range': '"another"' }))[0]).toBe(200)
  })

  it('are larger than what is in memory at once', async () => {
    const text = 'x'.repeat(700_000)
    expect(await fetchRange(gateway.record(text))).toEqual([200, text, null])
  })

  it('tell who looked, once an hour for each reader', async () => {
    const id = gateway.record('0123456789')
    const reads = () => gateway.ledgerKinds().filter(kind => kind === 'read').length
    for (let at = 0; at < 5; at++) await fetchRange(id, `bytes=${at}-${at}`)
    expect(reads()).toBe(1)
    await gateway.ask('GET', `/api/sessions/${id}/recording`, { token: investigator })
    expect(reads()).toBe(2)
    await gateway.machine.advance(3600 * 1000)
    await fetchRange(id)
    expect(reads()).toBe(3)
  })

  it('are not shown while nobody can write down who looked', async () => {
    const id = gateway.record('0123456789')
    gateway.machine.disk.failWritesAfter(0)
    expect((await fetchRange(id))[0]).toBe(503)
  })

  it('are named by ids alone, never by paths', async () => {
    gateway.record('x')
    for (const id of ['..%2f..%2fledger.ndjson', '%2e%2e', 'ledger.ndjson', '0'.repeat(26), '7'.repeat(26), 'a%00b']) {
      expect((await fetchRange(id))[0], id).toBe(404)
    }
  })
})

describe('terminate', () => {
  it('ends an open session after the ledger tells by whom', async () => {
    gateway.openSessions.set('live', {})
    expect((await gateway.ask('POST', '/api/sessions/live/terminate', { token: investigator })).status).toBe(202)
    expect(gateway.terminated).toEqual(['live'])
    expect(gateway.ledgerKinds()).toEqual(['terminate'])
    expect((await gateway.ask('POST', '/api/sessions/gone/terminate')).status).toBe(404)
  })
})

describe('signing in', () => {
  it('trades a link for a cookie that no script and no other site can use', async () => {
    const { answer, setCookie, cookie } = await signedIn()
    expect(answer.status).toBe(200)
    expect(setCookie).toMatch(/; Path=\/; HttpOnly; SameSite=Strict$/)
    const me = await gateway.ask('GET', '/api/me', { token: null, headers: { cookie } })
    expect(await me.json()).toMatchObject({ kind: 'person', name: 'ada', role: 'admin' })
  })

  it('gives a Secure cookie bound to its host when the port speaks TLS', async () => {
    gateway = build({ secure: true })
    const { setCookie } = await signedIn()
    expect(setCookie).toMatch(/^__Host-steno=/)
    expect(setCookie).toContain('; Secure')
  })

  it('ends with signing out', async () => {
    const { cookie } = await signedIn()
    const out = await gateway.ask('POST', '/api/sign-out', { token: null, headers: { cookie, 'sec-fetch-site': 'same-origin' } })
    expect(out.status).toBe(204)
    expect(out.headers.get('set-cookie')).toContain('Max-Age=0')
    expect((await gateway.ask('GET', '/api/me', { token: null, headers: { cookie } })).status).toBe(401)
  })

  it('renews an old cookie on the way', async () => {
    const { cookie } = await signedIn()
    await gateway.machine.advance(3600 * 1000)
    const answer = await gateway.ask('GET', '/api/me', { token: null, headers: { cookie } })
    expect(answer.headers.get('set-cookie')).toMatch(/^steno=steno_cookie_/)
  })

  it('lets no page of another site act with the cookie', async () => {
    const { cookie } = await signedIn()
    const post = async (headers: Record<string, string>) =>
      (
        await gateway.ask('POST', '/api/tokens', {
          token: null,
          body: { name: `t${Math.abs(JSON.stringify(headers).length)}`, role: 'admin' },
          headers: { cookie, ...headers },
        })
      ).status
    expect(await post({ 'sec-fetch-site': 'cross-site' })).toBe(403)
    expect(await post({ 'sec-fetch-site': 'same-site' })).toBe(403)
    expect(await post({ origin: 'https://evil.example', host: 'steno.example' })).toBe(403)
    expect(await post({ origin: 'null', host: 'steno.example' })).toBe(403)
    expect(await post({})).toBe(403)
    expect(await post({ origin: 'https://steno.example', host: 'steno.example' })).toBe(201)
    expect(await post({ 'sec-fetch-site': 'same-origin' })).toBe(201)
  })
})

describe('events', () => {
  const read = async (headers: Record<string, string> = {}) => {
    const answer = await gateway.ask('GET', '/api/events', { headers })
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    return {
      async until(wanted: string) {
        while (!text.includes(wanted)) {
          const { done, value } = await reader.read()
          if (done) throw new Error(`the stream ended after ${text}`)
          text += value
        }
        return text
      },
      over: async () => (await reader.read()).done,
      close: () => reader.cancel(),
    }
  }

  it('come as they happen, and those that were missed come first', async () => {
    const stream = await read()
    await stream.until('watching')
    gateway.events.publish('session', { id: 'a' })
    const text = await stream.until('"a"')
    const id = /id: (\S+)/.exec(text)![1]!
    expect(text).toContain('event: session')
    await stream.close()
    gateway.events.publish('command', { id: 'b' })
    const again = await read({ 'last-event-id': id })
    expect(await again.until('"b"')).not.toContain('reset')
    await again.close()
    const stranger = await read({ 'last-event-id': 'other-7' })
    await stranger.until('event: reset')
    await stranger.close()
  })

  it('let a watcher go that does not keep up', () => {
    const slow = gateway.events.watch(null)!
    for (let n = 0; n < 1001; n++) gateway.events.publish('command', { n })
    expect(gateway.events.watchers).toBe(0)
    slow.close()
  })
})

describe('the desk', () => {
  it('is one document for every page, and its parts are kept for good', async () => {
    for (const path of ['/', '/sessions', '/sessions/01abc?t=3']) {
      const answer = await gateway.ask('GET', path, { token: null })
      expect(await answer.text()).toBe('<!doctype html>desk')
      expect(answer.headers.get('cache-control')).toBe('no-cache')
    }
    const part = await gateway.ask('GET', '/assets/main-abc.js', { token: null })
    expect(part.headers.get('content-type')).toContain('text/javascript')
    expect(part.headers.get('cache-control')).toContain('immutable')
    expect((await gateway.ask('GET', '/assets/..%2f..%2fdata/ledger.ndjson', { token: null })).status).toBe(404)
  })
})

describe('the index', () => {
  it('is rebuilt once at a time, by an admin', async () => {
    const rebuild = async (token: string) => (await gateway.ask('POST', '/api/index/rebuild', { token })).status
    expect(await rebuild(investigator)).toBe(403)
    expect([await rebuild(admin), await rebuild(admin)]).toEqual([202, 409])
    expect(await (await gateway.ask('GET', '/api/index')).json()).toMatchObject({ rebuilding: true })
    await gateway.machine.advance(1000)
    expect(await (await gateway.ask('GET', '/api/index')).json()).toMatchObject({ rebuilding: false })
  })
})

describe('health and metrics', () => {
  it('answer everybody', async () => {
    expect(await (await gateway.ask('GET', '/healthz', { token: null })).json()).toEqual({ status: 'ok', version: '1.2.3' })
    const metrics = await (await gateway.ask('GET', '/metrics', { token: null })).text()
    expect(metrics).toBe('# HELP steno_sessions_open Sessions that are open.\n# TYPE steno_sessions_open gauge\nsteno_sessions_open 0\n')
  })
})
