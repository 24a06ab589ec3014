import type { Atoms } from './atoms.ts'
import type { Formula } from './formula.ts'

/** The only values that a condition leaves some terms; a term that is absent may have any. */
export type Reach = ReadonlyMap<number, ReadonlySet<string>>

const anywhere: Reach = new Map()

/** Where a condition can hold at all, cheaply: most pairs of rules are told apart by it without a question. */
export function reachOf(formula: Formula, atoms: Atoms): Reach {
  switch (formula.is) {
    case 'constant':
      return anywhere
    case 'atom': {
      const atom = atoms.atomAt(formula.atom)
      const isEqual = formula.positive && atom.about === 'text' && atom.test.is === 'equals'
      return isEqual && atom.about === 'text' && atom.test.is === 'equals' ? new Map([[atom.term, new Set([atom.test.value])]]) : anywhere
    }
    case 'and':
      return formula.of.map(part => reachOf(part, atoms)).reduce(narrow, anywhere)
    case 'or':
      return formula.of.map(part => reachOf(part, atoms)).reduce(widen)
  }
}

/** Whether no command can lie in both. */
export function areApart(one: Reach, other: Reach): boolean {
  for (const [term, values] of one) {
    const others = other.get(term)
    if (others !== undefined && !haveCommon(values, others)) return true
  }
  return false
}

function haveCommon(some: ReadonlySet<string>, others: ReadonlySet<string>): boolean {
  for (const value of some) if (others.has(value)) return true
  return false
}

function narrow(one: Reach, other: Reach): Reach {
  if (one.size === 0) return other
  const both = new Map(one)
  for (const [term, values] of other) {
    const known = both.get(term)
    both.set(term, known === undefined ? values : new Set([...known].filter(value => values.has(value))))
  }
  return both
}

function widen(one: Reach, other: Reach): Reach {
  const either = new Map<number, ReadonlySet<string>>()
  for (const [term, values] of one) {
    const others = other.get(term)
    if (others !== undefined) either.set(term, new Set([...values, ...others]))
  }
  return either
}
