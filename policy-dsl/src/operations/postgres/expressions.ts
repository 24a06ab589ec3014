import { constantText, fieldsOf, isFields, list, nameParts, text, type Fields } from './tree.ts'

/** A tagged node with its kind said; an empty kind for anything else. */
export function kindOf(node: unknown): { kind: string; fields: Fields } {
  const [kind] = isFields(node) ? Object.keys(node) : []
  const fields = kind === undefined ? null : fieldsOf(node, kind)
  return kind !== undefined && fields && /^[A-Z]/.test(kind) ? { kind, fields } : { kind: '', fields: isFields(node) ? node : {} }
}

/** The operator of an `A_Expr`, without its schema. */
export function operator(expression: Fields): string {
  return text(fieldsOf(list(expression['name']).at(-1), 'String')?.['sval'])
}

/** The items of a list, however it is kept. */
export function itemsOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : list(fieldsOf(value, 'List')?.['items'])
}

/** The values of a row, or the one value. */
export function rowOf(value: unknown): unknown[] {
  const row = fieldsOf(value, 'RowExpr')
  return row ? list(row['args']) : [value]
}

/** Whether it is `*` or `t.*`. */
export function isStar(value: unknown): boolean {
  return fieldsOf(list(fieldsOf(value, 'ColumnRef')?.['fields']).at(-1), 'A_Star') !== null
}

/** Whether it is NULL, whatever it is cast to. */
export function isNull(value: unknown): boolean {
  return fieldsOf(stripped(value), 'A_Const')?.['isnull'] === true
}

/** The truth value that stands there in full. */
export function booleanOf(value: unknown): boolean | null {
  const constant = fieldsOf(value, 'A_Const')
  if (constant && isFields(constant['boolval'])) return constant['boolval']['boolval'] === true
  const cast = fieldsOf(value, 'TypeCast')
  if (!cast || !isFields(cast['typeName']) || nameParts(cast['typeName']['names']).at(-1) !== 'bool') return null
  const word = constantText(cast['arg'])?.trim().toLowerCase() ?? null
  if (word === null) return null
  return ['t', 'true', 'y', 'yes', 'on', '1'].includes(word)
}

/** A number that stands there in full. */
export function constantNumber(value: unknown, depth = 0): number | null {
  if (depth > signsMax) return null
  const bare = stripped(value)
  const negative = fieldsOf(bare, 'A_Expr')
  if (negative && operator(negative) === '-' && !('lexpr' in negative)) {
    const positive = constantNumber(negative['rexpr'], depth + 1)
    return positive === null ? null : -positive
  }
  const constant = fieldsOf(bare, 'A_Const')
  if (!constant) return null
  if (isFields(constant['ival'])) return typeof constant['ival']['ival'] === 'number' ? constant['ival']['ival'] : 0
  if (isFields(constant['fval'])) return Number(constant['fval']['fval'])
  const word = isFields(constant['sval']) ? text(constant['sval']['sval']).trim() : ''
  return /^[+-]?\d+(?:\.\d+)?$/.test(word) ? Number(word) : null
}

/** How many signs a number may have. */
const signsMax = 100

/** What is cast or collated. */
export function stripped(value: unknown): unknown {
  let bare = value
  for (let layer = fieldsOf(bare, 'TypeCast') ?? fieldsOf(bare, 'CollateClause'); layer;) {
    bare = layer['arg']
    layer = fieldsOf(bare, 'TypeCast') ?? fieldsOf(bare, 'CollateClause')
  }
  return bare
}

/** Every node of a kind in a tree, however deep, without recursion. */
export function* nodesIn(value: unknown, kind: string): Generator<Fields> {
  const waiting: unknown[] = [value]
  while (waiting.length > 0) {
    const next = waiting.pop()
    if (Array.isArray(next)) for (const item of next) waiting.push(item)
    else if (isFields(next)) {
      const found = fieldsOf(next, kind)
      if (found) yield found
      for (const key of Object.keys(next)) waiting.push(next[key])
    }
  }
}

/** The names of the functions that are called in it, without their schemas. */
export function callsIn(value: unknown): string[] {
  return [...nodesIn(value, 'FuncCall')].map(call => nameParts(call['funcname']).at(-1) ?? '')
}
