import { LedgerFailed, type Ledger } from '../journal/ledger.ts'
import type { Clock, Timer } from '../runtime/machine.ts'

/** A connection that was turned away before it had a session, as it said it was. */
export interface RefusedConnection {
  client: string
  reason: string
  run: string | null
  target: string | null
}

/** A stranger may come as often as he likes, but fills the ledger only so fast. */
const writeEveryMs = 1000
const toldMax = 20
const lengthMax = 200

/** Writes down refused connections: one entry a second at most, with their number and the first of them. */
export class RefusedConnections {
  readonly #clock: Clock
  readonly #ledger: Ledger
  readonly #onProblem: (problem: string) => void
  #first: RefusedConnection[] = []
  #count = 0
  #timer: Timer | null = null
  #isWriting = false

  constructor({ clock, ledger, onProblem }: { clock: Clock; ledger: Ledger; onProblem: (problem: string) => void }) {
    this.#clock = clock
    this.#ledger = ledger
    this.#onProblem = onProblem
  }

  add({ client, reason, run, target }: RefusedConnection): void {
    this.#count += 1
    if (this.#first.length < toldMax) this.#first.push({ client, reason: cut(reason), run: run && cut(run), target: target && cut(target) })
    this.#timer ??= this.#clock.after(writeEveryMs, () => void this.flush())
  }

  /** Writes down at once what there is. */
  async flush(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = null
    if (this.#count === 0 || this.#isWriting) return
    const [count, first] = [this.#count, this.#first]
    this.#count = 0
    this.#first = []
    this.#isWriting = true
    try {
      await this.#ledger.append({ kind: 'connections refused', count, first })
      // Others came meanwhile.
      if (this.#count > 0) this.#timer ??= this.#clock.after(writeEveryMs, () => void this.flush())
    } catch (error) {
      if (!(error instanceof LedgerFailed)) throw error
      // They are told of with the next one that comes.
      this.#count += count
      this.#first = [...first, ...this.#first].slice(0, toldMax)
      this.#onProblem(`${this.#count} refused connections are not in the ledger yet: ${error.message}`)
    } finally {
      this.#isWriting = false
    }
  }
}

function cut(text: string): string {
  return text.length > lengthMax ? `${text.slice(0, lengthMax)}…` : text
}
