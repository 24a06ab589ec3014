import type { SimulatedMachine } from '../runtime/simulated.ts'
import type { SimulatedTarget } from './test-target.ts'

// For tests alone: what everybody around a gateway saw, was told and promised,
// as they would bear witness to it. The record is held against it.

/** Where the gateway keeps its data on the simulated disk. */
export const data = '/var/steno'

/**
 * How long what was written may wait for the disk, and how long the leaf that
 * tells of it: so long before a sync begins, and so many syncs, of which the
 * first may have begun before it. Behind a leaf that came too late for one
 * checkpoint are the head and the note of that, then all that the next one waits for.
 */
const loss = { lines: { waitMs: 200, syncs: 3 }, leaves: { waitMs: 1200, syncs: 6 } }

/** What a client was told, and when. */
export interface Heard {
  mark: string
  target: string
  atUs: number
}

/** What a client was told of its session's place in the log. */
export interface ToldReceipt {
  session: string
  index: number
  atUs: number
}

/** What happened in a simulation, to know that it did. */
export type Tally = Record<string, number>

export class Story {
  readonly machine: SimulatedMachine
  readonly durability: 'standard' | 'strict'
  readonly targets: SimulatedTarget[] = []
  readonly heard: Heard[] = []
  readonly receipts: ToldReceipt[] = []
  /** What somebody was told is done. */
  readonly promised = {
    runsOpened: new Set<string>(),
    runsEnded: new Set<string>(),
    reviews: new Map<string, 'approve' | 'reject'>(),
    policy: false,
  }
  /** Somebody outside, who keeps the log's first key and the checkpoint that was published last. */
  readonly auditor: { key: string | null; checkpoint: string | null } = { key: null, checkpoint: null }
  readonly tally: Tally = {}
  /** Power was lost, and no gateway has started since that could mend what that left. */
  isBroken = false
  readonly #lines: string[] = []
  /** When power was lost, and how long a sync took then. */
  readonly #losses: { atUs: number; syncMs: number }[] = []
  /** When the disk took no writes; the last may not be over. */
  readonly #refusals: { fromUs: number; toUs: number }[] = []

  constructor(machine: SimulatedMachine, durability: 'standard' | 'strict') {
    this.machine = machine
    this.durability = durability
  }

  get nowUs(): number {
    return this.machine.clock.monotonicUs()
  }

  count(what: string): void {
    this.tally[what] = (this.tally[what] ?? 0) + 1
  }

  tell(line: string): void {
    this.#lines.push(`${(this.nowUs / 1000).toFixed(3).padStart(10)}  ${line}`)
  }

  get told(): string {
    return this.#lines.join('\n')
  }

  /** What was not synced may be gone, by seed. */
  losePower(): void {
    const { disk } = this.machine
    this.#losses.push({ atUs: this.nowUs, syncMs: disk.syncMs })
    disk.losePower()
    this.isBroken = true
    this.count('power lost')
  }

  /** The disk takes no writes from here on; with them waits the next checkpoint, and every leaf that it would bring to the disk. */
  diskRefuses(): void {
    this.#refusals.push({ fromUs: this.nowUs, toUs: Number.POSITIVE_INFINITY })
  }

  diskTakes(): void {
    for (const refusal of this.#refusals) refusal.toUs = Math.min(refusal.toUs, this.nowUs)
  }

  /** Whether what was so at a time may be gone, because power was lost right after it. */
  isExcused(atUs: number, what: keyof typeof loss): boolean {
    const { waitMs, syncs } = loss[what]
    return this.#losses.some(({ atUs: lostAtUs, syncMs }) => {
      const stoodStillUs = what === 'leaves' ? this.#refusedUs(atUs, lostAtUs) : 0
      return atUs <= lostAtUs && lostAtUs - atUs - stoodStillUs <= (waitMs + syncs * syncMs) * 1000
    })
  }

  #refusedUs(fromUs: number, toUs: number): number {
    return this.#refusals.reduce((sum, one) => sum + Math.max(0, Math.min(toUs, one.toUs) - Math.max(fromUs, one.fromUs)), 0)
  }
}
