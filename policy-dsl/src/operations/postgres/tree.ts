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
const bareKinds: Record<string, string> = {
  larg: 'SelectStmt',
  rarg: 'SelectStmt',
  withClause: 'WithClause',
  into: 'IntoClause',
  intoClause: 'IntoClause',
  onConflictClause: 'OnConflictClause',
}

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
  return { kind: bareKinds[field] ?? 'Bare', fields: value }
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
  if (Array.isArray(value)) return value.flatMap(nameParts)
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
  return [rangeVar['catalogname'], rangeVar['schemaname'], rangeVar['relname']]
    .filter(part => typeof part === 'string' && part !== '')
    .join('.')
}

// Kinds begin with an upper-case letter; fields never do.
function isKind(key: string): boolean {
  const first = key.charCodeAt(0)
  return first >= 65 && first <= 90
}
