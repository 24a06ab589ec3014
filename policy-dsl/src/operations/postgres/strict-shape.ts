import type { Operation } from '@steno/recordings'
import { fieldsOf, isFields, list, nameParts, type Fields } from './tree.ts'

/**
 * What stays of statements when plain values are left out: two texts of the
 * same shape are the same tree over the same operations and differ in values
 * that are compared, computed with or stored. Made for deciding by, so it errs
 * to telling apart: a constant that may choose what is done, among arguments
 * of functions, in a limit, a sort, a path into a document, is part of the
 * shape. Null for what has none: utility statements, what is opaque, and where
 * a bind value stands in such a place.
 */
export function strictShape(statements: readonly Fields[], operations: readonly Operation[]): string | null {
  if (statements.length === 0 || operations.length === 0) return null
  if (operations.some(({ isOpaque, verb }) => isOpaque || verb === 'UNPARSED' || verb === 'OPAQUE')) return null
  if (!statements.every(statement => Object.keys(statement).every(kind => plainStatements.has(kind)))) return null
  const walk = new Walk()
  const trees = statements.map(statement => walk.strip(statement, 'part', 0))
  // Where something stands in the text moves with the length of the values before it.
  return walk.isTellable ? JSON.stringify([trees, operations.map(withoutPlace)]) : null
}

function withoutPlace(operation: Operation): Omit<Operation, 'at'> {
  const { at: _, ...rest } = operation
  return rest
}

/** Statements that read or change rows and do nothing else by themselves. */
export const plainStatements: ReadonlySet<string> = new Set(['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'])

/** Deeper trees have no shape: nobody who approves one could read them. */
const depthMax = 400

/** Where things stand in the text. */
const places = new Set(['location', 'rexpr_list_start', 'rexpr_list_end', 'list_start', 'list_end'])

/** Nodes and fields in which a constant may choose what is done. */
const fixing = new Set([
  'FuncCall',
  'A_Indirection',
  'limitCount',
  'limitOffset',
  'sortClause',
  'groupClause',
  'distinctClause',
  'windowClause',
  'typeName',
])

/** Fields whose values are stored, and not asked what to do. */
const storing = new Set(['valuesLists', 'values'])

/** Kinds of expression that compare with their right side. */
const comparing = new Set([
  'AEXPR_IN',
  'AEXPR_LIKE',
  'AEXPR_ILIKE',
  'AEXPR_BETWEEN',
  'AEXPR_NOT_BETWEEN',
  'AEXPR_OP_ANY',
  'AEXPR_OP_ALL',
  'AEXPR_OP',
])

const plainOperators = new Set([
  '=',
  '<>',
  '!=',
  '<',
  '>',
  '<=',
  '>=',
  '+',
  '-',
  '*',
  '/',
  '~~',
  '!~~',
  '~~*',
  '!~~*',
  'BETWEEN',
  'NOT BETWEEN',
])

/** Types that a value is written in, and that name nothing. */
const plainTypes = new Set(
  (
    'int2 int4 int8 float4 float8 numeric text varchar bpchar bytea date time timetz timestamp timestamptz interval uuid ' +
    'integer bigint smallint'
  ).split(' '),
)

/**
 * What a constant is at a place: a `value`, which is left out; `part` of the
 * shape, though values may stand further in; or `fixed`, with all that is in it.
 */
type Place = 'value' | 'part' | 'fixed'

class Walk {
  /** Whether every bind value stands where a plain value may. */
  isTellable = true

  /** A copy without places in the text and without plain values. */
  strip(node: unknown, place: Place, depth: number): unknown {
    if (depth > depthMax) this.isTellable = false
    if (!this.isTellable) return null
    if (Array.isArray(node)) return node.map(one => this.strip(one, place, depth + 1))
    if (!isFields(node)) return node
    const constant = fieldsOf(node, 'A_Const')
    if (constant && place === 'value') return { A_Const: kindOfConstant(constant) }
    if ('ParamRef' in node && place !== 'value') this.isTellable = false
    return this.#fields(node, (field, value) => this.#inside(field, value, place, depth))
  }

