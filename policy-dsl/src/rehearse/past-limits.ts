import type { Verdict } from '@steno/recordings'
import type { LimitObligation } from '../decision.ts'
import { LimitBook, type Allowance, type Counted } from '../evaluate/limit-book.ts'
import type { LimitHits } from './rehearsal-result.ts'
import { Tally } from './tally.ts'

/** What limits leave of a command. */
export interface Spent {
  verdict: Verdict
  /** What denies or holds it. */
  by: LimitObligation | null
  rows: number
  /** The session would have ended with it. */
  isBrokenOff: boolean
}

/** What came back of a command, and how many statements it was. */
interface Asked extends Allowance {
  statements: number
}

/** Counts past commands against limits as the gateway counts present ones, and what would have come of it by rule. */
export class PastLimits {
  readonly hits: Tally<LimitHits>
  readonly #book = new LimitBook()

  constructor(rulesMax: number) {
    this.hits = new Tally(rulesMax, rule => ({ rule, commands: 0, denied: 0, held: 0, cut: 0, rowsCut: 0, bytesCut: 0, brokenOff: 0 }))
  }

  /** Counts a command and what it returned then. What is held is agreed to, which lifts the limit that held it. */
  spend(who: Counted, limits: readonly LimitObligation[], { statements, ...given }: Asked, nowUs: number): Spent {
    for (const rule of new Set(limits.map(one => one.rule))) this.#count(rule, 'commands')
    const spent = this.#book.begin(who, limits, nowUs, statements)
    const denying = spent.find(({ over }) => over === 'deny')
    if (denying !== undefined) {
      this.#count(denying.rule, 'denied')
      return { verdict: 'deny', by: denying, rows: 0, isBrokenOff: false }
    }
    const lifted = spent.filter(({ over }) => over === 'hold')
    const [by = null] = lifted
    if (by !== null) this.#count(by.rule, 'held')
    let left: Allowance = given
    let isBrokenOff = false
    for (const limit of limits) {
      if (lifted.includes(limit)) continue
      const fitting = within(left, this.#book.allowance(who, limit, { rows: 0, bytes: 0 }, nowUs))
      if (fitting === left) continue
      if (limit.over === 'cut') {
        this.#count(limit.rule, 'cut')
        this.#count(limit.rule, 'rowsCut', left.rows - fitting.rows)
        this.#count(limit.rule, 'bytesCut', left.bytes - fitting.bytes)
      } else {
        this.#count(limit.rule, 'brokenOff')
        isBrokenOff = true
      }
      left = fitting
    }
    this.#book.spend(who, limits, left, nowUs)
    return { verdict: by === null ? 'allow' : 'hold', by, rows: left.rows, isBrokenOff }
  }

  #count(rule: string, what: Exclude<keyof LimitHits, 'rule'>, count = 1): void {
    const hits = this.hits.of(rule)
    if (hits) hits[what] += count
  }
}

/** As many whole rows as fit, each taken to be as long as the others; the same object where all do. */
function within(given: Allowance, allowance: Allowance): Allowance {
  if (given.rows <= allowance.rows && given.bytes <= allowance.bytes) return given
  if (given.rows === 0) return { rows: 0, bytes: Math.min(given.bytes, allowance.bytes) }
  const fitting = given.bytes > allowance.bytes ? Math.floor((given.rows * allowance.bytes) / given.bytes) : given.rows
  const rows = Math.min(fitting, allowance.rows)
  return { rows, bytes: Math.round((given.bytes * rows) / given.rows) }
}
