import type { RecordingHeader } from '@steno/recordings'
import type { LimitObligation } from '../decision.ts'

const dayUs = 86_400_000_000
const accountsMax = 10_000

/** What a limit counted so far, of a session, a run or a principal. */
interface Account {
  rows: number
  sinceUs: number
  /** Commands of the last minute by second. */
  seconds: { second: number; count: number }[]
}

/**
 * Counts past commands against limits as the gateway counts present ones: rows
 * for the whole of a session or run and for a principal's day, commands by the
 * minute. Bytes are not counted: recordings do not tell how many there were.
 */
export class LimitLedger {
  readonly #accounts = new Map<string, Account>()

  /** Counts a command against a limit, and says whether the limit is used up. */
  begin(limit: LimitObligation, { header, nowUs }: { header: RecordingHeader; nowUs: number }): boolean {
    const account = this.#account(limit, header, nowUs)
    if (limit.perMinute !== null && countMinute(account, nowUs) > limit.perMinute) return true
    return limit.per !== 'command' && limit.rows !== null && account.rows >= limit.rows
  }

  /** How many rows it leaves a command; Infinity where it does not count them. */
  rowsLeft(limit: LimitObligation, { header, nowUs }: { header: RecordingHeader; nowUs: number }): number {
    if (limit.rows === null) return Infinity
    return limit.per === 'command' ? limit.rows : Math.max(0, limit.rows - this.#account(limit, header, nowUs).rows)
  }

  /** Adds the rows that a command returned. */
  spend(limits: readonly LimitObligation[], rows: number, { header, nowUs }: { header: RecordingHeader; nowUs: number }): void {
    const counting = limits.filter(({ per, rows: most }) => per !== 'command' && most !== null)
    for (const account of new Set(counting.map(limit => this.#account(limit, header, nowUs)))) account.rows += rows
  }

  #account({ rule, per }: LimitObligation, header: RecordingHeader, nowUs: number): Account {
    const key = JSON.stringify([rule, per, per === 'principal' ? header.principal.name : per === 'run' ? header.run.id : header.session])
    const account = this.#accounts.get(key) ?? { rows: 0, sinceUs: nowUs, seconds: [] }
    if (per === 'principal' && nowUs - account.sinceUs >= dayUs) Object.assign(account, { rows: 0, sinceUs: nowUs })
    // The one that was asked for longest ago stands first, and goes first.
    this.#accounts.delete(key)
    this.#accounts.set(key, account)
    const [oldest] = this.#accounts.keys()
    if (this.#accounts.size > accountsMax && oldest !== undefined) this.#accounts.delete(oldest)
    return account
  }
}

/** Adds one command to the last minute and gives how many that makes. */
function countMinute(account: Account, nowUs: number): number {
  const second = Math.floor(nowUs / 1_000_000)
  account.seconds = account.seconds.filter(one => one.second > second - 60)
  const last = account.seconds.at(-1)
  if (last !== undefined && last.second >= second) last.count++
  else account.seconds.push({ second, count: 1 })
  return account.seconds.reduce((sum, { count }) => sum + count, 0)
}
