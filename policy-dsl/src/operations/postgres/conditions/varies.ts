import { constantNumber, isNull, kindOf, operator } from '../expressions.ts'
import { type Fields, fieldsOf, isFields, list, nameParts } from '../tree.ts'
import { limitsByExpression } from './comparisons.ts'
import { negations } from './operators.ts'
import { core, isOwnColumn, isTooMuch, printed, type Scope } from './condition-scope.ts'
import { innerScope } from './subqueries.ts'

/** Whether a value may be another for every row. */
export function varies(value: unknown, scope: Scope, depth: number): boolean {
  if (isTooMuch(scope, depth)) return false
  if (Array.isArray(value)) return value.some(item => varies(item, scope, depth + 1))
  if (!isFields(value)) return false
  const { kind, fields } = kindOf(value)
  switch (kind) {
    case 'A_Const':
    case 'ParamRef':
      return false
    case 'ColumnRef':
      return isOwnColumn(fields, scope)
    case 'A_Expr':
      return !isConstantExpression(fields, scope, depth) && Object.values(fields).some(part => varies(part, scope, depth + 1))
    case 'FuncCall':
      return !isConstantCall(fields) && Object.values(fields).some(part => varies(part, scope, depth + 1))
    case 'NullTest':
    case 'BooleanTest':
      return false
    case 'BoolExpr':
      return (
        scope.analysis.limits({ node: value, wanted: true }, scope, depth + 1) &&
        scope.analysis.limits({ node: value, wanted: false }, scope, depth + 1)
      )
    case 'CoalesceExpr': {
      const parts = list(fields['args']).filter(part => !isNull(part))
      return parts.length > 0 && varies(parts[0], scope, depth + 1)
    }
    case 'CaseExpr':
      return (
        list(fields['args']).some(
          when => varies(fieldsOf(when, 'CaseWhen')?.['result'], scope, depth + 1) || variesByCase(when, fields, scope, depth),
        ) || varies(fields['defresult'], scope, depth + 1)
      )
    case 'SubLink': {
      if (fields['subLinkType'] === 'EXISTS_SUBLINK' || fields['subLinkType'] === 'ANY_SUBLINK')
        return scope.analysis.limits({ node: value, wanted: true }, scope, depth + 1)
      const select = fieldsOf(fields['subselect'], 'SelectStmt')
      if (!select) return false
      return varies({ Bare: select }, innerScope(select, scope), depth + 1)
    }
    default:
      return Object.values(fields).some(part => varies(part, scope, depth + 1))
  }
}

/** A CASE whose results are constants differs by its conditions. */
function variesByCase(when: unknown, fields: Fields, scope: Scope, depth: number): boolean {
  const expression = fieldsOf(when, 'CaseWhen')?.['expr']
  if ('arg' in fields) return varies(fields['arg'], scope, depth + 1)
  return (
    scope.analysis.limits({ node: expression, wanted: true }, scope, depth + 1) &&
    scope.analysis.limits({ node: expression, wanted: false }, scope, depth + 1)
  )
}

/** `x * 0`, `x - x`, `x % 1`, `x = NULL`: one value for every row. */
function isConstantExpression(fields: Fields, scope: Scope, depth: number): boolean {
  const { lexpr, rexpr } = fields
  if (fields['kind'] === 'AEXPR_NULLIF') return printed(core(lexpr, depth), scope) === printed(core(rexpr, depth), scope)
  if (isNull(lexpr) || isNull(rexpr)) return true
  if (fields['kind'] !== 'AEXPR_OP') return !limitsEitherWay(fields, scope, depth)
  const name = operator(fields)
  const left = constantNumber(lexpr)
  const right = constantNumber(rexpr)
  switch (name) {
    case '*':
    case '&':
      return left === 0 || right === 0
    case '/':
    case '-':
    case '#':
      return left === 0 && name === '/' ? true : printed(core(lexpr, depth), scope) === printed(core(rexpr, depth), scope)
    case '%':
      return right === 1 || right === -1
    case '^':
      return right === 0 || left === 1
    default:
      return name in negations || name === '@>' || name === '<@' ? !limitsEitherWay(fields, scope, depth) : false
  }
}

function limitsEitherWay(fields: Fields, scope: Scope, depth: number): boolean {
  return limitsByExpression(fields, true, scope, depth + 1) && limitsByExpression(fields, false, scope, depth + 1)
}

/** Functions that take a value and do not look at it. */
const blind = new Set(['pg_typeof', 'pg_column_size', 'isfinite', 'num_nonnulls', 'num_nulls'])

const cutting = new Map([
  ['left', 1],
  ['right', 1],
  ['repeat', 1],
  ['substr', 2],
  ['substring', 2],
])

function isConstantCall(fields: Fields): boolean {
  const name = nameParts(fields['funcname']).at(-1) ?? ''
  const length = cutting.get(name)
  return blind.has(name) || (length !== undefined && constantNumber(list(fields['args'])[length]) === 0)
}
