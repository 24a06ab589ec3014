import type { Comparison, Expression, Rule, Selector } from '../ruleset.ts'
import { type Atom, type Atoms, type ListMethod, type TextTest, holdsForText } from './atoms.ts'
import { keyOfExpression } from './expression-key.ts'
import { plainTestsOf } from './plain-pattern.ts'
import { typeOfExpression } from './expression-type.ts'

/** A condition as logic sees it: negations stand at the atoms only. */
export type Formula =
  | { readonly is: 'constant'; readonly value: boolean }
  | { readonly is: 'atom'; readonly atom: number; readonly positive: boolean }
  | { readonly is: 'and' | 'or'; readonly of: readonly Formula[] }

// There is one of each, so that they can be told by what they are.
const always: Formula = { is: 'constant', value: true }
const never: Formula = { is: 'constant', value: false }

/** Which commands a rule matches (its selector, its `when`, and not its `unless`), and each part of that; null for one that is not there. */
export function formulasOfRule(
  rule: Rule,
  atoms: Atoms,
): Record<'matches' | 'selector', Formula> & Record<'when' | 'unless', Formula | null> {
  const selector = formulaOfSelector(rule.on, atoms)
  const when = rule.when === undefined ? null : formulaOf(rule.when, atoms)
  const unless = rule.unless === undefined ? null : formulaOf(rule.unless, atoms)
  return { selector, when, unless, matches: and([selector, when ?? always, unless === null ? always : negate(unless)]) }
}

function formulaOfSelector(on: Selector, atoms: Atoms): Formula {
  const oneOf = (path: string[], values: readonly string[]): Formula =>
    or(
      values.map(value =>
        // A label that is not there reads as `''`, yet no selector fits it.
        value === ''
          ? opaque({ is: 'call', method: 'is present and empty', on: { is: 'field', path }, arguments: [] }, atoms)
          : textAtom({ is: 'field', path }, { is: 'equals', value }, atoms),
      ),
    )
  return and([
    on.protocols === undefined ? always : oneOf(['target', 'protocol'], on.protocols),
    on.targets === undefined ? always : oneOf(['target', 'name'], on.targets),
    ...Object.keys(on.labels ?? {})
      .toSorted()
      .map(label => oneOf(['target', 'labels', label], on.labels?.[label] ?? [])),
  ])
}

/**
 * What a boolean expression says. Whatever the theory does not understand
 * becomes an atom that may be true or false: so a proof that something cannot
 * be stays a proof, and some things that cannot be are not found.
 */
export function formulaOf(expression: Expression, atoms: Atoms): Formula {
  switch (expression.is) {
    case 'literal':
      return typeof expression.value === 'boolean' ? constant(expression.value) : opaque(expression, atoms)
    case 'not':
      return negate(formulaOf(expression.of, atoms))
    case 'and':
      return and(expression.of.map(part => formulaOf(part, atoms)))
    case 'or':
      return or(expression.of.map(part => formulaOf(part, atoms)))
    case 'choose':
      return choose(expression.when, formulaOf(expression.yes, atoms), formulaOf(expression.no, atoms), atoms)
    case 'compare':
      return formulaOfComparison(expression.operator, expression.left, expression.right, atoms)
    case 'call':
      return formulaOfCall(expression, atoms)
    case 'matches':
      return formulaOfPattern(expression, atoms)
    case 'some':
      return formulaOfSome(expression.list, expression.holds, atoms)
    case 'every':
      return negate(formulaOfSome(expression.list, negation(expression.holds), atoms))
    default:
      return opaque(expression, atoms)
  }
}

