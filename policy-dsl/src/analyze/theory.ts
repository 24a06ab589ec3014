import { dotsIn, isColumn } from '../evaluate/names.ts'
import { isUnder } from '../evaluate/paths.ts'
import { type Atom, type ListMethod, type NumberTest, type Term, type TextTest, holdsForNumber, holdsForText } from './atoms.ts'
import { sampleOf } from './sample.ts'

/** What is asked of one term: an atom about it, and whether it must hold. */
export interface Demand {
  readonly atom: Atom
  readonly positive: boolean
}

/** Whether no value can meet all demands, of which only the last is new. False also where that is only not proven. */
export function refutes(term: Term, demands: readonly Demand[]): boolean {
  const texts = demands.filter(isAboutText)
  const numbers = demands.filter(isAboutNumber)
  if (texts.length > 0 && refutesText(term, texts)) return true
  return (numbers.length > 0 && refutesNumber(term, numbers)) || refutesList(demands)
}

/** Whether an atom follows from the others about its term; null when both may be. */
export function follows(atom: Atom, demands: readonly Demand[]): boolean | null {
  for (const { atom: other, positive } of demands) {
    if (!positive) continue
    if (other.about === 'text' && other.test.is === 'equals' && atom.about === 'text') return holdsForText(atom.test, other.test.value)
    if (other.about === 'number' && other.test.is === 'equals' && atom.about === 'number')
      return holdsForNumber(atom.test, other.test.value)
  }
  return null
}

/** A text that meets all demands, or null when none was found. */
export function findText(term: Term, demands: readonly Demand[]): string | null {
  const tests = demands.filter(isAboutText)
  for (const text of candidateTexts(term, tests)) if (meets(tests, text)) return text
  return null
}

/** A number that meets all demands, or null when none was found. */
export function findNumber(term: Term, demands: readonly Demand[]): number | null {
  const tests = demands.filter(isAboutNumber)
  const { least, most } = rangeOf(term, tests)
  const isWhole = term.range !== null
  const near = tests.flatMap(({ atom }) => [atom.test.value, atom.test.value + 1, atom.test.value - 1])
  const between = isWhole ? [] : tests.flatMap(({ atom }) => [atom.test.value + 0.5, (least + most) / 2, atom.test.value + 1e-9])
  // Numbers that are not counters are nearly always counted from nothing.
  return (
    [...near.filter(value => value >= 0), 0, 1, ...near, ...between]
      .filter(value => Number.isFinite(value) && value >= least && value <= most && (!isWhole || Number.isInteger(value)))
      .find(value => tests.every(({ atom, positive }) => holdsForNumber(atom.test, value) === positive)) ?? null
  )
}

/** The values of a list that meets all demands, or null when there is none so simple. */
export function findList(demands: readonly Demand[]): string[] | null {
  const atoms = demands.flatMap(({ atom, positive }) => (atom.about === 'list' ? [{ atom, positive }] : []))
  const isExcluded = (value: string) => atoms.some(({ atom, positive }) => !positive && mayBeNamed(atom, value))
  const values = new Set<string>()
  for (const { atom, positive } of atoms) {
    if (!positive) continue
    const value = wholeNames(atom).find(candidate => !isExcluded(candidate))
    if (value === undefined) return null
    values.add(value)
  }
  return [...values].toSorted()
}

/**
 * Whether a value in a list is what the atom asks for: a table's name without a
 * schema stands for that table in every schema, a column's without a table for
 * that column of every table.
 */
export function isNamed(atom: ListAtom, value: string): boolean {
  return value === atom.value || (!isWhole(atom) && value.endsWith(`.${atom.value}`))
}

const dotsOfWhole: Record<ListMethod, number> = { includes: 0, includesTable: 1, includesColumn: 2, includesFunction: 1 }

/** Whether nothing but what the atom's name spells out is meant. */
function isWhole({ method, value }: ListAtom): boolean {
  return dotsIn(value) >= dotsOfWhole[method]
}

/** Names that the atom's stands for, in full. */
function wholeNames(atom: ListAtom): string[] {
  if (isWhole(atom)) return [atom.value]
  const schemas = ['public', 'other', 'another']
  if (dotsOfWhole[atom.method] - dotsIn(atom.value) === 1) return schemas.map(schema => `${schema}.${atom.value}`)
  return ['one', 'two'].flatMap(table => schemas.map(schema => `${schema}.${table}.${atom.value}`))
}

/** Where it cannot be told whether a column is the one that is meant, no rule that excludes it is passed. */
function mayBeNamed(atom: ListAtom, value: string): boolean {
  return isNamed(atom, value) || (atom.method === 'includesColumn' && isColumn(value, atom.value) === null)
}

function refutesList(demands: readonly Demand[]): boolean {
  const added = demands.at(-1)
  if (added?.atom.about !== 'list') return false
  const { atom, positive } = added
  return demands.some(other => {
    if (other.positive === positive || other.atom.about !== 'list') return false
    return positive ? implies(atom, other.atom) : implies(other.atom, atom)
  })
}

type ListAtom = Extract<Atom, { about: 'list' }>

function implies(one: ListAtom, other: ListAtom): boolean {
  if (isWhole(one)) return isNamed(other, one.value)
  // Something of that name, in a schema or table that is not known: a name that says no more has it too.
  return one.method === other.method && (one.value === other.value || one.value.endsWith(`.${other.value}`))
}

type TextDemand = Demand & { atom: { test: TextTest } }
type NumberDemand = Demand & { atom: { test: NumberTest } }

