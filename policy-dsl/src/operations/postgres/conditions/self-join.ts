import { operator } from '../expressions.ts'
import { type Fields, fieldsOf, nameParts } from '../tree.ts'
import { negations } from './operators.ts'
import { core, type Part, type Scope } from './condition-scope.ts'

/** A condition that joins the table to itself by the same column, and whether it makes them the same row. */
export function selfJoin({ node, wanted }: Part, scope: Scope): { alias: string; column: string; isEqual: boolean } | null {
  const fields = fieldsOf(node, 'A_Expr')
  if (!fields || (fields['kind'] !== 'AEXPR_OP' && fields['kind'] !== 'AEXPR_NOT_DISTINCT' && fields['kind'] !== 'AEXPR_DISTINCT'))
    return null
  const pair = selfPair(fields['lexpr'], fields['rexpr'], scope)
  if (!pair) return null
  const isEqual =
    fields['kind'] === 'AEXPR_DISTINCT'
      ? !wanted
      : ['=', '<=', '>='].includes(wanted ? operator(fields) : (negations[operator(fields)] ?? ''))
  return { ...pair, isEqual }
}

export function selfPair(left: unknown, right: unknown, scope: Scope): { alias: string; column: string } | null {
  const one = fieldsOf(core(left, 0), 'ColumnRef')
  const other = fieldsOf(core(right, 0), 'ColumnRef')
  if (!one || !other || scope.own === null) return null
  const names = [nameParts(one['fields']), nameParts(other['fields'])] as const
  const isSelf = (name: string[]): boolean => scope.beside.get(name.at(-2) ?? '')?.isSelf === true && !scope.owned.has(name.at(-2) ?? '')
  const isOwn = (ref: Fields): boolean => scope.analysis.varies({ ColumnRef: ref }, scope, 0)
  const column = names[0].at(-1) ?? ''
  const rows = names.map(name => (name.length === 1 ? (name[0] ?? '') : ''))
  const sameRow = rows.find(name => scope.beside.get(name)?.isSelf && !scope.owned.has(name))
  if (sameRow !== undefined && rows.some(name => scope.owned.has(name))) return { alias: sameRow, column: '*' }
  if (column !== names[1].at(-1)) return null
  if (isSelf(names[0]) && isOwn(other)) return { alias: names[0].at(-2) ?? '', column }
  if (isSelf(names[1]) && isOwn(one)) return { alias: names[1].at(-2) ?? '', column }
  // In a subquery a bare name is one of its own table's.
  if (!scope.isInner) return null
  const bare = names.find(name => name.length === 1)
  const selfs = [...scope.beside].filter(([alias, { isSelf: same }]) => same && !scope.owned.has(alias))
  const [only] = selfs
  const outer = names[0].length > 1 ? one : other
  return bare && only && isOwn(outer) ? { alias: only[0], column } : null
}
