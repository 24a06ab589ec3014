import type { ApprovalDemand } from '@steno/policy-dsl'
import type { Review } from '@steno/recordings'
import type { Consent, ConsentAsk, ConsentOutcome } from '../guard/law.ts'
import { mayDo, namesBehind, personOf, type Role } from '../identity/index.ts'
import type { Ledger, LedgerEntry, LedgerEvent } from '../journal/ledger.ts'
import { assert } from '../runtime/assert.ts'
import { newId } from '../runtime/id.ts'
import type { Machine, Timer } from '../runtime/machine.ts'
import { ReviewRefused } from './review-refused.ts'

/** How a request for consent stands: open, or how it ended. */
export type ApprovalState = 'pending' | SettledState

type Settled = Extract<LedgerEvent, { kind: 'approval settled' }>
type SettledState = Settled['state']

/** One request for consent, with everything that whoever votes on it sees. */
export interface Approval {
  id: string
  state: ApprovalState
  ask: ConsentAsk
  demands: DemandProgress[]
  askedAtUs: number
  expiresAtUs: number
  /** In the order they were given. */
  reviews: Review[]
  /** Null while it is pending. */
  decidedAtUs: number | null
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
}

export interface ApprovalsOptions {
  machine: Machine
  ledger: Ledger
  entries: readonly LedgerEntry[]
  /** Something about a request changed: it is there, was voted on, or ended. */
  onChanged: (id: string) => void
  /** The ledger refused what happened to a request, which then did not end well: nothing is granted that is not written. */
  onUnrecorded: (id: string, error: unknown) => void
}

/** The most requests that are remembered after they ended, and the most that they may hold together. */
const decidedMax = 1000
const decidedCharactersMax = 32 * 1024 * 1024

interface Held {
  id: string
  ask: ConsentAsk
  /** Names that never vote on it. */
  asking: Set<string>
  askedAtUs: number
  expiresAtUs: number
  /** `Clock.monotonicUs` when its time is over. */
  dueUs: number
  votes: { person: string; review: Review; reviewer: Reviewer }[]
  state: ApprovalState
  decidedAtUs: number | null
  /** What keeping it costs, roughly. */
  characters: number
  timer: Timer | null
  forgetSignal: () => void
  answer: (outcome: ConsentOutcome) => void
}