function isAboutText(demand: Demand): demand is TextDemand {
  return demand.atom.about === 'text'
}

function isAboutNumber(demand: Demand): demand is NumberDemand {
  return demand.atom.about === 'number'
}

function refutesText(term: Term, demands: readonly TextDemand[]): boolean {
  const equal = demands.find(({ atom, positive }) => positive && atom.test.is === 'equals')
  if (equal !== undefined && equal.atom.test.is === 'equals') {
    const { value } = equal.atom.test
    return isRuledOut(value, demands) || (term.values !== null && !term.values.includes(value))
  }
  if (term.values !== null) return term.values.every(value => isRuledOut(value, demands))
  const added = demands.at(-1)
  return added !== undefined && demands.some(other => other !== added && (clash(added, other) || clash(other, added)))
}

/** Whether some demand certainly fails for this text. */
function isRuledOut(text: string, demands: readonly TextDemand[]): boolean {
  return demands.some(({ atom, positive }) => holdsForText(atom.test, text) === !positive)
}

function meets(demands: readonly TextDemand[], text: string): boolean {
  return demands.every(({ atom, positive }) => holdsForText(atom.test, text) === positive)
}

/** Two demands that no text meets together: a prefix that another excludes, a part that must and must not be there. */
function clash({ atom: { test }, positive }: TextDemand, other: TextDemand): boolean {
  if (!positive || test.is === 'matches' || test.is === 'equals') return false
  const against = other.atom.test
  if (against.is === 'matches' || against.is === 'equals') return false
  if (test.is === 'under' || against.is === 'under') {
    return test.is === against.is && !other.positive && isUnder(test.value, against.value)
  }
  if (other.positive) {
    if (test.is !== against.is || test.is === 'contains') return false
    return test.is === 'prefix'
      ? !test.value.startsWith(against.value) && !against.value.startsWith(test.value)
      : !test.value.endsWith(against.value) && !against.value.endsWith(test.value)
  }
  switch (against.is) {
    case 'prefix':
      return against.value === '' || (test.is === 'prefix' && test.value.startsWith(against.value))
    case 'suffix':
      return against.value === '' || (test.is === 'suffix' && test.value.endsWith(against.value))
    case 'contains':
      return test.value.includes(against.value)
  }
}

/** From the most telling to the least; most demands are met by one of the first. */
function* candidateTexts(term: Term, demands: readonly TextDemand[]): Generator<string> {
  const wanted = demands.filter(({ positive }) => positive).map(({ atom }) => atom.test)
  const equal = wanted.find(test => test.is === 'equals')
  if (equal?.is === 'equals') return yield equal.value
  if (term.values !== null) return yield* term.values
  if (wanted.length === 0) return yield* fillers
  const of = (is: TextTest['is']) => wanted.flatMap(test => (test.is === is && test.is !== 'matches' ? [test.value] : []))
  const longest = (is: 'prefix' | 'suffix') => of(is).toSorted((a, b) => b.length - a.length)[0] ?? ''
  const [prefix, suffix, parts] = [longest('prefix'), longest('suffix'), of('contains')]
  const missing = parts.filter(part => !prefix.includes(part) && !suffix.includes(part))
  // A text may serve two demands at once: 'prod' is a prefix and a suffix.
  const bare = [prefix, suffix, overlapped(prefix, suffix), prefix + missing.join('') + suffix]
  yield* bare.filter(text => text !== '')
  for (const directory of of('under')) yield* [directory, `${directory}/x`, directory + suffix, `${directory}/x${suffix}`]
  for (const filler of fillers) yield prefix + parts.join(filler) + filler + suffix
  const samples = wanted.flatMap(test => (test.is === 'matches' ? sampleOf(test.pattern) : []))
  for (const sample of samples) {
    yield* [sample, prefix + sample + suffix, sample + suffix, prefix + sample]
    for (const filler of fillers) yield prefix + filler + sample + filler + parts.join(filler) + suffix
  }
  if (samples.length > 1) yield prefix + samples.join(' ') + suffix
  yield ''
}

const fillers = ['other', 'x', '1', '', ' ', '/', '-', '_', 'Z9', '~!']

function overlapped(prefix: string, suffix: string): string {
  for (let shared = Math.min(prefix.length, suffix.length); shared > 0; shared--) {
    if (prefix.endsWith(suffix.slice(0, shared))) return prefix + suffix.slice(shared)
  }
  return prefix + suffix
}

function rangeOf(term: Term, demands: readonly NumberDemand[]): { least: number; most: number } {
  let least = term.range?.least ?? -Infinity
  let most = term.range?.most ?? Infinity
  for (const { atom, positive } of demands) {
    const { is, value } = atom.test
    if (is === 'equals') {
      if (positive) [least, most] = [Math.max(least, value), Math.min(most, value)]
    } else if (positive) most = Math.min(most, value)
    else least = Math.max(least, value)
  }
  return { least, most }
}

function refutesNumber(term: Term, demands: readonly NumberDemand[]): boolean {
  const { least, most } = rangeOf(term, demands)
  if (least > most) return true
  if (term.range === null) return least === most && !isMet(least, demands)
  // Whole numbers: the ends and what is beside them decide, unless all of a narrow range is excluded.
  const first = Math.ceil(least)
  const last = Math.floor(most)
  if (first > last) return true
  if (last - first > 64) return false
  for (let value = first; value <= last; value++) if (isMet(value, demands)) return false
  return true
}

function isMet(value: number, demands: readonly NumberDemand[]): boolean {
  return demands.every(({ atom, positive }) => holdsForNumber(atom.test, value) === positive)
}
