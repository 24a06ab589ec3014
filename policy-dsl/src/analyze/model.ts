import { type Atom, type Atoms, holdsForNumber, holdsForText } from './atoms.ts'
import type { Formula } from './formula.ts'
import { type Demand, findList, findNumber, findText, isNamed } from './theory.ts'

type Value = string | number | readonly string[]

/** A command for which everything that was asked holds, as far as the theory can tell. What is not looked at is not worked out. */
export class Model {
  /** What is true or false of it, by atom; what is absent does not matter. */
  readonly assigned: ReadonlyMap<number, boolean>
  readonly #atoms: Atoms
  readonly #explain: (model: Model) => Model
  readonly #known: ReadonlyMap<number, Value>
  #found: Found | null = null
  #explained: Model | null = null

  constructor(
    assigned: ReadonlyMap<number, boolean>,
    atoms: Atoms,
    { explain = model => model, known = new Map() }: { explain?: (model: Model) => Model; known?: ReadonlyMap<number, Value> } = {},
  ) {
    this.assigned = assigned
    this.#atoms = atoms
    this.#explain = explain
    this.#known = known
  }

  /** The value of each term that has one: a text, a number, a list. */
  get values(): ReadonlyMap<number, Value> {
    return this.#find().values
  }

  /** Every term has a value that meets what is asked of it. */
  get isConcrete(): boolean {
    return this.#find().isConcrete
  }

  /** Every term has a value and is understood: where not, such a command may not exist. */
  get isExact(): boolean {
    const isUnderstood = (term: number) => {
      const { expression } = this.#atoms.termAt(term)
      return expression.is === 'field' && expression.path.at(-1) !== 'length'
    }
    return this.isConcrete && [...this.assigned.keys()].every(id => isUnderstood(this.#atoms.atomAt(id).term))
  }

  /** Whether a condition over the same atoms holds for it. */
  holds(formula: Formula): boolean {
    switch (formula.is) {
      case 'constant':
        return formula.value
      case 'atom':
        return (this.assigned.get(formula.atom) ?? this.#isTrue(this.#atoms.atomAt(formula.atom))) === formula.positive
      case 'and':
        return formula.of.every(part => this.holds(part))
      case 'or':
        return formula.of.some(part => this.holds(part))
    }
  }

  /** The same command, told with no more than what makes it an example. */
  explained(): Model {
    this.#explained ??= this.#explain(this)
    return this.#explained
  }

  /** The same command, told with what is needed and with everything that makes these formulas hold too. */
  toldWith(needed: ReadonlyMap<number, boolean>, formulas: readonly Formula[]): Model {
    const told = new Map(needed)
    for (const id of formulas.flatMap(formula => this.#reasonsFor(formula))) {
      told.set(id, this.holds({ is: 'atom', atom: id, positive: true }))
    }
    const known = new Map<number, Value>()
    for (const id of told.keys()) {
      const atom = this.#atoms.atomAt(id)
      const value = this.values.get(atom.term) ?? (this.isConcrete ? this.#plainValue(atom) : null)
      if (value !== null) known.set(atom.term, value)
    }
    return new Model(told, this.#atoms, { known })
  }

  /** The atoms by which a formula that holds does so. */
  #reasonsFor(formula: Formula): number[] {
    switch (formula.is) {
      case 'constant':
        return []
      case 'atom':
        return [formula.atom]
      case 'and':
        return formula.of.flatMap(part => this.#reasonsFor(part))
      case 'or': {
        const part = formula.of.find(one => this.holds(one))
        return part === undefined ? [] : this.#reasonsFor(part)
      }
    }
  }

  #isTrue(atom: Atom): boolean {
    const value = this.values.get(atom.term) ?? this.#plainValue(atom)
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

  /** The value of a term of which nothing is asked; a flag has none. */
  #plainValue(atom: Atom): Value | null {
    return this.#valueOf(atom, [])
  }

  #find(): Found {
    this.#found ??= this.#findValues()
    return this.#found
  }

  #findValues(): Found {
    const demands = new Map<number, Demand[]>()
    for (const [id, positive] of this.assigned) {
      const atom = this.#atoms.atomAt(id)
      const asked = demands.get(atom.term)
      if (asked === undefined) demands.set(atom.term, [{ atom, positive }])
      else asked.push({ atom, positive })
    }
    const values = new Map<number, Value>()
    let isConcrete = true
    for (const [term, asked] of demands) {
      const [first] = asked
      if (first === undefined || first.atom.about === 'flag') continue
      const value = this.#known.get(term) ?? this.#valueOf(first.atom, asked)
      if (value === null) isConcrete = false
      else values.set(term, value)
    }
    return { values, isConcrete }
  }

  #valueOf({ about, term }: Atom, asked: readonly Demand[]): Value | null {
    switch (about) {
      case 'text':
        return findText(this.#atoms.termAt(term), asked)
      case 'number':
        return findNumber(this.#atoms.termAt(term), asked)
      case 'list':
        return findList(asked)
      case 'flag':
        return null
    }
  }
}

interface Found {
  values: ReadonlyMap<number, Value>
  isConcrete: boolean
}
