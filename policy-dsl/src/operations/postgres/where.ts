import { fieldsOf, isFields, list, nameParts, text, type Fields } from './tree.ts'

const noVariables: ReadonlySet<string> = new Set()

/** Conditions nested deeper than this are not looked into, and count as no condition. */
const depthMax = 200

/**
 * Whether a condition limits the rows it is put to. `true`, `1 = 1`, `id = id`,
 * `id = 3 OR true` do not, nor does `id IS NOT NULL`, which is every row where
 * the column is a key. It errs to false: a limit it does not understand counts
 * only if a column is in it, and no analysis of text can find every tautology.
 * A name among the `variables` is a value like `$1`, the same for every row.
 */
export function limitsRows(condition: unknown, variables: ReadonlySet<string> = noVariables, depth = 0): boolean {
  if (!isFields(condition) || depth > depthMax) return false
  if ('CurrentOfExpr' in condition) return true
  const logic = fieldsOf(condition, 'BoolExpr')
  if (logic) return limitsByLogic(logic, variables, depth + 1)
  const nullTest = fieldsOf(condition, 'NullTest')
  if (nullTest) return nullTest['nulltesttype'] === 'IS_NULL' && mentionsColumn(nullTest['arg'], variables)
  const booleanTest = fieldsOf(condition, 'BooleanTest')
  if (booleanTest) return booleanTest['booltesttype'] !== 'IS_NOT_UNKNOWN' && limitsRows(booleanTest['arg'], variables, depth + 1)
  const cast = fieldsOf(condition, 'TypeCast')
  if (cast) return limitsRows(cast['arg'], variables, depth + 1)
  const expression = fieldsOf(condition, 'A_Expr')
  if (expression && isTautology(expression)) return false
  return mentionsColumn(condition, variables)
}

function limitsByLogic(logic: Fields, variables: ReadonlySet<string>, depth: number): boolean {
  const parts = list(logic['args'])
  if (logic['boolop'] === 'OR_EXPR')
    return parts.every(part => limitsRows(part, variables, depth)) && !parts.some(part => parts.some(other => areOpposites(part, other)))
  return parts.some(part => limitsRows(part, variables, depth))
}

/** `x` and `NOT x`, `x = y` and `x <> y`: for every row without nulls, one of the two holds. */
function areOpposites(one: unknown, other: unknown): boolean {
  const negated = fieldsOf(other, 'BoolExpr')
  if (negated && negated['boolop'] === 'NOT_EXPR') return isSame(one, list(negated['args'])[0])
  const left = fieldsOf(one, 'A_Expr')
  const right = fieldsOf(other, 'A_Expr')
  if (!left || !right || !isSame(left['lexpr'], right['lexpr']) || !isSame(left['rexpr'], right['rexpr'])) return false
  return opposite[operator(left)]?.includes(operator(right)) ?? false
}

/** Operators that, between the same operands, leave no row out together. */
const opposite: Record<string, string[]> = { '=': ['<>', '!='], '<': ['>='], '>': ['<='], '<=': ['>', '>='], '>=': ['<', '<='] }

function isTautology(expression: Fields): boolean {
  const { lexpr, rexpr } = expression
  switch (expression['kind']) {
    case 'AEXPR_IN':
      return list(isFields(rexpr) ? (fieldsOf(rexpr, 'List')?.['items'] ?? rexpr) : rexpr).some(item => isSame(item, lexpr))
    case 'AEXPR_LIKE':
    case 'AEXPR_ILIKE':
    case 'AEXPR_SIMILAR':
      return /^%+$/.test(constantText(rexpr)) || isSame(lexpr, rexpr)
    case 'AEXPR_DISTINCT':
      return isNull(lexpr) || isNull(rexpr) || isSame(lexpr, rexpr)
    default:
      return isSame(lexpr, rexpr)
  }
}

function operator(expression: Fields): string {
  return text(fieldsOf(list(expression['name']).at(-1), 'String')?.['sval'])
}

function constantText(value: unknown): string {
  const constant = fieldsOf(value, 'A_Const')
  const string = constant?.['sval']
  return isFields(string) ? text(string['sval']) : ''
}

function isNull(value: unknown): boolean {
  return fieldsOf(value, 'A_Const')?.['isnull'] === true
}

/** The same expression, wherever it stands. One nested too deep to compare counts as the same, which errs to no limit. */
function isSame(one: unknown, other: unknown, depth = 0): boolean {
  if (depth > depthMax) return true
  if (Array.isArray(one) && Array.isArray(other))
    return one.length === other.length && one.every((item, at) => isSame(item, other[at], depth + 1))
  if (!isFields(one) || !isFields(other)) return one === other
  const keys = Object.keys(one).filter(key => key !== 'location')
  if (keys.length !== Object.keys(other).filter(key => key !== 'location').length) return false
  return keys.every(key => isSame(one[key], other[key], depth + 1))
}

/** `x`, `x.field` where `x` is a record, and `block.x`: a block's name stands among the variables with a dot. */
function isVariable([first = '', second = '']: string[], variables: ReadonlySet<string>): boolean {
  return variables.has(first) || (variables.has(`${first}.`) && variables.has(second))
}

/** Looks at a whole condition, however deep, without recursion. */
function mentionsColumn(condition: unknown, variables: ReadonlySet<string>): boolean {
  const waiting: unknown[] = [condition]
  while (waiting.length > 0) {
    const value = waiting.pop()
    if (Array.isArray(value)) for (const item of value) waiting.push(item)
    else if (isFields(value)) {
      const column = fieldsOf(value, 'ColumnRef')
      if (column && !isVariable(nameParts(column['fields']), variables)) return true
      for (const key of Object.keys(value)) waiting.push(value[key])
    }
  }
  return false
}
