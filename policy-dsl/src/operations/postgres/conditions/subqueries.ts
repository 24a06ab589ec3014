import { callsIn, constantNumber, isStar, rowOf } from '../expressions.ts'
import { type Fields, fieldsOf, isFields, list, nameParts, tableParts, text } from '../tree.ts'
import { conjuncts, limitsByAll } from './all-of.ts'
import {
  type Beside,
  core,
  depthMax,
  isTooMuch,
  lastName,
  mentionsColumn,
  type Names,
  nothingJudged,
  printed,
  type Scope,
} from './condition-scope.ts'

export function limitsBySubquery(fields: Fields, wanted: boolean, scope: Scope, depth: number): boolean {
  const select = fieldsOf(fields['subselect'], 'SelectStmt')
  if (!select) return false
  const names = withCtes(select, scope.names)
  const here = { ...scope, judged: nothingJudged(), names }
  switch (fields['subLinkType']) {
    case 'EXISTS_SUBLINK':
      return isCorrelated(select, wanted, here, depth)
    case 'ANY_SUBLINK':
      return limitsByMember({ test: fields['testexpr'], select, isPlain: !('operName' in fields) }, wanted, here, depth)
    case 'ALL_SUBLINK':
      return scope.analysis.varies(fields['testexpr'], scope, depth) && !isPerhapsEmpty(select, here)
    default:
      return scope.analysis.varies({ SubLink: fields }, scope, depth)
  }
}

/** `x IN (SELECT …)`: not when every row's x is there, nor `NOT IN` when none may be. */
export function limitsByMember(
  { test, select, isPlain }: { test: unknown; select: Fields; isPlain: boolean },
  wanted: boolean,
  scope: Scope,
  depth: number,
): boolean {
  if (!scope.analysis.varies(test, scope, depth)) return false
  if (!wanted) return !isPerhapsEmpty(select, scope)
  return isPlain || !isWhole(select, scope, depth) ? !givesEvery(select, test, scope, depth) : false
}

/** Whether a subquery gives every row's own value of what is tested. */
function givesEvery(select: Fields, test: unknown, scope: Scope, depth: number): boolean {
  const arms = armsOf(select)
  if (arms) {
    const each = arms.arms.map(arm => givesEvery(arm, test, scope, depth + 1))
    return arms.operation === 'SETOP_UNION' ? each.some(Boolean) : arms.operation === 'SETOP_INTERSECT' && each.every(Boolean)
  }
  if (isTooMuch(scope, depth)) return true
  const tests = rowOf(test)
  const values = list(select['targetList']).map(target => fieldsOf(target, 'ResTarget')?.['val'])
  const inner = innerScope(select, scope)
  // Where every column counts, a bare name in a subquery is one of its own.
  const isOwnValue =
    (scope.own !== null || !('fromClause' in select)) && tests.every((one, at) => printed(one, scope) === printed(values[at], inner))
  if (isOwnValue) return true
  if (!isWhole(select, scope, depth)) return false
  const isGiven = (one: unknown, at: number): boolean =>
    lastName(one) === null ? printed(one, scope) === printed(values[at], inner) : lastName(one) === lastName(values[at])
  return isStar(values[0]) || isSeries(select) || tests.every((one, at) => isOwnRow(one, scope) || isGiven(one, at))
}

/** Numbers that are counted off have no name of the table's. */
function isSeries(select: Fields): boolean {
  return list(select['fromClause']).some(item => fieldsOf(item, 'RangeFunction') !== null)
}

/** The table's own name, as a value: the row. */
function isOwnRow(value: unknown, scope: Scope): boolean {
  const name = nameParts(fieldsOf(core(value, 0), 'ColumnRef')?.['fields'])
  return name.length === 1 && scope.owned.has(name[0] ?? '')
}

