import type { ApprovalsApi, CommandsApi, LogApi, PoliciesApi, RunsApi, SessionsApi, SignInApi, TargetsApi } from '@steno/gateway/api'
import type { RehearsalReport } from '@steno/policy-dsl'
import { hc, type InferRequestType, type InferResponseType } from 'hono/client'
import { createSignal } from 'solid-js'
import { nowMs } from './clock.ts'

const sessions = hc<SessionsApi>('/api/sessions', { fetch: ask })
const commands = hc<CommandsApi>('/api/commands', { fetch: ask })
const runs = hc<RunsApi>('/api/runs', { fetch: ask })
const targets = hc<TargetsApi>('/api/targets', { fetch: ask })
const approvals = hc<ApprovalsApi>('/api/approvals', { fetch: ask })
const log = hc<LogApi>('/api/log', { fetch: ask })
const policies = hc<PoliciesApi>('/api/policies', { fetch: ask })
const door = hc<SignInApi>('/api', { fetch: ask })

/** One page of an answer; ask again with its cursor for the next. */
export interface Page<T> {
  items: T[]
  cursor: string | null
}

/** What every search takes: filters by name, the size of a page, the cursor of the next. */
export type Query = InferRequestType<typeof sessions.index.$get>['query']
type HistogramQuery = InferRequestType<typeof commands.histogram.$get>['query']
type CompareQuery = InferRequestType<typeof runs.compare.$get>['query']

/** A command as search finds it. */
export type Command = InferResponseType<typeof commands.index.$get>['items'][number]
/** Commands over time, with the totals of the same filter. */
export type Histogram = InferResponseType<typeof commands.histogram.$get>
/** One step of the histogram: the commands that began in it. */
export type Bucket = Histogram['buckets'][number]
/** Attempts of one task beside each other. */
export type Comparison = InferResponseType<typeof runs.compare.$get>
/** One shape of command and how often each attempt issued it. */
export type ComparedShape = Comparison['shapes'][number]
/** What can be reached, without its credential. */
export type TargetInfo = InferResponseType<typeof targets.index.$get>['items'][number]

/** A command that is held for consent, or was. */
export type Approval = InferResponseType<(typeof approvals)[':id']['$get']>
export type ShapeHistory = InferResponseType<(typeof approvals)[':id']['history']['$get']>
export type Estimate = InferResponseType<(typeof approvals)[':id']['estimate']['$get']>
export type ApprovalQuery = InferRequestType<typeof approvals.index.$get>['query']
type Vote = InferRequestType<(typeof approvals)[':id']['reviews']['$post']>['json']
/** How the gateway's log does. */
export type LogState = InferResponseType<typeof log.index.$get>

/** A policy in force, as the list has it. */
export type Policy = InferResponseType<typeof policies.index.$get>['items'][number]
/** A policy with its text and every version it had. */
export type PolicyDetail = InferResponseType<(typeof policies)[':name']['$get']>
/** A change to a policy that waits for a second person, or did. */
export type PolicyProposal = InferResponseType<typeof policies.proposals.$get>['items'][number]
type ProposalReview = InferRequestType<(typeof policies.proposals)[':id']['reviews']['$post']>['json']
type PolicyDraft = InferRequestType<typeof policies.compile.$post>['json']
/** What is rehearsed in the gateway, and on which part of its history. */
export type RehearsalRequest = InferRequestType<typeof policies.rehearse.$post>['json']
type PolicyPublication = InferRequestType<(typeof policies)[':name']['$put']>['json']

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

