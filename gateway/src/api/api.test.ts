import type { Command, Run, Session, SessionDetail } from '@steno/recordings'
import { beforeEach, describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { Approvals, Estimates } from '../approvals/index.ts'
import { Agents, Runs, SignIn, Tokens } from '../identity/index.ts'
import type { Filter, Search } from '../index/search.ts'
import { Ledger, readLedger } from '../journal/ledger.ts'
import { RecordingFiles } from '../journal/recording-files.ts'
import { openTestRoom } from '../log/test-log.ts'
import { Policies, PolicyFiles, Proposals } from '../policies/index.ts'
import { versionOf } from '../policies/policies.ts'
import { forbidding, knownWorld, sessionAt, commandOf, testWorld } from '../policies/test-policies.ts'
import { newId } from '../runtime/id.ts'
import { inlineRecordingWork, openRetention, readAgainMs } from '../retention/index.ts'
import { recordSession, secret } from '../retention/test-retention.ts'
import { settle, SimulatedMachine } from '../runtime/simulated.ts'
import { createApi } from './create-api.ts'
import type { ApiDeps } from './deps.ts'
import { EventStream } from './event-stream.ts'
import { Metrics } from './metrics.ts'
import * as schemas from './schemas.ts'
import { StaticFiles } from './static-files.ts'

const admin = 'admin-secret-0123456789'
const investigator = 'investigator-secret-0123'
const agent = 'agent-secret-0123456789'
const approver = 'approver-secret-0123456'
const author = 'author-secret-012345678'

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

const knownHistory = {
  commands: 4,
  allowed: 3,
  denied: 1,
  approved: 2,
  refused: 1,
  errors: 0,
  principals: 1,
  runs: 2,
  firstAt: '2025-12-01T00:00:00.000000Z',
  lastAt: '2025-12-31T00:00:00.000000Z',
  last: 's.1',
  rows: { median: 3, max: 9 },
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
    if (filter.text === 'away') throw Object.assign(new Error('hunter2 is not there'), { code: 'ECONNREFUSED' })
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
    if (id === 'away') throw Object.assign(new Error('hunter2 is not there'), { code: 'ECONNREFUSED' })
    return id === run.id ? run : null
  }
  async histogram() {
    return { buckets: [{ at: '2026-01-01T00:00:00Z', commands: 1, errors: 0, denied: 0, held: 0 }], sessions: 1, commands: 1 }
  }
  async ruleHits() {
    const lastAt = '2026-01-01T00:00:00.000000Z'
    return [{ policyVersion: 'guard@0123456789ab', rule: 'no DELETE', matched: [], verdict: 'deny' as const, commands: 7, lastAt }]
  }
  knowsNothing = false
  async heldCommands(ids: readonly string[]) {
    if (this.knowsNothing) return new Map()
    return new Map(ids.map(id => [id, { command: { ...command, id }, run: detail.runIdentity, labels: detail.labels }]))
  }
  async shapeHistory({ text }: { text: string }) {
    if (text === 'away') throw Object.assign(new Error('hunter2 is not there'), { code: 'ECONNREFUSED' })
    return { ...knownHistory }
  }
  async lag() {
    return { bytes: 0, sessions: 0 }
  }
}

