import type { Clock, Timer } from '../runtime/machine.ts'

/** A recording that has more bytes than when it was last reported. */
export interface Grown {
  session: string
  path: string
  sizeBytes: number
}

const reportEveryMs = 100

/** Gathers what grew, and reports each a few times a second: the port writes thousands of batches in that time. */
export class Growth {
  readonly #clock: Clock
  readonly #report: (grown: Grown) => void
  readonly #grown = new Map<string, Grown>()
  #timer: Timer | null = null

  constructor(clock: Clock, report: (grown: Grown) => void) {
    this.#clock = clock
    this.#report = report
  }

  add(grown: Grown): void {
    this.#grown.set(grown.session, grown)
    this.#timer ??= this.#clock.after(reportEveryMs, () => this.flush())
  }

  /** Reports at once what there is. */
  flush(): void {
    this.#timer?.cancel()
    this.#timer = null
    const all = [...this.#grown.values()]
    this.#grown.clear()
    for (const grown of all) this.#report(grown)
  }
}