/** Whether every row of the changed table is among what a query gives, as far as its clauses say. */
export function isWhole(select: Fields, scope: Scope, depth: number): boolean {
  if (isTooMuch(scope, depth)) return true
  const arms = armsOf(select)
  if (arms) {
    const each = arms.arms.map(arm => isWhole(arm, scope, depth + 1))
    return arms.operation === 'SETOP_UNION' ? each.some(Boolean) : arms.operation === 'SETOP_INTERSECT' && each.every(Boolean)
  }
  if (
    isLimited(select) ||
    isFields(select['havingClause']) ||
    list(select['distinctClause']).some(one => isFields(one) && Object.keys(one).length > 0)
  )
    return false
  const names = withCtes(select, scope.names)
  const everything: Scope = { ...scope, judged: nothingJudged(), names, own: null, isInner: false }
  if (scope.analysis.limits({ node: select['whereClause'], wanted: true }, everything, depth + 1)) return false
  return list(select['fromClause']).some(item => isWholeSource(item, { ...scope, judged: nothingJudged(), names }, depth + 1))
}

function isWholeSource(item: unknown, scope: Scope, depth: number): boolean {
  if (isTooMuch(scope, depth)) return true
  const rangeVar = fieldsOf(item, 'RangeVar')
  if (rangeVar) return isWholeTable(rangeVar, scope, depth)
  const derived = fieldsOf(fieldsOf(item, 'RangeSubselect')?.['subquery'], 'SelectStmt')
  if (derived) return isWhole(derived, scope, depth + 1)
  const called = fieldsOf(item, 'RangeFunction')
  if (called) return scope.own !== null && callsIn(called['functions']).includes('generate_series')
  const join = fieldsOf(item, 'JoinExpr')
  if (!join) return false
  const left = (): boolean => isWholeSource(join['larg'], scope, depth + 1)
  const right = (): boolean => isWholeSource(join['rarg'], scope, depth + 1)
  switch (join['jointype']) {
    case 'JOIN_LEFT':
      return left()
    case 'JOIN_RIGHT':
      return right()
    case 'JOIN_FULL':
      return left() || right()
    default:
      if (join['isNatural'] === true || list(join['usingClause']).length > 0) return left() && right()
      return (
        !scope.analysis.limits(
          { node: join['quals'], wanted: true },
          { ...scope, judged: nothingJudged(), own: null, isInner: false },
          depth + 1,
        ) &&
        (left() || right())
      )
  }
}

function isWholeTable(rangeVar: Fields, scope: Scope, depth: number): boolean {
  const name = tableParts(rangeVar)
  const cte = name.length === 1 ? scope.names.cte(name[0] ?? '') : null
  if (!cte && scope.tables.some(table => isSameTable(name, table, scope.names))) return true
  const query = cte ? fieldsOf(cte['ctequery'], 'SelectStmt') : scope.names.query(name)
  if (!query) return false
  const { wholes } = scope.budget
  const known = wholes.get(query)
  if (known !== undefined) return known
  wholes.set(query, false)
  const whole = isWhole(query, scope, depth + 1)
  wholes.set(query, whole)
  return whole
}

function isSameTable(name: string[], table: string[], names: Names): boolean {
  const [one, other] = [names.relation(name), names.relation(table)]
  if (one && other) return one.oid === other.oid
  const schemas = [name.at(-2), table.at(-2)]
  return name.at(-1) === table.at(-1) && (schemas[0] === undefined || schemas[1] === undefined || schemas[0] === schemas[1])
}

/** Whether what an EXISTS finds is another thing for every row. */
function isCorrelated(select: Fields, wanted: boolean, scope: Scope, depth: number): boolean {
  if (isTooMuch(scope, depth)) return false
  const arms = armsOf(select)
  if (arms) return arms.operation === 'SETOP_UNION' && arms.arms.every(arm => isCorrelated(arm, wanted, scope, depth + 1))
  // An aggregate of nothing is a row too.
  const isAggregated = list(select['targetList']).some(target => callsAggregate(fieldsOf(target, 'ResTarget')?.['val']))
  if (list(select['groupClause']).length === 0 && (isAggregated || isFields(select['havingClause']))) return false
  const inner = innerScope(select, scope)
  const parts = [select['whereClause'], ...list(select['fromClause']).flatMap(item => joinConditions(item))]
    .filter(isFields)
    .map(node => ({ node, wanted: true }))
  if (!wanted && isPerhapsEmpty(select, scope)) return false
  return limitsByAll(parts, inner, depth + 1)
}

