import { fieldsOf, isFields, list, nameParts, readNode, text } from '../tree.ts'
import type { Context } from './context.ts'
import { valueOf } from './expression.ts'
import { entryNamed, type Scope } from './scope.ts'
import type { Column, Value } from './value.ts'

/** The columns of a select list or of RETURNING, with every `*` written out. */
export function targetColumns(targets: unknown, { scope, star }: { scope: Scope; star: Column[] }, context: Context): Column[] {
  return list(targets).flatMap(target => {
    const fields = fieldsOf(target, 'ResTarget')
    const node = fields?.['val']
    const expanded = starColumns(node, { scope, star }, context)
    if (expanded) return expanded
    const value = valueOf(node, scope, context)
    const name = text(fields?.['name']) || nameOf(node)
    return [{ name, value }]
  })
}

function starColumns(node: unknown, { scope, star }: { scope: Scope; star: Column[] }, context: Context): Column[] | null {
  const reference = fieldsOf(node, 'ColumnRef')
  if (reference) {
    const parts = list(reference['fields'])
    if (!fieldsOf(parts.at(-1), 'A_Star')) return null
    const names = nameParts(parts)
    if (names.length === 0) return star
    const entry = entryNamed(names, scope)
    if (!entry) throw context.refuse(`nothing called \`${names.join('.')}\` is known here`, 'name the columns instead of `*`')
    return entry.columns
  }
  const part = fieldsOf(node, 'A_Indirection')
  const steps = list(part?.['indirection'])
  if (!part || !fieldsOf(steps.at(-1), 'A_Star')) return null
  const value = valueOf({ A_Indirection: { ...part, indirection: steps.slice(0, -1) } }, scope, context)
  if (value.row && !value.collects) return [...value.row]
  return [{ name: '*', value, isMore: true }]
}

function nameOf(node: unknown): string {
  if (!isFields(node)) return '?column?'
  const { kind, fields } = readNode(node, '')
  switch (kind) {
    case 'ColumnRef':
      return nameParts(fields['fields']).at(-1) ?? '?column?'
    case 'FuncCall':
      return nameParts(fields['funcname']).at(-1) ?? '?column?'
    case 'A_Indirection':
      return nameParts(fields['indirection']).at(-1) ?? nameOf(fields['arg'])
    case 'TypeCast': {
      const inner = nameOf(fields['arg'])
      return inner === '?column?' && isFields(fields['typeName']) ? (nameParts(fields['typeName']['names']).at(-1) ?? inner) : inner
    }
    case 'CollateClause':
      return nameOf(fields['arg'])
    case 'CaseExpr':
      return nameOf(fields['defresult']) === '?column?' ? 'case' : nameOf(fields['defresult'])
    case 'CoalesceExpr':
      return 'coalesce'
    case 'MinMaxExpr':
      return fields['op'] === 'IS_GREATEST' ? 'greatest' : 'least'
    case 'RowExpr':
      return 'row'
    case 'A_ArrayExpr':
      return 'array'
    case 'SubLink': {
      if (fields['subLinkType'] === 'EXISTS_SUBLINK') return 'exists'
      if (fields['subLinkType'] === 'ARRAY_SUBLINK') return 'array'
      const [first] = list(fieldsOf(fields['subselect'], 'SelectStmt')?.['targetList'])
      const target = fieldsOf(first, 'ResTarget')
      return text(target?.['name']) || nameOf(target?.['val'])
    }
    default:
      return '?column?'
  }
}

/** A masked column stands somewhere among columns that cannot be counted. */
export function uncounted(value: Value, context: Context): Error {
  const [source] = value.sources
  return context.refuse(
    `the columns cannot be counted, so \`${source?.column}\` cannot be found among them`,
    'name the columns instead of `*`',
    source,
  )
}
