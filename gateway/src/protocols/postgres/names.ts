import type { Parser } from '@steno/policy-dsl'
import type { Column, Operation, Parameter } from '@steno/recordings'
import { namedStatement, type NamedStatement } from './named-statement.ts'
import { givesNamesUnseen, mayRunCode, runsRoutine } from './renaming.ts'

/** Names that SQL gave to statements and cursors, of which a session remembers the last. */
const namesMax = 10_000
/** Texts that were sent unread, of which it is remembered that they may have changed names. */
const unreadMax = 64

/** When a name was given its meaning, as far as that was sent. */
export interface Named {
  /** The group of messages, up to a Sync, that it was sent in. */
  group: number
  /** Its debt's place in all that was ever owed; Infinity before it is sent. */
  seq: number
}

/** A statement of the extended protocol. */
export interface Prepared extends Named {
  text: string
  oids: number[]
  /** The `prepare` command that carried the text, 0 when it travelled with its execution. */
  n: number
  columns: Column[] | null
  /** Whether it takes names away or gives them, once that was asked. */
  renames: boolean | null
  /** Whether it may run code, once that was asked. */
  runsCode: boolean | null
  /** Code that nobody read ran since: it may have put another statement in its place. */
  isDoubtful: boolean
}

/** A statement with its values, ready to run. */
export interface Portal extends Named {
  prepared: Prepared
  statement: string
  parameters: Parameter[]
  resultFormats: number[]
  columns: Column[] | null
  /** The target has it: it lives until its transaction ends. */
  isBound: boolean
  /** Code ran since that may have closed it and opened another cursor under its name. */
  isDoubtful: boolean
}

/** Puts a name back to what it meant before. */
export type Undo = () => void

/**
 * What one session's names stand for: statements and portals of the extended
 * protocol, and what SQL's own PREPARE and DECLARE gave names to.
 *
 * INVARIANT: a name is worth the text that was recorded for it. One whose text
 * is not known is unknown, and one that may stand for another text by now is
 * doubtful; neither ever stands for a text that merely looks like it.
 */
export class Names {
  readonly #parser: Parser
  readonly #statements = new Map<string, Prepared>()
  readonly #portals = new Map<string, Portal>()
  /** The texts that SQL's PREPARE and DECLARE came in, by the names they gave. */
  readonly #prepares = new Map<string, NamedStatement>()
  readonly #cursors = new Map<string, NamedStatement>()
  /** Code ran that may have opened and closed cursors by itself. */
  #cursorsAreDoubtful = false
  #statementsAreDoubtful = false
  /** What was sent while no policy looked, and may have run code that gave names other meanings. */
  readonly #unread = new Set<string>()

  constructor(parser: Parser) {
    this.#parser = parser
  }

  statement(name: string): Prepared | undefined {
    return this.#statements.get(name)
  }

  portal(name: string): Portal | undefined {
    return this.#portals.get(name)
  }

