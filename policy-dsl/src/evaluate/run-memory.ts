import type { Memory } from '../facts.ts'
import type { MemoryCounter } from '../ruleset.ts'

/** Nothing older than this is remembered. */
export const memoryMs = 86_400_000
const memorySeconds = memoryMs / 1000

/** Of one counter, so many verbs are counted on their own; what comes after them counts as any verb asked for. */
const verbsMax = 256
/** So many windows keep a sum that moves along; they come from rules, so this is only reached by many versions of a policy. */
const windowsMax = 64

/**
 * What a run did in the last day at most, in whole seconds. A second counts as
 * long as any instant of it lies in the window, so a window never forgets too
 * early: it may hold what happened up to a second longer. Asking and adding
 * cost the same however much was done. The clock never goes back here: what
 * comes with an earlier time counts as having happened at the latest one.
 */
export class RunMemory {
  readonly #series = new Map<MemoryCounter, { all: Series; byVerb: Map<string, Series>; others: Series }>()
  #second = 0

  /** Writes down that something happened: 3 operations of `DELETE`, 120 rows. */
  add(counter: MemoryCounter, verb: string | null, amount: number, nowUs: number): void {
    if (!Number.isFinite(amount) || amount < 0) throw new Error(`expected an amount of at least 0, got ${amount}`)
    this.#advance(nowUs)
    if (amount === 0) return
    let counted = this.#series.get(counter)
    if (!counted) this.#series.set(counter, (counted = { all: new Series(), byVerb: new Map(), others: new Series() }))
    counted.all.add(this.#second, amount)
    if (verb === null) return
    let ofVerb = counted.byVerb.get(verb)
    if (!ofVerb && counted.byVerb.size < verbsMax) counted.byVerb.set(verb, (ofVerb = new Series()))
    ;(ofVerb ?? counted.others).add(this.#second, amount)
  }

  /** What a rule sees that is asked at an instant. A verb of null is all of them. */
  at(nowUs: number): Memory {
    return {
      sum: (counter, verb, windowMs) => {
        if (!(windowMs > 0)) throw new Error(`expected a window longer than 0, got ${windowMs}`)
        this.#advance(nowUs)
        const counted = this.#series.get(counter)
        if (!counted) return 0
        const since = this.#second - Math.min(Math.ceil(windowMs / 1000), memorySeconds)
        if (verb === null) return counted.all.sum(since, windowMs)
        return (counted.byVerb.get(verb)?.sum(since, windowMs) ?? 0) + counted.others.sum(since, windowMs)
      },
    }
  }

  #advance(nowUs: number): void {
    if (!Number.isFinite(nowUs)) throw new Error(`expected an instant, got ${nowUs}`)
    this.#second = Math.max(this.#second, Math.floor(nowUs / 1_000_000))
  }
}

/** Amounts by second, the oldest first, with a sum for each window that was asked for. */
class Series {
  #seconds: number[] = []
  #amounts: number[] = []
  /** Where the living part begins. What is before it is cut off now and then. */
  #first = 0
  /** By the window's length: where it begins, and what it holds. */
  readonly #windows = new Map<number, { from: number; sum: number }>()

  add(second: number, amount: number): void {
    this.#forget(second - memorySeconds)
    const last = this.#seconds.length - 1
    if (last >= this.#first && this.#seconds[last] === second) this.#amounts[last] = (this.#amounts[last] ?? 0) + amount
    else {
      this.#seconds.push(second)
      this.#amounts.push(amount)
    }
    for (const window of this.#windows.values()) window.sum += amount
  }

  /** The sum of everything in this second or later. */
  sum(since: number, windowMs: number): number {
    let window = this.#windows.get(windowMs)
    if (!window) {
      if (this.#windows.size >= windowsMax) this.#windows.clear()
      window = { from: this.#first, sum: this.#sumFrom(this.#first) }
      this.#windows.set(windowMs, window)
    }
    this.#move(window, since)
    return window.sum
  }

  #move(window: { from: number; sum: number }, since: number): void {
    while (window.from < this.#seconds.length && (this.#seconds[window.from] ?? 0) < since) {
      window.sum -= this.#amounts[window.from] ?? 0
      window.from++
    }
  }

  #sumFrom(from: number): number {
    let sum = 0
    for (let index = from; index < this.#amounts.length; index++) sum += this.#amounts[index] ?? 0
    return sum
  }

  #forget(before: number): void {
    while (this.#first < this.#seconds.length && (this.#seconds[this.#first] ?? 0) < before) this.#first++
    // No window reaches back further than memory does, so none loses what it holds.
    for (const window of this.#windows.values()) this.#move(window, before)
    if (this.#first < 1024 || this.#first * 2 < this.#seconds.length) return
    this.#seconds = this.#seconds.slice(this.#first)
    this.#amounts = this.#amounts.slice(this.#first)
    for (const window of this.#windows.values()) window.from -= this.#first
    this.#first = 0
  }
}
