import { Hono, type Context, type MiddlewareHandler } from 'hono'
import { describeRoute, generateSpecs } from 'hono-openapi'
import { HTTPException } from 'hono/http-exception'
import { ReviewRefused } from '../approvals/index.ts'
import { IdentityRefused } from '../identity/index.ts'
import { CursorInvalid } from '../index/index.ts'
import { isStoreAway } from '../index/is-store-away.ts'
import { LedgerFailed } from '../journal/ledger.ts'
import { LogFailed } from '../log/index.ts'
import { PolicyRefused } from '../policies/index.ts'
import { RetentionRefused } from '../retention/index.ts'
import { witnessApi } from '../witness/index.ts'
import { agentsApi } from './agents.ts'
import { approvalsApi } from './approvals.ts'
import { authenticate, sameOrigin, type ApiEnv } from './caller.ts'
import { commandsApi } from './commands.ts'
import type { ApiDeps } from './deps.ts'
import { erasuresApi } from './erasures.ts'
import { eventsApi } from './events.ts'
import { healthApi } from './health.ts'
import { holdsApi } from './holds.ts'
import { logApi, logFilesApi } from './log.ts'
import { policiesApi } from './policies.ts'
import { Problem, problemOfStatus, writeProblem, type ProblemStatus } from './problem.ts'
import { runsApi } from './runs.ts'
import { searchIndexApi } from './search-index.ts'
import { sessionsApi } from './sessions.ts'
import { signInApi } from './sign-in.ts'
import type { StaticFile } from './static-files.ts'
import { targetsApi } from './targets.ts'
import { tokensApi } from './tokens.ts'

const bodyBytesMax = 64 * 1024
/** A policy is longer than anything else people send. */
const policyBytesMax = 1024 * 1024

/** The web port: the API, the desk, health and metrics. Served by `fetch`. */
export function createApi(deps: ApiDeps): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>()
  app.onError((error, c) => {
    const problem = asProblem(error)
    if (problem.status === 500) deps.onError(error, { method: c.req.method, path: c.req.path })
    return writeProblem(c, problem)
  })
  app.notFound(c => writeProblem(c, notFound(app, c)))
  app.use(safeHeaders(deps.secure))
  app.use('/api/*', sameOrigin())
  app.use('/api/*', limitedBody())
  app.use('/api/*', neverCached())

  app.route('/', healthApi(deps))
  app.route('/', logFilesApi(deps))
  if (deps.witness) app.route('/witness', witnessApi(deps.witness))
  app.get(
    '/api/openapi.json',
    describeRoute({ tags: ['about'], summary: 'This document', responses: { 200: { description: 'OpenAPI 3.1' } } }),
    openApiOf(app, deps.version),
  )
  app.get(
    '/api/config-schema.json',
    describeRoute({
      tags: ['about'],
      summary: 'The JSON Schema of steno.yaml',
      responses: { 200: { description: 'JSON Schema 2020-12' } },
    }),
    c => c.json(deps.configSchema),
  )
  app.route('/api', signInApi(deps))

  const proven = authenticate(deps)
  for (const noun of [
    'sessions',
    'commands',
    'runs',
    'approvals',
    'policies',
    'agents',
    'tokens',
    'targets',
    'holds',
    'erasures',
    'events',
    'index',
    'log',
  ]) {
    app.use(`/api/${noun}`, proven)
    app.use(`/api/${noun}/*`, proven)
  }
  app.route('/api/sessions', sessionsApi(deps))
  app.route('/api/commands', commandsApi(deps))
  app.route('/api/runs', runsApi(deps))
  app.route('/api/approvals', approvalsApi(deps))
  app.route('/api/policies', policiesApi(deps))
  app.route('/api/agents', agentsApi(deps))
  app.route('/api/tokens', tokensApi(deps))
  app.route('/api/targets', targetsApi(deps))
  app.route('/api/holds', holdsApi(deps))
  app.route('/api/erasures', erasuresApi(deps))
  app.route('/api/events', eventsApi(deps))
  app.route('/api/index', searchIndexApi(deps))
  app.route('/api/log', logApi(deps))

  app.get('*', async (c, next) => {
    if (isUnderApi(c.req.path)) return next()
    // Every page of the desk is the same document; it reads the path itself.
    const file = deps.web?.get(c.req.path) ?? (/\.\w+$/.test(c.req.path) ? null : deps.web?.get('/index.html'))
    if (!file) return next()
    return sendFile(c, file)
  })
  return app
}

/** Whatever was thrown, as the caller may know it. */
function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof LogFailed)
    return new Problem(503, 'the log cannot be written, so it is not done yet; it will be when the disk has room')
  if (error instanceof LedgerFailed) return new Problem(503, 'the ledger cannot be written, so nothing was done')
  if (error instanceof IdentityRefused) return new Problem(identityStatus[error.code], error.message)
  if (error instanceof ReviewRefused) return new Problem(reviewStatus[error.code], error.message)
  if (error instanceof PolicyRefused) return policyProblem(error)
  if (error instanceof RetentionRefused) return new Problem(retentionStatus[error.code], error.message)
  if (error instanceof CursorInvalid) return new Problem(400, error.message, { faults: [{ at: 'cursor', message: error.message }] })
  if (error instanceof HTTPException) return problemOfStatus(error.status, error.message.toLowerCase() || 'not understood')
  if (isStoreAway(error)) return new Problem(503, 'search is away; recording goes on, and it will be found when search is back')
  return new Problem(500, 'something went wrong here; the gateway’s log says what')
}

