import type { LimitObligation } from '../decision.ts'

/** Who is counted: what a limit says `per`. A name that a run made up for itself is nobody: it counts as the proven one's. */
export interface Counted {
  session: string
  /** The run at the top, which answers for all that it opened. */
  run: string
  principal: string
}

/** What a command was given, or may still be. */
export interface Allowance {
  rows: number
  bytes: number
}

/** The whole of a principal's day is what counts against its limits on rows and bytes. */
const principalDayUs = 24 * 60 * 60 * 1_000_000
const minuteSeconds = 60
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
  /** The last turn in which something was added: several limits of a rule may share an account, and a command counts once. */
  turn: number
}

/**
 * Counts what sessions, runs and principals were given, for rules that limit
 * it: in the gateway as it happens, in a rehearsal as it happened. Rows and
 * bytes count for the whole of a session or a run, and for a principal's day;
 * commands count by the minute.
 */
export class LimitBook {
  readonly #accounts = new Map<string, Account>()
  #turn = 0

  /** Counts a command against its limits, for as many as it holds statements, and gives those that are used up. */
  begin(who: Counted, limits: readonly LimitObligation[], nowUs: number, statements = 1): readonly LimitObligation[] {
    let spent = none
    this.#turn++
    for (const limit of limits) {
      if (limit.per === 'command') continue
      const account = this.#account(who, limit, nowUs)
      if (limit.perMinute !== null && this.#isFirst(account)) countCommands(account, nowUs, statements)
      const isSpent =
        (limit.perMinute !== null && inLastMinute(account) > limit.perMinute) ||
        (limit.rows !== null && account.rows >= limit.rows) ||
        (limit.bytes !== null && account.bytes >= limit.bytes)
      if (isSpent) spent = [...spent, limit]
    }
    return spent
  }

  /** How much more a command may return before `limit` is reached; `given` is what it has returned so far. */
  allowance(who: Counted, limit: LimitObligation, given: Allowance, nowUs: number): Allowance {
    const spent = limit.per === 'command' ? given : this.#account(who, limit, nowUs)
    return {
      rows: limit.rows === null ? Infinity : Math.max(0, limit.rows - spent.rows),
      bytes: limit.bytes === null ? Infinity : Math.max(0, limit.bytes - spent.bytes),
    }
  }

  /** Adds what a command returned. */
  spend(who: Counted, limits: readonly LimitObligation[], { rows, bytes }: Allowance, nowUs: number): void {
    this.#turn++
    for (const limit of limits) {
      if (limit.per === 'command' || (limit.rows === null && limit.bytes === null)) continue
      const account = this.#account(who, limit, nowUs)
      if (!this.#isFirst(account)) continue
      account.rows += rows
      account.bytes += bytes
    }
  }

  /** Whether an account is met for the first time in this turn. */
  #isFirst(account: Account): boolean {
    if (account.turn === this.#turn) return false
    account.turn = this.#turn
    return true
  }

  #account(who: Counted, { rule, per }: LimitObligation, nowUs: number): Account {
    const holder = per === 'principal' ? who.principal : per === 'run' ? who.run : who.session
    const key = `${per} ${holder.length} ${holder} ${rule}`
    let account = this.#accounts.get(key)
    if (!account) {
      if (this.#accounts.size >= accountsMax) this.#dropIdle(nowUs)
      account = { rows: 0, bytes: 0, sinceUs: nowUs, seconds: [], usedUs: nowUs, turn: 0 }
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

  #dropIdle(nowUs: number): void {
    for (const [key, account] of this.#accounts) if (nowUs - account.usedUs > idleUs) this.#accounts.delete(key)
    // Still too many: the longest unused goes first, which forgives it what it used.
    if (this.#accounts.size < accountsMax) return
    const oldest = [...this.#accounts].toSorted(([, a], [, b]) => a.usedUs - b.usedUs).slice(0, accountsMax / 10)
    for (const [key] of oldest) this.#accounts.delete(key)
  }
}

const none: readonly LimitObligation[] = []

function countCommands(account: Account, nowUs: number, count: number): void {
  const second = Math.floor(nowUs / 1_000_000)
  while (account.seconds[0] !== undefined && account.seconds[0].second <= second - minuteSeconds) account.seconds.shift()
  const last = account.seconds.at(-1)
  if (last && last.second >= second) last.count += count
  else account.seconds.push({ second, count })
}

/** How many commands it had in the minute before the last that was counted. */
function inLastMinute({ seconds }: Account): number {
  let sum = 0
  for (const { count } of seconds) sum += count
  return sum
}