  setStatement(name: string, prepared: Prepared): Undo {
    return replace(this.#statements, name, prepared)
  }

  setPortal(name: string, portal: Portal): Undo {
    return replace(this.#portals, name, portal)
  }

  closeStatement(name: string): Undo {
    return remove(this.#statements, name)
  }

  closePortal(name: string): Undo {
    return remove(this.#portals, name)
  }

  /** The text behind a name as EXECUTE means it; null for a name that nothing is known of. */
  preparedText(name: string): string | null {
    return this.#statements.get(name)?.text ?? this.#prepares.get(name)?.text ?? null
  }

  /** The text behind a name as FETCH means it: a portal is a cursor too. */
  cursorText(name: string): string | null {
    return this.#portals.get(name)?.prepared.text ?? this.#cursors.get(name)?.text ?? null
  }

  /** Whether another statement may stand behind the name that an operation uses by now than the one we know. */
  isDoubtful({ verb, object: name = '' }: Operation): boolean {
    if (verb === 'FETCH' || verb === 'MOVE') return this.#cursorsAreDoubtful
    return verb === 'EXECUTE' && ((this.#statements.get(name) ?? this.#prepares.get(name))?.isDoubtful ?? false)
  }

  /** Follows a command that was sent, by what it would do. */
  sent(operations: Operation[]): void {
    if (operations.some(runsRoutine)) this.#doubtCursors()
    if (operations.some(givesNamesUnseen)) this.doubt()
  }

  /** Whether something was sent unread that may have changed names. */
  get hasUnread(): boolean {
    return this.#unread.size > 0
  }

  /** Whether a statement that SQL names may be another by now. */
  get hasDoubts(): boolean {
    return this.#statementsAreDoubtful || this.#cursorsAreDoubtful
  }

  /** Follows a command that was sent while no policy looked, and so was not read. */
  sentUnread(text: string, prepared: Prepared | null): void {
    if (this.#statements.size + this.#cursors.size + this.#prepares.size === 0) return
    const isRun = prepared ? (prepared.runsCode ??= mayRunCode(text)) : mayRunCode(text)
    if (!isRun) return
    if (this.#unread.size < unreadMax) this.#unread.add(text)
    else this.doubt()
  }

  /** Settles what was sent unread: whether any of it may have given names. */
  readUnread(mayHaveGivenNames: (text: string) => boolean): void {
    const isDoubtful = [...this.#unread].some(mayHaveGivenNames)
    this.#unread.clear()
    if (isDoubtful) this.doubt()
  }

  /** Follows a statement that is done, by its tag: the one at a place in the text that it came in. */
  done(tag: string, text: string, place: number): void {
    switch (tag) {
      case 'COMMIT':
      case 'ROLLBACK':
        // Cursors go with their transaction, and with what is rolled back of it; `AND CHAIN` begins the next at once.
        return this.#endTransaction(tag)
      case 'PREPARE':
        return this.#prepared(this.#namedBy(text, place))
      case 'DEALLOCATE': {
        // Using a name that was taken away is refused until it is prepared again.
        const name = this.#namedBy(text, place)?.name ?? null
        if (name === null) this.#forgetStatements()
        else for (const names of [this.#statements, this.#prepares]) names.delete(name)
        return
      }
      case 'DEALLOCATE ALL':
        return this.#forgetStatements()
      case 'DECLARE CURSOR':
        return this.#declared(this.#namedBy(text, place))
      case 'CLOSE CURSOR':
      case 'CLOSE CURSOR ALL':
        return this.#forgetNamedPortals()
      case 'DISCARD ALL':
        this.#forgetStatements()
        return this.#forgetNamedPortals()
    }
  }

  /** Follows the target to where no transaction is open. */
  idle(): void {
    if (this.#cursors.size === 0) this.#cursorsAreDoubtful = false
    this.#forgetBoundPortals()
  }

  /** Other statements may stand under the names we know. */
  doubt(): void {
    this.#unread.clear()
    this.#statementsAreDoubtful = true
    this.#doubtCursors()
    for (const named of this.#prepares.values()) named.isDoubtful = true
    for (const prepared of this.#statements.values()) prepared.isDoubtful = true
  }

  /** PL/pgSQL opens and closes cursors by their names, and a portal is one. The portal without a name it cannot open. */
  #doubtCursors(): void {
    this.#cursorsAreDoubtful = true
    for (const [name, portal] of this.#portals) if (name !== '') portal.isDoubtful = true
  }

  #namedBy(text: string, place: number): NamedStatement | null {
    return namedStatement(this.#parser, text, place)
  }

  #prepared(named: NamedStatement | null): void {
    remember(this.#prepares, named)
    // The target gives no name twice: had the protocol given it, that is gone.
    if (named?.name) this.#statements.delete(named.name)
  }

  #declared(named: NamedStatement | null): void {
    remember(this.#cursors, named)
    if (named === null || named.name === null) this.#forgetNamedPortals()
    else this.#portals.delete(named.name)
  }

  #endTransaction(tag: 'COMMIT' | 'ROLLBACK'): void {
    for (const [name, { isHeld }] of this.#cursors) if (tag === 'ROLLBACK' || !isHeld) this.#cursors.delete(name)
    this.#forgetBoundPortals()
  }

  #forgetStatements(): void {
    this.#statements.clear()
    this.#prepares.clear()
    this.#statementsAreDoubtful = false
  }

  #forgetBoundPortals(): void {
    for (const [name, portal] of this.#portals) if (portal.isBound) this.#portals.delete(name)
  }

  #forgetNamedPortals(): void {
    this.#cursors.clear()
    for (const name of this.#portals.keys()) if (name !== '') this.#portals.delete(name)
  }
}

/** Notes what SQL gave a name to. When that cannot be told, no name is certain any more. */
function remember(names: Map<string, NamedStatement>, named: NamedStatement | null): void {
  if (named === null || named.name === null) return names.clear()
  names.delete(named.name)
  names.set(named.name, named)
  for (const oldest of names.keys()) {
    if (names.size <= namesMax) return
    names.delete(oldest)
  }
}

function replace<T>(names: Map<string, T>, name: string, value: T): Undo {
  const previous = names.get(name)
  names.set(name, value)
  return () => void (previous === undefined ? names.delete(name) : names.set(name, previous))
}

function remove<T>(names: Map<string, T>, name: string): Undo {
  const previous = names.get(name)
  names.delete(name)
  return () => void (previous !== undefined && names.set(name, previous))
}