const identityStatus: Record<IdentityRefused['code'], ProblemStatus> = {
  not_allowed: 403,
  not_found: 404,
  already_there: 409,
  invalid: 400,
}

const reviewStatus: Record<ReviewRefused['code'], ProblemStatus> = { not_allowed: 403, not_found: 404, conflict: 409, invalid: 400 }

const retentionStatus: Record<RetentionRefused['code'], ProblemStatus> = {
  not_allowed: 403,
  not_found: 404,
  conflict: 409,
  held: 409,
  session_open: 409,
  invalid: 400,
}

/** Everything that keeps a policy from being published, for people and for editors. */
function policyProblem({ code, message, problems, tests }: PolicyRefused): Problem {
  return new Problem(policyStatus[code], message, {
    more: { ...(problems.length > 0 ? { problems } : {}), ...(tests.length > 0 ? { tests } : {}) },
  })
}

const policyStatus: Record<PolicyRefused['code'], ProblemStatus> = {
  bad_name: 400,
  not_found: 404,
  not_allowed: 403,
  stale: 409,
  invalid: 422,
  tests_failed: 422,
}

/** Says 405 where only the method is wrong. */
function notFound(app: Hono<ApiEnv>, c: Context): Problem {
  const segments = c.req.path.split('/')
  const methods = new Set<string>()
  for (const route of app.routes) {
    if (route.method === 'ALL' || route.path.includes('*')) continue
    const pattern = route.path.split('/')
    const fits =
      pattern.length === segments.length &&
      pattern.every((part, at) => part === segments[at] || (part.startsWith(':') && segments[at] !== ''))
    if (fits) methods.add(route.method)
  }
  if (methods.size === 0) return new Problem(404, 'nothing is here')
  if (methods.has('GET')) methods.add('HEAD')
  const allowed = [...methods].toSorted().join(', ')
  return new Problem(405, `expected ${allowed}, got ${c.req.method}`, { headers: { allow: allowed } })
}

const contentSecurityPolicy = policyOfContent({})
/** The editor that policies are written in makes its own styles, so its pages allow them, and no others do. */
const editorSecurityPolicy = policyOfContent({ styles: "'self' 'unsafe-inline'" })
/** The worker that rehearses policies reads texts with PostgreSQL's own parser, which is WebAssembly; nothing else in a browser runs any. */
const rehearsalSecurityPolicy = policyOfContent({ scripts: "'self' 'wasm-unsafe-eval'" })
const rehearsalWorker = /^\/assets\/rehearsal-worker-[\w-]+\.js$/

function policyOfContent({ scripts = "'self'", styles = "'self'" }): string {
  return [
    "default-src 'none'",
    `script-src ${scripts}`,
    `style-src ${styles}`,
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "manifest-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')
}

/** What every answer says to a browser: run nothing but ours, be framed by nobody, tell nobody where you were. */
function safeHeaders(secure: boolean): MiddlewareHandler {
  const headers: Record<string, string> = {
    'content-security-policy': contentSecurityPolicy,
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=()',
    ...(secure ? { 'strict-transport-security': 'max-age=31536000' } : {}),
  }
  return async (c, next) => {
    await next()
    for (const [name, value] of Object.entries(headers)) c.res.headers.set(name, value)
    if (c.req.path.startsWith('/policies/')) c.res.headers.set('content-security-policy', editorSecurityPolicy)
    if (rehearsalWorker.test(c.req.path)) c.res.headers.set('content-security-policy', rehearsalSecurityPolicy)
  }
}

/** A body says how long it is before any of it is read; the server's parser holds it to that. */
function limitedBody(): MiddlewareHandler {
  return async (c, next) => {
    if (c.req.header('transfer-encoding') !== undefined) throw new Problem(411, 'send a Content-Length')
    const bytesMax = c.req.path.startsWith('/api/policies/') ? policyBytesMax : bodyBytesMax
    if (Number(c.req.header('content-length') ?? 0) > bytesMax) throw new Problem(413, `a body may have ${bytesMax} bytes`)
    await next()
  }
}

/** What an answer says of the trail is not kept by browsers and proxies, unless it says otherwise itself. */
function neverCached(): MiddlewareHandler {
  return async (c, next) => {
    await next()
    if (!c.res.headers.has('cache-control')) c.res.headers.set('cache-control', 'no-store')
  }
}

/** The document is made once, from the routes themselves. */
function openApiOf(app: Hono<ApiEnv>, version: string): MiddlewareHandler {
  let document: Promise<unknown> | null = null
  return async c => {
    document ??= generateSpecs(app, {
      excludeStaticFile: false,
      defaultValidationErrorResponse: false,
      documentation: {
        info: { title: 'Steno', version, description: 'What AI agents did, and how they come in. Errors are RFC 9457 problem details.' },
        components: {
          securitySchemes: { bearer: { type: 'http', scheme: 'bearer' }, cookie: { type: 'apiKey', in: 'cookie', name: 'steno' } },
        },
        security: [{ bearer: [] }, { cookie: [] }],
      },
    })
    return c.json(await document)
  }
}

function sendFile(c: Context, file: StaticFile): Response {
  const headers = {
    'content-type': file.type,
    etag: file.etag,
    'cache-control': file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache',
  }
  if (c.req.header('if-none-match') === file.etag) return c.body(null, 304, headers)
  return c.body(Uint8Array.from(file.content), 200, headers)
}

function isUnderApi(path: string): boolean {
  return path === '/api' || path.startsWith('/api/')
}
