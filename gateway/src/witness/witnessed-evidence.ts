import type { Witnessed } from '@steno/recordings'
import type { Evidence, EvidenceAsk, EvidenceOutcome } from '../guard/law.ts'
import type { Clock, Timer } from '../runtime/machine.ts'

export interface WitnessedEvidenceParts {
  clock: Clock
  /** Has everything that is written behind a published checkpoint when it resolves. Rejects when the disk does not take that. */
  anchor: () => Promise<void>
  /** How many lines of an open recording the last epoch has. */
  anchoredLines: (session: string) => number
  /** Who signed the newest published checkpoint, when they are a quorum. */
  signedBy: () => Witnessed | null
}

/** When too few have signed, they are asked again so soon. */
const askAgainMs = 500

/** Evidence by the witnesses of the gateway's log. Nobody waits for the next epoch: one ends at once. */
export class WitnessedEvidence implements Evidence {
  readonly #parts: WitnessedEvidenceParts

  constructor(parts: WitnessedEvidenceParts) {
    this.#parts = parts
  }

  witnessed({ session, lines, withinMs }: EvidenceAsk, signal: AbortSignal): Promise<EvidenceOutcome> {
    const { clock, anchor, anchoredLines, signedBy } = this.#parts
    return new Promise(resolve => {
      let isOver = false
      let again: Timer | null = null
      const late = clock.after(withinMs, () => settle({ witnessed: false, because: 'late' }))
      const onAbort = () => settle({ witnessed: false, because: 'withdrawn' })
      const settle = (outcome: EvidenceOutcome) => {
        if (isOver) return
        isOver = true
        late.cancel()
        again?.cancel()
        signal.removeEventListener('abort', onAbort)
        resolve(outcome)
      }
      const ask = async () => {
        // A disk that has no room now may have some before the time is over.
        const isAnchored = await anchor().then(
          () => true,
          () => false,
        )
        if (isOver) return
        const by = isAnchored && anchoredLines(session) >= lines ? signedBy() : null
        if (by) settle({ witnessed: true, by })
        else again = clock.after(askAgainMs, () => void ask())
      }
      signal.addEventListener('abort', onAbort)
      if (signal.aborted) onAbort()
      else void ask()
    })
  }
}
