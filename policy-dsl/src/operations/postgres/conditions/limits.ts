import { booleanOf, isNull, kindOf } from '../expressions.ts'
import { type Fields, fieldsOf, isFields, list } from '../tree.ts'
import { limitsByAll } from './all-of.ts'
import { limitsByExpression } from './comparisons.ts'
import { core, isTooMuch, type Part, printed, type Scope } from './condition-scope.ts'
import { coversAll } from './covers-all.ts'
import { isEmptyCall } from './said-of-all.ts'
import { limitsBySubquery } from './subqueries.ts'

export function limits(part: Part, scope: Scope, depth: number): boolean {
  const known = part.wanted ? scope.judged.held : scope.judged.denied
  const before = known.get(part.node)
  if (before !== undefined) return before
  const verdict = judge(part, scope, depth)
  // Only what others are made of is asked about twice.
  if (isFields(part.node) && !('A_Expr' in part.node)) known.set(part.node, verdict)
  return verdict
}

function judge({ node, wanted }: Part, scope: Scope, depth: number): boolean {
  if (!isFields(node) || isTooMuch(scope, depth)) return false
  if ('CurrentOfExpr' in node) return true
  const { kind, fields } = kindOf(node)
  const argument = fields['arg']
  switch (kind) {
    case 'A_Const':
      return booleanOf(node) === !wanted
    case 'BoolExpr':
      return limitsByLogic(fields, wanted, scope, depth + 1)
    case 'NullTest':
      return (fields['nulltesttype'] === 'IS_NULL') === wanted && scope.analysis.varies(argument, scope, depth + 1)
    case 'BooleanTest':
      return limitsByTest(fields, wanted, scope, depth + 1)
    case 'TypeCast':
    case 'CollateClause':
      return limits({ node: argument, wanted }, scope, depth + 1)
    case 'CoalesceExpr': {
      const first = list(fields['args']).find(part => !isNull(part))
      return limits({ node: first, wanted }, scope, depth + 1)
    }
    case 'CaseExpr':
      return limitsByCase(fields, wanted, scope, depth + 1)
    case 'SubLink':
      return limitsBySubquery(fields, wanted, scope, depth + 1)
    case 'A_Expr':
      return limitsByExpression(fields, wanted, scope, depth + 1)
    case 'FuncCall':
      return !isEmptyCall(fields, scope, depth + 1) && scope.analysis.varies(node, scope, depth + 1)
    default:
      return scope.analysis.varies(node, scope, depth + 1)
  }
}

function limitsByLogic(fields: Fields, wanted: boolean, scope: Scope, depth: number): boolean {
  const parts = list(fields['args']).map(node => ({ node, wanted }))
  if (fields['boolop'] === 'NOT_EXPR') return limits({ node: parts[0]?.node, wanted: !wanted }, scope, depth)
  return (fields['boolop'] === 'AND_EXPR') === wanted ? limitsByAll(parts, scope, depth) : limitsByAny(parts, scope, depth)
}

/** Every one of several has to be a condition, and none may let through what another leaves out. */
function limitsByAny(parts: Part[], scope: Scope, depth: number): boolean {
  return parts.every(part => limits(part, scope, depth)) && !coversAll(parts, scope, depth)
}

function limitsByTest(fields: Fields, wanted: boolean, scope: Scope, depth: number): boolean {
  const node = fields['arg']
  switch (fields['booltesttype']) {
    case 'IS_TRUE':
    case 'IS_NOT_FALSE':
      return limits({ node, wanted }, scope, depth)
    case 'IS_FALSE':
    case 'IS_NOT_TRUE':
      return limits({ node, wanted: !wanted }, scope, depth)
    default:
      return (fields['booltesttype'] === 'IS_UNKNOWN') === wanted && scope.analysis.varies(node, scope, depth)
  }
}

/** `CASE WHEN c THEN x ELSE y END` is `(c AND x) OR (NOT c AND y)`. */
function limitsByCase(fields: Fields, wanted: boolean, scope: Scope, depth: number): boolean {
  const [first, ...others] = list(fields['args'])
  if (isTooMuch(scope, depth)) return false
  if (first === undefined) return !('defresult' in fields) || limits({ node: fields['defresult'], wanted }, scope, depth)
  const when = fieldsOf(first, 'CaseWhen') ?? {}
  const picks = (isMet: boolean): boolean =>
    'arg' in fields
      ? scope.analysis.varies(fields['arg'], scope, depth) || scope.analysis.varies(when['expr'], scope, depth)
      : limits({ node: when['expr'], wanted: isMet }, scope, depth)
  const result = limits({ node: when['result'], wanted }, scope, depth)
  // `CASE id WHEN id`: the first arm is every row's.
  if ('arg' in fields && printed(core(fields['arg'], depth), scope) === printed(core(when['expr'], depth), scope)) return result
  const rest = limitsByCase({ ...fields, args: others }, wanted, scope, depth + 1)
  return (result || rest) && (result || picks(true)) && (rest || picks(false))
}
