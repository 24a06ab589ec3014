import type { Ledger, LedgerEntry } from '../journal/ledger.ts'
import type { RecordingFiles } from '../journal/recording-files.ts'
import type { Machine, Timer } from '../runtime/machine.ts'
import type { Holds, SessionOfRun } from './holds.ts'
import { readHeader, type ExpiredOfDay, type ExpirySearch } from './recording-tasks.ts'
import type { RecordingWork } from './recording-work.ts'
import { RetentionRefused } from './refused.ts'

type Expired = ExpiredOfDay['expired'][number]

export interface RetentionOptions {
  machine: Machine
  directory: string
  ledger: Ledger
  entries: readonly LedgerEntry[]
  files: RecordingFiles
  work: RecordingWork
  holds: Holds
  /** Days that recordings of a target are kept for, by its name; those of others are kept for good. */
  keep: ExpirySearch['keep']
  /** Resolves when everything in the ledger so far has its leaf behind a published checkpoint. */
  published: () => Promise<void>
  /** Leaves nothing of a session in memory, nor in the index. */
  forget: (removed: { session: string }) => Promise<void>
  onProblem: (problem: string) => void
}

const sweepEveryMs = 3600 * 1000
const dayUs = 86_400_000_000

/**
 * Removes recordings that are older than their target's rule keeps them.
 * INVARIANT: what a recording was is in the ledger and in the log before
 * anything of it goes, and what is held stays.
 */
export class Retention {
  readonly #options: RetentionOptions
  /** When to look at a day's recordings again. A day that was not looked at is not here. */
  readonly #days = new Map<string, number>()
  /** Recordings that are said to be removed, and may be there still. */
  readonly #going = new Set<string>()
  #sweeping: Promise<void> = Promise.resolve()
  #timer: Timer | null = null
  #isStopped = false

  constructor(options: RetentionOptions) {
    this.#options = options
    for (const entry of options.entries) if (entry.kind === 'recording removed') this.#going.add(entry.session)
  }

  /** Looks through the recordings, and does so again every hour. Resolves after the first time. */
  start(): Promise<void> {
    this.#timer = this.#options.machine.clock.after(sweepEveryMs, () => void this.start())
    return this.sweep()
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  /** Looks at every day anew next time: a hold was lifted. */
  lookAgain(): void {
    this.#days.clear()
  }

  /** Removes what is due. Resolves when all that can go is gone. */
  sweep(): Promise<void> {
    this.#sweeping = this.#sweeping.then(() => this.#sweep())
    return this.#sweeping
  }

  async #sweep(): Promise<void> {
    for (const session of this.#going) await this.#attempt(session, () => this.#goOn(session))
    const { machine, directory, keep } = this.#options
    const shortestUs = Math.min(...Object.values(keep)) * dayUs
    for (const day of machine.disk.list(`${directory}/sessions`)) {
      const nowUs = machine.clock.nowUs()
      const beganUs = Date.parse(day) * 1000
      // NaN, of a name that is no day, is not later than anything.
      if (!(beganUs + shortestUs <= nowUs) || nowUs < (this.#days.get(day) ?? 0)) continue
      await this.#sweepDay(day, nowUs)
    }
  }

  async #sweepDay(day: string, nowUs: number): Promise<void> {
    const { directory, keep, holds, work, onProblem } = this.#options
    const subjects = holds.list().map(({ subject }) => subject)
    const held = {
      sessions: subjects.flatMap(subject => ('session' in subject ? [subject.session] : [])),
      runs: subjects.flatMap(subject => ('run' in subject ? [subject.run] : [])),
    }
    await this.#attempt(day, async () => {
      const found = await work.findExpired({ directory: `${directory}/sessions/${day}`, keep, held, nowUs })
      for (const problem of found.unreadable) onProblem(`retention cannot read ${problem}`)
      for (const one of found.expired) await this.#attempt(one.session, () => this.#remove(one))
      this.#days.set(day, found.expired.length > 0 ? nowUs : (found.nextAtUs ?? Infinity))
    })
  }

  async #remove({ session, run, target, retentionDays, endedAtUs, size, root }: Expired): Promise<void> {
    const { machine, directory, ledger } = this.#options
    // A session counts as open until it is sealed.
    if (this.#isStopped || machine.disk.exists(`${directory}/open/${session}`)) return
    await this.#claimed({ session, run }, async () => {
      await ledger.append({ kind: 'recording removed', session, run, target, retentionDays, endedAtUs, size, root })
      this.#going.add(session)
      await this.#takeAway(session)
    })
  }

  /** Goes on with what was said to be removed. */
  async #goOn(session: string): Promise<void> {
    const { machine, files } = this.#options
    const path = files.find(session)?.path
    if (path === undefined) return void this.#going.delete(session)
    await this.#claimed({ session, run: readHeader(machine.disk, path).run.id }, () => this.#takeAway(session))
  }

  async #takeAway(session: string): Promise<void> {
    const { machine, files, published, forget } = this.#options
    await published()
    await forget({ session })
    const path = files.find(session)?.path
    if (path !== undefined) {
      const torn = `${path.slice(0, -'.cast'.length)}.torn`
      if (machine.disk.exists(torn)) machine.disk.remove(torn)
      machine.disk.remove(path)
    }
    this.#going.delete(session)
  }

  async #claimed(of: SessionOfRun, act: () => Promise<void>): Promise<void> {
    const release = this.#options.holds.claim(of)
    try {
      await act()
    } finally {
      release()
    }
  }

  /** One recording that cannot go keeps no other from going; the next sweep tries again. */
  async #attempt(what: string, act: () => Promise<void>): Promise<void> {
    if (this.#isStopped) return
    try {
      await act()
    } catch (error) {
      // What was held in the meantime just stays.
      if (error instanceof RetentionRefused) return
      this.#options.onProblem(`retention of ${what} waits: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}
