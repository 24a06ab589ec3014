/**
 * A node of the parse tree as libpg-query prints it: JSON in which a node of
 * any kind stands as `{ Kind: { …fields } }`, and a node whose kind is fixed by
 * its place stands bare, as its fields alone.
 */
export type Fields = Record<string, unknown>

/** One node with its kind said. */
export interface TreeNode {
  kind: string
  fields: Fields
}

/** Fields that hold a bare node, and the kind it has there. Every other bare node holds no statement and is known by what is in it. */
const bareKinds = new Map([
  ['larg', 'SelectStmt'],
  ['rarg', 'SelectStmt'],
  ['withClause', 'WithClause'],
  ['into', 'IntoClause'],
  ['intoClause', 'IntoClause'],
  ['onConflictClause', 'OnConflictClause'],
  ['funccall', 'FuncCall'],
])

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Reads what stands in a field as a node: tagged, bare with a known kind, a bare table name, or `Bare` for anything else. */
export function readNode(value: Fields, field: string): TreeNode {
  const keys = Object.keys(value)
  const only = keys[0]
  if (keys.length === 1 && only !== undefined && isKind(only)) {
    const fields = value[only]
    return { kind: only, fields: isFields(fields) ? fields : {} }
  }
  if ('relname' in value) return { kind: 'RangeVar', fields: value }
  return { kind: bareKinds.get(field) ?? 'Bare', fields: value }
}

/** The fields of a node of one kind, or null when it is another or none. */
export function fieldsOf(value: unknown, kind: string): Fields | null {
  if (!isFields(value)) return null
  const fields = value[kind]
  return isFields(fields) ? fields : null
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

/** The words of a dotted name given as a list of strings, wherever the grammar keeps it. */
export function nameParts(value: unknown): string[] {
  if (Array.isArray(value)) {
    const parts: string[] = []
    for (const part of value) parts.push(...nameParts(part))
    return parts
  }
  const string = fieldsOf(value, 'String')
  if (string) return [text(string['sval'])]
  const nested = fieldsOf(value, 'List')
  if (nested) return nameParts(nested['items'])
  const typeName = fieldsOf(value, 'TypeName')
  if (typeName) return nameParts(typeName['names'])
  const withArguments = fieldsOf(value, 'ObjectWithArgs')
  if (withArguments) return nameParts(withArguments['objname'])
  return typeof value === 'string' ? [value] : []
}

/** A table as it was written: `schema.table` where a schema was, else `table`. */
export function tableName(rangeVar: Fields): string {
  return tableParts(rangeVar).join('.')
}

/** The words of a table's name: the database and the schema where they were written, then the table. */
export function tableParts(rangeVar: Fields): string[] {
  return [rangeVar['catalogname'], rangeVar['schemaname'], rangeVar['relname']].map(text).filter(part => part !== '')
}

/** The value of an option, `LANGUAGE sql` or `AS '…'`, or undefined where it was not given. */
export function optionValue(options: unknown, name: string): unknown {
  for (const one of list(options)) {
    const element = fieldsOf(one, 'DefElem')
    if (element && element['defname'] === name) return element['arg']
  }
  return undefined
}

/** A text that stands there in full: a literal, several joined by `||`, or a cast of either. Null for what is worked out later. */
export function constantText(value: unknown, depth = 0): string | null {
  if (depth > joinedMax) return null
  const cast = fieldsOf(value, 'TypeCast')
  if (cast) return constantText(cast['arg'], depth + 1)
  const constant = fieldsOf(value, 'A_Const')
  if (constant) return isFields(constant['sval']) ? text(constant['sval']['sval']) : null
  const joined = fieldsOf(value, 'A_Expr')
  if (!joined || nameParts(joined['name']).join('.') !== '||') return null
  const left = constantText(joined['lexpr'], depth + 1)
  const right = left === null ? null : constantText(joined['rexpr'], depth + 1)
  return left === null || right === null ? null : left + right
}

/** The longest chain of `||` that is followed. */
const joinedMax = 200

// Kinds begin with an upper-case letter; fields never do.
function isKind(key: string): boolean {
  const first = key.charCodeAt(0)
  return first >= 65 && first <= 90
}
