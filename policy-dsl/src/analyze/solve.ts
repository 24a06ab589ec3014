import { type Atom, type Atoms, type Term, holdsForNumber, holdsForText } from './atoms.ts'
import { type Formula, negate } from './formula.ts'
import { type Demand, findList, findNumber, findText, follows, isNamed, refutes } from './theory.ts'

/** A command for which everything that was asked holds, as far as the theory can tell. */
export interface Model {
  /** What is true or false of it, by atom; what is absent does not matter. */
  readonly assigned: ReadonlyMap<number, boolean>
  /** The value of each term that has one: a text, a number, a list. */
  readonly values: ReadonlyMap<number, Value>
  /** No value was found for some term, or something in it is opaque: such a command may not exist. */
  readonly isExact: boolean
  /** Every term has a value that meets what is asked of it. */
  readonly isConcrete: boolean
  /** Whether a condition over the same atoms holds for it. */
  holds(formula: Formula): boolean
  /** The same command, told with no more than what makes it an example. */
  explained(): Model
}

/** Thrown when a question took more steps than it may. */
export class NotDecided extends Error {}

/**
 * Finds a command for which all `goals` hold, or gives null when there is
 * none. DPLL over the formulas as they are, with the theory asked at each
 * assignment. Throws `NotDecided` after `stepsMax` steps.
 */
export function solve(goals: readonly Formula[], atoms: Atoms, stepsMax: number): Model | null {
  return solveOutside(goals, [], { atoms, stepsMax }).model
}

/**
 * Finds a command for which all `goals` hold and none of `outside`. Each of
 * those is only looked at once an example lies in it: where many rules could
 * cover a command few do, and a proof that needs few is short. `used` says
 * which of `outside` the answer rests on.
 */
export function solveOutside(
  goals: readonly Formula[],
  outside: readonly Formula[],
  { atoms, stepsMax }: { atoms: Atoms; stepsMax: number },
): { model: Model | null; used: number[] } {
  const used: number[] = []
  const missing = outside.map(negate)
  let stepsLeft = stepsMax
  const ask = (asked: readonly Formula[]): Model | null => {
    const search = new Search(atoms, stepsLeft)
    const isPossible = search.run([...asked], [])
    stepsLeft -= search.steps
    if (!isPossible) return null
    const model: Model = modelOf(search.assigned(), atoms, () => explained(model, search.needed(asked), missing, atoms))
    return model
  }
  for (;;) {
    const model = ask([...goals, ...used.map(index => missing[index]).filter(formula => formula !== undefined)])
    if (model === null) return { model, used }
    const next = outside.findIndex((formula, index) => !used.includes(index) && model.holds(formula))
    if (next !== -1) used.push(next)
    else if (model.isConcrete || used.length === outside.length) return { model, used }
    else return { model: ask([...goals, ...missing]), used: [...outside.keys()] }
  }
}

class Search {
  readonly #atoms: Atoms
  #stepsMax: number
  readonly #assigned = new Map<number, boolean>()
  readonly #demands = new Map<number, Demand[]>()
  readonly #trail: number[] = []
  steps = 0

  constructor(atoms: Atoms, stepsMax: number) {
    this.#atoms = atoms
    this.#stepsMax = stepsMax
  }

  /** Whether all that is pending, and one part of each open choice, can hold together. */
  run(pending: Formula[], choices: readonly Formula[]): boolean {
    const settled = this.#settle(pending, choices)
    if (settled === null) return false
    const smallest = settled.toSorted((a, b) => a.length - b.length)[0]
    if (smallest === undefined) return true
    const others = settled.filter(parts => parts !== smallest).map((of): Formula => ({ is: 'or', of }))
    const refused: Formula[] = []
    for (const part of smallest) {
      const mark = this.#trail.length
      if (this.run([part, ...refused], others)) return true
      this.#undo(mark)
      refused.push(negate(part))
    }
    return false
  }

  /** Assigns what must hold; gives the choices that stay open, each with at least two parts, or null for a contradiction. */
  #settle(pending: Formula[], choices: readonly Formula[]): (readonly Formula[])[] | null {
    let open = [...choices]
    for (;;) {
      for (let formula = pending.pop(); formula !== undefined; formula = pending.pop()) {
        switch (formula.is) {
          case 'and':
            pending.push(...formula.of)
            break
          case 'or':
            open.push(formula)
            break
          case 'constant':
            if (!formula.value) return null
            break
          case 'atom':
            if (!this.#assign(formula.atom, formula.positive)) return null
        }
      }
      const still: (readonly Formula[])[] = []
      for (const choice of open) {
        const parts = this.#openParts(choice)
        if (parts === 'holds') continue
        if (parts.length === 0) return null
        if (parts.length === 1) pending.push(...parts)
        else still.push(parts)
      }
      if (pending.length === 0) return still
      open = still.map((of): Formula => ({ is: 'or', of }))
    }
  }

