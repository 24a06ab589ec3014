import { RunMemory } from '@steno/policy-dsl'
import type { Clock } from '../runtime/machine.ts'

/** Longer than any rule looks back, so what was not used for so long remembers nothing that counts. */
const keptUs = 25 * 3600 * 1_000_000

/** So many runs are remembered; past that, those that did nothing for longest are forgotten first. */
const runsMax = 20_000

interface Entry {
  memory: RunMemory
  usedAtUs: number
}

/** What each run did so far, shared by its sessions. */
export class RunMemories {
  readonly #clock: Clock
  /** The least recently used first. */
  readonly #byRun = new Map<string, Entry>()
  #last: { run: string; entry: Entry } | null = null

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A run's memory, empty for one that is new here. Ask for it each time: what a run has not used for a day is gone. */
  of(run: string): RunMemory {
    const usedAtUs = this.#clock.monotonicUs()
    // Mostly it is the run that was asked for before, which is the last in order already.
    if (this.#last !== null && this.#last.run === run) {
      this.#last.entry.usedAtUs = usedAtUs
      return this.#last.entry.memory
    }
    const known = this.#byRun.get(run)
    const entry = known ?? { memory: new RunMemory(), usedAtUs }
    entry.usedAtUs = usedAtUs
    this.#byRun.delete(run)
    this.#byRun.set(run, entry)
    this.#last = { run, entry }
    if (!known) this.#forget(usedAtUs)
    return entry.memory
  }

  get size(): number {
    return this.#byRun.size
  }

  #forget(nowUs: number): void {
    for (const [run, { usedAtUs }] of this.#byRun) {
      if (this.#byRun.size <= runsMax && nowUs - usedAtUs <= keptUs) return
      this.#byRun.delete(run)
    }
  }
}
