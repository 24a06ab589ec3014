import { fieldsOf, list } from '../tree.ts'
import { depthMax, nothingJudged, type Part, type Scope } from './condition-scope.ts'
import { selfJoin } from './self-join.ts'

/**
 * One of several conditions is enough. A join of the table to itself by the
 * same column is none, but then what is said of the other is said of it.
 */
export function limitsByAll(parts: Part[], scope: Scope, depth: number): boolean {
  const flat = parts.flatMap(part => conjuncts(part, depth))
  const joined = flat.map(part => selfJoin(part, scope))
  const aliases = joined.flatMap(join => (join?.isEqual ? [join.alias] : []))
  if (aliases.length === 0) return flat.some(part => scope.analysis.limits(part, scope, depth))
  const widened = { ...scope, judged: nothingJudged(), owned: new Set([...scope.owned, ...aliases]) }
  const columns = new Set(joined.flatMap(join => (join?.isEqual ? [join.column] : [])))
  return flat.some((part, at) => {
    const join = joined[at]
    return join ? !join.isEqual && !columns.has(join.column) : scope.analysis.limits(part, widened, depth)
  })
}

export function conjuncts(part: Part, depth: number): Part[] {
  const logic = fieldsOf(part.node, 'BoolExpr')
  if (!logic || depth > depthMax) return [part]
  if (logic['boolop'] === 'NOT_EXPR') return conjuncts({ node: list(logic['args'])[0], wanted: !part.wanted }, depth + 1)
  if ((logic['boolop'] === 'AND_EXPR') !== part.wanted) return [part]
  return list(logic['args']).flatMap(node => conjuncts({ node, wanted: part.wanted }, depth + 1))
}

export function disjuncts({ node, wanted }: Part, depth: number): Part[] {
  return conjuncts({ node, wanted: !wanted }, depth).map(part => ({ node: part.node, wanted: !part.wanted }))
}