/**
 * Where held commands wait for people. A request is one command of one session:
 * what it was granted for cannot be used again, nor for anything else.
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
  #decidedCharacters = 0

  /** Ends what the gateway's last life left pending: the connections that waited are gone. */
  constructor(options: ApprovalsOptions) {
    this.#options = options
    const left = new Set<string>()
    for (const entry of options.entries) {
      if (entry.kind === 'approval requested') left.add(entry.approval)
      if (entry.kind === 'approval settled') left.delete(entry.approval)
    }
    for (const id of left) this.#note(id, this.#append({ id, state: 'withdrawn', because: 'gateway restarted' }))
  }

  /** Asks for consent. Throws `LedgerFailed` when the request cannot be written down, and then nobody was asked. */
  request(ask: ConsentAsk, signal: AbortSignal): { id: string; outcome: Promise<ConsentOutcome> } {
    // The ledger is read strictly at the next start, so what it could not be read back with must not get in.
    assert(/^[0-9a-f]{64}$/.test(ask.digest), 'a digest is a SHA-256 in hex')
    assert(ask.demands.length > 0, 'consent is asked of somebody')
    for (const { quorum, withinMs } of ask.demands) {
      assert(Number.isSafeInteger(quorum) && quorum > 0, 'a quorum is at least one person')
      assert(Number.isSafeInteger(withinMs) && withinMs > 0, 'consent is asked for some time')
    }
    const { clock } = this.#options.machine
    const id = `apr_${newId(this.#options.machine)}`
    const withinMs = Math.min(...ask.demands.map(demand => demand.withinMs))
    const askedAtUs = clock.nowUs()
    const expiresAtUs = askedAtUs + withinMs * 1000
    const { session, number, demands, reason, policyVersion, digest } = ask
    const written = this.#options.ledger.append({
      kind: 'approval requested',
      approval: id,
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
      expiresAtUs,
    })
    this.#note(id, written)
    const onAbort = () => this.#note(id, this.#settle(held, { state: 'withdrawn', because: 'session over' }))
    const { promise: outcome, resolve: answer } = promiseWithResolve<ConsentOutcome>()
    const held: Held = {
      id,
      ask,
      asking: namesBehind(session),
      askedAtUs,
      expiresAtUs,
      dueUs: clock.monotonicUs() + withinMs * 1000,
      votes: [],
      state: 'pending',
      decidedAtUs: null,
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
  async review(id: string, { vote, comment, digest }: Vote, reviewer: Reviewer): Promise<Approval> {
    const held = this.#pending.get(id) ?? this.#decided.get(id)
    if (!held) throw new ReviewRefused('not_found', `no approval \`${id}\` is remembered; the ledger tells how it ended`)
    if (held.state === 'pending' && this.#isOverdue(held)) this.#note(id, this.#settle(held, { state: 'expired', because: 'time' }))
    const objection = objectionTo(held, reviewer)
    if (objection) throw objection
    if (digest !== undefined && digest !== held.ask.digest)
      throw new ReviewRefused('conflict', 'what you were shown is not what is asked for; look at it again before you vote')
    const { kind, name, role, groups } = reviewer
    const { machine, ledger } = this.#options
    const review: Review = {
      by: name,
      vote,
      comment,
      at: new Date(machine.clock.nowUs() / 1000).toISOString(),
      digest: held.ask.digest,
    }
    const written = ledger.append({
      kind: 'approval reviewed',
      approval: id,
      vote,
      comment,
      digest: review.digest,
      by: { kind, name },
      role,
      groups: [...groups],
    })
    held.votes.push({ person: personOf(name), review, reviewer })
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

  /** Requests in a state, or all that are remembered, newest first, from after `cursor` on. */
  list({ state, limit, cursor }: { state: ApprovalState | null; limit: number; cursor: string | null }): {
    items: Approval[]
    cursor: string | null
  } {
    const found = [...(state === 'pending' ? [] : this.#decided.values()), ...this.#pending.values()]
      .filter(held => (state === null || held.state === state) && (cursor === null || held.id < cursor))
      .toSorted((a, b) => (a.id < b.id ? 1 : -1))
    const items = found.slice(0, limit).map(shown)
    return { items, cursor: found.length > limit ? items.at(-1)!.id : null }
  }

  /** Why this caller's vote on a request would be refused now; null when it would count. */
  objection(id: string, reviewer: Reviewer): string | null {
    const held = this.#pending.get(id) ?? this.#decided.get(id)
    return held ? (objectionTo(held, reviewer)?.message ?? null) : 'no such approval is remembered'
  }

  /** Forgets what was asked about commands of a session that is over, or about all of them: the ledger tells how it ended. */
  forget(session: string, commands: readonly number[] | 'all'): void {
    for (const [id, { ask, characters }] of this.#decided) {
      if (ask.session.id !== session || (commands !== 'all' && !commands.includes(ask.number))) continue
      this.#decided.delete(id)
      this.#decidedCharacters -= characters
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
    const written = this.#append({ id: held.id, ...how })
    this.#close(held, how.state)
    if (how.state !== 'granted') held.answer({ granted: false, because: how.state, reviews: reviewsOf(held) })
    else
      written.then(
        () => held.answer({ granted: true, reviews: reviewsOf(held) }),
        () => {
          // A grant that is not on disk is none: nothing may run on it.
          held.state = 'withdrawn'
          held.answer({ granted: false, because: 'withdrawn', reviews: reviewsOf(held) })
          this.#options.onChanged(held.id)
        },
      )
    return written
  }

  #close(held: Held, state: SettledState): void {
    held.state = state
    held.decidedAtUs = this.#options.machine.clock.nowUs()
    held.timer?.cancel()
    held.forgetSignal()
    this.#pending.delete(held.id)
    this.#decided.set(held.id, held)
    this.#decidedCharacters += held.characters
    for (const [id, { characters }] of this.#decided) {
      if (this.#decided.size <= decidedMax && this.#decidedCharacters <= decidedCharactersMax) break
      if (id === held.id) break
      this.#decided.delete(id)
      this.#decidedCharacters -= characters
    }
    this.#options.onChanged(held.id)
  }

  /** Writes down how a request ended; a ledger that throws is a promise that rejects. */
  async #append({ id, state, because }: { id: string; state: SettledState; because: Settled['because'] }): Promise<void> {
    await this.#options.ledger.append({ kind: 'approval settled', approval: id, state, because })
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
  if (held.state !== 'pending') return new ReviewRefused('conflict', `it is over: ${endings[held.state]}`)
  if (held.asking.has(person))
    return new ReviewRefused('not_allowed', 'nobody votes on what they ask for themselves, nor on what is asked in their name')
  if (held.votes.some(vote => vote.person === person)) return new ReviewRefused('conflict', `${reviewer.name} has voted already`)
  if (!held.ask.demands.some(demand => countsFor(reviewer, demand)))
    return new ReviewRefused('not_allowed', `only members of ${namesAsked(held.ask.demands)} may vote on it`)
  return null
}

const endings: Record<SettledState, string> = {
  granted: 'it was granted',
  rejected: 'it was rejected',
  expired: 'its time ran out before enough people had approved',
  withdrawn: 'whoever asked for it is gone',
}

function countsFor({ role, groups }: Reviewer, { by }: ApprovalDemand): boolean {
  return role === 'admin' || by.includes(role) || groups.some(group => by.includes(group))
}

function progressOf({ ask, votes }: Held): DemandProgress[] {
  return ask.demands.map(demand => {
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

function shown(held: Held): Approval {
  const { id, state, ask, askedAtUs, expiresAtUs, decidedAtUs } = held
  return { id, state, ask, demands: progressOf(held), askedAtUs, expiresAtUs, reviews: reviewsOf(held), decidedAtUs }
}

function promiseWithResolve<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void
  const promise = new Promise<T>(settle => {
    resolve = settle
  })
  return { promise, resolve }
}
