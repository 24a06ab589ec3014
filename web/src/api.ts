import type { Command, Run, Session, SessionDetail } from '@steno/recordings'
import { createSignal } from 'solid-js'
import { nowMs } from './clock.ts'

/** One page of an answer; ask again with its cursor for the next. */
export interface Page<T> {
  items: T[]
  cursor: string | null
}

/** One step of the histogram: the commands that began in it. */
export interface Bucket {
  at: string
  commands: number
  errors: number
  denied: number
  held: number
}

/** Commands over time, with the totals of the same filter. */
export interface Histogram {
  buckets: Bucket[]
  sessions: number
  commands: number
}

/** What can be reached, without its credential. */
export interface TargetInfo {
  name: string
  protocol: string
  address: string
  database: string | null
  labels: Record<string, string>
  /** Where a client connects to reach it: `127.0.0.1:7432`. */
  listen: string | null
}

/** One shape of command and how often each attempt issued it. */
export interface ComparedShape {
  shape: string
  example: string
  verbs: string[]
  tables: string[]
  /** One count per attempt, in the order of `runs`. */
  counts: number[]
  /** The first such command of each attempt. */
  first: (string | null)[]
}

/** Attempts of one task beside each other. */
export interface Comparison {
  task: string
  runs: Run[]
  shapes: ComparedShape[]
  /** Whether a run had more commands than were compared. */
  truncated: boolean
}

/** Filters as the API takes them, by name. */
export type Query = Record<string, string | number | boolean | undefined>

/** An answer that is not the one asked for: RFC 9457's fields, and the status. */
export class ProblemError extends Error {
  readonly status: number
  readonly code: string
  constructor(problem: { status: number; code: string; message: string }) {
    super(problem.message)
    this.name = 'ProblemError'
    this.status = problem.status
    this.code = problem.code
  }
}

/** No answer at all: the gateway is not there, or something stands between. */
export class UnreachableError extends Error {
  readonly code = 'unreachable'
  constructor(cause: unknown) {
    super('the gateway did not answer; it may be stopped, or the network may be down', { cause })
    this.name = 'UnreachableError'
  }
}

const [isReachable, setIsReachable] = createSignal(true)
const [answeredAtMs, setAnsweredAtMs] = createSignal<number | null>(null)
const [isSignedOut, setIsSignedOut] = createSignal(false)

/** What every page must know about the gateway: whether it answers, when it last did, whether it knows us. */
export const connection = { isReachable, answeredAtMs, isSignedOut }

/** Everything the desk asks of the gateway. */
export const api = {
  sessions: (query: Query, signal?: AbortSignal) => get<Page<Session>>('/api/sessions', query, signal),
  session: (id: string, signal?: AbortSignal) => get<SessionDetail>(`/api/sessions/${encodeURIComponent(id)}`, {}, signal),
  commands: (query: Query, signal?: AbortSignal) => get<Page<Command>>('/api/commands', query, signal),
  histogram: (query: Query, signal?: AbortSignal) => get<Histogram>('/api/commands/histogram', query, signal),
  runs: (query: Query, signal?: AbortSignal) => get<Page<Run>>('/api/runs', query, signal),
  run: (id: string, signal?: AbortSignal) => get<Run>(`/api/runs/${encodeURIComponent(id)}`, {}, signal),
  compare: (query: { task: string; principal?: string }, signal?: AbortSignal) => get<Comparison>('/api/runs/compare', query, signal),
  targets: (signal?: AbortSignal) => get<{ items: TargetInfo[] }>('/api/targets', {}, signal),

  /** Trades a sign-in link's token for the session cookie. */
  async signIn(token: string): Promise<void> {
    await ask('/api/sign-in', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token }) })
    setIsSignedOut(false)
  },

  async signOut(): Promise<void> {
    await ask('/api/sign-out', { method: 'POST' })
    setIsSignedOut(true)
  },

  /** Opens the stream of what happens; the answer's body is server-sent events. */
  events: (lastEventId: string, signal: AbortSignal) =>
    ask('/api/events', { signal, headers: { accept: 'text/event-stream', ...(lastEventId ? { 'last-event-id': lastEventId } : {}) } }),
}

async function get<T>(path: string, query: Query, signal?: AbortSignal): Promise<T> {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== '') search.set(name, String(value))
  const text = search.size > 0 ? `${path}?${search}` : path
  const response = await ask(text, { headers: { accept: 'application/json' }, ...(signal ? { signal } : {}) })
  // The one place where bytes become our types: the gateway is the same version as the desk it serves.
  return (await response.json()) as T
}

async function ask(path: string, init: RequestInit): Promise<Response> {
  let response: Response
  try {
    response = await fetch(path, { credentials: 'same-origin', ...init })
  } catch (error) {
    if (!init.signal?.aborted) setIsReachable(false)
    throw init.signal?.aborted ? error : new UnreachableError(error)
  }
  // A proxy that answers for a gateway that does not is as good as no answer; the gateway itself gives problem details.
  const isOurs = response.status < 502 || (response.headers.get('content-type') ?? '').startsWith('application/problem+json')
  setIsReachable(isOurs)
  setAnsweredAtMs(nowMs())
  if (response.ok) return response
  if (response.status === 401 && path !== '/api/sign-in') setIsSignedOut(true)
  throw await readProblem(response)
}

async function readProblem(response: Response): Promise<ProblemError> {
  const said = readObject(await response.text())
  const text = (name: string): string => (typeof said[name] === 'string' ? said[name] : '')
  return new ProblemError({
    status: response.status,
    code: text('code') || text('type').replace(/^about:blank$/, '') || `HTTP ${response.status}`,
    message: text('detail') || text('title') || `the gateway answered ${response.status}`,
  })
}

function readObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}
