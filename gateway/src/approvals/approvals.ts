import type { ApprovalDemand } from '@steno/policy-dsl'
import type { Review } from '@steno/recordings'
import type { Consent, ConsentAsk, ConsentOutcome } from '../guard/law.ts'
import { mayDo, namesBehind, personOf, type Role } from '../identity/index.ts'
import type { Actor, Ledger, LedgerEntry, LedgerEvent } from '../journal/ledger.ts'
import { assert } from '../runtime/assert.ts'
import { newId } from '../runtime/id.ts'
import type { Machine, Timer } from '../runtime/machine.ts'
import { Grants, type GivenGrant, type GrantEnd } from './grants.ts'
import { ReviewRefused } from './review-refused.ts'

/** How a request for consent stands: open, or how it ended. */
export type ApprovalState = 'pending' | SettledState

type Settled = Extract<LedgerEvent, { kind: 'approval settled' }>
type SettledState = Settled['state']

/** What the ledger says of a request: all but the command's text and values. */
export type Requested = Omit<Extract<LedgerEvent, { kind: 'approval requested' }>, 'kind' | 'approval' | 'expiresAtUs'>

/** One request for consent, with everything that whoever votes on it sees. */
export interface Approval {
  id: string
  state: ApprovalState
  request: Requested
  /** What it was asked for, whole; null once that is in the recording alone. */
  ask: ConsentAsk | null
  demands: DemandProgress[]
  askedAtUs: number
  expiresAtUs: number
  /** In the order they were given. */
  reviews: Review[]
  /** Null while it is pending. */
  decidedAtUs: number | null
  /** What ended it; null while it is pending. */
  because: Settled['because'] | null
  /** What was granted to its shape with it. */
  grant: GivenGrant | null
}

/** Which requests are listed; what is left out is any. */
export interface ApprovalFilter {
  state?: ApprovalState | 'decided' | undefined
  target?: string | undefined
  /** Who asks, or anybody in the chain behind them. */
  agent?: string | undefined
  reviewer?: string | undefined
  /** When it was asked. */
  sinceUs?: number | undefined
  untilUs?: number | undefined
  /** Only those with a grant that lets commands pass now. */
  isGranting?: boolean | undefined
}

/** How far one demand is. */
export interface DemandProgress {
  rule: string
  by: string[]
  quorum: number
  /** How many people who count for it have approved. */
  votes: number
  met: boolean
}

/** Who votes: an API token or a person who signed in. The name is the person, however they came in. */
export interface Reviewer {
  kind: 'token' | 'person'
  name: string
  role: Role
  groups: readonly string[]
}

/** One person's vote as they send it. */
export interface Vote {
  vote: 'approve' | 'reject'
  comment: string
  /** The digest of what they were shown; without one it counts for the request as it is, which never changes. */
  digest?: string | undefined
  /** They agree to every command of the shape in the run for so long; to this one alone when left out. */
  forMinutes?: number | undefined
}

/** The longest that anybody can agree for. */
export const grantMinutesMax = 240

export interface ApprovalsOptions {
  machine: Machine
  ledger: Ledger
  entries: readonly LedgerEntry[]
  /** Something about a request changed: it is there, was voted on, or ended. */
  onChanged: (id: string) => void
  /** The ledger refused what happened to a request, which then did not end well: nothing is granted that is not written. */
  onUnrecorded: (id: string, error: unknown) => void
}

/** The most requests that are remembered after they ended, and the most that their texts and values may hold together. */
const decidedMax = 2000
const decidedCharactersMax = 32 * 1024 * 1024

interface Held {
  id: string
  request: Requested
  ask: ConsentAsk | null
  /** Names that never vote on it. */
  asking: Set<string>
  askedAtUs: number
  expiresAtUs: number
  /** `Clock.monotonicUs` when its time is over. */
  dueUs: number
  votes: { person: string; review: Review; reviewer: Reviewer; forMinutes: number | null }[]
  state: ApprovalState
  decidedAtUs: number | null
  because: Settled['because'] | null
  grant: GivenGrant | null
  /** What keeping `ask` costs, roughly. */
  characters: number
  timer: Timer | null
  forgetSignal: () => void
  answer: (outcome: ConsentOutcome) => void
}