function formulaOfComparison(operator: Comparison, left: Expression, right: Expression, atoms: Atoms): Formula {
  if (left.is === 'choose') {
    const side = (part: Expression) => formulaOfComparison(operator, part, right, atoms)
    return choose(left.when, side(left.yes), side(left.no), atoms)
  }
  if (right.is === 'choose') {
    const side = (part: Expression) => formulaOfComparison(operator, left, part, atoms)
    return choose(right.when, side(right.yes), side(right.no), atoms)
  }
  if (operator === '!==') return negate(formulaOfComparison('===', left, right, atoms))
  if (left.is === 'literal' && right.is === 'literal') return constant(compare(operator, left.value, right.value))
  if (left.is === 'literal') return formulaOfComparison(mirrored[operator], right, left, atoms)
  if (right.is === 'literal') {
    const { value } = right
    if (typeof value === 'number') return numberFormula(left, operator, value, atoms)
    if (operator === '===' && typeof value === 'string') return textAtom(left, { is: 'equals', value }, atoms)
    if (operator === '===' && typeof value === 'boolean') {
      const formula = formulaOf(left, atoms)
      return value ? formula : negate(formula)
    }
  }
  const [first, second] = operator === '===' && keyOfExpression(right) < keyOfExpression(left) ? [right, left] : [left, right]
  return opaque({ is: 'compare', operator, left: first, right: second }, atoms)
}

const mirrored: Record<Comparison, Comparison> = { '===': '===', '!==': '!==', '<': '>', '<=': '>=', '>': '<', '>=': '<=' }

function compare(operator: Comparison, left: string | number | boolean, right: string | number | boolean): boolean {
  switch (operator) {
    case '===':
      return left === right
    case '!==':
      return left !== right
    case '<':
      return left < right
    case '<=':
      return left <= right
    case '>':
      return left > right
    case '>=':
      return left >= right
  }
}

function numberFormula(term: Expression, operator: Comparison, value: number, atoms: Atoms): Formula {
  const test = (is: 'equals' | 'below' | 'atMost') => atom(atoms.intern({ about: 'number', term: atoms.term(term), test: { is, value } }))
  switch (operator) {
    case '<':
      return test('below')
    case '<=':
      return test('atMost')
    case '>':
      return negate(test('atMost'))
    case '>=':
      return negate(test('below'))
    case '!==':
      return negate(test('equals'))
    default:
      return test('equals')
  }
}

function formulaOfCall(call: Extract<Expression, { is: 'call' }>, atoms: Atoms): Formula {
  const [argument] = call.arguments
  if (call.arguments.length !== 1 || argument === undefined) return opaque(call, atoms)
  if (call.method === 'includes' && call.on.is === 'list') {
    return or(call.on.values.map(value => formulaOfComparison('===', argument, { is: 'literal', value }, atoms)))
  }
  if (argument.is !== 'literal' || typeof argument.value !== 'string') return opaque(call, atoms)
  const { value } = argument
  if (call.method === 'includes' && isText(call.on)) return textFormula(call.on, { is: 'contains', value }, atoms)
  if (call.method === 'includes' || call.method === 'includesTable' || call.method === 'includesColumn') {
    return isListField(call.on) ? hasAtom(call.on, methodOf(call.on, call.method), value, atoms) : opaque(call, atoms)
  }
  if (call.method === 'startsWith') return textFormula(call.on, { is: 'prefix', value }, atoms)
  if (call.method === 'endsWith') return textFormula(call.on, { is: 'suffix', value }, atoms)
  if (call.method === 'under') return textFormula(call.on, { is: 'under', value }, atoms)
  return opaque(call, atoms)
}

function formulaOfPattern({ pattern, flags, text }: Extract<Expression, { is: 'matches' }>, atoms: Atoms): Formula {
  const plain = plainTestsOf(pattern, flags) ?? [{ is: 'matches', pattern, flags }]
  return or(plain.map(test => textFormula(text, test, atoms)))
}

/** `list.some(item => item === 'x')` is `list.includes('x')`; other quantifiers are opaque. */
function formulaOfSome(list: Expression, holds: Expression, atoms: Atoms): Formula {
  if (holds.is === 'compare' && holds.operator === '===' && isListField(list)) {
    const item = [holds.left, holds.right].find(side => side.is === 'item')
    const literal = [holds.left, holds.right].find(side => side.is === 'literal')
    if (item?.is === 'item' && item.depth === 0 && literal?.is === 'literal' && typeof literal.value === 'string') {
      return hasAtom(list, 'includes', literal.value, atoms)
    }
  }
  if (holds.is === 'or') return or(holds.of.map(part => formulaOfSome(list, part, atoms)))
  return opaque({ is: 'some', list, holds }, atoms)
}

