import type { Read, Reader } from './fields.ts'
import { areSame, isNamed, partOf } from './names.ts'
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

/** Texts that are written out may be asked for a name, too: then it is compared with each. */
const ofTexts: Method = {
  on: 'strings',
  mayThrow: false,
  compile: call => {
    const [given] = call.given
    if (call.given.length !== 1 || given?.type !== 'name') return ofList('strings', 'string').compile(call)
    const [texts, entry] = [call.on.read as Read<readonly string[]>, given.read]
    return {
      type: 'boolean',
      read: (operation, circumstances) => {
        const one = entry(operation, circumstances)
        return someSurely(texts(operation, circumstances), text => isNamed(given.kind, one, text), one)
      },
    }
  },
}

/** What an operation names may leave open what is meant; then it fails. */
const ofNames: Method = {
  on: 'names',
  mayThrow: true,
  compile: ({ on, given: [given, ...more] }) => {
    if (on.type !== 'names' || given === undefined || more.length > 0) throw new Error('expected one name')
    const { kind, read: entries } = on
    if (given.type !== 'string' && !(given.type === 'name' && given.kind === kind)) throw new Error(`expected a name, got ${given.type}`)
    const is = given.type === 'name' ? areSame : isNamed
    const { read: name } = given
    return {
      type: 'boolean',
      read: (operation, circumstances) => {
        const asked = name(operation, circumstances)
        return someSurely(entries(operation, circumstances), entry => is(kind, entry, asked), asked)
      },
    }
  },
}

/** Whether one certainly is it. Where none is and one may be, what cannot be told denies. */
function someSurely(texts: readonly string[], is: (text: string) => boolean | null, asked: string): boolean {
  let unsure: string | null = null
  for (const text of texts) {
    const answer = is(text)
    if (answer) return true
    if (answer === null) unsure ??= text
  }
  if (unsure !== null) throw new Error(`expected to know what \`${unsure}\` is, to compare it with \`${asked}\``)
  return false
}

/** `===` and `!==` between a name and a text, or two names. */
export function comparisonOfNames(operator: string, left: Reader, right: Reader): Read<boolean> {
  if (operator !== '===' && operator !== '!==') throw new Error(`expected \`===\` or \`!==\` between names, got \`${operator}\``)
  const [entry, other] = left.type === 'name' ? [left, right] : [right, left]
  if (entry.type !== 'name' || (other.type !== 'string' && !(other.type === 'name' && other.kind === entry.kind)))
    throw new Error(`expected two names or a name and a text around \`${operator}\`, got ${left.type} and ${right.type}`)
  const { kind } = entry
  const is = other.type === 'name' ? areSame : isNamed
  const wanted = operator === '==='
  return (operation, circumstances) => {
    const [one, asked] = [entry.read(operation, circumstances), other.read(operation, circumstances)]
    const answer = is(kind, one, asked)
    if (answer === null) throw new Error(`expected to know what \`${one}\` is, to compare it with \`${asked}\``)
    return answer === wanted
  }
}

function ofName(part: string): Method {
  return {
    on: 'name',
    mayThrow: true,
    compile: ({ on, given }) => {
      expectArguments(given, [])
      if (on.type !== 'name') throw new Error(`expected a name, got ${on.type}`)
      const { kind, read } = on
      return {
        type: 'string',
        read: (operation, circumstances) => {
          const entry = read(operation, circumstances)
          const found = partOf(kind, part, entry)
          if (found === null) throw new Error(`expected to know the ${part} of \`${entry}\``)
          return found
        },
      }
    },
  }
}

/** Every method by its name; one name may be a method of several types. `length` is in `fields.ts`. */
export const methods: Record<string, Method[]> = {
  startsWith: [ofText((text, start) => text.startsWith(start))],
  endsWith: [ofText((text, end) => text.endsWith(end))],
  includes: [ofText((text, part) => text.includes(part)), ofTexts, ofList('numbers', 'number'), ofNames],
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
  includesTable: [ofNames],
  includesColumn: [ofNames],
  includesFunction: [ofNames],
  field: [
    {
      on: 'principal',
      mayThrow: false,
      compile: ({ on, literals }) => principalField(on, literals[0]),
    },
  ],
  kind: [ofPrincipal('kind')],
  name: [ofPrincipal('name'), ofName('name')],
  schema: [ofName('schema')],
  table: [ofName('table')],
  column: [ofName('column')],
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
