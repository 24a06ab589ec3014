import { constantNumber, itemsOf, kindOf, operator, stripped } from '../expressions.ts'
import { constantText, type Fields, list, text } from '../tree.ts'
import { conjuncts, disjuncts } from './all-of.ts'
import { comparedCondition } from './comparisons.ts'
import { mirrored } from './operators.ts'
import { core, isTooMuch, type Part, printed, type Scope } from './condition-scope.ts'

/** `x` and `NOT x`, `x = y` and `x <> y`, `x <> 1` and `x <> 2`, `x < 5` and `x > 3`: for every row without nulls, one of them holds. */
export function coversAll(parts: Part[], scope: Scope, depth: number): boolean {
  const seen = new Map<string, boolean>()
  const unequal = new Map<string, string>()
  const ranges = new Map<string, { above: Bound[]; below: Bound[] }>()
  const flat = parts.flatMap(part => disjuncts(part, depth))
  for (const part of flat) {
    const literal = literalOf(part, scope, depth)
    if (!literal) continue
    const { key, wanted, compared } = literal
    if (seen.get(key) === !wanted) return true
    seen.set(key, wanted)
    if (!compared) continue
    const { operator: name, left, right, constant } = compared
    if (name === '=' && !wanted) {
      if ((unequal.get(left) ?? right) !== right) return true
      unequal.set(left, right)
    }
    if (name !== '<' && name !== '>') continue
    const range = ranges.get(left) ?? { above: [], below: [] }
    ranges.set(left, range)
    const isAbove = (name === '>') === wanted
    const bound = { right, constant }
    const others = isAbove ? range.below : range.above
    if (others.some(other => (isAbove ? meets(bound, other) : meets(other, bound)))) return true
    const own = isAbove ? range.above : range.below
    if (own.length < 10) own.push(bound)
    else return true
  }
  // `x OR y OR NOT (x OR y)`: all that one of them asks is what the others leave out.
  return flat.some(part => {
    const asked = conjuncts(part, depth).filter(one => scope.analysis.limits(one, scope, depth + 1))
    const literals = asked.length > 1 ? asked.map(one => literalOf(one, scope, depth)) : []
    return literals.length > 0 && literals.every(literal => literal !== null && seen.get(literal.key) === !literal.wanted)
  })
}

/** A condition in a form in which two can be told to be opposites. */
interface Literal {
  key: string
  wanted: boolean
  /** For a comparison: what is compared, and how. */
  compared?: { operator: string; left: string; right: string; constant: number | string | null }
}

interface Bound {
  right: string
  constant: number | string | null
}

/** Whether what is above one bound and what is below the other leave nothing between. */
function meets(above: Bound, below: Bound): boolean {
  if (above.right === below.right) return true
  if (typeof above.constant === 'number' && typeof below.constant === 'number') return above.constant <= below.constant
  if (typeof above.constant === 'string' && typeof below.constant === 'string') return above.constant <= below.constant
  return false
}

/** Operators in terms of the one they deny. */
const denied: Record<string, string> = {
  '<>': '=',
  '!=': '=',
  '>=': '<',
  '<=': '>',
  '!~~': '~~',
  '!~~*': '~~*',
  '!~': '~',
  '!~*': '~*',
}

function literalOf({ node, wanted }: Part, scope: Scope, depth: number): Literal | null {
  if (isTooMuch(scope, depth)) return null
  const { kind, fields } = kindOf(node)
  if (kind === 'BoolExpr') {
    const parts = list(fields['args'])
    if (fields['boolop'] === 'NOT_EXPR') return literalOf({ node: parts[0], wanted: !wanted }, scope, depth + 1)
    // What is no condition of its own says nothing beside another.
    const limiting =
      (fields['boolop'] === 'AND_EXPR') === wanted
        ? parts.filter(part => scope.analysis.limits({ node: part, wanted }, scope, depth + 1))
        : parts
    if (limiting.length === 1) return literalOf({ node: limiting[0], wanted }, scope, depth + 1)
  }
  if (kind === 'BooleanTest') {
    const test = text(fields['booltesttype'])
    if (test === 'IS_TRUE' || test === 'IS_NOT_FALSE') return literalOf({ node: fields['arg'], wanted }, scope, depth + 1)
    if (test === 'IS_FALSE' || test === 'IS_NOT_TRUE') return literalOf({ node: fields['arg'], wanted: !wanted }, scope, depth + 1)
  }
  if (kind === 'A_Expr') return comparisonLiteral(fields, wanted, scope, depth)
  return { key: printed(node, scope), wanted }
}

function comparisonLiteral(fields: Fields, wanted: boolean, scope: Scope, depth: number): Literal | null {
  const { lexpr, rexpr } = fields
  const name = operator(fields)
  const condition = fields['kind'] === 'AEXPR_OP' ? comparedCondition({ name, left: lexpr, right: rexpr }) : null
  if (condition?.wanted !== undefined) return literalOf({ node: condition.node, wanted: condition.wanted === wanted }, scope, depth + 1)
  const kind = text(fields['kind'])
  if (kind.includes('BETWEEN')) {
    const isNegative = kind.includes('NOT_')
    return { key: `between ${printed(lexpr, scope)} ${printed(rexpr, scope)}`, wanted: isNegative ? !wanted : wanted }
  }
  const isPlain = kind === 'AEXPR_OP' || kind === 'AEXPR_DISTINCT' || kind === 'AEXPR_NOT_DISTINCT'
  const plainName = kind === 'AEXPR_DISTINCT' ? '<>' : kind === 'AEXPR_NOT_DISTINCT' ? '=' : name
  const isTurned = isPlain && !scope.analysis.varies(lexpr, scope, depth) && scope.analysis.varies(rexpr, scope, depth)
  const turned = isTurned ? (mirrored[plainName] ?? plainName) : plainName
  const positive = denied[turned] ?? turned
  const isHeld = positive === turned ? wanted : !wanted
  const isOne = kind === 'AEXPR_IN' && itemsOf(rexpr).length === 1
  const left = printed(core(isTurned ? rexpr : lexpr, depth), scope)
  const constant = isTurned ? lexpr : isOne ? itemsOf(rexpr)[0] : rexpr
  const right = printed(constant, scope)
  const compared = { operator: positive, left, right, constant: constantNumber(constant) ?? constantText(stripped(constant)) }
  const word = isPlain || kind === 'AEXPR_IN' ? '' : kind
  return { key: `${word} ${positive} ${left} ${right}`, wanted: isHeld, ...(word === '' ? { compared } : {}) }
}
