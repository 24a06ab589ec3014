import type { Ledger } from '../journal/ledger.ts'
import type { GatewayLog, NewLeaf } from './gateway-log.ts'
import { LogFailed } from './log-failed.ts'
import { ledgerLeaf } from './ledger-leaf.ts'

/**
 * Puts into the log what the ledger tells, entry by entry in their order, each
 * once it is on disk. What the log does not take at once is owed: it comes
 * before anything else that tells of the ledger.
 */
export class LedgerLeaves {
  readonly #log: GatewayLog
  readonly #owed: NewLeaf[] = []

  constructor(log: GatewayLog, ledger: Ledger) {
    this.#log = log
    ledger.onEntry((event, place) => {
      const leaf = ledgerLeaf(event, place)
      if (leaf === null) return
      this.#owed.push(leaf)
      try {
        this.flush()
      } catch (error) {
        // The entry is in the ledger, and the ledger's head in the next epoch;
        // `flush` is asked again before that.
        if (!(error instanceof LogFailed)) throw error
      }
    })
  }

  /** Writes what is owed. Throws `LogFailed` while the log does not take it. */
  flush(): void {
    while (this.#owed.length > 0) {
      this.#log.append(this.#owed[0]!)
      this.#owed.shift()
    }
  }

  /** Takes in what a gateway that died still owed, oldest first. */
  owe(leaves: readonly NewLeaf[]): void {
    this.#owed.push(...leaves)
  }
}
