import { mirrored, negations } from './operators.ts'
import { callsIn, booleanOf, constantNumber, isNull, itemsOf, nodesIn, operator, stripped } from '../expressions.ts'
import { likeMatchesAll, regexMatchesAll, someElement } from '../patterns.ts'
import { constantText, type Fields, fieldsOf, list } from '../tree.ts'
import { columnsIn, core, holds, isTooMuch, nothingJudged, printed, type Scope } from './condition-scope.ts'
import { isEmpty, isSaidOfAll, likeOperators, matchesAll, regexOperators } from './said-of-all.ts'
import { selfPair } from './self-join.ts'
import { isPerhapsEmpty, limitsByMember, withCtes } from './subqueries.ts'

export function limitsByExpression(fields: Fields, wanted: boolean, scope: Scope, depth: number): boolean {
  const { lexpr, rexpr } = fields
  const name = operator(fields)
  switch (fields['kind']) {
    case 'AEXPR_IN':
      return limitsByList({ left: lexpr, items: itemsOf(rexpr), isWithin: (name === '=') === wanted }, scope, depth)
    case 'AEXPR_OP_ANY':
      return limitsByArray({ name, left: lexpr, array: rexpr, isAny: true }, wanted, scope, depth)
    case 'AEXPR_OP_ALL':
      return limitsByArray({ name, left: lexpr, array: rexpr, isAny: false }, wanted, scope, depth)
    case 'AEXPR_BETWEEN':
    case 'AEXPR_BETWEEN_SYM':
      return limitsByRange(fields, wanted, scope, depth)
    case 'AEXPR_NOT_BETWEEN':
    case 'AEXPR_NOT_BETWEEN_SYM':
      return limitsByRange(fields, !wanted, scope, depth)
    case 'AEXPR_DISTINCT':
      return limitsByDistinction({ left: lexpr, right: rexpr, isDistinct: wanted }, scope, depth)
    case 'AEXPR_NOT_DISTINCT':
      return limitsByDistinction({ left: lexpr, right: rexpr, isDistinct: !wanted }, scope, depth)
    case 'AEXPR_NULLIF':
      return scope.analysis.limits({ node: lexpr, wanted }, scope, depth)
    case 'AEXPR_SIMILAR':
      return limitsByComparison({ name: name === '~' ? 'SIMILAR' : '!SIMILAR', left: lexpr, right: rexpr }, wanted, scope, depth)
    default:
      return limitsByComparison({ name, left: lexpr, right: rexpr }, wanted, scope, depth)
  }
}

export interface Comparison {
  name: string
  left: unknown
  right: unknown
}

function limitsByComparison(comparison: Comparison, wanted: boolean, scope: Scope, depth: number): boolean {
  if (isTooMuch(scope, depth)) return false
  const { left, right } = comparison
  // Nothing compares with NULL: the result is the same for every row.
  if (isNull(left) || isNull(right)) return false
  const condition = comparedCondition(comparison)
  if (condition)
    return condition.isAlways === wanted
      ? false
      : scope.analysis.limits({ node: condition.node, wanted: condition.wanted === wanted }, scope, depth)
  const pairs = rowPairs(comparison)
  if (pairs) {
    const each = pairs.map(pair => ({ pair, limits: limitsByComparison(pair, wanted, scope, depth + 1) }))
    return (comparison.name === '=') === wanted ? each.some(one => one.limits) : each.every(one => one.limits)
  }
  const name = wanted ? comparison.name : (negations[comparison.name] ?? comparison.name)
  const variesLeft = scope.analysis.varies(left, scope, depth)
  const variesRight = scope.analysis.varies(right, scope, depth)
  if (!variesLeft && !variesRight) return isPlainlyFalse({ name, left, right })
  const straight = variesLeft ? { name, left, right } : { name: mirrored[name] ?? name, left: right, right: left }
  if (variesLeft && variesRight && isAboutItself(straight, scope, depth)) return false
  // `o.id <> o2.id` where `o2` is the same table again.
  if (selfPair(left, right, scope)) return false
  return (variesLeft && variesRight) || !isSaidOfAll(straight, scope, depth)
}

/** `(x = 1) = true`, `(x IS NULL) <> true`: a condition that is compared with what it may be. */
export function comparedCondition({ name, left, right }: Comparison): { node: unknown; wanted?: boolean; isAlways?: boolean } | null {
  const [constant, node, operation] =
    booleanOf(right) === null ? [booleanOf(left), right, mirrored[name] ?? name] : [booleanOf(right), left, name]
  if (constant === null) return null
  switch (operation) {
    case '=':
      return { node, wanted: constant }
    case '<>':
    case '!=':
      return { node, wanted: !constant }
    case '>':
      return constant ? { node, isAlways: false } : { node, wanted: true }
    case '<':
      return constant ? { node, wanted: false } : { node, isAlways: false }
    case '>=':
      return constant ? { node, wanted: true } : { node, isAlways: true }
    case '<=':
      return constant ? { node, isAlways: true } : { node, wanted: false }
    default:
      return null
  }
}