/**
 * Where held commands wait for people. A request is one command of one session:
 * what it was granted for cannot be used again, nor for anything else, unless
 * enough people granted its shape with it.
 *
 * INVARIANT: every step is in the ledger before it counts, and a request leaves
 * `pending` once. All that decides how it ends runs without waiting in between,
 * so of a last vote, the clock and a closed connection exactly one wins.
 */
export class Approvals implements Consent {
  readonly #options: ApprovalsOptions
  readonly #pending = new Map<string, Held>()
  /** Oldest end first. */
  readonly #decided = new Map<string, Held>()
  readonly #grants: Grants
  /** The policies in force, once they changed. */
  #lawVersion: string | null = null
  #decidedCharacters = 0

  /** Ends what the gateway's last life left: the connections that waited are gone, and what was granted is asked for again. */
  constructor(options: ApprovalsOptions) {
    this.#options = options
    const { machine, ledger, entries } = options
    this.#grants = new Grants({ clock: machine.clock, onEnded: (approval, because, by) => this.#grantEnded(approval, because, by) })
    const told = readApprovals(entries)
    for (const held of told) if (held.state !== 'pending') this.#remember(held)
    for (const held of told) {
      if (held.state === 'pending') {
        this.#note(held.id, this.#append({ id: held.id, state: 'withdrawn', because: 'gateway restarted' }))
        this.#close(held, { state: 'withdrawn', because: 'gateway restarted' })
      }
      if (held.grant && !held.grant.ended) {
        held.grant.ended = { because: 'gateway restarted', by: null, atUs: machine.clock.nowUs() }
        this.#noteGrantEnd(held.id, held.grant.ended)
      }
    }
    ledger.onEntry(entry => entry.kind === 'run.end' && this.#grants.endRun(entry.run))
  }

  /**
   * Asks for consent; what is granted to the command's shape already passes at
   * once. Throws `LedgerFailed` when the request cannot be written down, and
   * then nobody was asked.
   */
  request(ask: ConsentAsk, signal: AbortSignal): { id: string; outcome: Promise<ConsentOutcome> } {
    // The ledger is read strictly at the next start, so what it could not be read back with must not get in.
    assert(/^[0-9a-f]{64}$/.test(ask.digest), 'a digest is a SHA-256 in hex')
    assert(ask.demands.length > 0, 'consent is asked of somebody')
    for (const { quorum, withinMs } of ask.demands) {
      assert(Number.isSafeInteger(quorum) && quorum > 0, 'a quorum is at least one person')
      assert(Number.isSafeInteger(withinMs) && withinMs > 0, 'consent is asked for some time')
    }
    const granted = this.#grants.use(ask)
    if (granted) return { id: granted.approval, outcome: Promise.resolve({ granted: true, grant: granted.grant }) }
    const { clock } = this.#options.machine
    const id = `apr_${newId(this.#options.machine)}`
    const withinMs = Math.min(...ask.demands.map(demand => demand.withinMs))
    const askedAtUs = clock.nowUs()
    const expiresAtUs = askedAtUs + withinMs * 1000
    const { session, number, demands, reason, policyVersion, digest } = ask
    const request: Requested = {
      session: session.id,
      number,
      run: session.run.id,
      target: session.target.name,
      principal: session.principal,
      delegation: session.delegation,
      demands: demands.map(demand => ({ rule: demand.rule, by: demand.by, withinMs: demand.withinMs, quorum: demand.quorum })),
      reason,
      policyVersion,
      digest,
    }
    this.#note(id, this.#options.ledger.append({ kind: 'approval requested', approval: id, ...request, expiresAtUs }))
    const onAbort = () => this.#note(id, this.#settle(held, { state: 'withdrawn', because: 'session over' }))
    const { promise: outcome, resolve: answer } = promiseWithResolve<ConsentOutcome>()
    const held: Held = {
      id,
      request,
      ask,
      asking: namesBehind(session),
      askedAtUs,
      expiresAtUs,
      dueUs: clock.monotonicUs() + withinMs * 1000,
      votes: [],
      state: 'pending',
      decidedAtUs: null,
      because: null,
      grant: null,
      characters: JSON.stringify(ask).length,
      timer: null,
      forgetSignal: () => signal.removeEventListener('abort', onAbort),
      answer,
    }
    this.#pending.set(id, held)
    this.#options.onChanged(id)
    if (signal.aborted) onAbort()
    else {
      signal.addEventListener('abort', onAbort, { once: true })
      held.timer = clock.after(withinMs, () => this.#note(id, this.#settle(held, { state: 'expired', because: 'time' })))
    }
    return { id, outcome }
  }

  /** Counts one person's vote, and settles the request when it is the last one needed. Throws `ReviewRefused` or `LedgerFailed`, and then it does not count. */
  async review(id: string, { vote, comment, digest, forMinutes }: Vote, reviewer: Reviewer): Promise<Approval> {
    const held = this.#pending.get(id) ?? this.#decided.get(id)
    if (!held) throw new ReviewRefused('not_found', `no approval \`${id}\` is remembered; the ledger tells how it ended`)
    if (held.state === 'pending' && this.#isOverdue(held)) this.#note(id, this.#settle(held, { state: 'expired', because: 'time' }))
    const objection = objectionTo(held, reviewer)
    if (objection) throw objection
    if (digest !== undefined && digest !== held.request.digest)
      throw new ReviewRefused('conflict', 'what you were shown is not what is asked for; look at it again before you vote')
    if (forMinutes !== undefined) mustBeGrantable(held, vote, forMinutes)
    const { kind, name, role, groups } = reviewer
    const { machine, ledger } = this.#options
    const review: Review = {
      by: name,
      vote,
      comment,
      at: new Date(machine.clock.nowUs() / 1000).toISOString(),
      digest: held.request.digest,
    }
    const written = ledger.append({
      kind: 'approval reviewed',
      approval: id,
      vote,
      ...(forMinutes === undefined ? {} : { forMinutes }),
      comment,
      digest: review.digest,
      by: { kind, name },
      role,
      groups: [...groups],
    })
    held.votes.push({ person: personOf(name), review, reviewer, forMinutes: forMinutes ?? null })
    this.#options.onChanged(id)
    const state = vote === 'reject' ? 'rejected' : progressOf(held).every(({ met }) => met) ? 'granted' : null
    await Promise.all([written, state && this.#settle(held, { state, because: 'votes' })])
    return shown(held)
  }

  /** One request; null for one that is unknown or was forgotten. */
  get(id: string): Approval | null {
    const held = this.#pending.get(id) ?? this.#decided.get(id)
    return held ? shown(held) : null
  }

  /** Requests that are remembered, newest first, from after `cursor` on. */
  list(filter: ApprovalFilter, { limit, cursor }: { limit: number; cursor: string | null }): { items: Approval[]; cursor: string | null } {
    const found = [...this.#decided.values(), ...this.#pending.values()]
      .filter(held => (cursor === null || held.id < cursor) && isMeant(held, filter))
      .toSorted((a, b) => (a.id < b.id ? 1 : -1))
    const items = found.slice(0, limit).map(shown)
    return { items, cursor: found.length > limit ? items.at(-1)!.id : null }
  }

  /** Why this caller's vote on a request would be refused now; null when it would count. */
  objection(id: string, reviewer: Reviewer): string | null {
    const held = this.#pending.get(id) ?? this.#decided.get(id)
    return held ? (objectionTo(held, reviewer)?.message ?? null) : 'no such approval is remembered'
  }

  /** Says which policies are in force from here on: what was asked or granted under others is over. */
  lawIs(lawVersion: string): void {
    this.#lawVersion = lawVersion
    for (const held of this.#pending.values()) {
      if (held.ask?.lawVersion !== lawVersion) this.#note(held.id, this.#settle(held, { state: 'withdrawn', because: 'policies changed' }))
    }
    this.#grants.endOthers(lawVersion)
  }

  /** Takes back what was granted to a shape; what waits or runs is not touched by it. Throws `ReviewRefused` or `LedgerFailed`. */
  async takeBack(id: string, reviewer: Reviewer): Promise<Approval> {
    const held = this.#pending.get(id) ?? this.#decided.get(id)
    if (!held) throw new ReviewRefused('not_found', `no approval \`${id}\` is remembered; the ledger tells how it ended`)
    if (!mayDo(reviewer.role, 'review approvals'))
      throw new ReviewRefused('not_allowed', `the role ${reviewer.role} may not review approvals`)
    if (!held.grant || held.grant.ended) throw new ReviewRefused('conflict', 'nothing is granted with it now')
    const { kind, name } = reviewer
    this.#grants.end(id, 'taken back', { kind, name })
    await this.#options.ledger.durable()
    return shown(held)
  }

  /** Forgets what commands of a session that is over said, or all of them: who agreed to them stays. */
  forget(session: string, commands: readonly number[] | 'all'): void {
    for (const [id, held] of this.#decided) {
      if (held.request.session !== session || (commands !== 'all' && !commands.includes(held.request.number))) continue
      this.#dropAsk(held)
      this.#options.onChanged(id)
    }
  }

  /** How many commands wait for people. */
  get pending(): number {
    return this.#pending.size
  }

  /**
   * Ends a request, once. The state changes before this returns; the promise
   * tells of the ledger alone. Whoever waits is told of a refusal at once and
   * of a grant when it is on disk.
   */
  #settle(held: Held, how: { state: SettledState; because: Settled['because'] }): Promise<void> {
    if (held.state !== 'pending') return Promise.resolve()
    const grant = how.state === 'granted' ? grantBy(held, this.#options.machine.clock.nowUs()) : null
    const written = this.#append({ id: held.id, ...how, grant })
    this.#close(held, how)
    const because = how.because === 'policies changed' ? 'stale' : how.state
    if (because !== 'granted') held.answer({ granted: false, because, reviews: reviewsOf(held) })
    else
      written.then(
        () => {
          held.answer({ granted: true, reviews: reviewsOf(held) })
          if (grant && held.ask) this.#give(held.id, held.ask, grant)
        },
        () => {
          // A grant that is not on disk is none: nothing may run on it.
          held.state = 'withdrawn'
          held.grant = null
          held.answer({ granted: false, because: 'withdrawn', reviews: reviewsOf(held) })
          this.#options.onChanged(held.id)
        },
      )
    held.grant = grant
    return written
  }

  #give(approval: string, ask: ConsentAsk, grant: GivenGrant): void {
    this.#grants.give(approval, ask, grant)
    this.#options.onChanged(approval)
    // They may have changed while the disk took it.
    if (this.#lawVersion !== null) this.#grants.endOthers(this.#lawVersion)
  }

  #close(held: Held, { state, because }: { state: SettledState; because: Settled['because'] }): void {
    held.state = state
    held.because = because
    held.decidedAtUs = this.#options.machine.clock.nowUs()
    held.timer?.cancel()
    held.forgetSignal()
    this.#pending.delete(held.id)
    this.#remember(held)
    this.#options.onChanged(held.id)
  }

  /** Keeps a request that ended, and what it was asked for as long as there is room. */
  #remember(held: Held): void {
    this.#decided.set(held.id, held)
    this.#decidedCharacters += held.characters
    for (const [id, one] of this.#decided) {
      const isOne = this.#decided.size > decidedMax
      if ((!isOne && this.#decidedCharacters <= decidedCharactersMax) || id === held.id) break
      this.#dropAsk(one)
      // A grant that still counts is not forgotten.
      if (isOne && (one.grant === null || one.grant.ended !== null)) this.#decided.delete(id)
    }
  }

  #dropAsk(held: Held): void {
    this.#decidedCharacters -= held.characters
    held.characters = 0
    held.ask = null
  }

  #grantEnded(approval: string, because: GrantEnd['because'], by: Actor | null): void {
    const held = this.#decided.get(approval)
    if (!held?.grant) return
    held.grant.ended = { because, by: by?.name ?? null, atUs: this.#options.machine.clock.nowUs() }
    this.#noteGrantEnd(approval, held.grant.ended, by)
    this.#options.onChanged(approval)
  }

  #noteGrantEnd(approval: string, { because }: GrantEnd, by: Actor | null = null): void {
    const append = async () => this.#options.ledger.append({ kind: 'grant ended', approval, because, ...(by ? { by } : {}) })
    this.#note(approval, append())
  }

  /** Writes down how a request ended; a ledger that throws is a promise that rejects. */
  async #append({ id, grant, ...how }: { id: string; grant?: GivenGrant | null } & Pick<Settled, 'state' | 'because'>): Promise<void> {
    const given = grant ? { grant: { shape: grant.shape, lawVersion: grant.lawVersion, by: grant.by, untilUs: grant.untilUs } } : {}
    await this.#options.ledger.append({ kind: 'approval settled', approval: id, ...how, ...given })
  }

  #note(id: string, written: Promise<unknown>): void {
    written.catch((error: unknown) => this.#options.onUnrecorded(id, error))
  }

  /** Whether its time is over by either clock: a machine that slept, or whose timers run late, grants nothing longer. */
  #isOverdue({ dueUs, expiresAtUs }: Held): boolean {
    const { clock } = this.#options.machine
    return clock.monotonicUs() >= dueUs || clock.nowUs() >= expiresAtUs
  }
}

/** Why a vote is refused, or null. */
function objectionTo(held: Held, reviewer: Reviewer): ReviewRefused | null {
  const person = personOf(reviewer.name)
  if (!mayDo(reviewer.role, 'review approvals'))
    return new ReviewRefused('not_allowed', `the role ${reviewer.role} may not review approvals`)
  if (held.state !== 'pending') return new ReviewRefused('conflict', `it is over: ${endingOf(held.state, held.because)}`)
  if (held.asking.has(person))
    return new ReviewRefused('not_allowed', 'nobody votes on what they ask for themselves, nor on what is asked in their name')
  if (held.votes.some(vote => vote.person === person)) return new ReviewRefused('conflict', `${reviewer.name} has voted already`)
  if (!held.request.demands.some(demand => countsFor(reviewer, demand)))
    return new ReviewRefused('not_allowed', `only members of ${namesAsked(held.request.demands)} may vote on it`)
  return null
}

const endings: Record<SettledState, string> = {
  granted: 'it was granted',
  rejected: 'it was rejected',
  expired: 'its time ran out before enough people had approved',
  withdrawn: 'whoever asked for it is gone',
}

function endingOf(state: SettledState, because: Settled['because'] | null): string {
  if (because === 'policies changed') return 'the policies changed while it waited'
  return because === 'gateway restarted' ? 'the gateway restarted while it waited' : endings[state]
}

function countsFor({ role, groups }: Reviewer, { by }: ApprovalDemand): boolean {
  return role === 'admin' || by.includes(role) || groups.some(group => by.includes(group))
}

function progressOf({ request, votes }: Held): DemandProgress[] {
  return request.demands.map(demand => {
    // A person is in `votes` once, in however many of the groups they are.
    const approved = votes.filter(({ review, reviewer }) => review.vote === 'approve' && countsFor(reviewer, demand)).length
    return { rule: demand.rule, by: demand.by, quorum: demand.quorum, votes: approved, met: approved >= demand.quorum }
  })
}

function namesAsked(demands: readonly ApprovalDemand[]): string {
  return [...new Set(demands.flatMap(({ by }) => by))].map(name => `\`${name}\``).join(', ')
}

function reviewsOf({ votes }: Held): Review[] {
  return votes.map(({ review }) => review)
}

/**
 * What enough people granted to the shape, for as long as the most cautious of
 * them: each demand has to be met by those alone who meant more than this once.
 */
function grantBy({ request, ask, votes }: Held, nowUs: number): GivenGrant | null {
  if (!ask || ask.shape === null) return null
  const granting = votes.filter(({ review, forMinutes }) => review.vote === 'approve' && forMinutes !== null)
  const isEnough = request.demands.every(demand => granting.filter(({ reviewer }) => countsFor(reviewer, demand)).length >= demand.quorum)
  if (!isEnough) return null
  const minutes = Math.min(...granting.map(({ forMinutes }) => forMinutes ?? 0))
  const by = granting.map(({ review }) => review.by)
  return { shape: ask.shape, lawVersion: ask.lawVersion, by, atUs: nowUs, untilUs: nowUs + minutes * 60_000_000, ended: null, passed: 0 }
}

function mustBeGrantable({ ask }: Held, vote: Vote['vote'], forMinutes: number): void {
  if (vote !== 'approve') throw new ReviewRefused('invalid', 'only an approval can hold for a while')
  if (!Number.isSafeInteger(forMinutes) || forMinutes < 1 || forMinutes > grantMinutesMax)
    throw new ReviewRefused('invalid', `expected 1 to ${grantMinutesMax} minutes`)
  if (!ask || ask.shape === null)
    throw new ReviewRefused('invalid', 'what it would do hangs on more than plain values, so it can only be approved once')
}

function isMeant(held: Held, { state, target, agent, reviewer, sinceUs, untilUs, isGranting }: ApprovalFilter): boolean {
  if (state !== undefined && (state === 'decided' ? held.state === 'pending' : held.state !== state)) return false
  if (target !== undefined && held.request.target !== target) return false
  if (agent !== undefined && !held.asking.has(personOf(agent))) return false
  if (reviewer !== undefined && !held.votes.some(({ person }) => person === personOf(reviewer))) return false
  if (sinceUs !== undefined && held.askedAtUs < sinceUs) return false
  if (untilUs !== undefined && held.askedAtUs >= untilUs) return false
  return !isGranting || (held.grant !== null && held.grant.ended === null)
}

function shown(held: Held): Approval {
  const { id, state, request, ask, askedAtUs, expiresAtUs, decidedAtUs, because, grant } = held
  const demands = progressOf(held)
  return { id, state, request, ask, demands, askedAtUs, expiresAtUs, reviews: reviewsOf(held), decidedAtUs, because, grant }
}

/** The requests that the ledger tells of, in the order they ended; those that never did come last. */
function readApprovals(entries: readonly LedgerEntry[]): Held[] {
  const pending = new Map<string, Held>()
  const decided = new Map<string, Held>()
  for (const entry of entries) {
    if (entry.kind === 'approval requested') {
      const { kind: _, approval: id, atUs, expiresAtUs, ...request } = entry
      const held: Held = {
        id,
        request,
        ask: null,
        asking: namesBehind(request),
        askedAtUs: atUs,
        expiresAtUs,
        dueUs: 0,
        votes: [],
        state: 'pending',
        decidedAtUs: null,
        because: null,
        grant: null,
        characters: 0,
        timer: null,
        forgetSignal: () => {},
        answer: () => {},
      }
      pending.set(id, held)
    }
    if (entry.kind === 'approval reviewed') {
      const { vote, comment, digest, by, role, groups, atUs, forMinutes = null } = entry
      const review: Review = { by: by.name, vote, comment, at: new Date(atUs / 1000).toISOString(), digest }
      const reviewer: Reviewer = { kind: by.kind === 'token' ? 'token' : 'person', name: by.name, role, groups }
      pending.get(entry.approval)?.votes.push({ person: personOf(by.name), review, reviewer, forMinutes })
    }
    if (entry.kind === 'approval settled') {
      const held = pending.get(entry.approval)
      if (!held) continue
      const { state, because, grant, atUs } = entry
      Object.assign(held, { state, because, decidedAtUs: atUs })
      if (grant) held.grant = { ...grant, atUs, ended: null, passed: 0 }
      pending.delete(held.id)
      decided.set(held.id, held)
    }
    if (entry.kind === 'grant ended') {
      const grant = decided.get(entry.approval)?.grant
      if (grant) grant.ended = { because: entry.because, by: entry.by?.name ?? null, atUs: entry.atUs }
    }
  }
  return [...decided.values(), ...pending.values()]
}

function promiseWithResolve<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void
  const promise = new Promise<T>(settle => {
    resolve = settle
  })
  return { promise, resolve }
}
