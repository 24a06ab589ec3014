import type { ApprovalDemand } from '@steno/policy-dsl'
import type { Grant } from '@steno/recordings'
import type { ConsentAsk } from '../guard/law.ts'
import type { Actor, LedgerEvent } from '../journal/ledger.ts'
import { assert } from '../runtime/assert.ts'
import type { Clock, Timer } from '../runtime/machine.ts'

/** What people granted to commands of one shape, and what became of that. */
export interface GivenGrant {
  shape: string
  lawVersion: string
  /** Everyone who agreed to it. */
  by: string[]
  atUs: number
  untilUs: number
  /** Null while it lets commands pass. */
  ended: GrantEnd | null
  /** How many commands it let pass. */
  passed: number
}

export interface GrantEnd {
  because: Extract<LedgerEvent, { kind: 'grant ended' }>['because']
  /** Whoever took it back. */
  by: string | null
  atUs: number
}

interface Open {
  approval: string
  run: string
  target: string
  demands: string[]
  given: GivenGrant
  /** `Clock.monotonicUs` when its time is over. */
  dueUs: number
  timer: Timer
}

/** Told of each end of a grant, once. */
type OnEnded = (approval: string, because: GrantEnd['because'], by: Actor | null) => void

/**
 * What people agreed to for a while. A grant lets a command pass that is of its
 * shape, in its run, at its target, under the very policies it was given under,
 * and that needs the consent of nobody whom it did not have.
 */
export class Grants {
  readonly #clock: Clock
  readonly #onEnded: OnEnded
  readonly #open = new Map<string, Open>()

  constructor({ clock, onEnded }: { clock: Clock; onEnded: OnEnded }) {
    this.#clock = clock
    this.#onEnded = onEnded
  }

  /** Lets commands like the one that was asked for pass from here on. */
  give(approval: string, { session, shape, lawVersion, demands }: ConsentAsk, given: GivenGrant): void {
    assert(shape !== null && shape === given.shape && lawVersion === given.lawVersion, 'a grant is of what was asked for')
    const leftUs = given.untilUs - this.#clock.nowUs()
    const timer = this.#clock.after(Math.max(0, leftUs / 1000), () => this.end(approval, 'time', null))
    const dueUs = this.#clock.monotonicUs() + leftUs
    const { run, target } = session
    this.#open.set(approval, { approval, run: run.id, target: target.name, demands: demands.map(keyOf), given, dueUs, timer })
  }

  /** The grant that lets a command pass, or null. */
  use({ session, shape, lawVersion, demands }: ConsentAsk): { approval: string; grant: Grant } | null {
    if (shape === null) return null
    for (const open of this.#open.values()) {
      const { approval, given } = open
      const isSame = given.shape === shape && open.run === session.run.id && open.target === session.target.name
      if (!isSame || given.lawVersion !== lawVersion || !demands.every(demand => open.demands.includes(keyOf(demand)))) continue
      if (this.#isOver(open)) {
        this.end(approval, 'time', null)
        continue
      }
      given.passed++
      return { approval, grant: { by: given.by, at: toTime(given.atUs), until: toTime(given.untilUs), shape } }
    }
    return null
  }

  end(approval: string, because: GrantEnd['because'], by: Actor | null): void {
    const open = this.#open.get(approval)
    if (!open) return
    open.timer.cancel()
    this.#open.delete(approval)
    this.#onEnded(approval, because, by)
  }

  /** Ends what was granted in a run that is over. */
  endRun(run: string): void {
    for (const open of this.#open.values()) if (open.run === run) this.end(open.approval, 'run over', null)
  }

  /** Ends what was granted under other policies than these. */
  endOthers(lawVersion: string): void {
    for (const { approval, given } of this.#open.values()) if (given.lawVersion !== lawVersion) this.end(approval, 'policies changed', null)
  }

  /** By either clock, as with requests: a machine that slept lets nothing pass longer. */
  #isOver({ dueUs, given }: Open): boolean {
    return this.#clock.monotonicUs() >= dueUs || this.#clock.nowUs() >= given.untilUs
  }
}

/** A rule that asks for another quorum, or other people, is another demand. */
function keyOf({ rule, by, withinMs, quorum }: ApprovalDemand): string {
  return JSON.stringify([rule, by, withinMs, quorum])
}

function toTime(us: number): string {
  return new Date(us / 1000).toISOString()
}