async function build({ secure = false, reviewers = [] as string[] } = {}) {
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
  let checks = 0
  const metrics = new Metrics()
  metrics.gauge('steno_sessions_open', 'Sessions that are open.', () => openSessions.size)
  const signIn = new SignIn({ machine, ledger, entries })
  const runs = new Runs({ machine, ledger, entries, targets: ['shop', 'idle'], onUnrecordedEnd: () => {} })
  const events = new EventStream(machine)
  const approvals = new Approvals({
    machine,
    ledger,
    entries,
    onChanged: id => events.publish('approval', { id }),
    onUnrecorded: (_, error) => errors.push(error),
  })
  const policies = new Policies({ clock: machine.clock, ledger, entries, world: testWorld, onProblem: problem => errors.push(problem) })
  const proposals = new Proposals({ machine, ledger, entries, policies, reviewers, onChanged: id => events.publish('proposal', { id }) })
  const target = (name: string, protocol: string) => ({
    name,
    protocol,
    address: { host: '10.0.0.9', port: 5432 },
    labels: { env: 'prod' },
    settings: { database: 'shop', password: { env: 'SHOP_PASSWORD' } },
  })
  const room = await openTestRoom(machine, ledger)
  const { holds, erasures, readers } = openRetention({
    machine,
    directory: '/data',
    ledger,
    entries,
    work: inlineRecordingWork(machine.disk),
    index: { forget: async () => {} },
    approvals,
    keep: {},
    published: () => room.epochs.anchor(),
    onProblem: problem => errors.push(problem),
  })
  const deps: ApiDeps = {
    machine,
    version: '1.2.3',
    secure,
    ledger,
    ...room,
    holds,
    erasures,
    readers,
    search,
    reindex: () => new Promise(resolve => machine.clock.after(1000, resolve)),
    checkIndex: () =>
      new Promise((resolve, reject) => {
        const differences = [{ of: 'command s.1', field: 'verdict', recorded: '"deny"', indexed: '"allow"' }]
        checks++
        if (checks > 1) machine.clock.after(1000, () => reject(new Error('the store is away')))
        else machine.clock.after(1000, () => resolve({ sessions: 1, commands: 2, runs: 3, differences, differing: 1 }))
      }),
    runs,
    signIn,
    events,
    approvals,
    estimates: new Estimates(async (_, protocol, { text }) => ({ isPossible: false, because: `${protocol} cannot plan ${text}` })),
    policies,
    proposals,
    policyFiles: null,
    liveSchema: () => knownWorld,
    rehearsals: { start: () => null },
    metrics,
    agents: new Agents({ machine, ledger, entries, declared: { backfill: { secret: agent, groups: ['etl'] } } }),
    tokens: new Tokens({
      machine,
      ledger,
      entries,
      declared: {
        ci: { secret: admin, role: 'admin' },
        eye: { secret: investigator, role: 'investigator' },
        alice: { secret: approver, role: 'approver', groups: ['dba'] },
        pen: { secret: author, role: 'author', groups: ['dba'] },
      },
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
  }
  const app = createApi(deps)
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
  return {
    machine,
    deps,
    app,
    ask,
    search,
    signIn,
    runs,
    events,
    approvals,
    policies,
    openSessions,
    terminated,
    errors,
    record,
    ledgerKinds,
  }
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

let gateway: Awaited<ReturnType<typeof build>>
beforeEach(async () => {
  gateway = await build()
})

/** Holds a command for consent, as the guard does. */
const hold = (
  given: { text?: string; principal?: string; delegation?: string[]; quorum?: number; values?: string[]; shape?: string | null } = {},
) => {
  const {
    text = 'delete from orders',
    principal = 'backfill',
    delegation = ['launcher'],
    quorum = 1,
    values = [],
    shape = 'ef'.repeat(32),
  } = given
  const actor = (name: string) => ({ kind: 'agent' as const, name, groups: [] })
  const connection = new AbortController()
  const { id, outcome } = gateway.approvals.request(
    {
      session: {
        id: 's',
        run: { id: 'run_1', attempt: 2, task: 'nightly', trigger: 'cron', agentVersion: '1.4', parent: null },
        rootRun: 'run_1',
        principal: actor(principal),
        delegation: delegation.map(actor),
        target: { name: 'shop', protocol: 'postgres', labels: { env: 'prod' } },
        client: { address: '127.0.0.1:5', application: null },
        startedAtUs: 0,
      },
      number: 3,
      text,
      parameters: values.map(value => ({ type: 'text', oid: 25, value })),
      operations: [{ verb: 'DELETE', tables: ['orders'], columns: [], hasWhere: false }],
      transaction: 'idle',
      isAsSent: true,
      shape,
      lawVersion: 'prod@0123456789ab',
      policyVersion: 'prod@0123456789ab',
      demands: [{ rule: 'destructive SQL needs a DBA', by: ['dba'], withinMs: 900_000, quorum }],
      reason: 'a DELETE without WHERE',
      digest: heldDigest,
    },
    connection.signal,
  )
  return { id, outcome, disconnect: () => connection.abort() }
}
const heldDigest = 'ab'.repeat(32)

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
    const held = hold().id
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
      ['GET', '/api/approvals', 200],
      ['GET', '/api/approvals?state=open', 400],
      ['GET', `/api/approvals/${held}`, 200],
      ['POST', `/api/approvals/${held}/reviews`, 400, { vote: 'perhaps' }],
      ['POST', `/api/approvals/${held}/reviews`, 200, { vote: 'approve', comment: 'go on' }],
      ['POST', `/api/approvals/${held}/reviews`, 409, { vote: 'approve', comment: 'again' }],
      ['GET', '/api/approvals/apr_none', 404],
      ['PUT', '/api/policies/guard', 201, { source: forbidding('DELETE'), reason: 'first' }],
      ['PUT', '/api/policies/guard', 200, { source: forbidding('DELETE') }],
      ['PUT', '/api/policies/guard', 409, { source: forbidding('UPDATE'), expectedVersion: null }],
      ['PUT', '/api/policies/guard', 422, { source: 'rule(' }],
      ['PUT', '/api/policies/guard', 422, { source: forbidding('DELETE', { verdict: 'allow' }) }],
      ['PUT', '/api/policies/none', 400, { source: forbidding('DELETE') }],
      ['POST', '/api/policies/compile', 200, { source: forbidding('UPDATE'), name: 'guard' }],
      ['POST', '/api/policies/compile', 200, { source: 'rule(' }],
      ['POST', '/api/policies/compile', 400, {}],
      ['GET', '/api/policies', 200],
      ['GET', '/api/policies/guard', 200],
      ['GET', '/api/policies/none', 404],
      ['GET', `/api/policies/guard/versions/${versionOf('guard', forbidding('DELETE'))}`, 200],
      ['GET', '/api/policies/guard/versions/guard@000000000000', 404],
      ['GET', '/api/policies/schema', 200],
      ['DELETE', '/api/policies/none', 404],
      ['GET', '/api/agents', 200],
      ['POST', '/api/agents', 201, { name: 'new' }],
      ['POST', '/api/agents', 409, { name: 'new' }],
      ['GET', '/api/tokens', 200],
      ['POST', '/api/tokens', 201, { name: 'siem', role: 'investigator' }],
      ['GET', '/api/targets', 200],
      ['POST', '/api/holds', 201, { session: id, reason: 'case 12' }],
      ['POST', '/api/holds', 409, { session: id, reason: 'case 12' }],
      ['POST', '/api/holds', 201, { run: 'run_1', reason: 'case 12' }],
      ['POST', '/api/holds', 404, { session: 'none', reason: 'case 12' }],
      ['POST', '/api/holds', 404, { run: 'none', reason: 'case 12' }],
      ['POST', '/api/holds', 400, { run: 'run_1', session: id, reason: 'case 12' }],
      ['POST', '/api/holds', 400, { reason: 'case 12' }],
      ['POST', '/api/holds', 400, { session: id, reason: 'two\nlines' }],
      ['GET', '/api/holds', 200],
      ['DELETE', '/api/holds/none?reason=over', 404],
      ['DELETE', '/api/holds/none', 400],
      ['POST', '/api/erasures', 404, { session: 'none', command: 1, reason: 'a slip' }],
      ['POST', '/api/erasures', 400, { session: id, command: 1, from: 3, to: 4, reason: 'a slip' }],
      ['POST', '/api/erasures', 400, { session: id, reason: 'a slip' }],
      ['GET', '/api/erasures', 200],
      ['GET', '/api/erasures/none', 404],
      ['POST', '/api/erasures/none/approve', 404],
      ['POST', '/api/erasures/none/refuse', 404, { reason: 'it is needed' }],
      ['GET', '/api/index', 200],
      ['POST', '/api/index/rebuild', 202],
      ['POST', '/api/index/rebuild', 409],
      ['POST', '/api/index/check', 202],
      ['POST', '/api/index/check', 409],
      ['GET', '/handover/0', 404],
      ['GET', '/api/log', 200],
      ['GET', '/api/log/epochs/01', 404],
      ['GET', '/api/log/sessions/s', 200],
      ['POST', '/api/log/rotate-key', 200],
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
      ['GET', '/api/commands?text=away', 503],
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

  it('let one worker of the desk run WebAssembly, and nothing else', async () => {
    const scriptsOf = async (path: string) =>
      /script-src ([^;]*)/.exec((await gateway.ask('GET', path)).headers.get('content-security-policy') ?? '')?.[1]
    expect(await scriptsOf('/assets/rehearsal-worker-B1a_2-x.js')).toBe("'self' 'wasm-unsafe-eval'")
    for (const path of ['/', '/policies/new', '/assets/index-x.js', '/assets/rehearsal-worker-x.js/', '/x/assets/rehearsal-worker-x.js'])
      expect(await scriptsOf(path), path).toBe("'self'")
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
      'approvals',
      'approvals/apr_1',
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

describe('legal holds', () => {
  it('are placed by investigators and lifted by admins, and the ledger says who and why', async () => {
    const id = gateway.record('x')
    const asEye = { token: investigator }
    const placed = await gateway.ask('POST', '/api/holds', { ...asEye, body: { session: id, reason: 'case 12' } })
    expect(placed.status).toBe(201)
    const held = schemas.hold.parse(await placed.json())
    expect(held).toMatchObject({ session: id, reason: 'case 12', by: { kind: 'token', name: 'eye' } })
    expect((await gateway.ask('DELETE', `/api/holds/${held.id}?reason=over`, asEye)).status).toBe(403)
    for (const token of [author, approver])
      expect((await gateway.ask('POST', '/api/holds', { token, body: { run: 'run_1', reason: 'case 12' } })).status).toBe(403)
    expect((await gateway.ask('DELETE', `/api/holds/${held.id}?reason=over`)).status).toBe(200)
    expect(await (await gateway.ask('GET', '/api/holds', asEye)).json()).toEqual({ items: [] })
    expect(readLedger(gateway.machine.disk, '/data')).toMatchObject([
      { kind: 'hold placed', session: id, reason: 'case 12', by: { name: 'eye' } },
      { kind: 'hold lifted', session: id, reason: 'over', by: { name: 'ci' } },
    ])
  })

  it('are placed on a run while search is away', async () => {
    expect((await gateway.ask('POST', '/api/holds', { body: { run: 'away', reason: 'case 12' } })).status).toBe(201)
  })
})

describe('erasures', () => {
  const reason = 'a password that was pasted by mistake'
  const body = async (answer: Promise<Response> | Response) => schemas.erasure.parse(await (await answer).json())

  it('take two people, and neither the one who asked nor their token of the same name is the other', async () => {
    const { id, path } = recordSession(gateway.machine)
    const asked = await gateway.ask('POST', '/api/erasures', { token: investigator, body: { session: id, command: 2, reason } })
    expect(asked.status).toBe(201)
    const erasure = await body(asked)
    expect(erasure).toMatchObject({
      state: 'pending',
      commands: [2],
      canApprove: false,
      cannotApprove: expect.stringContaining('themselves'),
    })
    expect((await gateway.ask('POST', `/api/erasures/${erasure.id}/approve`, { token: investigator })).status).toBe(403)
    const made = await gateway.ask('POST', '/api/tokens', { body: { name: 'EYE', role: 'admin' } })
    const { secret: sameName } = schemas.createdToken.parse(await made.json())
    expect((await gateway.ask('POST', `/api/erasures/${erasure.id}/approve`, { token: sameName })).status).toBe(403)
    expect((await gateway.ask('POST', `/api/erasures/${erasure.id}/approve`, { token: approver })).status).toBe(403)
    expect(await body(gateway.ask('GET', `/api/erasures/${erasure.id}`))).toMatchObject({ canApprove: true })
    const before = gateway.machine.disk.read(path)
    expect((await gateway.ask('POST', `/api/erasures/${erasure.id}/approve`)).status).toBe(202)
    await settle()
    expect(await body(gateway.ask('GET', `/api/erasures/${erasure.id}`))).toMatchObject({ state: 'done', decidedBy: { name: 'ci' } })
    expect(gateway.machine.disk.read(path)).not.toEqual(before)
  })

  it('say why not: under hold, while the session is open, once they are decided', async () => {
    const { id } = recordSession(gateway.machine)
    const open = recordSession(gateway.machine, { isOpen: true })
    const ask = (session: string) => gateway.ask('POST', '/api/erasures', { body: { session, command: 2, reason } })
    expect((await ask(open.id)).status).toBe(409)
    const erasure = await body(ask(id))
    await gateway.ask('POST', '/api/holds', { body: { session: id, reason: 'case 12' } })
    const held = await ask(id)
    expect([held.status, await held.text()]).toEqual([409, expect.stringContaining('case 12')])
    const approved = await gateway.ask('POST', `/api/erasures/${erasure.id}/approve`, { token: investigator })
    expect([approved.status, await approved.text()]).toEqual([409, expect.stringContaining('case 12')])
    const refused = { token: investigator, body: { reason: 'it is needed' } }
    expect((await gateway.ask('POST', `/api/erasures/${erasure.id}/refuse`, refused)).status).toBe(200)
    expect((await gateway.ask('POST', `/api/erasures/${erasure.id}/refuse`, refused)).status).toBe(409)
  })

  it('have what was erased fetched no more from a browser’s own copy', async () => {
    const { id } = recordSession(gateway.machine)
    const fetched = () => gateway.ask('GET', `/api/sessions/${id}/recording`)
    const etag = (await fetched()).headers.get('etag')!
    const { id: erasure } = await body(gateway.ask('POST', '/api/erasures', { body: { session: id, command: 2, reason } }))
    await gateway.ask('POST', `/api/erasures/${erasure}/approve`, { token: investigator })
    await settle()
    const again = await gateway.ask('GET', `/api/sessions/${id}/recording`, { headers: { 'if-none-match': etag } })
    expect(again.status).toBe(200)
    expect(await again.text()).not.toContain(secret)
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

  it('tell who looked, once in a quarter of an hour for each reader', async () => {
    const id = gateway.record('0123456789')
    const reads = () => gateway.ledgerKinds().filter(kind => kind === 'read').length
    for (let at = 0; at < 5; at++) await fetchRange(id, `bytes=${at}-${at}`)
    expect(reads()).toBe(1)
    await gateway.ask('GET', `/api/sessions/${id}/recording`, { token: investigator })
    expect(reads()).toBe(2)
    await gateway.machine.advance(readAgainMs)
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

describe('policies', () => {
  const put = (body: object, token = author) => gateway.ask('PUT', '/api/policies/guard', { token, body })
  const verdictOn = (verb: string) => gateway.policies.forSession(sessionAt('shop')).judge(commandOf(verb)).judgement.verdict

  it('are read by every role, tried and published by authors and admins alone, and nothing to agents', async () => {
    const opened = schemas.openedRun.parse(await (await gateway.ask('POST', '/api/runs', { token: agent, body: {} })).json())
    const source = forbidding('DELETE')
    const published = await put({ source })
    expect(published.status).toBe(201)
    const version = versionOf('guard', source)
    const reads = ['', '/guard', `/guard/versions/${version}`, '/types', '/schema']
    for (const token of [admin, author, approver, investigator])
      for (const path of reads) expect((await gateway.ask('GET', `/api/policies${path}`, { token })).status, path).toBe(200)
    const writes: [string, string, object?][] = [
      ['PUT', '/guard', { source: forbidding('UPDATE') }],
      ['DELETE', '/guard'],
      ['POST', '/compile', { source }],
      ['POST', '/rehearse', { source }],
    ]
    for (const token of [approver, investigator, agent, opened.token])
      for (const [method, path, body] of writes)
        expect((await gateway.ask(method, `/api/policies${path}`, { token, body })).status, `${method} ${path}`).toBe(403)
    for (const token of [agent, opened.token])
      for (const path of reads) expect((await gateway.ask('GET', `/api/policies${path}`, { token })).status, path).toBe(403)
    for (const path of reads) expect((await gateway.ask('GET', `/api/policies${path}`, { token: null })).status, path).toBe(401)
    expect(gateway.policies.list()).toHaveLength(1)
    expect((await put({ source: forbidding('UPDATE') }, admin)).status).toBe(201)
  })

  it('are in force with the answer, and the ledger says by whom and why', async () => {
    expect(verdictOn('DELETE')).toBe('allow')
    const answer = await put({ source: forbidding('DELETE'), reason: 'after the incident' })
    const said = schemas.policy.parse(await answer.json())
    expect(said).toMatchObject({
      name: 'guard',
      by: { kind: 'token', name: 'pen' },
      reason: 'after the incident',
      counts: { rules: 1, tests: 1 },
      managed: 'api',
      problem: null,
    })
    expect(verdictOn('DELETE')).toBe('deny')
    expect(readLedger(gateway.machine.disk, '/data')).toMatchObject([
      { kind: 'policy published', version: said.version, source: forbidding('DELETE'), by: { kind: 'token', name: 'pen' } },
    ])
    expect((await put({ source: forbidding('DELETE') })).status).toBe(200)

    const gone = await gateway.ask('DELETE', `/api/policies/guard?expectedVersion=${said.version}&reason=over`, { token: author })
    expect(gone.status).toBe(204)
    expect(verdictOn('DELETE')).toBe('allow')
    expect(readLedger(gateway.machine.disk, '/data')[1]).toMatchObject({ kind: 'policy removed', reason: 'over', by: { name: 'pen' } })
    expect((await gateway.ask('GET', '/api/policies/guard')).status).toBe(404)
    const kept = await gateway.ask('GET', `/api/policies/guard/versions/${said.version}`)
    expect(schemas.policyVersion.parse(await kept.json()).source).toBe(forbidding('DELETE'))
  })

  it('keep all their versions, the newest first', async () => {
    await put({ source: forbidding('DELETE') })
    await gateway.machine.advance(1000)
    await put({ source: forbidding('UPDATE') })
    const detail = schemas.policyDetail.parse(await (await gateway.ask('GET', '/api/policies/guard')).json())
    expect(detail).toMatchObject({
      version: versionOf('guard', forbidding('UPDATE')),
      source: forbidding('UPDATE'),
      rules: [{ name: 'no UPDATE', line: 1, mode: 'enforce', effects: ['forbid'] }],
      tests: [{ name: 'UPDATE is refused', line: 6, verdict: 'deny' }],
      versions: [{ publishedAt: '2026-01-01T00:00:01.000Z' }, { publishedAt: '2026-01-01T00:00:00.000Z' }],
    })
  })

  it('are refused with every mistake in its place, and with every test that fails', async () => {
    const wrong = await put({ source: forbidding('DELETE').replace('op.verb', 'op.verbb').replace("'prod'", '7') })
    expect(wrong.status).toBe(422)
    const { problems } = schemas.problem.parse(await wrong.json())
    expect(problems?.map(({ line, severity }) => [line, severity])).toEqual([
      [2, 'error'],
      [3, 'error'],
    ])
    const failing = await put({ source: forbidding('DELETE', { verdict: 'allow' }) })
    expect(failing.status).toBe(422)
    expect(schemas.problem.parse(await failing.json()).tests).toMatchObject([
      { name: 'DELETE is refused', expected: 'allow', actual: 'deny' },
    ])
    expect(gateway.ledgerKinds()).toEqual([])
  })

  it('are not published over a version their author has not seen', async () => {
    const { version } = schemas.policy.parse(await (await put({ source: forbidding('DELETE'), expectedVersion: null })).json())
    await put({ source: forbidding('UPDATE'), expectedVersion: version })
    const stale = await put({ source: forbidding('INSERT'), expectedVersion: version })
    expect(stale.status).toBe(409)
    expect(schemas.problem.parse(await stale.json()).detail).toContain(versionOf('guard', forbidding('UPDATE')))
    expect((await gateway.ask('DELETE', `/api/policies/guard?expectedVersion=${version}`)).status).toBe(409)
  })

  it('change nothing while the ledger cannot be written', async () => {
    gateway.machine.disk.failWritesAfter(0)
    expect((await put({ source: forbidding('DELETE') })).status).toBe(503)
    expect(verdictOn('DELETE')).toBe('allow')
  })

  it('may be longer than other bodies, and have a limit too', async () => {
    const padding = (length: number) => `// ${'x'.repeat(length)}\n`
    expect((await put({ source: forbidding('DELETE') + padding(100_000) })).status).toBe(201)
    expect((await put({ source: forbidding('DELETE') + padding(300_000) })).status).toBe(422)
    const tooLong = await gateway.ask('PUT', '/api/policies/guard', { body: { source: '' }, headers: { 'content-length': '2000000' } })
    expect(tooLong.status).toBe(413)
  })

  it('are tried without being published, and compared with what is in force', async () => {
    await put({ source: forbidding('DELETE') })
    const tried = await gateway.ask('POST', '/api/policies/compile', {
      token: author,
      body: { source: forbidding('UPDATE'), name: 'guard' },
    })
    const said = schemas.policyCompiled.parse(await tried.json())
    expect(said).toMatchObject({ problems: [], comparedTo: versionOf('guard', forbidding('DELETE')), tests: [{ passed: true }] })
    expect(said.hash).toMatch(/^[0-9a-f]{64}$/)
    expect(said.differences?.map(({ kind, rule, isLessStrict }) => [kind, rule, isLessStrict])).toEqual([
      ['no-longer', 'no DELETE', true],
      ['newly', 'no UPDATE', false],
    ])
    const alone = await gateway.ask('POST', '/api/policies/compile', { body: { source: `${forbidding('DELETE')}rule(` } })
    expect(schemas.policyCompiled.parse(await alone.json())).toMatchObject({ hash: null, differences: null, comparedTo: null, tests: [] })
    expect(verdictOn('UPDATE')).toBe('allow')
    expect(gateway.ledgerKinds()).toEqual(['policy published'])
  })

  it('are written against types made from what is known now', async () => {
    const answer = await gateway.ask('GET', '/api/policies/types')
    expect(answer.headers.get('content-type')).toContain('text/plain')
    expect(await answer.text()).toContain('customers')
  })

  it('that come from files are read here and changed there', async () => {
    const { machine, policies } = gateway
    machine.disk.makeDirectory('/policies')
    machine.disk.replace('/policies/guard.policy.ts', new TextEncoder().encode(forbidding('DELETE')))
    const policyFiles = await PolicyFiles.open({ machine, directory: '/policies', policies, log: () => {} })
    const app = createApi({ ...gateway.deps, policyFiles })
    const ask = (method: string, path: string, body?: object) =>
      app.request(path, {
        method,
        headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json' },
        ...(body ? { body: JSON.stringify(body) } : {}),
      })
    const refused = await ask('PUT', '/api/policies/guard', { source: forbidding('UPDATE') })
    expect(refused.status).toBe(409)
    expect(schemas.problem.parse(await refused.json()).detail).toContain('/policies/guard.policy.ts')
    expect((await ask('DELETE', '/api/policies/guard')).status).toBe(409)
    expect(verdictOn('DELETE')).toBe('deny')

    machine.disk.replace('/policies/guard.policy.ts', new TextEncoder().encode('rule('))
    await machine.advance(2000)
    const list = schemas.policyList.parse(await (await ask('GET', '/api/policies')).json())
    expect(list.items).toMatchObject([
      {
        name: 'guard',
        managed: 'files',
        file: '/policies/guard.policy.ts',
        by: { kind: 'gateway' },
        problem: expect.stringContaining('/policies/guard.policy.ts:1:'),
      },
    ])
    expect(list.files).toMatchObject({ directory: '/policies', broken: [{ name: 'guard', problems: [{ line: 1 }] }] })
    await policyFiles.stop()
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

describe('approvals', () => {
  const list = async (query = '', token = approver) =>
    schemas.pageOf(schemas.approval).parse(await (await gateway.ask('GET', `/api/approvals${query}`, { token })).json())
  const review = async (
    id: string,
    { token = approver, ...body }: { token?: string; vote?: string; comment?: string; digest?: string },
  ) => {
    const answer = await gateway.ask('POST', `/api/approvals/${id}/reviews`, { token, body: { vote: 'approve', ...body } })
    return [answer.status, z.object({ detail: z.string().optional(), state: z.string().optional() }).parse(await answer.json())] as const
  }

  it('show everything there is to decide on', async () => {
    const { id } = hold({ text: 'delete from orders where id = $1 or true', values: ['7'] })
    expect((await list('?state=pending')).items).toEqual([
      {
        id,
        state: 'pending',
        command: 's.3',
        session: 's',
        run: 'run_1',
        attempt: 2,
        principal: 'backfill',
        delegation: ['launcher'],
        task: 'nightly',
        trigger: 'cron',
        agentVersion: '1.4',
        target: 'shop',
        labels: { env: 'prod' },
        protocol: 'postgres',
        text: 'delete from orders where id = $1 or true',
        parameters: [{ type: 'text', oid: 25, value: '7' }],
        isCut: false,
        isMissing: false,
        isAsSent: true,
        shape: 'ef'.repeat(32),
        operations: [{ verb: 'DELETE', tables: ['orders'], columns: [], hasWhere: false }],
        transaction: 'idle',
        reason: 'a DELETE without WHERE',
        rules: ['destructive SQL needs a DBA'],
        demands: [{ rule: 'destructive SQL needs a DBA', by: ['dba'], quorum: 1, votes: 0, met: false }],
        policyVersion: 'prod@0123456789ab',
        digest: heldDigest,
        askedAt: '2026-01-01T00:00:00.000Z',
        expiresAt: '2026-01-01T00:15:00.000Z',
        reviews: [],
        canReview: true,
      },
    ])
    expect((await list('?state=granted')).items).toEqual([])
  })

  it('take a vote with the digest that was shown, or with none, and no other', async () => {
    const held = hold()
    expect(await review(held.id, { digest: 'cd'.repeat(32) })).toEqual([409, { detail: expect.stringContaining('what you were shown') }])
    expect(await review(held.id, { digest: 'short' })).toMatchObject([400, {}])
    expect(await review(held.id, { digest: heldDigest, comment: 'fine' })).toEqual([200, { state: 'granted' }])
    expect(await held.outcome).toMatchObject({ granted: true, reviews: [{ by: 'alice', comment: 'fine', digest: heldDigest }] })
    const other = hold()
    expect(await review(other.id, { vote: 'reject', comment: 'no' })).toEqual([200, { state: 'rejected' }])
    expect(await other.outcome).toMatchObject({ granted: false, because: 'rejected' })
    expect(await review(other.id, {})).toEqual([409, { detail: 'it is over: it was rejected' }])
  })

  it('take no vote of those who only read, nor of agents and runs, and say so beside each', async () => {
    const { id } = hold()
    const opened = schemas.openedRun.parse(await (await gateway.ask('POST', '/api/runs', { token: agent, body: {} })).json())
    for (const token of [investigator, author, agent, opened.token])
      for (const vote of ['approve', 'reject']) expect((await review(id, { token, vote }))[0]).toBe(403)
    for (const [token, role] of [
      [investigator, 'investigator'],
      [author, 'author'],
    ] as const) {
      const [seen] = (await list('', token)).items
      expect(seen).toMatchObject({ state: 'pending', canReview: false, cannotReview: `the role ${role} may not review approvals` })
    }
    expect(gateway.ledgerKinds().filter(kind => kind === 'approval reviewed')).toEqual([])
    expect((await review(id, { token: admin }))[0]).toBe(200)
  })

  it('take no vote of whoever asks, nor of anyone behind them, an admin not either', async () => {
    for (const given of [{ principal: 'alice' }, { delegation: ['launcher', 'alice'] }, { principal: 'alice/helper' }]) {
      const { id } = hold(given)
      expect(await review(id, {})).toEqual([403, { detail: expect.stringContaining('nobody votes on what they ask for') }])
      expect((await list()).items.find(item => item.id === id)).toMatchObject({ canReview: false })
    }
    const own = hold({ principal: 'ci' })
    expect((await review(own.id, { token: admin }))[0]).toBe(403)
  })

  it('count somebody once who comes in with a token and in the browser', async () => {
    const { id } = hold({ quorum: 2 })
    expect(await review(id, {})).toEqual([200, { state: 'pending' }])
    const link = gateway.signIn.createLink({ name: 'alice', role: 'approver', groups: ['dba'] }).secret
    const browser = { token: null, headers: { 'sec-fetch-site': 'same-origin' } }
    const entered = await gateway.ask('POST', '/api/sign-in', { ...browser, body: { token: link } })
    expect(await entered.json()).toMatchObject({
      name: 'alice',
      groups: ['dba'],
      permissions: expect.arrayContaining(['review approvals']),
    })
    const headers = { ...browser.headers, cookie: entered.headers.get('set-cookie')!.split(';')[0]! }
    const again = await gateway.ask('POST', `/api/approvals/${id}/reviews`, { ...browser, headers, body: { vote: 'approve' } })
    expect([again.status, await again.json()]).toMatchObject([409, { detail: 'alice has voted already' }])
  })

  it('know the groups that tokens and links are made with', async () => {
    const made = await gateway.ask('POST', '/api/tokens', { body: { name: 'bob', role: 'approver', groups: ['dba'] } })
    const { secret, token } = schemas.createdToken.parse(await made.json())
    expect(token.groups).toEqual(['dba'])
    const sre = schemas.createdToken.parse(
      await (await gateway.ask('POST', '/api/tokens', { body: { name: 'sam', role: 'approver', groups: ['sre'] } })).json(),
    )
    const { id } = hold()
    expect(await review(id, { token: sre.secret })).toEqual([403, { detail: 'only members of `dba` may vote on it' }])
    expect((await review(id, { token: secret }))[0]).toBe(200)
    const posing = await gateway.ask('POST', '/api/tokens', { body: { name: 'eve', role: 'approver', groups: ['admin'] } })
    expect(posing.status).toBe(400)
  })

  it('are cut in a list, where it says so, and whole by their id', async () => {
    const text = `delete from orders -- ${'x'.repeat(5000)}`
    const { id } = hold({ text, values: ['a', 'y'.repeat(5000), 'b'] })
    const [listed] = (await list()).items
    expect(listed).toMatchObject({ isCut: true, parameters: [{ value: 'a' }] })
    expect(listed!.text).toHaveLength(4000)
    const whole = schemas.approval.parse(await (await gateway.ask('GET', `/api/approvals/${id}`)).json())
    expect(whole).toMatchObject({ isCut: false, text })
    expect(whole.parameters).toHaveLength(3)
  })

  it('hold for their shape when somebody says so, where that can be said, and until it is taken back', async () => {
    const { id } = hold()
    const granted = await gateway.ask('POST', `/api/approvals/${id}/reviews`, {
      token: approver,
      body: { vote: 'approve', forMinutes: 10, digest: heldDigest },
    })
    expect(schemas.approval.parse(await granted.json())).toMatchObject({
      state: 'granted',
      because: 'votes',
      grant: { by: ['alice'], at: '2026-01-01T00:00:00.000Z', until: '2026-01-01T00:10:00.000Z', passed: 0, ended: null },
    })
    expect(await hold().outcome).toMatchObject({ granted: true, grant: { by: ['alice'] } })
    expect((await list('?grant=open')).items).toMatchObject([{ id, grant: { passed: 1 } }])
    const takeBack = (token: string) => gateway.ask('DELETE', `/api/approvals/${id}/grant`, { token })
    for (const token of [investigator, author, agent]) expect((await takeBack(token)).status).toBe(403)
    expect(schemas.approval.parse(await (await takeBack(approver)).json())).toMatchObject({
      grant: { ended: { because: 'taken back', by: 'alice' } },
    })
    expect((await takeBack(approver)).status).toBe(409)
    expect((await list('?grant=open')).items).toEqual([])

    const shapeless = hold({ shape: null })
    const refused = await gateway.ask('POST', `/api/approvals/${shapeless.id}/reviews`, {
      token: approver,
      body: { vote: 'approve', forMinutes: 10 },
    })
    expect([refused.status, await refused.json()]).toMatchObject([400, { detail: expect.stringContaining('only be approved once') }])
    for (const forMinutes of [0, 1.5, 241])
      expect(
        (await gateway.ask('POST', `/api/approvals/${shapeless.id}/reviews`, { token: approver, body: { vote: 'approve', forMinutes } }))
          .status,
      ).toBe(400)
    expect(gateway.approvals.get(shapeless.id)?.reviews).toEqual([])
  })

  it('are found by how they ended, where, who asked and who voted', async () => {
    const open = hold()
    const mine = hold({ principal: 'other', delegation: [] })
    await review(mine.id, { vote: 'reject', comment: 'no' })
    const found = async (query: string) => (await list(query)).items.map(({ id }) => id)
    expect(await found('?state=decided')).toEqual([mine.id])
    expect(await found('?agent=LAUNCHER')).toEqual([open.id])
    expect(await found('?agent=other')).toEqual([mine.id])
    expect(await found('?reviewer=alice')).toEqual([mine.id])
    expect(await found('?reviewer=bob')).toEqual([])
    expect(await found('?target=elsewhere')).toEqual([])
    expect(await found('?target=shop')).toHaveLength(2)
    expect(await found('?since=2026-01-01T00:00:01Z')).toEqual([])
    expect(await found('?until=2026-01-01T00:00:01Z')).toHaveLength(2)
    expect((await gateway.ask('GET', '/api/approvals?since=soon')).status).toBe(400)
  })

  it('say what commands like it did before', async () => {
    const { id } = hold()
    const history = async (of: string) => gateway.ask('GET', `/api/approvals/${of}/history`, { token: investigator })
    expect(schemas.shapeHistory.parse(await (await history(id)).json())).toMatchObject({ commands: 4, approved: 2, rows: { max: 9 } })
    expect((await history(hold({ text: 'away' }).id)).status).toBe(503)
    expect((await history('apr_nothing')).status).toBe(404)
  })

  it('have what the target expects of them asked by those who vote, while they wait', async () => {
    const { id } = hold()
    const estimate = async (token = approver) => gateway.ask('GET', `/api/approvals/${id}/estimate`, { token })
    expect(schemas.estimate.parse(await (await estimate()).json())).toEqual({
      isPossible: false,
      because: 'postgres cannot plan delete from orders',
    })
    for (const token of [investigator, author, agent]) expect((await estimate(token)).status).toBe(403)
    await review(id, {})
    expect(await (await estimate()).json()).toEqual({ isPossible: false, because: 'it waits no more' })
  })

  it('keep what a recording still says when memory does not, and say so where nothing does', async () => {
    const { id } = hold()
    await review(id, {})
    gateway.approvals.forget('s', [3])
    expect((await list()).items).toMatchObject([{ id, state: 'granted', isMissing: false, text: command.text, reviews: [{ by: 'alice' }] }])
    expect(gateway.errors).toEqual([])
    gateway.search.knowsNothing = true
    expect((await list()).items).toMatchObject([{ id, state: 'granted', isMissing: true, text: '', reviews: [{ by: 'alice' }] }])
  })

  it('come in pages', async () => {
    for (let n = 0; n < 3; n++) hold()
    const first = await list('?limit=2')
    const second = await list(`?limit=2&cursor=${first.cursor}`)
    expect([first.items.length, second.items.length, second.cursor]).toEqual([2, 1, null])
    expect((await gateway.ask('GET', '/api/approvals?cursor=x')).status).toBe(400)
  })

  it('tell whoever watches of each change', async () => {
    const watcher = gateway.events.watch(null)!
    const { id, disconnect } = hold({ quorum: 2 })
    await review(id, {})
    disconnect()
    for (let n = 0; n < 3; n++) expect(await watcher.next(1)).toMatchObject({ type: 'approval', data: JSON.stringify({ id }) })
    watcher.close()
    expect((await review(id, { token: admin }))[1].detail).toBe('it is over: whoever asked for it is gone')
  })

  it('take no vote while the ledger cannot be written, and no sign that a terminal would obey', async () => {
    const { id } = hold()
    expect((await review(id, { comment: 'a\u001b[2J' }))[0]).toBe(400)
    gateway.machine.disk.failWritesAfter(0)
    expect((await review(id, {}))[0]).toBe(503)
    expect(gateway.approvals.get(id)?.state).toBe('pending')
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
    gateway = await build({ secure: true })
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

describe('a check of the index', () => {
  it('is asked for once at a time, and says what differs', async () => {
    const check = async (token: string) => (await gateway.ask('POST', '/api/index/check', { token })).status
    const state = async () => (await gateway.ask('GET', '/api/index')).json()
    expect(await state()).toMatchObject({ checking: false, checked: null })
    expect([await check(investigator), await check(investigator)]).toEqual([202, 409])
    expect(await state()).toMatchObject({ checking: true, checked: null })
    await gateway.machine.advance(1000)
    expect(await state()).toMatchObject({ checking: false, checked: { commands: 2, differing: 1, differences: [{ field: 'verdict' }] } })
  })

  it('that fails leaves nothing to believe, and is told', async () => {
    for (let times = 0; times < 2; times++) {
      await gateway.ask('POST', '/api/index/check', { token: admin })
      await gateway.machine.advance(1000)
    }
    expect(await (await gateway.ask('GET', '/api/index')).json()).toMatchObject({ checking: false, checked: null })
    expect(gateway.errors.map(String)).toEqual(['Error: the store is away'])
  })
})

describe('health and metrics', () => {
  it('answer everybody', async () => {
    expect(await (await gateway.ask('GET', '/healthz', { token: null })).json()).toEqual({ status: 'ok', version: '1.2.3' })
    const metrics = await (await gateway.ask('GET', '/metrics', { token: null })).text()
    expect(metrics).toBe('# HELP steno_sessions_open Sessions that are open.\n# TYPE steno_sessions_open gauge\nsteno_sessions_open 0\n')
  })
})
