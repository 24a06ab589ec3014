import type { Context, MiddlewareHandler } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import { mayDo, type Agent, type Agents, type Permission, type Role, type Runs, type SignIn, type Tokens } from '../identity/index.ts'
import { LedgerFailed, type Actor } from '../journal/ledger.ts'
import type { ActiveRun } from '../protocols/protocol.ts'
import type { Machine } from '../runtime/machine.ts'
import { Problem } from './problem.ts'

/** Who sent a request, proven by its bearer token or its session cookie. */
export type Caller =
  | { kind: 'agent'; agent: Agent }
  | { kind: 'run'; run: ActiveRun }
  | { kind: 'token'; name: string; role: Role; groups: string[] }
  | { kind: 'person'; name: string; role: Role; groups: string[] }

export interface ApiEnv {
  Variables: { caller: Caller }
}

export interface CallerDeps {
  machine: Machine
  runs: Runs
  agents: Agents
  tokens: Tokens
  signIn: SignIn
  /** Whether the web port speaks TLS, so that cookies may be `Secure`. */
  secure: boolean
}

/** Finds out who is calling, or refuses with 401. */
export function authenticate(deps: CallerDeps): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const caller = findCaller(c, deps)
    if (!caller) throw unauthenticated()
    c.set('caller', caller)
    if (caller.kind === 'person' && !bearer(c)) await renewCookie(c, deps)
    await next()
  }
}

/** Lets only roles on that may do something. Agents and runs have none: what they did is not theirs to read. */
export function allow(permission: Permission): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const caller = c.get('caller')
    if (!('role' in caller))
      throw new Problem(403, `${caller.kind === 'run' ? 'a run' : 'an agent'} may open and end runs, and nothing else`)
    if (!mayDo(caller.role, permission)) throw new Problem(403, `the role ${caller.role} may not ${permission}`)
    await next()
  }
}

/**
 * Refuses a request that another site's page made a browser send. The cookie is
 * `SameSite=Strict` already; this holds where a browser does not honour it.
 */
export function sameOrigin(): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const isSafe = c.req.method === 'GET' || c.req.method === 'HEAD'
    if (!isSafe && !bearer(c) && !isSameOrigin(c)) throw new Problem(403, 'a page of another site may not do this')
    await next()
  }
}

/** Who is calling right now; null when the credential is worth nothing (any more). */
export function findCaller(c: Context<ApiEnv>, { runs, agents, tokens, signIn, secure }: CallerDeps): Caller | null {
  const secret = bearer(c)
  if (secret !== null) {
    const run = runs.authenticate(secret)
    const agent = agents.authenticate(secret)
    const token = tokens.authenticate(secret)
    if (run) return { kind: 'run', run }
    if (agent) return { kind: 'agent', agent }
    return token ? { kind: 'token', name: token.name, role: token.role, groups: token.groups } : null
  }
  const cookie = getCookie(c, cookieName(secure))
  const person = cookie === undefined ? null : signIn.authenticate(cookie)
  return person ? { kind: 'person', name: person.name, role: person.role, groups: person.groups } : null
}

/** The caller as the ledger writes it down. */
export function actorOf(caller: Caller): Actor {
  if (caller.kind === 'agent') return { kind: 'agent', name: caller.agent.name }
  if (caller.kind === 'run') return { kind: 'run', name: caller.run.identity.id }
  return { kind: caller.kind, name: caller.name }
}

/** Gives the browser the cookie of someone who signed in. No script can read it, no other site can send it. */
export function giveCookie(c: Context, { cookie, expiresAtUs, deps }: { cookie: string; expiresAtUs: number; deps: CallerDeps }): void {
  const maxAge = Math.max(0, Math.floor((expiresAtUs - deps.machine.clock.nowUs()) / 1_000_000))
  setCookie(c, cookieName(deps.secure), cookie, { httpOnly: true, sameSite: 'Strict', secure: deps.secure, path: '/', maxAge })
}

export function takeCookie(c: Context, { secure }: CallerDeps): string | null {
  const cookie = getCookie(c, cookieName(secure)) ?? null
  deleteCookie(c, cookieName(secure), { path: '/', secure })
  return cookie
}

export function unauthenticated(): Problem {
  return new Problem(401, 'send a bearer token that is valid, or sign in', { headers: { 'www-authenticate': 'Bearer realm="steno"' } })
}

async function renewCookie(c: Context<ApiEnv>, deps: CallerDeps): Promise<void> {
  try {
    const renewed = await deps.signIn.renew(getCookie(c, cookieName(deps.secure)) ?? '')
    if (renewed) giveCookie(c, { cookie: renewed.cookie, expiresAtUs: renewed.person.expiresAtUs, deps })
  } catch (error) {
    // Without a ledger there is no fresh cookie; the one in hand is valid all
    // the same, and whoever came to see why must be let in.
    if (!(error instanceof LedgerFailed)) throw error
  }
}

function bearer(c: Context): string | null {
  const header = c.req.header('authorization')
  if (header === undefined) return null
  return /^Bearer +([\x21-\x7e]+) *$/i.exec(header)?.[1] ?? ''
}

function isSameOrigin(c: Context): boolean {
  const site = c.req.header('sec-fetch-site')
  if (site !== undefined) return site === 'same-origin'
  const origin = c.req.header('origin')
  if (origin === undefined || !URL.canParse(origin)) return false
  return new URL(origin).host === c.req.header('host')
}

function cookieName(secure: boolean): string {
  return secure ? '__Host-steno' : 'steno'
}