/** `(a, b) = (1, 2)`, by its columns. */
function rowPairs({ name, left, right }: Comparison): Comparison[] | null {
  const one = fieldsOf(left, 'RowExpr')
  const other = fieldsOf(right, 'RowExpr')
  if (!one || !other || !['=', '<>', '!='].includes(name)) return null
  const rights = list(other['args'])
  return list(one['args']).map((item, at) => ({ name, left: item, right: rights[at] }))
}

/** Two constants of which the text says that they are not so: `1 = 0`. */
function isPlainlyFalse({ name, left, right }: Comparison): boolean {
  const one = constantNumber(left)
  const other = constantNumber(right)
  if (one === null || other === null) return false
  const results: Record<string, boolean> = {
    '=': one === other,
    '<>': one !== other,
    '!=': one !== other,
    '<': one < other,
    '>': one > other,
  }
  return results[name] === false
}

/** Functions that say whether a text is in its plain form. */
const plainForms = new Set([
  'lower',
  'upper',
  'initcap',
  'btrim',
  'ltrim',
  'rtrim',
  'trim',
  'round',
  'floor',
  'ceil',
  'trunc',
  'date_trunc',
  'replace',
  'regexp_replace',
])

/** Whether both sides are made of the same columns: `id = id + 0`, `a + b = b + a`. `lower(email) <> email` is another thing. */
function isAboutItself({ name, left, right }: Comparison, scope: Scope, depth: number): boolean {
  if (printed(core(left, depth), scope) === printed(core(right, depth), scope)) return true
  const one = columnsIn(left, scope)
  const other = columnsIn(right, scope)
  if (one.size !== other.size || [...one].some(column => !other.has(column))) return false
  const calls = [...callsIn(left), ...callsIn(right)]
  const isPlainForm = calls.length > 0 && calls.every(call => plainForms.has(call)) && ['=', '<>', '!='].includes(name)
  return !isPlainForm && !hasSubquery(left) && !hasSubquery(right)
}

function limitsByDistinction(
  { left, right, isDistinct }: { left: unknown; right: unknown; isDistinct: boolean },
  scope: Scope,
  depth: number,
): boolean {
  const isNullTest = isNull(left) || isNull(right)
  if (isNullTest) return !isDistinct && scope.analysis.varies(isNull(left) ? right : left, scope, depth)
  return limitsByComparison({ name: isDistinct ? '<>' : '=', left, right }, true, scope, depth)
}

function limitsByRange({ lexpr, rexpr }: Fields, wanted: boolean, scope: Scope, depth: number): boolean {
  const [low, high] = itemsOf(rexpr)
  const above = limitsByComparison({ name: '>=', left: lexpr, right: low }, wanted, scope, depth)
  const below = limitsByComparison({ name: '<=', left: lexpr, right: high }, wanted, scope, depth)
  return wanted ? above || below : above && below
}

/** `x IN (1, 2)`: not with the row's own x among them, nor with all that a condition may be. */
function limitsByList(
  { left, items, isWithin }: { left: unknown; items: unknown[]; isWithin: boolean },
  scope: Scope,
  depth: number,
): boolean {
  const open = items.filter(item => fieldsOf(item, 'A_Const') === null)
  if (!scope.analysis.varies(left, scope, depth) && !open.some(item => scope.analysis.varies(item, scope, depth))) return false
  if (holds(open, left, scope)) return false
  const booleans = new Set(items.map(booleanOf).filter(one => one !== null))
  if (booleans.size === 1 && items.length === 1) return scope.analysis.limits({ node: left, wanted: booleans.has(isWithin) }, scope, depth)
  if (booleans.size > 0) return false
  return isWithin || !items.every(isNull)
}

function limitsByArray(
  { name, left, array, isAny }: { name: string; left: unknown; array: unknown; isAny: boolean },
  wanted: boolean,
  scope: Scope,
  depth: number,
): boolean {
  const bare = stripped(array)
  const select = fieldsOf(fieldsOf(bare, 'SubLink')?.['subselect'], 'SelectStmt')
  if (select && fieldsOf(bare, 'SubLink')?.['subLinkType'] === 'ARRAY_SUBLINK') {
    const here = { ...scope, judged: nothingJudged(), names: withCtes(select, scope.names) }
    if (isAny) return limitsByMember({ test: left, select, isPlain: name === '=' }, wanted, here, depth)
    return scope.analysis.varies(left, scope, depth) && !isPerhapsEmpty(select, here)
  }
  if (!scope.analysis.varies(left, scope, depth) && !scope.analysis.varies(array, scope, depth)) return false
  if (holds([array], left, scope)) return false
  // Held to none of nothing, and to not being one of several: that is every row.
  const isNegative = name === '<>' || name.startsWith('!')
  const isAll = isAny !== wanted
  if (isAll) return !isEmpty(array) && (wanted || !isNegative)
  if (isAny && isNegative) return false
  const elements = fieldsOf(bare, 'A_ArrayExpr')
  const matches = likeOperators.has(name) ? likeMatchesAll : regexOperators.has(name) ? regexMatchesAll : null
  if (!matches) return true
  if (elements) return !list(elements['elements']).some(element => matchesAll(element, matches))
  const constant = constantText(bare)
  return constant === null || !someElement(constant, matches)
}

function hasSubquery(value: unknown): boolean {
  return !nodesIn(value, 'SubLink').next().done
}
