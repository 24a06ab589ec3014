import { rehearseRecordings } from '@steno/policy-dsl'
import type { History } from './test-history.ts'
import { pastParser } from './test-history.ts'
import { recordingsOf } from './recordings-of.ts'
import type { Rehearsals, Rehearsing } from './rehearsals.ts'

/** Rehearsals on a simulated machine, in the thread of the test. */
export class RehearsalsHere implements Rehearsals {
  readonly #history: History
  readonly started: Rehearsing[] = []
  /** Those that were stopped. */
  stopped = 0
  /** When set, comes of every rehearsal instead of a report. */
  outcome: Promise<never> | null = null
  isBusy = false

  constructor(history: History) {
    this.#history = history
  }

  start({ ask, sessions, onProgress }: Parameters<Rehearsals['start']>[0]): Rehearsing | null {
    if (this.isBusy) return null
    const { machine, files } = this.#history
    // Progress reaches its listener later, as from a thread.
    const report = (this.outcome ?? Promise.resolve()).then(() =>
      rehearseRecordings({
        ask,
        recordings: recordingsOf(sessions, { disk: machine.disk, files, parser: pastParser }),
        clock: machine.clock,
        random: count => machine.random(count),
        onProgress,
      }),
    )
    const rehearsing: Rehearsing = { report, stop: () => void this.stopped++ }
    this.started.push(rehearsing)
    return rehearsing
  }
}
