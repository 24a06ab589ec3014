import { Catalogue, type LiveNamespace } from '@steno/policy-dsl'
import type { AdmittedTarget, Doors } from '../../protocol.ts'
import { readCatalogue } from './read-catalogue.ts'

/** A catalogue that is asked for when it is older than this is read again behind the answer. */
const freshMsMax = 20_000
/** Older than this it answers no more, but where it just could not be read: somebody may hold a lock. */
const ageMsMax = 60_000
/** What is missing in a catalogue that is no older is missing in the database. */
const justNowMs = 1000
/** One that could not be read again for so long is not answered with any more. */
const staleMsMax = 10 * 60_000

interface Entry {
  catalogue: Catalogue | null
  /** What the clock said when the reading of `catalogue` began. */
  readAtUs: number
  /** When it was last tried to read it again because of its age. */
  triedAtUs: number
  /** How many changes were seen; and how many had been when the reading of `catalogue` began. */
  changes: number
  changesRead: number
  reading: Promise<void> | null
}

/**
 * What each target's database looks like, read when it is first asked for and
 * kept fresh. INVARIANT: nobody who asks after a change is answered with what
 * was read before it.
 */
export class Catalogues {
  readonly #doors: Doors
  readonly #read: typeof readCatalogue
  readonly #entries = new Map<string, Entry>()

  constructor(doors: Doors, read: typeof readCatalogue = readCatalogue) {
    this.#doors = doors
    this.#read = read
  }

  /** The catalogue of a target: at once when it is known. Rejects with what kept it from being read. */
  get(target: AdmittedTarget): Catalogue | Promise<Catalogue> {
    const entry = this.#entry(target)
    if (entry.catalogue === null || entry.changesRead < entry.changes) return this.#fresh(entry, target)
    const nowUs = this.#doors.machine.clock.monotonicUs()
    if (nowUs - entry.readAtUs > staleMsMax * 1000) return this.#fresh(entry, target)
    const isTooOld = nowUs - entry.readAtUs > ageMsMax * 1000
    const isTried = nowUs - entry.triedAtUs <= freshMsMax * 1000
    if (nowUs - entry.readAtUs <= freshMsMax * 1000 || (isTried && !(isTooOld && entry.reading))) return entry.catalogue
    entry.triedAtUs = nowUs
    const old = entry.catalogue
    const reading = this.#reading(entry, target).then(
      () => entry.catalogue ?? old,
      () => old,
    )
    return isTooOld ? reading : old
  }

  /** What was last read of a target, however old; null before the first time. */
  known(target: string): Catalogue | null {
    return this.#entries.get(target)?.catalogue ?? null
  }

  /** Has a catalogue read again before it answers, unless it was read just now; for who misses something in it. Gives whether it will be. */
  doubt(target: AdmittedTarget): boolean {
    const entry = this.#entry(target)
    if (this.#doors.machine.clock.monotonicUs() - entry.readAtUs <= justNowMs * 1000) return false
    entry.changes++
    return true
  }

  /** Says that a target's database was changed, so that what is known of it no longer holds. */
  invalidate(target: AdmittedTarget): void {
    this.#entry(target).changes++
  }

  async #fresh(entry: Entry, target: AdmittedTarget): Promise<Catalogue> {
    const changes = entry.changes
    // A reading that began before the last change is waited for, but is not the answer.
    do await this.#reading(entry, target)
    while (entry.catalogue === null || entry.changesRead < changes)
    return entry.catalogue
  }

  #reading(entry: Entry, target: AdmittedTarget): Promise<void> {
    entry.reading ??= this.#readInto(entry, target).finally(() => (entry.reading = null))
    return entry.reading
  }

  async #readInto(entry: Entry, target: AdmittedTarget): Promise<void> {
    const begun = { readAtUs: this.#doors.machine.clock.monotonicUs(), changesRead: entry.changes }
    const data = await this.#read(target, this.#doors)
    // What somebody's lock kept from being read is tried again soon.
    if (data.isPartial) begun.readAtUs -= (freshMsMax - justNowMs) * 1000
    Object.assign(entry, { ...begun, catalogue: new Catalogue(data) })
  }

  #entry(target: AdmittedTarget): Entry {
    let entry = this.#entries.get(target.name)
    if (!entry) {
      entry = { catalogue: null, readAtUs: 0, triedAtUs: -Infinity, changes: 0, changesRead: 0, reading: null }
      this.#entries.set(target.name, entry)
    }
    return entry
  }
}

/** A target's schemas as policy authors see them: tables and views with their columns, without PostgreSQL's own. */
export function liveNamespaces(catalogue: Catalogue): LiveNamespace[] {
  const { relations, searchPath } = catalogue.data
  const namespaces = new Map<string, LiveNamespace>()
  for (const relation of relations) {
    if (!hasRows.has(relation.kind) || isSystemSchema(relation.schema)) continue
    const { schema: name } = relation
    const namespace = namespaces.get(name) ?? { name, isDefault: searchPath.includes(name), tables: [] }
    namespaces.set(name, namespace)
    namespace.tables.push({ name: relation.name, columns: relation.columns.map(column => ({ name: column.name, type: column.type })) })
  }
  const found = [...namespaces.values()].toSorted(byName)
  for (const namespace of found) namespace.tables.sort(byName)
  return found
}

const hasRows = new Set(['table', 'view', 'materialized view', 'foreign table'])

function isSystemSchema(name: string): boolean {
  // Names that begin with `pg_` are PostgreSQL's: nobody else may give them.
  return name === 'information_schema' || name.startsWith('pg_')
}

function byName(a: { name: string }, b: { name: string }): number {
  if (a.name === b.name) return 0
  return a.name < b.name ? -1 : 1
}