/** An expression's opposite, negations pushed inwards so that `every` and `not some` read alike. */
function negation(of: Expression): Expression {
  if (of.is === 'not') return of.of
  if (of.is === 'literal' && typeof of.value === 'boolean') return { is: 'literal', value: !of.value }
  if (of.is === 'and' || of.is === 'or') return { is: of.is === 'and' ? 'or' : 'and', of: of.of.map(negation) }
  if (of.is === 'compare' && (of.operator === '===' || of.operator === '!==')) {
    return { is: 'compare', operator: of.operator === '===' ? '!==' : '===', left: of.left, right: of.right }
  }
  return { is: 'not', of }
}

/** A test of a text, or of one of two texts by a condition. */
function textFormula(text: Expression, test: TextTest, atoms: Atoms): Formula {
  if (text.is === 'choose') return choose(text.when, textFormula(text.yes, test, atoms), textFormula(text.no, test, atoms), atoms)
  if (text.is === 'literal' && typeof text.value === 'string') {
    const holds = holdsForText(test, text.value)
    if (holds !== null) return constant(holds)
  }
  return textAtom(text, test, atoms)
}

function textAtom(text: Expression, test: TextTest, atoms: Atoms): Formula {
  return atom(atoms.intern({ about: 'text', term: atoms.term(text), test }))
}

/** A list's own way to be asked, however that is written. In one of bare names a name is what it says. */
function methodOf(list: Expression, written: ListMethod): ListMethod {
  const type = typeOfExpression(list)
  const names = type?.type === 'list' && type.of.type === 'string' ? type.of.names : undefined
  if (names === undefined) return written
  return names === 'table' ? 'includesTable' : names === 'path' ? 'includesColumn' : 'includes'
}

function hasAtom(list: Expression, method: ListMethod, value: string, atoms: Atoms): Formula {
  return atom(atoms.intern({ about: 'list', term: atoms.term(list), method, value }))
}

function opaque(expression: Expression, atoms: Atoms): Formula {
  return atom(atoms.intern({ about: 'flag', term: atoms.term(expression) } satisfies Atom))
}

function choose(condition: Expression, yes: Formula, no: Formula, atoms: Atoms): Formula {
  const chosen = formulaOf(condition, atoms)
  return or([and([chosen, yes]), and([negate(chosen), no])])
}

// `includes` means two things; of what the schema does not know it stays opaque.
function isListField(expression: Expression): boolean {
  return expression.is === 'field' && typeOfExpression(expression)?.type === 'list'
}

function isText(expression: Expression): boolean {
  return typeOfExpression(expression)?.type === 'string'
}

/** All of them. */
export function and(of: readonly Formula[]): Formula {
  return joined('and', of, always, never)
}

/** Any of them. */
export function or(of: readonly Formula[]): Formula {
  return joined('or', of, never, always)
}

/** `neutral` changes nothing among the parts, `decisive` settles it alone. */
function joined(is: 'and' | 'or', of: readonly Formula[], neutral: Formula, decisive: Formula): Formula {
  const parts: Formula[] = []
  for (const part of of) {
    if (part === decisive) return decisive
    if (part.is === is) parts.push(...part.of)
    else if (part !== neutral) parts.push(part)
  }
  const [only = neutral] = parts
  return parts.length > 1 ? { is, of: parts } : only
}

// Searches turn the same parts round again and again.
const opposites = new WeakMap<Formula, Formula>()

/** The opposite. */
export function negate(formula: Formula): Formula {
  const known = opposites.get(formula)
  if (known !== undefined) return known
  const opposite = turnRound(formula)
  opposites.set(formula, opposite)
  opposites.set(opposite, formula)
  return opposite
}

function turnRound(formula: Formula): Formula {
  switch (formula.is) {
    case 'constant':
      return formula.value ? never : always
    case 'atom':
      return { is: 'atom', atom: formula.atom, positive: !formula.positive }
    case 'and':
      return { is: 'or', of: formula.of.map(negate) }
    case 'or':
      return { is: 'and', of: formula.of.map(negate) }
  }
}

function constant(value: boolean): Formula {
  return value ? always : never
}

function atom(id: number): Formula {
  return { is: 'atom', atom: id, positive: true }
}
