import type { LimitObligation } from '@steno/policy-dsl'
import type { Clock } from '../runtime/machine.ts'
import { identitiesOf } from './identities.ts'
import type { LawfulSession } from './law.ts'

/** What a limit says now: go on, or what happens to a command that would go over it. */
export type LimitVerdict = { over: LimitObligation['over']; limit: LimitObligation } | null

/** What one command may still return. */
export interface Allowance {
  rows: number
  bytes: number
}

/** The whole of a principal's day is what counts against its limits on rows and bytes. */
const principalDayUs = 24 * 60 * 60 * 1_000_000
const minuteUs = 60 * 1_000_000
/** Accounts that were not used for this long are dropped. */
const idleUs = principalDayUs
const accountsMax = 10_000

interface Account {
  rows: number
  bytes: number
  /** When the counting of rows and bytes began, for accounts that start anew. */
  sinceUs: number
  /** Commands of the last minute by second: second number and count. */
  seconds: { second: number; count: number }[]
  usedUs: number
}

/**
 * Counts what sessions, runs and principals were given, for rules that limit
 * it. Rows and bytes count for the whole of a session or a run, and for a
 * principal's day; commands count by the minute.
 */
export class LimitBook {
  readonly #clock: Clock
  readonly #accounts = new Map<string, Account>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Counts a command against its limits, and gives the first that it breaks, the strictest first. */
  begin(session: LawfulSession, limits: LimitObligation[]): LimitVerdict {
    let verdict: LimitVerdict = null
    for (const limit of limits) {
      const account = this.#account(session, limit)
      const isSpent =
        (limit.perMinute !== null && this.#countMinute(account) > limit.perMinute) ||
        (limit.per !== 'command' &&
          ((limit.rows !== null && account.rows >= limit.rows) || (limit.bytes !== null && account.bytes >= limit.bytes)))
      if (isSpent && (verdict === null || strictness[limit.over] > strictness[verdict.over])) verdict = { over: limit.over, limit }
    }
    return verdict
  }

  /** How much more a command may return before `limit` is reached; `given` is what it has returned so far. */
  allowance(session: LawfulSession, limit: LimitObligation, given: Allowance): Allowance {
    const spent = limit.per === 'command' ? given : this.#account(session, limit)
    return {
      rows: limit.rows === null ? Infinity : Math.max(0, limit.rows - spent.rows),
      bytes: limit.bytes === null ? Infinity : Math.max(0, limit.bytes - spent.bytes),
    }
  }

  /** Adds what a command returned. */
  spend(session: LawfulSession, limits: LimitObligation[], { rows, bytes }: Allowance): void {
    const seen = new Set<Account>()
    for (const limit of limits) {
      if (limit.per === 'command' || (limit.rows === null && limit.bytes === null)) continue
      const account = this.#account(session, limit)
      if (seen.has(account)) continue
      seen.add(account)
      account.rows += rows
      account.bytes += bytes
    }
  }

  #account(session: LawfulSession, { rule, per }: LimitObligation): Account {
    const nowUs = this.#clock.nowUs()
    const key = JSON.stringify([rule, per, keyOf(session, per)])
    let account = this.#accounts.get(key)
    if (!account) {
      if (this.#accounts.size >= accountsMax) this.#dropIdle(nowUs)
      account = { rows: 0, bytes: 0, sinceUs: nowUs, seconds: [], usedUs: nowUs }
      this.#accounts.set(key, account)
    }
    if (per === 'principal' && nowUs - account.sinceUs >= principalDayUs) {
      account.rows = 0
      account.bytes = 0
      account.sinceUs = nowUs
    }
    account.usedUs = nowUs
    return account
  }

  /** Adds one command to the last minute and gives how many that makes. */
  #countMinute(account: Account): number {
    const second = Math.floor(this.#clock.nowUs() / 1_000_000)
    while (account.seconds.length > 0 && account.seconds[0]!.second <= second - minuteUs / 1_000_000) account.seconds.shift()
    const last = account.seconds.at(-1)
    if (last && last.second >= second) last.count++
    else account.seconds.push({ second, count: 1 })
    return account.seconds.reduce((sum, { count }) => sum + count, 0)
  }

  #dropIdle(nowUs: number): void {
    for (const [key, account] of this.#accounts) if (nowUs - account.usedUs > idleUs) this.#accounts.delete(key)
    // Still too many: the longest unused goes first, which forgives it what it used.
    if (this.#accounts.size < accountsMax) return
    const oldest = [...this.#accounts].toSorted(([, a], [, b]) => a.usedUs - b.usedUs).slice(0, accountsMax / 10)
    for (const [key] of oldest) this.#accounts.delete(key)
  }
}

const strictness = { cut: 1, hold: 2, deny: 3 }

function keyOf(session: LawfulSession, per: LimitObligation['per']): string {
  // A name that a run claims for one it opens inside itself is its own: only what was proven has an account.
  if (per === 'principal') return provenName(session)
  return per === 'run' ? session.rootRun : session.id
}

function provenName({ principal, delegation }: LawfulSession): string {
  return identitiesOf(principal, delegation).at(-1)?.name ?? principal.name
}
