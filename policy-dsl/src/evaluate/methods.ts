import { isColumn } from './column-names.ts'
import type { Read, Reader } from './fields.ts'
import { isUnder } from './paths.ts'
import { dateOf, hourOf, minuteOf, weekdayOf, zonedClock } from './zoned-time.ts'

/** A method that conditions may call. What it is called with is checked when the condition is compiled. */
interface Method {
  on: Reader['type']
  /** Whether asking can fail, where its parts do not. */
  mayThrow: boolean
  /** Throws for arguments that do not fit. */
  compile(call: Call): Reader
}

interface Call {
  on: Reader
  given: Reader[]
  /** The arguments that stand in the text as they are; undefined for others. */
  literals: unknown[]
}

/** Every method by its name; one name may be a method of several types. `length` is in `fields.ts`. */
export const methods: Record<string, Method[]> = {
  startsWith: [ofText((text, start) => text.startsWith(start))],
  endsWith: [ofText((text, end) => text.endsWith(end))],
  includes: [ofText((text, part) => text.includes(part)), ofList('strings', 'string'), ofList('numbers', 'number')],
  under: [ofText(isUnder)],
  toLowerCase: [
    {
      on: 'string',
      mayThrow: false,
      compile: ({ on, given }) => {
        expectArguments(given, [])
        const read = on.read as Read<string>
        return { type: 'string', read: (operation, circumstances) => asciiLowerCase(read(operation, circumstances)) }
      },
    },
  ],
  includesTable: [ofNames(includesTable)],
  includesColumn: [ofNames(includesColumn)],
  field: [
    {
      on: 'principal',
      mayThrow: false,
      compile: ({ on, literals }) => principalField(on, literals[0]),
    },
  ],
  kind: [ofPrincipal('kind')],
  name: [ofPrincipal('name')],
  groups: [ofPrincipal('groups')],
  hour: [ofTime(hourOf, 'number')],
  minute: [ofTime(minuteOf, 'number')],
  weekday: [ofTime(weekdayOf, 'string')],
  date: [ofTime(dateOf, 'string')],
}

function ofText(holds: (text: string, argument: string) => boolean): Method {
  return {
    on: 'string',
    mayThrow: false,
    compile: ({ on, given }) => {
      expectArguments(given, ['string'])
      const [text, argument] = [on.read as Read<string>, given[0]?.read as Read<string>]
      return {
        type: 'boolean',
        read: (operation, circumstances) => holds(text(operation, circumstances), argument(operation, circumstances)),
      }
    },
  }
}

function ofList(type: 'strings' | 'numbers', element: 'string' | 'number'): Method {
  return {
    on: type,
    mayThrow: false,
    compile: ({ on, given }) => {
      expectArguments(given, [element])
      const [list, value] = [on.read as Read<readonly unknown[]>, given[0]?.read as Read<unknown>]
      return {
        type: 'boolean',
        read: (operation, circumstances) => list(operation, circumstances).includes(value(operation, circumstances)),
      }
    },
  }
}

/** Names of tables and columns may leave open which is meant; then it fails. */
function ofNames(includes: (names: readonly string[], name: string) => boolean): Method {
  return {
    on: 'strings',
    mayThrow: true,
    compile: ({ on, given }) => {
      expectArguments(given, ['string'])
      const [names, name] = [on.read as Read<readonly string[]>, given[0]?.read as Read<string>]
      return {
        type: 'boolean',
        read: (operation, circumstances) => includes(names(operation, circumstances), name(operation, circumstances)),
      }
    },
  }
}

function ofPrincipal(name: string): Method {
  return {
    on: 'principal',
    mayThrow: false,
    compile: ({ on, given }) => {
      expectArguments(given, [])
      return principalField(on, name)
    },
  }
}

function principalField(on: Reader, name: unknown): Reader {
  if (on.type !== 'principal') throw new Error(`expected a principal, got ${on.type}`)
  const { read } = on
  if (name === 'kind') return { type: 'string', read: (operation, circumstances) => read(operation, circumstances).kind }
  if (name === 'name') return { type: 'string', read: (operation, circumstances) => read(operation, circumstances).name }
  if (name === 'groups') return { type: 'strings', read: (operation, circumstances) => read(operation, circumstances).groups }
  throw new Error(`expected a principal’s \`kind\`, \`name\` or \`groups\`, got \`${String(name)}\``)
}

/** The zone stands in the text, UTC where none does, so that an unknown one is found before anything is asked. */
function ofTime(part: (shownMs: number) => string | number, type: 'string' | 'number'): Method {
  return {
    on: 'time',
    mayThrow: true,
    compile: ({ on, given, literals }) => {
      const zone = given.length === 0 ? 'UTC' : literals[0]
      if (typeof zone !== 'string' || given.length > 1) throw new Error('expected a time zone’s name')
      const [clock, now] = [zonedClock(zone), on.read as Read<number>]
      return { type, read: (operation, circumstances) => part(clock(now(operation, circumstances))) } as Reader
    },
  }
}

function expectArguments(given: Reader[], types: Reader['type'][]): void {
  const got = given.map(reader => reader.type)
  if (got.length !== types.length || got.some((type, index) => type !== types[index])) {
    throw new Error(`expected the arguments (${types.join(', ')}), got (${got.join(', ')})`)
  }
}

/** Other letters stay as they are: their lower case differs between engines’ versions of Unicode. */
function asciiLowerCase(text: string): string {
  return /[A-Z]/.test(text) ? text.replace(/[A-Z]+/g, letters => letters.toLowerCase()) : text
}

/**
 * Whether one of the tables is the named one. A name without a schema means
 * that table in any schema. Throws where a table’s schema is not known and the
 * name has one: then it cannot be told, and what cannot be told denies.
 */
function includesTable(tables: readonly string[], name: string): boolean {
  const hasSchema = name.includes('.')
  const last = name.slice(name.lastIndexOf('.') + 1)
  let unsure: string | null = null
  for (const table of tables) {
    if (table === name || (!hasSchema && table.endsWith(`.${name}`))) return true
    if (hasSchema && table === last) unsure = table
  }
  if (unsure !== null) throw new Error(`expected the schema of \`${unsure}\` to be known, to compare it with \`${name}\``)
  return false
}

/**
 * Whether one of the columns is the named one, by what `isColumn` says of each.
 * Throws where none certainly is and one may be: what cannot be told denies,
 * whether the rule asks for the column or for its absence.
 */
function includesColumn(columns: readonly string[], name: string): boolean {
  let unsure: string | null = null
  for (const column of columns) {
    const is = isColumn(column, name)
    if (is) return true
    if (is === null) unsure ??= column
  }
  if (unsure !== null) throw new Error(`expected to know which column \`${unsure}\` is, to compare it with \`${name}\``)
  return false
}