/** Everything the desk asks of the gateway, typed by the gateway's own routes. */
export const api = {
  sessions: async (query: Query, signal?: AbortSignal) => (await sessions.index.$get({ query }, until(signal))).json(),
  session: async (id: string, signal?: AbortSignal) => (await sessions[':id'].$get({ param: named(id) }, until(signal))).json(),
  commands: async (query: Query, signal?: AbortSignal) => (await commands.index.$get({ query }, until(signal))).json(),
  command: async (id: string, signal?: AbortSignal) => (await commands[':id'].$get({ param: named(id) }, until(signal))).json(),
  histogram: async (query: HistogramQuery, signal?: AbortSignal) => (await commands.histogram.$get({ query }, until(signal))).json(),
  runs: async (query: Query, signal?: AbortSignal) => (await runs.index.$get({ query }, until(signal))).json(),
  run: async (id: string, signal?: AbortSignal) => (await runs[':id'].$get({ param: named(id) }, until(signal))).json(),
  compare: async (query: CompareQuery, signal?: AbortSignal) => (await runs.compare.$get({ query }, until(signal))).json(),
  targets: async (signal?: AbortSignal) => (await targets.index.$get(undefined, until(signal))).json(),

  approvals: async (query: ApprovalQuery, signal?: AbortSignal) => (await approvals.index.$get({ query }, until(signal))).json(),
  approval: async (id: string, signal?: AbortSignal) => (await approvals[':id'].$get({ param: named(id) }, until(signal))).json(),
  /** What commands like it did before. */
  approvalHistory: async (id: string, signal?: AbortSignal) =>
    (await approvals[':id'].history.$get({ param: named(id) }, until(signal))).json(),
  /** What the target's planner expects of it. */
  approvalEstimate: async (id: string, signal?: AbortSignal) =>
    (await approvals[':id'].estimate.$get({ param: named(id) }, until(signal))).json(),
  takeBackGrant: async (id: string) => (await approvals[':id'].grant.$delete({ param: named(id) })).json(),

  policies: async (signal?: AbortSignal) => (await policies.index.$get(undefined, until(signal))).json(),
  policy: async (name: string, signal?: AbortSignal) => (await policies[':name'].$get({ param: { name } }, until(signal))).json(),
  /** One version; `against` asks how it differs from another. */
  policyVersion: async (name: string, version: string, { against, signal }: { against?: string; signal?: AbortSignal } = {}) =>
    (
      await policies[':name'].versions[':version'].$get(
        { param: { name, version: encodeURIComponent(version) }, query: against === undefined ? {} : { against } },
        until(signal),
      )
    ).json(),
  policyActivity: async (signal?: AbortSignal) => (await policies.activity.$get({ query: {} }, until(signal))).json(),
  policyProposals: async (signal?: AbortSignal) => (await policies.proposals.$get(undefined, until(signal))).json(),
  policyProposal: async (id: string, signal?: AbortSignal) =>
    (await policies.proposals[':id'].$get({ param: named(id) }, until(signal))).json(),
  /** Agrees to a proposal by the digest of what was shown, or ends it. */
  reviewProposal: async (id: string, review: ProposalReview) =>
    (await policies.proposals[':id'].reviews.$post({ param: named(id), json: review })).json(),
  policyTypes: async (signal?: AbortSignal) => (await policies.types.$get(undefined, until(signal))).text(),
  policySchema: async (signal?: AbortSignal) => (await policies.schema.$get(undefined, until(signal))).json(),
  /** What the gateway says of a draft: its tests, and how it differs from what is in force. */
  compilePolicy: async (draft: PolicyDraft, signal?: AbortSignal) => (await policies.compile.$post({ json: draft }, until(signal))).json(),
  /** Publishes, or proposes to where policies have reviewers. */
  publishPolicy: async (name: string, publication: PolicyPublication) =>
    (await policies[':name'].$put({ param: { name }, json: publication })).json(),
  /** Starts a rehearsal in the gateway; the answer's body is server-sent events. */
  rehearse: (request: RehearsalRequest, signal: AbortSignal) =>
    policies.rehearse.$post({ json: request }, { headers: { accept: 'text/event-stream' }, init: { signal } }),
  /** Rehearses in the gateway, and answers when that is over. */
  rehearsed: async (request: RehearsalRequest, signal: AbortSignal) =>
    (await policies.rehearse.$post({ json: request }, until(signal))).json() as Promise<RehearsalReport>,
  me: async (signal?: AbortSignal) => (await door.me.$get(undefined, until(signal))).json(),

  /** Votes on a request; rejects when it is over, or is not what was shown. */
  async review(id: string, vote: Vote): Promise<Approval> {
    return (await approvals[':id'].reviews.$post({ param: named(id), json: vote })).json()
  },
  log: async (signal?: AbortSignal) => (await log.index.$get(undefined, until(signal))).json(),

  /** Trades a sign-in link's token for the session cookie. */
  async signIn(token: string): Promise<void> {
    await door['sign-in'].$post({ json: { token } })
    setIsSignedOut(false)
  },

  async signOut(): Promise<void> {
    await door['sign-out'].$post()
    setIsSignedOut(true)
  },

  /** Opens the stream of what happens; the answer's body is server-sent events. */
  events: (lastEventId: string, signal: AbortSignal) =>
    ask('/api/events', { signal, headers: { accept: 'text/event-stream', ...(lastEventId ? { 'last-event-id': lastEventId } : {}) } }),
}

// The typed client puts a name into the path as it is.
function named(id: string): { id: string } {
  return { id: encodeURIComponent(id) }
}

function until(signal: AbortSignal | undefined): { init: RequestInit } {
  return { init: signal ? { signal } : {} }
}

async function ask(path: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
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
