import type { Expression } from '../ruleset.ts'
import type { Atom, Atoms, TextTest } from './atoms.ts'
import type { Model } from './model.ts'

/** An example as facts: what each field of the command is, and what each condition that has no field says. */
export function factsOf(model: Model, atoms: Atoms): Record<string, string> {
  const facts: [string, string][] = []
  for (const [id, positive] of model.assigned) {
    const atom = atoms.atomAt(id)
    const name = print(atoms.termAt(atom.term).expression)
    const value = model.values.get(atom.term)
    if (value !== undefined) facts.push([name, typeof value === 'object' ? JSON.stringify(value) : String(value)])
    else if (atom.about === 'flag') facts.push([name, String(positive)])
    else facts.push([printAtom(atom, name), String(positive)])
  }
  return Object.fromEntries(facts.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}

/** An example as a reader says it: `verb = "DELETE", not hasWhere, on target labels env = "prod"`. */
export function sayModel(model: Model, atoms: Atoms): string {
  const said = [...model.assigned].flatMap(([id, positive]) => {
    const atom = atoms.atomAt(id)
    const { expression } = atoms.termAt(atom.term)
    const value = model.values.get(atom.term)
    const isOnTarget = expression.is === 'field' && expression.path[0] === 'target'
    const name = isOnTarget && expression.is === 'field' ? `on ${expression.path.join(' ')}` : print(expression)
    if (typeof value === 'string' || typeof value === 'number') return [{ isOnTarget, text: `${name} = ${JSON.stringify(value)}` }]
    return [{ isOnTarget, text: positive ? printAtom(atom, name) : `not ${printAtom(atom, name)}` }]
  })
  const inOrder = [...said.filter(({ isOnTarget }) => !isOnTarget), ...said.filter(({ isOnTarget }) => isOnTarget)]
  return inOrder.length === 0 ? 'any command' : [...new Set(inOrder.map(({ text }) => text))].join(', ')
}

function printAtom(atom: Atom, name: string): string {
  switch (atom.about) {
    case 'flag':
      return name
    case 'list':
      return `${name} includes ${JSON.stringify(atom.value)}`
    case 'number':
      return `${name} ${{ equals: '=', below: '<', atMost: '<=' }[atom.test.is]} ${atom.test.value}`
    case 'text':
      return `${name} ${sayTest(atom.test)}`
  }
}

function sayTest(test: TextTest): string {
  if (test.is === 'matches') return `matches /${test.pattern}/${test.flags}`
  const words = { equals: '=', prefix: 'starts with', suffix: 'ends with', contains: 'includes', under: 'is under' }
  return `${words[test.is]} ${JSON.stringify(test.value)}`
}

/** What `includes` becomes for names of tables and columns. */
const listMethods = new Set(['includesTable', 'includesColumn'])

/** An expression much as its author wrote it, without the name of the operation. */
export function print(expression: Expression): string {
  switch (expression.is) {
    case 'literal':
      return JSON.stringify(expression.value)
    case 'list':
      return `list(${expression.values.map(value => JSON.stringify(value)).join(', ')})`
    case 'field':
      return expression.path.join('.')
    case 'item':
      return expression.depth === 0 ? 'item' : `item${expression.depth}`
    case 'not':
      return `!(${print(expression.of)})`
    case 'and':
    case 'or':
      return `(${expression.of.map(print).join(expression.is === 'and' ? ' && ' : ' || ')})`
    case 'compare':
      return `${print(expression.left)} ${expression.operator} ${print(expression.right)}`
    case 'choose':
      return `(${print(expression.when)} ? ${print(expression.yes)} : ${print(expression.no)})`
    case 'call': {
      if (expression.method === 'field' && expression.arguments[0]?.is === 'literal')
        return `${print(expression.on)}.${expression.arguments[0].value}`
      if (expression.method === 'length') return `${print(expression.on)}.length`
      const method = listMethods.has(expression.method) ? 'includes' : expression.method
      return `${print(expression.on)}.${method}(${expression.arguments.map(print).join(', ')})`
    }
    case 'matches':
      return `/${expression.pattern}/${expression.flags}.test(${print(expression.text)})`
    case 'some':
    case 'every':
      return `${print(expression.list)}.${expression.is}(item => ${print(expression.holds)})`
    case 'memory': {
      const verb = expression.verb === null ? '' : `${JSON.stringify(expression.verb)}, `
      return `run.${expression.counter}(${verb}${expression.windowMs / 1000} s)`
    }
  }
}
