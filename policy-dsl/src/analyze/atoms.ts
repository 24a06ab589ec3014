import { isUnder } from '../evaluate/paths.ts'
import { compilePattern } from '../evaluate/pattern.ts'
import { schema } from '../language/schema.ts'
import type { Expression } from '../ruleset.ts'
import { keyOfExpression } from './expression-key.ts'
import { typeOfExpression } from './expression-type.ts'

/** Something a command has one value of: a field, a method's result, a counter. */
export interface Term {
  readonly expression: Expression
  /** All values it can have, where they are few. */
  readonly values: readonly string[] | null
  /** Whole numbers from `least` to `most`, where that is known. */
  readonly range: { least: number; most: number } | null
}

/** How a list is asked whether something is in it. Names of tables and columns that say less than they could stand for all that fit. */
export type ListMethod = 'includes' | 'includesTable' | 'includesColumn'

/** The smallest thing that is true or false of a command. */
export type Atom =
  | { about: 'text'; term: number; test: TextTest }
  | { about: 'number'; term: number; test: NumberTest }
  | { about: 'list'; term: number; method: ListMethod; value: string }
  | { about: 'flag'; term: number }

export type TextTest =
  | { is: 'equals' | 'prefix' | 'suffix' | 'contains' | 'under'; value: string }
  | { is: 'matches'; pattern: string; flags: string }

export interface NumberTest {
  is: 'equals' | 'below' | 'atMost'
  value: number
}

/** The atoms and terms of one analysis, each with a number of its own. */
export class Atoms {
  readonly #terms: Term[] = []
  readonly #atoms: Atom[] = []
  readonly #numbers = new Map<string, number>()
  readonly #seen = new WeakMap<Expression, number>()

  /** The number of an atom: the same for the same. */
  intern(atom: Atom): number {
    return this.#number(keyOf(atom), this.#atoms, () => atom)
  }

  /** The number of a term: the same for the same expression, wherever it was written. */
  term(expression: Expression): number {
    const seen = this.#seen.get(expression)
    if (seen !== undefined) return seen
    const term = this.#number(keyOfExpression(expression), this.#terms, () => ({
      expression,
      values: valuesOf(expression),
      range: rangeOf(expression),
    }))
    this.#seen.set(expression, term)
    return term
  }

  atomAt(id: number): Atom {
    const atom = this.#atoms[id]
    if (atom === undefined) throw new RangeError(`expected one of ${this.#atoms.length} atoms, got \`${id}\``)
    return atom
  }

  termAt(id: number): Term {
    const term = this.#terms[id]
    if (term === undefined) throw new RangeError(`expected one of ${this.#terms.length} terms, got \`${id}\``)
    return term
  }

  #number<T>(key: string, all: T[], make: () => T): number {
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    this.#numbers.set(key, all.length)
    all.push(make())
    return all.length - 1
  }
}

function keyOf(atom: Atom): string {
  const start = `atom ${atom.term} ${atom.about}`
  switch (atom.about) {
    case 'flag':
      return start
    case 'list':
      return `${start} ${atom.method} ${atom.value}`
    case 'number':
      return `${start} ${atom.test.is} ${atom.test.value}`
    case 'text':
      return `${start} ${atom.test.is} ${atom.test.is === 'matches' ? `${atom.test.flags}/${atom.test.pattern}` : atom.test.value}`
  }
}

/** `'mon'` to `'sun'`, `idle`, `transaction` and `failed`: wherever the schema says that there are no others. */
function valuesOf(expression: Expression): readonly string[] | null {
  const type = typeOfExpression(expression)
  if (type?.type !== 'string' || type.words === undefined || type.words === 'verb') return null
  return schema.words[type.words]
}

// Everything that a condition counts is whole and not below nothing.
function rangeOf(expression: Expression): { least: number; most: number } | null {
  if (expression.is === 'call' && expression.method === 'hour') return { least: 0, most: 23 }
  if (expression.is === 'call' && expression.method === 'minute') return { least: 0, most: 59 }
  const isCount = expression.is === 'memory' || typeOfExpression(expression)?.type === 'number'
  return isCount ? { least: 0, most: Number.MAX_SAFE_INTEGER } : null
}

/** Whether a text passes a test; null when the test itself cannot be read. */
export function holdsForText(test: TextTest, text: string): boolean | null {
  switch (test.is) {
    case 'equals':
      return text === test.value
    case 'prefix':
      return text.startsWith(test.value)
    case 'suffix':
      return text.endsWith(test.value)
    case 'contains':
      return text.includes(test.value)
    case 'under':
      return isUnder(text, test.value)
    case 'matches':
      return compiled(test)?.test(text) ?? null
  }
}

/** Whether a number passes a test. */
export function holdsForNumber(test: NumberTest, value: number): boolean {
  return test.is === 'equals' ? value === test.value : test.is === 'below' ? value < test.value : value <= test.value
}

type Pattern = ReturnType<typeof compilePattern>

// A regular expression is asked about many texts in one analysis. Kept by test,
// so that nothing outlives the ruleset it came from.
const compiledTests = new WeakMap<TextTest, Pattern | null>()

function compiled(test: Extract<TextTest, { is: 'matches' }>): Pattern | null {
  const known = compiledTests.get(test)
  if (known !== undefined) return known
  let pattern: Pattern | null
  try {
    pattern = compilePattern(test.pattern, test.flags)
  } catch {
    pattern = null // Such a rule denies when it is asked; here nothing is known about it.
  }
  compiledTests.set(test, pattern)
  return pattern
}
