import type { Actor, Ledger } from '../journal/ledger.ts'
import type { Clock } from '../runtime/machine.ts'

/** A reader of a recording is written down once in this time. */
export const readAgainMs = 15 * 60 * 1000

/** Remembers who looked at which recording, so that the ledger tells it once in a quarter of an hour and not once a range. */
export class Readers {
  readonly #clock: Clock
  readonly #ledger: Ledger
  readonly #seen = new Map<string, number>()

  constructor({ clock, ledger }: { clock: Clock; ledger: Ledger }) {
    this.#clock = clock
    this.#ledger = ledger
  }

  /** Resolves when the ledger knows of the reader; nothing is shown before. */
  async note(session: string, by: Actor): Promise<void> {
    const key = `${by.kind} ${by.name} ${session}`
    const nowUs = this.#clock.monotonicUs()
    const seenAtUs = this.#seen.get(key)
    if (seenAtUs !== undefined && nowUs - seenAtUs < readAgainMs * 1000) return
    await this.#ledger.append({ kind: 'read', session, by })
    for (const [old, atUs] of this.#seen) {
      // Oldest first: a key that comes again is put last.
      if (nowUs - atUs < readAgainMs * 1000) break
      this.#seen.delete(old)
    }
    this.#seen.delete(key)
    this.#seen.set(key, nowUs)
  }
}