  #openParts(choice: Formula): 'holds' | Formula[] {
    const parts: Formula[] = []
    for (const part of choice.is === 'or' ? choice.of : [choice]) {
      const value = this.#valueOf(part)
      if (value === true) return 'holds'
      if (value === null) parts.push(part)
    }
    return parts
  }

  #valueOf(formula: Formula): boolean | null {
    this.#step()
    switch (formula.is) {
      case 'constant':
        return formula.value
      case 'atom': {
        const value = this.#atomValue(formula.atom)
        return value === null ? null : value === formula.positive
      }
      case 'and':
      case 'or': {
        const stop = formula.is === 'or'
        let isOpen = false
        for (const part of formula.of) {
          const value = this.#valueOf(part)
          if (value === stop) return stop
          isOpen ||= value === null
        }
        return isOpen ? null : !stop
      }
    }
  }

  #atomValue(id: number): boolean | null {
    const assigned = this.#assigned.get(id)
    if (assigned !== undefined) return assigned
    const atom = this.#atoms.atomAt(id)
    return follows(atom, this.#demands.get(atom.term) ?? [])
  }

  #assign(id: number, positive: boolean): boolean {
    this.#step()
    const known = this.#assigned.get(id)
    if (known !== undefined) return known === positive
    const atom = this.#atoms.atomAt(id)
    const demands = this.#demands.get(atom.term) ?? []
    if (refutes(this.#atoms.termAt(atom.term), [...demands, { atom, positive }])) return false
    this.#assigned.set(id, positive)
    this.#demands.set(atom.term, [...demands, { atom, positive }])
    this.#trail.push(id)
    return true
  }

  #undo(mark: number): void {
    while (this.#trail.length > mark) {
      const id = this.#trail.pop()
      if (id === undefined) return
      const { term } = this.#atoms.atomAt(id)
      this.#assigned.delete(id)
      this.#demands.set(term, (this.#demands.get(term) ?? []).slice(0, -1))
    }
  }

  #step(): void {
    if (++this.steps > this.#stepsMax) throw new NotDecided(`expected an answer within ${this.#stepsMax} steps`)
  }

  /** The assignment found. */
  assigned(): Map<number, boolean> {
    return new Map(this.#assigned)
  }

  /** The assignment found, less what the goals hold without. The search is over then. */
  needed(goals: readonly Formula[]): Map<number, boolean> {
    this.#stepsMax = Infinity
    for (const id of this.#trail.toReversed()) {
      const positive = this.#assigned.get(id)
      const atom = this.#atoms.atomAt(id)
      const demands = this.#demands.get(atom.term) ?? []
      this.#assigned.delete(id)
      this.#demands.set(
        atom.term,
        demands.filter(demand => demand.atom !== atom),
      )
      if (goals.every(goal => this.#valueOf(goal) === true)) continue
      this.#assigned.set(id, positive === true)
      this.#demands.set(atom.term, demands)
    }
    return this.#assigned
  }
}

function modelOf(assigned: ReadonlyMap<number, boolean>, atoms: Atoms, explain?: () => Model, known: Model['values'] = new Map()): Model {
  const demands = new Map<number, Demand[]>()
  for (const [id, positive] of assigned) {
    const atom = atoms.atomAt(id)
    const asked = demands.get(atom.term)
    if (asked === undefined) demands.set(atom.term, [{ atom, positive }])
    else asked.push({ atom, positive })
  }
  const values = new Map<number, Value>()
  let isConcrete = true
  let isExact = true
  for (const [id, asked] of demands) {
    const { expression } = atoms.termAt(id)
    if (expression.is !== 'field' || expression.path.at(-1) === 'length') isExact = false
    const about = asked[0]?.atom.about
    if (about === undefined || about === 'flag') continue
    const value = known.get(id) ?? find[about](atoms.termAt(id), asked)
    if (value === null) isConcrete = false
    else values.set(id, value)
  }
  const holds = (formula: Formula): boolean => {
    switch (formula.is) {
      case 'constant':
        return formula.value
      case 'atom': {
        const atom = atoms.atomAt(formula.atom)
        return (assigned.get(formula.atom) ?? isTrueOf(atom, values.get(atom.term) ?? plainValue(atom, atoms))) === formula.positive
      }
      case 'and':
        return formula.of.every(holds)
      case 'or':
        return formula.of.some(holds)
    }
  }
  const model: Model = { assigned, values, isExact: isExact && isConcrete, isConcrete, holds, explained: explain ?? (() => model) }
  return model
}

/** The same command, told with what is needed and with everything that makes these formulas hold too. */
function explained(model: Model, needed: ReadonlyMap<number, boolean>, formulas: readonly Formula[], atoms: Atoms): Model {
  const told = new Map(needed)
  for (const id of formulas.flatMap(formula => reasonsFor(formula, model))) {
    told.set(id, model.holds({ is: 'atom', atom: id, positive: true }))
  }
  const values = new Map<number, Value>()
  for (const id of told.keys()) {
    const atom = atoms.atomAt(id)
    const value = model.values.get(atom.term) ?? (model.isConcrete ? plainValue(atom, atoms) : null)
    if (value !== null) values.set(atom.term, value)
  }
  return modelOf(told, atoms, undefined, values)
}

type Value = string | number | readonly string[]

const find = {
  text: findText,
  number: findNumber,
  list: (_: Term, asked: readonly Demand[]) => findList(asked),
} satisfies Record<Exclude<Atom['about'], 'flag'>, (term: Term, asked: readonly Demand[]) => Value | null>

/** The value of a term of which nothing is asked; a flag has none. */
function plainValue(atom: Atom, atoms: Atoms): Value | null {
  return atom.about === 'flag' ? null : find[atom.about](atoms.termAt(atom.term), [])
}

function isTrueOf(atom: Atom, value: Value | null): boolean {
  switch (atom.about) {
    case 'text':
      return typeof value === 'string' && holdsForText(atom.test, value) === true
    case 'number':
      return typeof value === 'number' && holdsForNumber(atom.test, value)
    case 'list':
      return typeof value === 'object' && value !== null && value.some(element => isNamed(atom, element))
    case 'flag':
      return false
  }
}

/** The atoms by which a formula that holds does so. */
function reasonsFor(formula: Formula, model: Model): number[] {
  switch (formula.is) {
    case 'constant':
      return []
    case 'atom':
      return [formula.atom]
    case 'and':
      return formula.of.flatMap(part => reasonsFor(part, model))
    case 'or': {
      const part = formula.of.find(one => model.holds(one))
      return part === undefined ? [] : reasonsFor(part, model)
    }
  }
}