  /** What stands in a field, or in a node of a kind: both are keys of the tree. */
  #inside(key: string, value: unknown, place: Place, depth: number): unknown {
    if (place === 'fixed' || fixing.has(key)) return this.strip(value, 'fixed', depth + 1)
    if (storing.has(key)) return this.strip(value, 'value', depth + 1)
    if (!isFields(value)) return this.strip(value, 'part', depth + 1)
    const keep = place === 'value' ? 'value' : 'part'
    switch (key) {
      case 'A_Expr':
        return this.#sides(value, depth)
      case 'TypeCast':
        return this.#fields(value, (field, inner) =>
          this.strip(inner, isPlainType(value['typeName']) && field === 'arg' ? keep : 'fixed', depth + 1),
        )
      case 'List':
      case 'A_ArrayExpr':
        return this.#fields(value, (_, inner) => this.strip(inner, keep, depth + 1))
      case 'UpdateStmt':
      case 'MergeWhenClause':
      case 'onConflictClause':
        return this.#fields(value, (field, inner) =>
          field === 'targetList' ? list(inner).map(one => this.#assignment(one, depth + 1)) : this.#inside(field, inner, 'part', depth + 1),
        )
      default:
        return this.strip(value, 'part', depth + 1)
    }
  }

  /** What is compared, or computed with: values only where the other side is none. */
  #sides(expression: Fields, depth: number): Fields {
    const isPlain = isPlainExpression(expression)
    const place =
      isPlain && (mentionsColumn(expression['lexpr']) || mentionsColumn(expression['rexpr'])) ? 'value' : isPlain ? 'part' : 'fixed'
    return this.#fields(expression, (field, side) => this.strip(side, field === 'lexpr' || field === 'rexpr' ? place : 'fixed', depth + 1))
  }

  /** `column = value`, as SET has it. */
  #assignment(node: unknown, depth: number): unknown {
    const target = fieldsOf(node, 'ResTarget')
    if (!target) return this.strip(node, 'part', depth)
    return { ResTarget: this.#fields(target, (field, value) => this.strip(value, field === 'val' ? 'value' : 'fixed', depth + 1)) }
  }

  #fields(node: Fields, change: (field: string, value: unknown) => unknown): Fields {
    return Object.fromEntries(
      Object.entries(node)
        .filter(([field]) => !places.has(field))
        .map(([field, value]) => [field, change(field, value)]),
    )
  }
}

/** Whether an expression hangs on a column, directly or through functions and plain operators. */
function mentionsColumn(node: unknown, depth = 0): boolean {
  if (!isFields(node) || depth > depthMax) return false
  if ('ColumnRef' in node) return true
  const called = fieldsOf(node, 'FuncCall')
  if (called) return list(called['args']).some(one => mentionsColumn(one, depth + 1))
  const cast = fieldsOf(node, 'TypeCast')
  if (cast) return mentionsColumn(cast['arg'], depth + 1)
  const expression = fieldsOf(node, 'A_Expr')
  return expression !== null && (mentionsColumn(expression['lexpr'], depth + 1) || mentionsColumn(expression['rexpr'], depth + 1))
}

function isPlainExpression(fields: Fields): boolean {
  const name = nameParts(fields['name'])
  return comparing.has(String(fields['kind'])) && name.length === 1 && plainOperators.has(name[0]!)
}

function isPlainType(type: unknown): boolean {
  const name = nameParts(isFields(type) ? type['names'] : null)
  return plainTypes.has(name.at(-1) ?? '') && (name.length === 1 || (name.length === 2 && name[0] === 'pg_catalog'))
}

/** A number and a text are not the same, and true, false and NULL are no values like others. */
function kindOfConstant(constant: Fields): unknown {
  const { location: _, ...value } = constant
  const [kind = ''] = Object.keys(value)
  return ['ival', 'fval', 'sval', 'bsval'].includes(kind) ? kind : value
}
