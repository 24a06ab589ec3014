import type { Atoms } from './atoms.ts'
import { type Formula, negate } from './formula.ts'
import { Model } from './model.ts'
import { type Demand, follows, refutes } from './theory.ts'

/** Thrown when a question took more steps than it may. */
export class NotDecided extends Error {}

/** A command as it was asked for, or null for none; and the formulas the answer rests on, by their place among those it lies outside of. */
export interface Answer {
  model: Model | null
  used: number[]
}

/**
 * Finds a command for which all `goals` hold and none of `outside`, or null
 * when there is none. DPLL over the formulas as they are, with the theory asked
 * at each assignment. Each of `outside` is only looked at once an example lies
 * in it: where many rules could cover a command few do, and a proof that needs
 * few is short. Throws `NotDecided` after `stepsMax` steps.
 */
export function solve(
  goals: readonly Formula[],
  outside: readonly Formula[],
  { atoms, stepsMax }: { atoms: Atoms; stepsMax: number },
): Answer {
  const used: number[] = []
  const missing = outside.map(negate)
  let stepsLeft = stepsMax
  const ask = (asked: readonly Formula[]): Model | null => {
    const search = new Search(atoms, stepsLeft)
    const isPossible = search.run([...asked], [])
    stepsLeft -= search.steps
    return isPossible ? new Model(search.assigned, atoms, { explain: model => model.toldWith(search.needed(asked), missing) }) : null
  }
  for (;;) {
    const model = ask([...goals, ...used.map(index => missing[index]).filter(formula => formula !== undefined)])
    if (model === null || used.length === outside.length) return { model, used }
    const next = outside.findIndex((formula, index) => !used.includes(index) && model.holds(formula))
    if (next !== -1) used.push(next)
    else if (model.isConcrete) return { model, used }
    else return { model: ask([...goals, ...missing]), used: [...outside.keys()] }
  }
}

class Search {
  /** What must hold so far, in the order in which that was found. */
  readonly assigned = new Map<number, boolean>()
  steps = 0
  readonly #atoms: Atoms
  readonly #stepsMax: number
  readonly #demands = new Map<number, Demand[]>()
  readonly #trail: number[] = []

  constructor(atoms: Atoms, stepsMax: number) {
    this.#atoms = atoms
    this.#stepsMax = stepsMax
  }

  /** Whether all that is pending, and one part of each open choice, can hold together. */
  run(pending: Formula[], choices: readonly Choice[]): boolean {
    const settled = this.#settle(pending, choices)
    if (settled === null) return false
    const [first, ...more] = settled
    if (first === undefined) return true
    let smallest = first
    for (const choice of more) if (choice.of.length < smallest.of.length) smallest = choice
    const others = settled.filter(choice => choice !== smallest)
    const refused: Formula[] = []
    for (const part of smallest.of) {
      const mark = this.#trail.length
      if (this.run([part, ...refused], others)) return true
      this.#undo(mark)
      refused.push(negate(part))
    }
    return false
  }

  /** Assigns what must hold; gives the choices that stay open, each with at least two parts, or null for a contradiction. */
  #settle(pending: Formula[], choices: readonly Choice[]): Choice[] | null {
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
      const still: Choice[] = []
      for (const choice of open) {
        const parts = this.#openParts(choice)
        if (parts === 'holds') continue
        if (parts.length === 0) return null
        if (parts.length === 1) pending.push(...parts)
        else still.push({ is: 'or', of: parts })
      }
      if (pending.length === 0) return still
      open = still
    }
  }

  #openParts(choice: Choice): 'holds' | Formula[] {
    const parts: Formula[] = []
    for (const part of choice.of) {
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
    const assigned = this.assigned.get(id)
    if (assigned !== undefined) return assigned
    const atom = this.#atoms.atomAt(id)
    const demands = this.#demands.get(atom.term)
    return demands === undefined ? null : follows(atom, demands)
  }

  #assign(id: number, positive: boolean): boolean {
    this.#step()
    const known = this.assigned.get(id)
    if (known !== undefined) return known === positive
    const atom = this.#atoms.atomAt(id)
    const demands = this.#demandsOn(atom.term)
    demands.push({ atom, positive })
    if (refutes(this.#atoms.termAt(atom.term), demands)) {
      demands.pop()
      return false
    }
    this.assigned.set(id, positive)
    this.#trail.push(id)
    return true
  }

  #demandsOn(term: number): Demand[] {
    let demands = this.#demands.get(term)
    if (demands === undefined) this.#demands.set(term, (demands = []))
    return demands
  }

  #undo(mark: number): void {
    for (const id of this.#trail.splice(mark).toReversed()) {
      this.assigned.delete(id)
      this.#demandsOn(this.#atoms.atomAt(id).term).pop()
    }
  }

  #step(): void {
    if (++this.steps > this.#stepsMax) throw new NotDecided(`expected an answer within ${this.#stepsMax} steps`)
  }

  /** The assignment found, less what the goals hold without. The search itself is over, and stays as it was. */
  needed(goals: readonly Formula[]): ReadonlyMap<number, boolean> {
    const rest = new Search(this.#atoms, Infinity)
    for (const id of this.#trail) {
      const atom = this.#atoms.atomAt(id)
      const positive = this.assigned.get(id) === true
      rest.assigned.set(id, positive)
      rest.#demandsOn(atom.term).push({ atom, positive })
    }
    for (const id of this.#trail.toReversed()) {
      const positive = this.assigned.get(id) === true
      const { term } = this.#atoms.atomAt(id)
      const demands = rest.#demandsOn(term)
      rest.assigned.delete(id)
      rest.#demands.set(
        term,
        demands.filter(({ atom }) => atom !== this.#atoms.atomAt(id)),
      )
      if (goals.every(goal => rest.#valueOf(goal) === true)) continue
      rest.assigned.set(id, positive)
      rest.#demands.set(term, demands)
    }
    return rest.assigned
  }
}

type Choice = Extract<Formula, { is: 'and' | 'or' }>