/** Whether a query may give nothing whatever its tables hold. */
export function isPerhapsEmpty(select: Fields, scope: Scope): boolean {
  const everything: Scope = { ...scope, judged: nothingJudged(), own: null }
  const parts = isFields(select['whereClause']) ? conjuncts({ node: select['whereClause'], wanted: true }, 0) : []
  return (
    parts.some(({ node }) => !mentionsColumn(node, everything)) ||
    (isFields(select['limitCount']) && (constantNumber(select['limitCount']) ?? 0) < 1) ||
    'limitOffset' in select
  )
}

/** Inside a subquery: its tables are beside the one that is changed. */
export function innerScope(select: Fields, scope: Scope): Scope {
  const names = withCtes(select, scope.names)
  if (scope.own === null) return { ...scope, judged: nothingJudged(), names }
  const own = list(select['fromClause']).flatMap(item => besides(item, { ...scope, judged: nothingJudged(), names }, 0))
  const owned = new Set([...scope.owned].filter(alias => !own.some(([name]) => name === alias)))
  return {
    ...scope,
    judged: nothingJudged(),
    names,
    owned,
    beside: new Map([...scope.beside, ...own]),
    isInner: scope.isInner || own.length > 0,
  }
}

export function besides(item: unknown, scope: Scope, depth: number): [string, Beside][] {
  const join = fieldsOf(item, 'JoinExpr')
  if (join && depth < depthMax) return [...besides(join['larg'], scope, depth + 1), ...besides(join['rarg'], scope, depth + 1)]
  const rangeVar = fieldsOf(item, 'RangeVar')
  if (rangeVar)
    return [[aliasOf(rangeVar), { isSelf: isWholeSource(item, scope, 0), relation: scope.names.relation(tableParts(rangeVar)) }]]
  const [other] = isFields(item) ? Object.values(item) : []
  const alias = isFields(other) && isFields(other['alias']) ? text(other['alias']['aliasname']) : ''
  return [[alias, { isSelf: isWholeSource(item, scope, 0), relation: null }]]
}

export function aliasOf(rangeVar: Fields): string {
  const { alias } = rangeVar
  return isFields(alias) ? text(alias['aliasname']) : text(rangeVar['relname'])
}

function armsOf(select: Fields): { operation: unknown; arms: Fields[] } | null {
  const { op, larg, rarg } = select
  return isFields(larg) && isFields(rarg) ? { operation: op, arms: [larg, rarg] } : null
}

/** Whether a constant limits the rows of a query. Ties come without a limit, and NULL is none. */
export function isLimited(select: Fields): boolean {
  return isFields(select['limitCount']) && select['limitOption'] !== 'LIMIT_OPTION_WITH_TIES' && isLimit(select['limitCount'])
}

function isLimit(value: unknown): boolean {
  const cast = fieldsOf(value, 'TypeCast')
  if (cast) return isLimit(cast['arg'])
  const constant = fieldsOf(value, 'A_Const')
  return constant !== null && constant['isnull'] !== true
}

/** The conditions of joins that leave rows out. */
export function joinConditions(item: unknown, depth = 0): unknown[] {
  const join = fieldsOf(item, 'JoinExpr')
  if (!join || typeof depth !== 'number' || depth > depthMax) return []
  const own = join['jointype'] === 'JOIN_INNER' && 'quals' in join ? [join['quals']] : []
  return [...own, ...joinConditions(join['larg'], depth + 1), ...joinConditions(join['rarg'], depth + 1)]
}

/** Names around what is inside a statement: those of its WITH clause too. */
export function withCtes(statement: Fields, names: Names): Names {
  const clause = statement['withClause']
  const ctes = isFields(clause) ? list(clause['ctes']).map(cte => fieldsOf(cte, 'CommonTableExpr')) : []
  const own = new Map(ctes.flatMap(cte => (cte ? [[text(cte['ctename']), cte] as const] : [])))
  return own.size === 0 ? names : { ...names, cte: name => own.get(name) ?? names.cte(name) }
}

const aggregates = new Set('count sum min max avg array_agg string_agg json_agg jsonb_agg bool_and bool_or every'.split(' '))

function callsAggregate(value: unknown): boolean {
  return callsIn(value).some(name => aggregates.has(name))
}
