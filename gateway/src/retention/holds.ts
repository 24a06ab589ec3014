import type { Actor, Ledger, LedgerEntry } from '../journal/ledger.ts'
import { newId } from '../runtime/id.ts'
import type { Machine } from '../runtime/machine.ts'
import { RetentionRefused } from './refused.ts'

/** What a hold is on: one session, or every session of a run. */
export type HeldSubject = { session: string } | { run: string }

/** A legal hold: while it is there, nothing of its subject is removed or erased. */
export interface Hold {
  id: string
  subject: HeldSubject
  reason: string
  by: Actor
  placedAtUs: number
}

export interface HoldsOptions {
  machine: Machine
  ledger: Ledger
  entries: readonly LedgerEntry[]
  /** A hold was lifted: what it kept may go. */
  onLifted: () => void
}

/** A session, and the run it belongs to. */
export interface SessionOfRun {
  session: string
  run: string
}

/**
 * Which sessions and runs are held. Whatever removes or erases claims its
 * session here first, so that a hold is never placed on what is going already.
 */
export class Holds {
  readonly #options: HoldsOptions
  readonly #holds = new Map<string, Hold>()
  /** Sessions that are being removed or erased, with their runs. */
  readonly #claimed = new Map<string, string>()

  constructor(options: HoldsOptions) {
    this.#options = options
    for (const entry of options.entries) {
      if (entry.kind === 'hold placed') this.#holds.set(entry.hold, holdOf(entry))
      if (entry.kind === 'hold lifted') this.#holds.delete(entry.hold)
    }
  }

  /** Oldest first. */
  list(): Hold[] {
    return [...this.#holds.values()]
  }

  /** Places a hold. It counts at once, and stays when it is in the ledger. */
  async place(subject: HeldSubject, { reason, by }: { reason: string; by: Actor }): Promise<Hold> {
    const known = this.list().find(hold => isSame(hold.subject, subject))
    if (known) throw new RetentionRefused('conflict', `${known.by.name} has placed a hold there already: ${known.reason}`)
    if (this.#isGoing(subject)) throw new RetentionRefused('conflict', 'something of it is being removed or erased right now; try again')
    const { machine, ledger } = this.#options
    const hold: Hold = { id: `hld_${newId(machine)}`, subject, reason, by, placedAtUs: machine.clock.nowUs() }
    this.#holds.set(hold.id, hold)
    try {
      await ledger.append({ kind: 'hold placed', hold: hold.id, ...subject, reason, by })
    } catch (error) {
      this.#holds.delete(hold.id)
      throw error
    }
    return hold
  }

  /** Lifts a hold, once the ledger has it. */
  async lift(id: string, { reason, by }: { reason: string; by: Actor }): Promise<Hold> {
    const hold = this.#holds.get(id)
    if (!hold) throw new RetentionRefused('not_found', `no hold \`${id}\` is there`)
    await this.#options.ledger.append({ kind: 'hold lifted', hold: id, ...hold.subject, reason, by })
    this.#holds.delete(id)
    this.#options.onLifted()
    return hold
  }

  /** The hold that a session is under, or null. */
  over({ session, run }: SessionOfRun): Hold | null {
    return this.list().find(({ subject }) => ('session' in subject ? subject.session === session : subject.run === run)) ?? null
  }

  /** Throws `RetentionRefused` for a session that is held. */
  mustNotHold(of: SessionOfRun): void {
    const hold = this.over(of)
    if (hold) throw new RetentionRefused('held', `it is under legal hold ${hold.id}, placed by ${hold.by.name}: ${hold.reason}`)
  }

  /** Says that a session is about to be removed or erased; gives what ends that. Throws `RetentionRefused` when it is held, or claimed already. */
  claim(of: SessionOfRun): () => void {
    this.mustNotHold(of)
    if (this.#claimed.has(of.session)) throw new RetentionRefused('conflict', 'something else is being done to it right now')
    this.#claimed.set(of.session, of.run)
    return () => void this.#claimed.delete(of.session)
  }

  #isGoing(subject: HeldSubject): boolean {
    if ('session' in subject) return this.#claimed.has(subject.session)
    return [...this.#claimed.values()].includes(subject.run)
  }
}

function holdOf(entry: Extract<LedgerEntry, { kind: 'hold placed' }>): Hold {
  const { hold, session, run = '', reason, by, atUs } = entry
  return { id: hold, subject: session === undefined ? { run } : { session }, reason, by, placedAtUs: atUs }
}

function isSame(a: HeldSubject, b: HeldSubject): boolean {
  return 'session' in a ? 'session' in b && a.session === b.session : 'run' in b && a.run === b.run
}
