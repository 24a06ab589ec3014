import type { Notice } from '@steno/recordings'
import type { Ticket } from '../../guard/index.ts'
import type { Doing } from './own-tables.ts'
import type { Named, Portal, Prepared, Undo } from './names.ts'
import { mayGiveNames } from './renaming.ts'

/** One answer that the target owes. */
export interface Debt {
  what: 'query' | 'parse' | 'bind' | 'describe' | 'execute' | 'close' | 'call' | 'sync'
  ticket: Ticket | null
  /** What the client is told in place of the target's error, when the guard refused. */
  refusal: Notice | null
  /** What was asked, for a `query`, and what is closed; other debts have it in their shape. */
  text: string
  /** The gateway asked for it itself: nobody is told. */
  isOwn: boolean
  /** Its place in all that was ever owed. */
  seq: number
  /** Statements of its text that are done. */
  done: number
  /** What it does to tables, where it does something. */
  doing: Doing | null
  /** Puts the names back as they were, should the target never do this. */
  undo: Undo | null
  shape: Prepared | Portal | null
}

/** A debt as it begins. */
export function owed(what: Debt['what'], ticket: Ticket | null): Debt {
  return { what, ticket, text: '', isOwn: false, seq: 0, done: 0, refusal: null, doing: null, undo: null, shape: null }
}

/** The text that a debt is about. */
export function textOf({ shape, text }: Debt): string {
  if (!shape) return text
  return 'prepared' in shape ? shape.prepared.text : shape.text
}

/** The portal that a debt is about, where it is about one. */
export function portalOf({ shape }: Debt): Portal | null {
  return shape && 'prepared' in shape ? shape : null
}

/**
 * What the target still owes an answer for, in the order it was asked. It
 * knows which messages the target will skip or ignore, and whether what is
 * owed may yet change what a name stands for.
 */
export class Debts {
  #owed: Debt[] = []
  #seq = 0
  /** Messages up to a Sync or a simple query are a group: this is the one now being sent, and the first that is not answered. */
  #group = 0
  #answeredGroups = 0
  /** Something of the group was sent. */
  #isInGroup = false
  /** An error made the target read and forget messages until a Sync that was not sent yet. */
  #isSkipping = false
  /** The command that takes content from the client. */
  #copyIn: Ticket | null = null
  /** Where in all that is owed the content of a COPY ended last. */
  #copyInEnd = -1
  /** The last debt that may change what names mean, and the last that was looked at for it. */
  #renamingSeq = -1
  #searchedSeq = -1
  /** Who waits until nothing is owed. */
  #resting: (() => void) | null = null

  get first(): Debt | undefined {
    return this.#owed[0]
  }

  get group(): number {
    return this.#group
  }

  get isInGroup(): boolean {
    return this.#isInGroup
  }

  /** While the target skips to the next Sync it owes nothing for what it is sent. */
  get isSkipping(): boolean {
    return this.#isSkipping
  }

  get isCopyingIn(): boolean {
    return this.#copyIn !== null
  }

  /** Whose content it is that a client sends now; null when nothing was asked. */
  get fed(): Ticket | null {
    return this.#copyIn ?? this.#owed.findLast(debt => debt.ticket !== null)?.ticket ?? null
  }

  add(debt: Debt): void {
    debt.seq = this.#seq++
    if ((debt.what === 'parse' || debt.what === 'bind') && debt.shape) debt.shape.seq = debt.seq
    this.#owed.push(debt)
  }

  /** The first is paid; gives it. */
  pay(): Debt | undefined {
    return this.#owed.shift()
  }

  /** Something was sent that a Sync will end. */
  enterGroup(): void {
    this.#isInGroup = true
  }

  /** A Sync or a simple query was sent. */
  endGroup(): void {
    this.#group++
    this.#isInGroup = false
  }

  /** The target will read what comes behind a Sync that is being sent. */
  stopSkipping(): void {
    this.#isSkipping = false
  }

  groupAnswered(): void {
    this.#answeredGroups++
  }

  /** After an error the target reads and forgets everything up to the next Sync; gives what it will never do. */
  skipToSync(): Debt[] {
    const sync = this.#owed.findIndex(debt => debt.what === 'sync')
    // The Sync may not have come yet: then all that comes before it is skipped too.
    this.#isSkipping = sync < 0
    return this.#owed.splice(0, sync < 0 ? this.#owed.length : sync)
  }

  /** While it copies in, the target reads and forgets every Sync: those that were sent before the content's end are never answered. */
  beginCopyIn(ticket: Ticket | null): void {
    this.#copyIn = ticket
    const asked = this.#owed[0]?.seq ?? 0
    const end = this.#copyInEnd > asked ? this.#copyInEnd : Infinity
    const isIgnored = (debt: Debt) => debt.what === 'sync' && debt.seq < end
    this.#answeredGroups += this.#owed.filter(isIgnored).length
    this.#owed = this.#owed.filter(debt => !isIgnored(debt))
  }

  /** The client sent the end of its content. */
  endCopyIn(): void {
    this.#copyInEnd = this.#seq
    this.#copyIn = null
  }

  /** The target takes no more content. */
  stopCopyIn(): void {
    this.#copyIn = null
  }

  /** Whether the command of a debt is yet to be executed. */
  runsNext(ticket: Ticket): boolean {
    return this.#owed.some(later => later.what === 'execute' && later.ticket?.n === ticket.n)
  }

  /** Settles when nothing is owed, or content is waited for. */
  rest(): Promise<void> {
    return new Promise(resolve => (this.#resting = resolve))
  }

  /** Lets whoever waits for rest go on, where there is rest. */
  wakeResting(): void {
    if (!this.#resting || (this.#owed.length > 0 && !this.#copyIn)) return
    const rested = this.#resting
    this.#resting = null
    rested()
  }

  /** A debt may change what names mean. */
  mayRename(debt: Debt): void {
    this.#renamingSeq = debt.seq
  }

  /** Whether something that is owed is known to be able to change what names mean. */
  get mayRenameYet(): boolean {
    const first = this.#owed[0]
    return first !== undefined && this.#renamingSeq >= first.seq
  }

  /**
   * Whether an answer that is still owed may change what a name stands for, or
   * take its definition back: then nobody can say yet what is asked by it.
   */
  isUnsettled(named: Named | undefined, name: string): boolean {
    const first = this.#owed[0]
    if (!first || this.#copyIn) return false
    // Taken away by a Close that an error may yet skip.
    if (!named) return this.#owed.some(debt => debt.what === 'close' && debt.text === name)
    if (named.group < this.#group && named.group >= this.#answeredGroups) return true
    if (name === '') return false
    this.#findRenaming()
    return this.#renamingSeq >= first.seq && this.#renamingSeq > named.seq
  }

  /** Looks through what was sent since it last did for texts that may rename something. Where policies look, that is known already. */
  #findRenaming(): void {
    const first = this.#owed[0]?.seq ?? 0
    for (let at = Math.max(0, this.#searchedSeq + 1 - first); at < this.#owed.length; at++) {
      const debt = this.#owed[at]!
      if (
        (debt.what === 'query' && mayGiveNames(debt.text)) ||
        (debt.what === 'execute' && renamesAsPrepared(debt.shape)) ||
        debt.what === 'call'
      )
        this.#renamingSeq = debt.seq
      this.#searchedSeq = debt.seq
    }
  }
}

function renamesAsPrepared(shape: Prepared | Portal | null): boolean {
  if (!shape) return true
  const prepared = 'prepared' in shape ? shape.prepared : shape
  prepared.renames ??= mayGiveNames(prepared.text)
  return prepared.renames
}
