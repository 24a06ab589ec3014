import type { Operation } from '@steno/recordings'
import type { Made, Making } from './making.ts'
import { runsRoutine } from './renaming.ts'

/** What a command that was sent does to tables, as far as it is not plain. */
export interface Doing {
  operations: Operation[]
  /** One for each statement; none where nothing is made. */
  makings: Making[]
}

/**
 * The tables and views that a session made and the catalogue does not show:
 * those of its open transaction, and temporary ones that concern nobody else.
 * In none of them is anything masked, or making and filling it would have been
 * refused.
 *
 * INVARIANT: what is here exists and is what its name finds first. What may
 * have been taken back or replaced is forgotten, and a name of which nothing
 * is known is not shown where columns are masked.
 */
export class OwnTables {
  #now: Known = nothing
  /** What was known where a transaction can go back to. */
  #savepoints: { name: string; known: Known }[] = []
  #hasFailed = false
  /** Something was forgotten that may exist: the catalogue will tell. */
  #isUnsure = false
  /** The session may have temporary relations that are not here. */
  #mayHaveMore = false
  #key = ''

  /** In the order they were made. */
  get list(): readonly Made[] {
    return this.#now.open.length === 0 ? this.#now.kept : [...this.#now.kept, ...this.#now.open]
  }

  /** Two lists with one key are the same. */
  get key(): string {
    return this.#key
  }

  has(name: string): boolean {
    return this.#key !== '' && this.list.some(made => made.name === bare(name))
  }

  /** Whether nobody but the session need know what becomes of these. */
  areLight(names: string[]): boolean {
    return names.length > 0 && names.every(name => this.list.some(made => made.isLight && made.name === bare(name)))
  }

  /** Follows a statement that is done; gives whether what it did to tables concerns the session alone. */
  done(tag: string, doing: Doing | null, place: number): boolean {
    if (doing === null) return false
    const operations = doing.operations.filter(({ statement = 0 }) => statement === place)
    const [first] = operations
    if (!first || operations.some(changesUnseen)) {
      this.unread()
      return false
    }
    const { verb, object, tables } = first
    switch (verb) {
      case 'SAVEPOINT':
        this.#savepoints.push({ name: object ?? '', known: this.#now })
        return true
      case 'RELEASE':
        this.#savepoints.length = Math.max(0, this.#savepointAt(object))
        return true
      case 'ROLLBACK TO':
        this.#rollBackTo(this.#savepointAt(object))
        return true
      case 'DISCARD':
        return this.#discard(object)
      case 'DROP': {
        const isOwn = object === undefined && this.areLight(tables)
        const isElse = (made: Made) => !tables.some(table => bare(table) === made.name)
        this.#know({ open: this.#now.open.filter(isElse), kept: this.#now.kept.filter(isElse) })
        return isOwn
      }
    }
    // A COMMIT of a transaction that failed is a ROLLBACK.
    if (tag === 'COMMIT') this.#commit()
    if (tag === 'ROLLBACK') this.#rollBackTo(-1)
    return operations.some(isOfTables) && this.#make(doing.makings[place] ?? null, tables)
  }

  /** Something went wrong: the transaction is rolled back, or to a savepoint. */
  failed(): void {
    this.#hasFailed = true
  }

  /** Something ran that nobody read: it may have made, dropped or renamed anything. */
  unread(): void {
    this.#isUnsure ||= this.#key !== ''
    this.#mayHaveMore = true
    this.#savepoints = []
    this.#know(nothing)
  }

  /** No transaction is open any more. Gives whether only the catalogue can tell what there is now. */
  idle(): boolean {
    if (this.#now.open.length > 0) {
      this.#isUnsure ||= this.#hasFailed
      if (this.#hasFailed) this.#rollBackTo(-1)
      else this.#commit()
    }
    this.#savepoints = []
    this.#hasFailed = false
    const wasUnsure = this.#isUnsure
    this.#isUnsure = false
    return wasUnsure
  }

  #make(making: Making, tables: string[]): boolean {
    if (making?.what === 'indexes') return this.areLight(tables)
    if (making?.what !== 'makes') {
      if (making?.what === 'moves') this.unread()
      // Sequences, functions and types can be temporary too.
      this.#mayHaveMore = true
      return false
    }
    const { made } = making
    if (made.isCertain || !this.#mayHaveMore) this.#know({ ...this.#now, open: [...this.#now.open, made] })
    if (made.isTemporary && !made.isLight) this.#mayHaveMore = true
    return made.isLight
  }

  #discard(what = ''): boolean {
    if (what !== 'all' && what !== 'temp') return true
    const areAllHere = !this.#mayHaveMore
    // DISCARD ALL is never part of a transaction, so nothing takes it back.
    if (what === 'all') this.#mayHaveMore = false
    this.#know(nothing)
    return areAllHere
  }

  #savepointAt(name = ''): number {
    return this.#savepoints.findLastIndex(savepoint => savepoint.name === name)
  }

  /** Goes back to a savepoint, or before all that the transaction made. */
  #rollBackTo(at: number): void {
    this.#know(this.#savepoints[at]?.known ?? { ...this.#now, open: [] })
    this.#savepoints.length = at + 1
    this.#hasFailed = false
  }

  /** Of what a transaction made, light tables stay here; the catalogue has the others. */
  #commit(): void {
    const { kept, open } = this.#now
    this.#savepoints = []
    this.#know({ kept: [...kept, ...open.filter(made => made.isLight && !made.isForTransaction)], open: [] })
  }

  #know(known: Known): void {
    this.#now = known
    const { list } = this
    this.#key = list.length === 0 ? '' : JSON.stringify(list.map(({ name, columns }) => [name, columns]))
  }
}

/** What is there of transactions that are over, and of the one that is open. */
interface Known {
  kept: readonly Made[]
  open: readonly Made[]
}

const nothing: Known = { kept: [], open: [] }

const changing = new Set(['CREATE', 'ALTER', 'DROP', 'DISCARD', 'SAVEPOINT', 'ROLLBACK TO', 'COMMIT', 'ROLLBACK'])

/** Whether an operation is of code that may make or drop tables where no statement of the session says so. */
function changesUnseen(operation: Operation): boolean {
  return operation.isOpaque === true || (runsRoutine(operation) && changing.has(operation.verb))
}

function isOfTables({ verb }: Operation): boolean {
  return verb === 'CREATE' || verb === 'ALTER'
}

function bare(name: string): string {
  return name.startsWith('pg_temp.') ? name.slice('pg_temp.'.length) : name
}
