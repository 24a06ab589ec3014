import { constantNumber, nodesIn, operator, stripped } from '../expressions.ts'
import { likeMatchesAll, regexMatchesAll, similarMatchesAll } from '../patterns.ts'
import { constantText, type Fields, fieldsOf, list, nameParts } from '../tree.ts'
import type { Comparison } from './comparisons.ts'
import { core, isTooMuch, lastName, printed, type Scope } from './condition-scope.ts'

/** Whether something that holds for every row is said of a value: `length(x) >= 0`, `x LIKE '%'`, `x < 'infinity'`. */
export function isSaidOfAll({ name, left, right }: Comparison, scope: Scope, depth: number): boolean {
  if (likeOperators.has(name)) return matchesAll(right, likeMatchesAll)
  if (regexOperators.has(name)) return matchesAll(right, regexMatchesAll)
  if (name === 'SIMILAR') return matchesAll(right, similarMatchesAll)
  const constant = constantText(stripped(right))
  if (name.startsWith('!')) return name !== '!=' && constant === ''
  if (name === '@>' || name === '^@') return isEmpty(right)
  if (name === '<@' && constant?.replaceAll(' ', '') === '(,)') return true
  const subquery = fieldsOf(right, 'SubLink')
  if (subquery) return isOwnExtreme({ name, left, select: subquery['subselect'] }, scope, depth)
  const bound = constantNumber(right)
  if (bound === null) return isInfinite(name, constant)
  if (isInfinite(name, String(bound)) || isBeyond({ name, left, bound })) return true
  if (!isNeverNegative(left, scope, depth)) return false
  return name === '>=' ? bound <= 0 : name === '>' || name === '<>' || name === '!=' ? bound < 0 : false
}

/** `id >= (SELECT min(id) FROM orders)`, `id = (SELECT id)`. */
function isOwnExtreme({ name, left, select }: { name: string; left: unknown; select: unknown }, scope: Scope, depth: number): boolean {
  const query = fieldsOf(select, 'SelectStmt')
  const value = fieldsOf(list(query?.['targetList'])[0], 'ResTarget')?.['val']
  const call = fieldsOf(value, 'FuncCall')
  if (!query || !call) return false
  const extreme = nameParts(call['funcname']).at(-1)
  const isToward = (extreme === 'min' && name === '>=') || (extreme === 'max' && name === '<=')
  return (
    isToward && lastName(left) !== null && lastName(list(call['args'])[0]) === lastName(left) && scope.analysis.isWhole(query, scope, depth)
  )
}

/** `greatest(id, 5) >= 5`: held to a bound that it never passes. */
function isBeyond({ name, left, bound }: { name: string; left: unknown; bound: number }): boolean {
  const choice = fieldsOf(stripped(left), 'MinMaxExpr')
  if (!choice) return false
  const constants = list(choice['args']).flatMap(one => constantNumber(one) ?? [])
  const isGreatest = choice['op'] !== 'IS_LEAST'
  if (constants.length === 0 || !(isGreatest ? ['>=', '>', '<>', '!='] : ['<=', '<', '<>', '!=']).includes(name)) return false
  const limit = isGreatest ? Math.max(...constants) : Math.min(...constants)
  return (isGreatest ? limit > bound : limit < bound) || (limit === bound && name.endsWith('=') && name !== '!=')
}

function isInfinite(name: string, bound: string | null): boolean {
  if (bound === null) return false
  const number = Number(bound)
  const isLow = bound.trim().toLowerCase() === '-infinity' || (bound !== '' && number <= -2_147_483_648)
  const isHigh = ['infinity', '+infinity', 'nan'].includes(bound.trim().toLowerCase()) || number >= 2_147_483_647
  return (isLow && (name === '>' || name === '>=' || name === '<>')) || (isHigh && (name === '<' || name === '<=' || name === '<>'))
}

const countings = new Set(
  'length char_length character_length octet_length bit_length abs count cardinality array_length jsonb_array_length json_array_length num_nulls num_nonnulls sqrt exp ascii'.split(
    ' ',
  ),
)

function isNeverNegative(value: unknown, scope: Scope, depth: number): boolean {
  if (isTooMuch(scope, depth)) return true
  const bare = stripped(value)
  const call = fieldsOf(bare, 'FuncCall')
  if (call) return countings.has(nameParts(call['funcname']).at(-1) ?? '')
  const subquery = fieldsOf(fieldsOf(bare, 'SubLink')?.['subselect'], 'SelectStmt')
  if (subquery) return isNeverNegative(fieldsOf(list(subquery['targetList'])[0], 'ResTarget')?.['val'], scope, depth + 1)
  const expression = fieldsOf(bare, 'A_Expr')
  if (!expression) return false
  if (operator(expression) === '@' && !('lexpr' in expression)) return true
  if (operator(expression) === '*') return printed(core(expression['lexpr'], 0), scope) === printed(core(expression['rexpr'], 0), scope)
  return operator(expression) === '^' && (constantNumber(expression['rexpr']) ?? 1) % 2 === 0
}

/** A pattern that is there in full and leaves nothing out, or one that is worked out from nothing else. */
export function matchesAll(pattern: unknown, isAll: (pattern: string) => boolean): boolean {
  const constant = constantText(stripped(pattern))
  if (constant !== null) return isAll(constant)
  const call = fieldsOf(pattern, 'FuncCall')
  const name = nameParts(call?.['funcname']).at(-1) ?? ''
  if (call && (name === 'like_escape' || name === 'similar_to_escape')) return matchesAll(list(call['args'])[0], isAll)
  return !hasOpenValue(pattern)
}

/** `{}`, `[]`, ``, `ARRAY[]`: all that holds anything holds it too. */
export function isEmpty(value: unknown): boolean {
  const bare = stripped(value)
  const array = fieldsOf(bare, 'A_ArrayExpr')
  if (array) return list(array['elements']).length === 0
  return ['{}', '[]', '', 'empty'].includes(constantText(bare)?.trim() ?? 'no')
}

/** Calls that hold whatever they are given: `starts_with(x, '')`, `texteq(x, x)`. */
export function isEmptyCall(fields: Fields, scope: Scope, depth: number): boolean {
  const args = list(fields['args'])
  const name = nameParts(fields['funcname']).at(-1) ?? ''
  if (name === 'isfinite' || name.startsWith('pg_try_advisory')) return true
  const [first, second] = args
  if (second === undefined) return false
  if (printed(core(first, depth), scope) === printed(core(second, depth), scope)) return true
  if (/like/.test(name) && name !== 'regexp_like') return matchesAll(second, likeMatchesAll)
  if (/^(?:starts_with|regexp_like|text.*reg.*)$/.test(name)) return matchesAll(second, regexMatchesAll)
  return false
}

export const likeOperators = new Set(['~~', '~~*'])

export const regexOperators = new Set(['~', '~*'])

/** A parameter, a column, or a text that was not written out. */
function hasOpenValue(value: unknown): boolean {
  return ['ParamRef', 'ColumnRef', 'SubLink'].some(kind => !nodesIn(value, kind).next().done)
}
