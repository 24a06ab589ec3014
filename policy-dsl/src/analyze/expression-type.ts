import { schema, type ValueType } from '../language/schema.ts'
import type { Expression } from '../ruleset.ts'

/** The type of a field or of what a method gives, as the schema has it; null for what it does not know. */
export function typeOfExpression(expression: Expression): ValueType | null {
  if (expression.is === 'field') return typeOfPath(expression.path, schema.records.Operation.fields)
  if (expression.is !== 'call') return null
  if (expression.method === 'length') return { type: 'number' }
  const on = typeOfExpression(expression.on)
  const methods =
    on === null ? [] : on.type === 'record' ? schema.records[on.record].methods : on.type === 'string' ? schema.string.methods : []
  return methods.find(({ name }) => name === expression.method)?.returns ?? null
}

function typeOfPath(path: readonly string[], fields: readonly { name: string; type: ValueType }[]): ValueType | null {
  const [name, ...rest] = path
  const type = fields.find(field => field.name === name)?.type
  if (type === undefined) return null
  if (rest.length === 0) return type
  if (type.type === 'labels') return rest.length === 1 ? { type: 'string' } : null
  if (type.type === 'record') return typeOfPath(rest, schema.records[type.record].fields)
  return rest.length === 1 && rest[0] === 'length' && (type.type === 'list' || type.type === 'string') ? { type: 'number' } : null
}
