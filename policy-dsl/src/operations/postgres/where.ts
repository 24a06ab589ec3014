import {
  columnsIn,
  core,
  depthMax,
  holds,
  isOwnColumn,
  isTooMuch,
  lastName,
  mentionsColumn,
  printed,
  type Beside,
  type Effort,
  type Names,
  type Scope,
} from './condition-scope.ts'
import { likeMatchesAll, regexMatchesAll, similarMatchesAll, someElement } from './patterns.ts'
import { booleanOf, callsIn, constantNumber, isNull, isStar, itemsOf, kindOf, nodesIn, operator, rowOf, stripped } from './expressions.ts'
import { constantText, fieldsOf, isFields, list, nameParts, tableParts, text, type Fields } from './tree.ts'

/** The table whose rows a statement changes, and what it joins them to. */
export interface Choice {
  target: Fields | null
  beside: unknown[]
  conditions: unknown[]
}

/** How many views over views are followed. */
const viewsMax = 16

const noNames: Omit<Names, 'effort'> = { variables: new Set(), relation: () => null, cte: () => null, query: () => null }

/**
 * Whether conditions limit the rows of the table that a statement changes.
 * `true`, `1 = 1`, `id = id`, `id = 3 OR true` do not, nor does
 * `id IS NOT NULL`, which is every row where the column is a key, nor
 * `id IN (SELECT id FROM orders)` for `orders`, nor what is only said of the
 * tables beside it. It errs to false: nothing counts but a condition that a
 * column of the table is in, and known ways to say nothing with one are told
 * apart. What no analysis of text can find stays: `id > 0` where every id is.
 */
export function picksRows({ target, beside, conditions }: Choice, names: Names): boolean {
  const scope = scopeOf(target, beside, names)
  const parts = [...conditions, ...beside.flatMap(joinConditions)].filter(isFields).map(node => ({ node, wanted: true }))
  const limits = limitsByAll(parts, scope, 0)
  return limits && !scope.budget.isSpent && parts.some(({ node }) => mentionsColumn(node, scope))
}

/** The same for a condition in which every column counts. */
export function limitsRows(condition: unknown, effort: Effort): boolean {
  return picksRows({ target: null, beside: [], conditions: [condition] }, { ...noNames, effort })
}

/** Whether an `INSERT … ON CONFLICT DO UPDATE` may meet every row of its table: its rows are that table's own, or counted off. */
export function meetsEveryRow(insert: Fields, names: Names): boolean {
  const target = isFields(insert['relation']) ? insert['relation'] : null
  const query = fieldsOf(insert['selectStmt'], 'SelectStmt')
  if (!target || !query) return false
  const scope = scopeOf(target, [], withCtes(insert, names))
  return isWhole(query, scope, 0) || scope.budget.isSpent
}

/** Names around what is inside a statement: those of its WITH clause too. */
export function withCtes(statement: Fields, names: Names): Names {
  const clause = statement['withClause']
  const ctes = isFields(clause) ? list(clause['ctes']).map(cte => fieldsOf(cte, 'CommonTableExpr')) : []
  const own = new Map(ctes.flatMap(cte => (cte ? [[text(cte['ctename']), cte] as const] : [])))
  return own.size === 0 ? names : { ...names, cte: name => own.get(name) ?? names.cte(name) }
}

/** A condition, and whether it has to hold or not to. */
interface Part {
  node: unknown
  wanted: boolean
}

function scopeOf(target: Fields | null, beside: unknown[], names: Names): Scope {
  const table = target ? tableParts(target) : []
  const own = target ? aliasOf(target) : null
  const scope: Scope = {
    names,
    own,
    owned: new Set(own === null ? [] : [own]),
    tables: target ? tablesBehind(table, names) : [],
    relation: target ? names.relation(table) : null,
    beside: new Map(),
    isInner: false,
    judged: nothingJudged(),
    budget: { isSpent: false, wholes: new Map() },
  }
  return own === null ? scope : { ...scope, judged: nothingJudged(), beside: new Map(beside.flatMap(item => besides(item, scope, 0))) }
}

/** A table, or a view and what it is a view of, as far as that is one table. */
function tablesBehind(table: string[], names: Names): string[][] {
  const tables = [table]
  for (let query = names.query(table); query && tables.length < viewsMax;) {
    const from = list(query['fromClause'])
    const base = from.length === 1 ? fieldsOf(from[0], 'RangeVar') : null
    if (!base) break
    tables.push(tableParts(base))
    query = names.query(tableParts(base))
  }
  return tables
}

function aliasOf(rangeVar: Fields): string {
  const { alias } = rangeVar
  return isFields(alias) ? text(alias['aliasname']) : text(rangeVar['relname'])
}

function besides(item: unknown, scope: Scope, depth: number): [string, Beside][] {
  const join = fieldsOf(item, 'JoinExpr')
  if (join && depth < depthMax) return [...besides(join['larg'], scope, depth + 1), ...besides(join['rarg'], scope, depth + 1)]
  const rangeVar = fieldsOf(item, 'RangeVar')
  if (rangeVar)
    return [[aliasOf(rangeVar), { isSelf: isWholeSource(item, scope, 0), relation: scope.names.relation(tableParts(rangeVar)) }]]
  const [other] = isFields(item) ? Object.values(item) : []
  const alias = isFields(other) && isFields(other['alias']) ? text(other['alias']['aliasname']) : ''
  return [[alias, { isSelf: isWholeSource(item, scope, 0), relation: null }]]
}

/** The conditions of joins that leave rows out. */
function joinConditions(item: unknown, depth = 0): unknown[] {
  const join = fieldsOf(item, 'JoinExpr')
  if (!join || typeof depth !== 'number' || depth > depthMax) return []
  const own = join['jointype'] === 'JOIN_INNER' && 'quals' in join ? [join['quals']] : []
  return [...own, ...joinConditions(join['larg'], depth + 1), ...joinConditions(join['rarg'], depth + 1)]
}

// Conditions

function nothingJudged(): Scope['judged'] {
  return { held: new Map(), denied: new Map() }
}

function limits(part: Part, scope: Scope, depth: number): boolean {
  const known = part.wanted ? scope.judged.held : scope.judged.denied
  const before = known.get(part.node)
  if (before !== undefined) return before
  const verdict = judge(part, scope, depth)
  // Only what others are made of is asked about twice.
  if (isFields(part.node) && !('A_Expr' in part.node)) known.set(part.node, verdict)
  return verdict
}

function judge({ node, wanted }: Part, scope: Scope, depth: number): boolean {
  if (!isFields(node) || isTooMuch(scope, depth)) return false
  if ('CurrentOfExpr' in node) return true
  const { kind, fields } = kindOf(node)
  const argument = fields['arg']
  switch (kind) {
    case 'A_Const':
      return booleanOf(node) === !wanted
    case 'BoolExpr':
      return limitsByLogic(fields, wanted, scope, depth + 1)
    case 'NullTest':
      return (fields['nulltesttype'] === 'IS_NULL') === wanted && varies(argument, scope, depth + 1)
    case 'BooleanTest':
      return limitsByTest(fields, wanted, scope, depth + 1)
    case 'TypeCast':
    case 'CollateClause':
      return limits({ node: argument, wanted }, scope, depth + 1)
    case 'CoalesceExpr': {
      const first = list(fields['args']).find(part => !isNull(part))
      return limits({ node: first, wanted }, scope, depth + 1)
    }
    case 'CaseExpr':
      return limitsByCase(fields, wanted, scope, depth + 1)
    case 'SubLink':
      return limitsBySubquery(fields, wanted, scope, depth + 1)
    case 'A_Expr':
      return limitsByExpression(fields, wanted, scope, depth + 1)
    case 'FuncCall':
      return !isEmptyCall(fields, scope, depth + 1) && varies(node, scope, depth + 1)
    default:
      return varies(node, scope, depth + 1)
  }
}

function limitsByLogic(fields: Fields, wanted: boolean, scope: Scope, depth: number): boolean {
  const parts = list(fields['args']).map(node => ({ node, wanted }))
  if (fields['boolop'] === 'NOT_EXPR') return limits({ node: parts[0]?.node, wanted: !wanted }, scope, depth)
  return (fields['boolop'] === 'AND_EXPR') === wanted ? limitsByAll(parts, scope, depth) : limitsByAny(parts, scope, depth)
}

/**
 * One of several conditions is enough. A join of the table to itself by the
 * same column is none, but then what is said of the other is said of it.
 */
function limitsByAll(parts: Part[], scope: Scope, depth: number): boolean {
  const flat = parts.flatMap(part => conjuncts(part, depth))
  const joined = flat.map(part => selfJoin(part, scope))
  const aliases = joined.flatMap(join => (join?.isEqual ? [join.alias] : []))
  if (aliases.length === 0) return flat.some(part => limits(part, scope, depth))
  const widened = { ...scope, judged: nothingJudged(), owned: new Set([...scope.owned, ...aliases]) }
  const columns = new Set(joined.flatMap(join => (join?.isEqual ? [join.column] : [])))
  return flat.some((part, at) => {
    const join = joined[at]
    return join ? !join.isEqual && !columns.has(join.column) : limits(part, widened, depth)
  })
}

function conjuncts(part: Part, depth: number): Part[] {
  const logic = fieldsOf(part.node, 'BoolExpr')
  if (!logic || depth > depthMax) return [part]
  if (logic['boolop'] === 'NOT_EXPR') return conjuncts({ node: list(logic['args'])[0], wanted: !part.wanted }, depth + 1)
  if ((logic['boolop'] === 'AND_EXPR') !== part.wanted) return [part]
  return list(logic['args']).flatMap(node => conjuncts({ node, wanted: part.wanted }, depth + 1))
}

function disjuncts({ node, wanted }: Part, depth: number): Part[] {
  return conjuncts({ node, wanted: !wanted }, depth).map(part => ({ node: part.node, wanted: !part.wanted }))
}

/** Every one of several has to be a condition, and none may let through what another leaves out. */
function limitsByAny(parts: Part[], scope: Scope, depth: number): boolean {
  return parts.every(part => limits(part, scope, depth)) && !coversAll(parts, scope, depth)
}

function limitsByTest(fields: Fields, wanted: boolean, scope: Scope, depth: number): boolean {
  const node = fields['arg']
  switch (fields['booltesttype']) {
    case 'IS_TRUE':
    case 'IS_NOT_FALSE':
      return limits({ node, wanted }, scope, depth)
    case 'IS_FALSE':
    case 'IS_NOT_TRUE':
      return limits({ node, wanted: !wanted }, scope, depth)
    default:
      return (fields['booltesttype'] === 'IS_UNKNOWN') === wanted && varies(node, scope, depth)
  }
}

/** `CASE WHEN c THEN x ELSE y END` is `(c AND x) OR (NOT c AND y)`. */
function limitsByCase(fields: Fields, wanted: boolean, scope: Scope, depth: number): boolean {
  const [first, ...others] = list(fields['args'])
  if (isTooMuch(scope, depth)) return false
  if (first === undefined) return !('defresult' in fields) || limits({ node: fields['defresult'], wanted }, scope, depth)
  const when = fieldsOf(first, 'CaseWhen') ?? {}
  const picks = (isMet: boolean): boolean =>
    'arg' in fields
      ? varies(fields['arg'], scope, depth) || varies(when['expr'], scope, depth)
      : limits({ node: when['expr'], wanted: isMet }, scope, depth)
  const result = limits({ node: when['result'], wanted }, scope, depth)
  // `CASE id WHEN id`: the first arm is every row's.
  if ('arg' in fields && printed(core(fields['arg'], depth), scope) === printed(core(when['expr'], depth), scope)) return result
  const rest = limitsByCase({ ...fields, args: others }, wanted, scope, depth + 1)
  return (result || rest) && (result || picks(true)) && (rest || picks(false))
}

// Subqueries

function limitsBySubquery(fields: Fields, wanted: boolean, scope: Scope, depth: number): boolean {
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
      return varies(fields['testexpr'], scope, depth) && !isPerhapsEmpty(select, here)
    default:
      return varies({ SubLink: fields }, scope, depth)
  }
}

/** `x IN (SELECT …)`: not when every row's x is there, nor `NOT IN` when none may be. */
function limitsByMember(
  { test, select, isPlain }: { test: unknown; select: Fields; isPlain: boolean },
  wanted: boolean,
  scope: Scope,
  depth: number,
): boolean {
  if (!varies(test, scope, depth)) return false
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
function isWhole(select: Fields, scope: Scope, depth: number): boolean {
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
  if (limits({ node: select['whereClause'], wanted: true }, everything, depth + 1)) return false
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
        !limits({ node: join['quals'], wanted: true }, { ...scope, judged: nothingJudged(), own: null, isInner: false }, depth + 1) &&
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
function isPerhapsEmpty(select: Fields, scope: Scope): boolean {
  const everything: Scope = { ...scope, judged: nothingJudged(), own: null }
  const parts = isFields(select['whereClause']) ? conjuncts({ node: select['whereClause'], wanted: true }, 0) : []
  return (
    parts.some(({ node }) => !mentionsColumn(node, everything)) ||
    (isFields(select['limitCount']) && (constantNumber(select['limitCount']) ?? 0) < 1) ||
    'limitOffset' in select
  )
}

/** Inside a subquery: its tables are beside the one that is changed. */
function innerScope(select: Fields, scope: Scope): Scope {
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

// Expressions that compare

function limitsByExpression(fields: Fields, wanted: boolean, scope: Scope, depth: number): boolean {
  const { lexpr, rexpr } = fields
  const name = operator(fields)
  switch (fields['kind']) {
    case 'AEXPR_IN':
      return limitsByList({ left: lexpr, items: itemsOf(rexpr), isWithin: (name === '=') === wanted }, scope, depth)
    case 'AEXPR_OP_ANY':
      return limitsByArray({ name, left: lexpr, array: rexpr, isAny: true }, wanted, scope, depth)
    case 'AEXPR_OP_ALL':
      return limitsByArray({ name, left: lexpr, array: rexpr, isAny: false }, wanted, scope, depth)
    case 'AEXPR_BETWEEN':
    case 'AEXPR_BETWEEN_SYM':
      return limitsByRange(fields, wanted, scope, depth)
    case 'AEXPR_NOT_BETWEEN':
    case 'AEXPR_NOT_BETWEEN_SYM':
      return limitsByRange(fields, !wanted, scope, depth)
    case 'AEXPR_DISTINCT':
      return limitsByDistinction({ left: lexpr, right: rexpr, isDistinct: wanted }, scope, depth)
    case 'AEXPR_NOT_DISTINCT':
      return limitsByDistinction({ left: lexpr, right: rexpr, isDistinct: !wanted }, scope, depth)
    case 'AEXPR_NULLIF':
      return limits({ node: lexpr, wanted }, scope, depth)
    case 'AEXPR_SIMILAR':
      return limitsByComparison({ name: name === '~' ? 'SIMILAR' : '!SIMILAR', left: lexpr, right: rexpr }, wanted, scope, depth)
    default:
      return limitsByComparison({ name, left: lexpr, right: rexpr }, wanted, scope, depth)
  }
}

interface Comparison {
  name: string
  left: unknown
  right: unknown
}

/** What an operator is when it does not hold. */
const negations: Record<string, string> = {
  '=': '<>',
  '<>': '=',
  '!=': '=',
  '<': '>=',
  '>=': '<',
  '>': '<=',
  '<=': '>',
  '~~': '!~~',
  '!~~': '~~',
  '~~*': '!~~*',
  '!~~*': '~~*',
  '~': '!~',
  '!~': '~',
  '~*': '!~*',
  '!~*': '~*',
  SIMILAR: '!SIMILAR',
  '!SIMILAR': 'SIMILAR',
}

/** What it is with its operands the other way round. */
const mirrored: Record<string, string> = { '<': '>', '>': '<', '<=': '>=', '>=': '<=', '@>': '<@', '<@': '@>' }

const likeOperators = new Set(['~~', '~~*'])
const regexOperators = new Set(['~', '~*'])

function limitsByComparison(comparison: Comparison, wanted: boolean, scope: Scope, depth: number): boolean {
  if (isTooMuch(scope, depth)) return false
  const { left, right } = comparison
  // Nothing compares with NULL: the result is the same for every row.
  if (isNull(left) || isNull(right)) return false
  const condition = comparedCondition(comparison)
  if (condition)
    return condition.isAlways === wanted ? false : limits({ node: condition.node, wanted: condition.wanted === wanted }, scope, depth)
  const pairs = rowPairs(comparison)
  if (pairs) {
    const each = pairs.map(pair => ({ pair, limits: limitsByComparison(pair, wanted, scope, depth + 1) }))
    return (comparison.name === '=') === wanted ? each.some(one => one.limits) : each.every(one => one.limits)
  }
  const name = wanted ? comparison.name : (negations[comparison.name] ?? comparison.name)
  const variesLeft = varies(left, scope, depth)
  const variesRight = varies(right, scope, depth)
  if (!variesLeft && !variesRight) return isPlainlyFalse({ name, left, right })
  const straight = variesLeft ? { name, left, right } : { name: mirrored[name] ?? name, left: right, right: left }
  if (variesLeft && variesRight && isAboutItself(straight, scope, depth)) return false
  // `o.id <> o2.id` where `o2` is the same table again.
  if (selfPair(left, right, scope)) return false
  return (variesLeft && variesRight) || !isSaidOfAll(straight, scope, depth)
}

/** `(x = 1) = true`, `(x IS NULL) <> true`: a condition that is compared with what it may be. */
function comparedCondition({ name, left, right }: Comparison): { node: unknown; wanted?: boolean; isAlways?: boolean } | null {
  const [constant, node, operation] =
    booleanOf(right) === null ? [booleanOf(left), right, mirrored[name] ?? name] : [booleanOf(right), left, name]
  if (constant === null) return null
  switch (operation) {
    case '=':
      return { node, wanted: constant }
    case '<>':
    case '!=':
      return { node, wanted: !constant }
    case '>':
      return constant ? { node, isAlways: false } : { node, wanted: true }
    case '<':
      return constant ? { node, wanted: false } : { node, isAlways: false }
    case '>=':
      return constant ? { node, wanted: true } : { node, isAlways: true }
    case '<=':
      return constant ? { node, isAlways: true } : { node, wanted: false }
    default:
      return null
  }
}

/** `(a, b) = (1, 2)`, by its columns. */
function rowPairs({ name, left, right }: Comparison): Comparison[] | null {
  const one = fieldsOf(left, 'RowExpr')
  const other = fieldsOf(right, 'RowExpr')
  if (!one || !other || !['=', '<>', '!='].includes(name)) return null
  const rights = list(other['args'])
  return list(one['args']).map((item, at) => ({ name, left: item, right: rights[at] }))
}

/** Two constants of which the text says that they are not so: `1 = 0`. */
function isPlainlyFalse({ name, left, right }: Comparison): boolean {
  const one = constantNumber(left)
  const other = constantNumber(right)
  if (one === null || other === null) return false
  const results: Record<string, boolean> = {
    '=': one === other,
    '<>': one !== other,
    '!=': one !== other,
    '<': one < other,
    '>': one > other,
  }
  return results[name] === false
}

/** Functions that say whether a text is in its plain form. */
const plainForms = new Set([
  'lower',
  'upper',
  'initcap',
  'btrim',
  'ltrim',
  'rtrim',
  'trim',
  'round',
  'floor',
  'ceil',
  'trunc',
  'date_trunc',
  'replace',
  'regexp_replace',
])

/** Whether both sides are made of the same columns: `id = id + 0`, `a + b = b + a`. `lower(email) <> email` is another thing. */
function isAboutItself({ name, left, right }: Comparison, scope: Scope, depth: number): boolean {
  if (printed(core(left, depth), scope) === printed(core(right, depth), scope)) return true
  const one = columnsIn(left, scope)
  const other = columnsIn(right, scope)
  if (one.size !== other.size || [...one].some(column => !other.has(column))) return false
  const calls = [...callsIn(left), ...callsIn(right)]
  const isPlainForm = calls.length > 0 && calls.every(call => plainForms.has(call)) && ['=', '<>', '!='].includes(name)
  return !isPlainForm && !hasSubquery(left) && !hasSubquery(right)
}

/** A condition that joins the table to itself by the same column, and whether it makes them the same row. */
function selfJoin({ node, wanted }: Part, scope: Scope): { alias: string; column: string; isEqual: boolean } | null {
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

function selfPair(left: unknown, right: unknown, scope: Scope): { alias: string; column: string } | null {
  const one = fieldsOf(core(left, 0), 'ColumnRef')
  const other = fieldsOf(core(right, 0), 'ColumnRef')
  if (!one || !other || scope.own === null) return null
  const names = [nameParts(one['fields']), nameParts(other['fields'])] as const
  const isSelf = (name: string[]): boolean => scope.beside.get(name.at(-2) ?? '')?.isSelf === true && !scope.owned.has(name.at(-2) ?? '')
  const isOwn = (ref: Fields): boolean => varies({ ColumnRef: ref }, scope, 0)
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

/** Whether something that holds for every row is said of a value: `length(x) >= 0`, `x LIKE '%'`, `x < 'infinity'`. */
function isSaidOfAll({ name, left, right }: Comparison, scope: Scope, depth: number): boolean {
  if (likeOperators.has(name)) return matchesAll(right, likeMatchesAll)
  if (regexOperators.has(name)) return matchesAll(right, regexMatchesAll)
  if (name === 'SIMILAR') return matchesAll(right, similarMatchesAll)
  const constant = constantText(stripped(right))
  if (name.startsWith('!')) return name !== '!=' && constant === ''
  if (name === '@>' || name === '^@') return isEmpty(right)
  if (name === '<@' && constant?.replaceAll(' ', '') === '(,)') return true
  const subquery = fieldsOf(right, 'SubLink')
  if (subquery) return isOwnExtreme({ name, left, select: subquery['subselect'] }, scope, depth)
  const bound = constantNumber(right)
  if (bound === null) return isInfinite(name, constant)
  if (isInfinite(name, String(bound)) || isBeyond({ name, left, bound })) return true
  if (!isNeverNegative(left, scope, depth)) return false
  return name === '>=' ? bound <= 0 : name === '>' || name === '<>' || name === '!=' ? bound < 0 : false
}

/** `id >= (SELECT min(id) FROM orders)`, `id = (SELECT id)`. */
function isOwnExtreme({ name, left, select }: { name: string; left: unknown; select: unknown }, scope: Scope, depth: number): boolean {
  const query = fieldsOf(select, 'SelectStmt')
  const value = fieldsOf(list(query?.['targetList'])[0], 'ResTarget')?.['val']
  const call = fieldsOf(value, 'FuncCall')
  if (!query || !call) return false
  const extreme = nameParts(call['funcname']).at(-1)
  const isToward = (extreme === 'min' && name === '>=') || (extreme === 'max' && name === '<=')
  return isToward && lastName(left) !== null && lastName(list(call['args'])[0]) === lastName(left) && isWhole(query, scope, depth)
}

/** `greatest(id, 5) >= 5`: held to a bound that it never passes. */
function isBeyond({ name, left, bound }: { name: string; left: unknown; bound: number }): boolean {
  const choice = fieldsOf(stripped(left), 'MinMaxExpr')
  if (!choice) return false
  const constants = list(choice['args']).flatMap(one => constantNumber(one) ?? [])
  const isGreatest = choice['op'] !== 'IS_LEAST'
  if (constants.length === 0 || !(isGreatest ? ['>=', '>', '<>', '!='] : ['<=', '<', '<>', '!=']).includes(name)) return false
  const limit = isGreatest ? Math.max(...constants) : Math.min(...constants)
  return (isGreatest ? limit > bound : limit < bound) || (limit === bound && name.endsWith('=') && name !== '!=')
}

function isInfinite(name: string, bound: string | null): boolean {
  if (bound === null) return false
  const number = Number(bound)
  const isLow = bound.trim().toLowerCase() === '-infinity' || (bound !== '' && number <= -2_147_483_648)
  const isHigh = ['infinity', '+infinity', 'nan'].includes(bound.trim().toLowerCase()) || number >= 2_147_483_647
  return (isLow && (name === '>' || name === '>=' || name === '<>')) || (isHigh && (name === '<' || name === '<=' || name === '<>'))
}

const countings = new Set(
  'length char_length character_length octet_length bit_length abs count cardinality array_length jsonb_array_length json_array_length num_nulls num_nonnulls sqrt exp ascii'.split(
    ' ',
  ),
)

function isNeverNegative(value: unknown, scope: Scope, depth: number): boolean {
  if (isTooMuch(scope, depth)) return true
  const bare = stripped(value)
  const call = fieldsOf(bare, 'FuncCall')
  if (call) return countings.has(nameParts(call['funcname']).at(-1) ?? '')
  const subquery = fieldsOf(fieldsOf(bare, 'SubLink')?.['subselect'], 'SelectStmt')
  if (subquery) return isNeverNegative(fieldsOf(list(subquery['targetList'])[0], 'ResTarget')?.['val'], scope, depth + 1)
  const expression = fieldsOf(bare, 'A_Expr')
  if (!expression) return false
  if (operator(expression) === '@' && !('lexpr' in expression)) return true
  if (operator(expression) === '*') return printed(core(expression['lexpr'], 0), scope) === printed(core(expression['rexpr'], 0), scope)
  return operator(expression) === '^' && (constantNumber(expression['rexpr']) ?? 1) % 2 === 0
}

/** A pattern that is there in full and leaves nothing out, or one that is worked out from nothing else. */
function matchesAll(pattern: unknown, isAll: (pattern: string) => boolean): boolean {
  const constant = constantText(stripped(pattern))
  if (constant !== null) return isAll(constant)
  const call = fieldsOf(pattern, 'FuncCall')
  const name = nameParts(call?.['funcname']).at(-1) ?? ''
  if (call && (name === 'like_escape' || name === 'similar_to_escape')) return matchesAll(list(call['args'])[0], isAll)
  return !hasOpenValue(pattern)
}

/** `{}`, `[]`, ``, `ARRAY[]`: all that holds anything holds it too. */
function isEmpty(value: unknown): boolean {
  const bare = stripped(value)
  const array = fieldsOf(bare, 'A_ArrayExpr')
  if (array) return list(array['elements']).length === 0
  return ['{}', '[]', '', 'empty'].includes(constantText(bare)?.trim() ?? 'no')
}

function limitsByDistinction(
  { left, right, isDistinct }: { left: unknown; right: unknown; isDistinct: boolean },
  scope: Scope,
  depth: number,
): boolean {
  const isNullTest = isNull(left) || isNull(right)
  if (isNullTest) return !isDistinct && varies(isNull(left) ? right : left, scope, depth)
  return limitsByComparison({ name: isDistinct ? '<>' : '=', left, right }, true, scope, depth)
}

function limitsByRange({ lexpr, rexpr }: Fields, wanted: boolean, scope: Scope, depth: number): boolean {
  const [low, high] = itemsOf(rexpr)
  const above = limitsByComparison({ name: '>=', left: lexpr, right: low }, wanted, scope, depth)
  const below = limitsByComparison({ name: '<=', left: lexpr, right: high }, wanted, scope, depth)
  return wanted ? above || below : above && below
}

/** `x IN (1, 2)`: not with the row's own x among them, nor with all that a condition may be. */
function limitsByList(
  { left, items, isWithin }: { left: unknown; items: unknown[]; isWithin: boolean },
  scope: Scope,
  depth: number,
): boolean {
  const open = items.filter(item => fieldsOf(item, 'A_Const') === null)
  if (!varies(left, scope, depth) && !open.some(item => varies(item, scope, depth))) return false
  if (holds(open, left, scope)) return false
  const booleans = new Set(items.map(booleanOf).filter(one => one !== null))
  if (booleans.size === 1 && items.length === 1) return limits({ node: left, wanted: booleans.has(isWithin) }, scope, depth)
  if (booleans.size > 0) return false
  return isWithin || !items.every(isNull)
}

function limitsByArray(
  { name, left, array, isAny }: { name: string; left: unknown; array: unknown; isAny: boolean },
  wanted: boolean,
  scope: Scope,
  depth: number,
): boolean {
  const bare = stripped(array)
  const select = fieldsOf(fieldsOf(bare, 'SubLink')?.['subselect'], 'SelectStmt')
  if (select && fieldsOf(bare, 'SubLink')?.['subLinkType'] === 'ARRAY_SUBLINK') {
    const here = { ...scope, judged: nothingJudged(), names: withCtes(select, scope.names) }
    if (isAny) return limitsByMember({ test: left, select, isPlain: name === '=' }, wanted, here, depth)
    return varies(left, scope, depth) && !isPerhapsEmpty(select, here)
  }
  if (!varies(left, scope, depth) && !varies(array, scope, depth)) return false
  if (holds([array], left, scope)) return false
  // Held to none of nothing, and to not being one of several: that is every row.
  const isNegative = name === '<>' || name.startsWith('!')
  const isAll = isAny !== wanted
  if (isAll) return !isEmpty(array) && (wanted || !isNegative)
  if (isAny && isNegative) return false
  const elements = fieldsOf(bare, 'A_ArrayExpr')
  const matches = likeOperators.has(name) ? likeMatchesAll : regexOperators.has(name) ? regexMatchesAll : null
  if (!matches) return true
  if (elements) return !list(elements['elements']).some(element => matchesAll(element, matches))
  const constant = constantText(bare)
  return constant === null || !someElement(constant, matches)
}

/** Calls that hold whatever they are given: `starts_with(x, '')`, `texteq(x, x)`. */
function isEmptyCall(fields: Fields, scope: Scope, depth: number): boolean {
  const args = list(fields['args'])
  const name = nameParts(fields['funcname']).at(-1) ?? ''
  if (name === 'isfinite' || name.startsWith('pg_try_advisory')) return true
  const [first, second] = args
  if (second === undefined) return false
  if (printed(core(first, depth), scope) === printed(core(second, depth), scope)) return true
  if (/like/.test(name) && name !== 'regexp_like') return matchesAll(second, likeMatchesAll)
  if (/^(?:starts_with|regexp_like|text.*reg.*)$/.test(name)) return matchesAll(second, regexMatchesAll)
  return false
}

// Conditions that leave nothing out together

/** A condition in a form in which two can be told to be opposites. */
interface Literal {
  key: string
  wanted: boolean
  /** For a comparison: what is compared, and how. */
  compared?: { operator: string; left: string; right: string; constant: number | string | null }
}

/** `x` and `NOT x`, `x = y` and `x <> y`, `x <> 1` and `x <> 2`, `x < 5` and `x > 3`: for every row without nulls, one of them holds. */
function coversAll(parts: Part[], scope: Scope, depth: number): boolean {
  const seen = new Map<string, boolean>()
  const unequal = new Map<string, string>()
  const ranges = new Map<string, { above: Bound[]; below: Bound[] }>()
  const flat = parts.flatMap(part => disjuncts(part, depth))
  for (const part of flat) {
    const literal = literalOf(part, scope, depth)
    if (!literal) continue
    const { key, wanted, compared } = literal
    if (seen.get(key) === !wanted) return true
    seen.set(key, wanted)
    if (!compared) continue
    const { operator: name, left, right, constant } = compared
    if (name === '=' && !wanted) {
      if ((unequal.get(left) ?? right) !== right) return true
      unequal.set(left, right)
    }
    if (name !== '<' && name !== '>') continue
    const range = ranges.get(left) ?? { above: [], below: [] }
    ranges.set(left, range)
    const isAbove = (name === '>') === wanted
    const bound = { right, constant }
    const others = isAbove ? range.below : range.above
    if (others.some(other => (isAbove ? meets(bound, other) : meets(other, bound)))) return true
    const own = isAbove ? range.above : range.below
    if (own.length < 10) own.push(bound)
    else return true
  }
  // `x OR y OR NOT (x OR y)`: all that one of them asks is what the others leave out.
  return flat.some(part => {
    const asked = conjuncts(part, depth).filter(one => limits(one, scope, depth + 1))
    const literals = asked.length > 1 ? asked.map(one => literalOf(one, scope, depth)) : []
    return literals.length > 0 && literals.every(literal => literal !== null && seen.get(literal.key) === !literal.wanted)
  })
}

interface Bound {
  right: string
  constant: number | string | null
}

/** Whether what is above one bound and what is below the other leave nothing between. */
function meets(above: Bound, below: Bound): boolean {
  if (above.right === below.right) return true
  if (typeof above.constant === 'number' && typeof below.constant === 'number') return above.constant <= below.constant
  if (typeof above.constant === 'string' && typeof below.constant === 'string') return above.constant <= below.constant
  return false
}

/** Operators in terms of the one they deny. */
const denied: Record<string, string> = {
  '<>': '=',
  '!=': '=',
  '>=': '<',
  '<=': '>',
  '!~~': '~~',
  '!~~*': '~~*',
  '!~': '~',
  '!~*': '~*',
}

function literalOf({ node, wanted }: Part, scope: Scope, depth: number): Literal | null {
  if (isTooMuch(scope, depth)) return null
  const { kind, fields } = kindOf(node)
  if (kind === 'BoolExpr') {
    const parts = list(fields['args'])
    if (fields['boolop'] === 'NOT_EXPR') return literalOf({ node: parts[0], wanted: !wanted }, scope, depth + 1)
    // What is no condition of its own says nothing beside another.
    const limiting =
      (fields['boolop'] === 'AND_EXPR') === wanted ? parts.filter(part => limits({ node: part, wanted }, scope, depth + 1)) : parts
    if (limiting.length === 1) return literalOf({ node: limiting[0], wanted }, scope, depth + 1)
  }
  if (kind === 'BooleanTest') {
    const test = text(fields['booltesttype'])
    if (test === 'IS_TRUE' || test === 'IS_NOT_FALSE') return literalOf({ node: fields['arg'], wanted }, scope, depth + 1)
    if (test === 'IS_FALSE' || test === 'IS_NOT_TRUE') return literalOf({ node: fields['arg'], wanted: !wanted }, scope, depth + 1)
  }
  if (kind === 'A_Expr') return comparisonLiteral(fields, wanted, scope, depth)
  return { key: printed(node, scope), wanted }
}

function comparisonLiteral(fields: Fields, wanted: boolean, scope: Scope, depth: number): Literal | null {
  const { lexpr, rexpr } = fields
  const name = operator(fields)
  const condition = fields['kind'] === 'AEXPR_OP' ? comparedCondition({ name, left: lexpr, right: rexpr }) : null
  if (condition?.wanted !== undefined) return literalOf({ node: condition.node, wanted: condition.wanted === wanted }, scope, depth + 1)
  const kind = text(fields['kind'])
  if (kind.includes('BETWEEN')) {
    const isNegative = kind.includes('NOT_')
    return { key: `between ${printed(lexpr, scope)} ${printed(rexpr, scope)}`, wanted: isNegative ? !wanted : wanted }
  }
  const isPlain = kind === 'AEXPR_OP' || kind === 'AEXPR_DISTINCT' || kind === 'AEXPR_NOT_DISTINCT'
  const plainName = kind === 'AEXPR_DISTINCT' ? '<>' : kind === 'AEXPR_NOT_DISTINCT' ? '=' : name
  const isTurned = isPlain && !varies(lexpr, scope, depth) && varies(rexpr, scope, depth)
  const turned = isTurned ? (mirrored[plainName] ?? plainName) : plainName
  const positive = denied[turned] ?? turned
  const isHeld = positive === turned ? wanted : !wanted
  const isOne = kind === 'AEXPR_IN' && itemsOf(rexpr).length === 1
  const left = printed(core(isTurned ? rexpr : lexpr, depth), scope)
  const constant = isTurned ? lexpr : isOne ? itemsOf(rexpr)[0] : rexpr
  const right = printed(constant, scope)
  const compared = { operator: positive, left, right, constant: constantNumber(constant) ?? constantText(stripped(constant)) }
  const word = isPlain || kind === 'AEXPR_IN' ? '' : kind
  return { key: `${word} ${positive} ${left} ${right}`, wanted: isHeld, ...(word === '' ? { compared } : {}) }
}

// Values

/** Whether a value may be another for every row. */
function varies(value: unknown, scope: Scope, depth: number): boolean {
  if (isTooMuch(scope, depth)) return false
  if (Array.isArray(value)) return value.some(item => varies(item, scope, depth + 1))
  if (!isFields(value)) return false
  const { kind, fields } = kindOf(value)
  switch (kind) {
    case 'A_Const':
    case 'ParamRef':
      return false
    case 'ColumnRef':
      return isOwnColumn(fields, scope)
    case 'A_Expr':
      return !isConstantExpression(fields, scope, depth) && Object.values(fields).some(part => varies(part, scope, depth + 1))
    case 'FuncCall':
      return !isConstantCall(fields) && Object.values(fields).some(part => varies(part, scope, depth + 1))
    case 'NullTest':
    case 'BooleanTest':
      return false
    case 'BoolExpr':
      return limits({ node: value, wanted: true }, scope, depth + 1) && limits({ node: value, wanted: false }, scope, depth + 1)
    case 'CoalesceExpr': {
      const parts = list(fields['args']).filter(part => !isNull(part))
      return parts.length > 0 && varies(parts[0], scope, depth + 1)
    }
    case 'CaseExpr':
      return (
        list(fields['args']).some(
          when => varies(fieldsOf(when, 'CaseWhen')?.['result'], scope, depth + 1) || variesByCase(when, fields, scope, depth),
        ) || varies(fields['defresult'], scope, depth + 1)
      )
    case 'SubLink': {
      if (fields['subLinkType'] === 'EXISTS_SUBLINK' || fields['subLinkType'] === 'ANY_SUBLINK')
        return limits({ node: value, wanted: true }, scope, depth + 1)
      const select = fieldsOf(fields['subselect'], 'SelectStmt')
      if (!select) return false
      return varies({ Bare: select }, innerScope(select, scope), depth + 1)
    }
    default:
      return Object.values(fields).some(part => varies(part, scope, depth + 1))
  }
}

/** A CASE whose results are constants differs by its conditions. */
function variesByCase(when: unknown, fields: Fields, scope: Scope, depth: number): boolean {
  const expression = fieldsOf(when, 'CaseWhen')?.['expr']
  if ('arg' in fields) return varies(fields['arg'], scope, depth + 1)
  return limits({ node: expression, wanted: true }, scope, depth + 1) && limits({ node: expression, wanted: false }, scope, depth + 1)
}

/** `x * 0`, `x - x`, `x % 1`, `x = NULL`: one value for every row. */
function isConstantExpression(fields: Fields, scope: Scope, depth: number): boolean {
  const { lexpr, rexpr } = fields
  if (fields['kind'] === 'AEXPR_NULLIF') return printed(core(lexpr, depth), scope) === printed(core(rexpr, depth), scope)
  if (isNull(lexpr) || isNull(rexpr)) return true
  if (fields['kind'] !== 'AEXPR_OP') return !limitsEitherWay(fields, scope, depth)
  const name = operator(fields)
  const left = constantNumber(lexpr)
  const right = constantNumber(rexpr)
  switch (name) {
    case '*':
    case '&':
      return left === 0 || right === 0
    case '/':
    case '-':
    case '#':
      return left === 0 && name === '/' ? true : printed(core(lexpr, depth), scope) === printed(core(rexpr, depth), scope)
    case '%':
      return right === 1 || right === -1
    case '^':
      return right === 0 || left === 1
    default:
      return name in negations || name === '@>' || name === '<@' ? !limitsEitherWay(fields, scope, depth) : false
  }
}

function limitsEitherWay(fields: Fields, scope: Scope, depth: number): boolean {
  return limitsByExpression(fields, true, scope, depth + 1) && limitsByExpression(fields, false, scope, depth + 1)
}

/** Functions that take a value and do not look at it. */
const blind = new Set(['pg_typeof', 'pg_column_size', 'isfinite', 'num_nonnulls', 'num_nulls'])
const cutting = new Map([
  ['left', 1],
  ['right', 1],
  ['repeat', 1],
  ['substr', 2],
  ['substring', 2],
])

function isConstantCall(fields: Fields): boolean {
  const name = nameParts(fields['funcname']).at(-1) ?? ''
  const length = cutting.get(name)
  return blind.has(name) || (length !== undefined && constantNumber(list(fields['args'])[length]) === 0)
}

function hasSubquery(value: unknown): boolean {
  return !nodesIn(value, 'SubLink').next().done
}

/** A parameter, a column, or a text that was not written out. */
function hasOpenValue(value: unknown): boolean {
  return ['ParamRef', 'ColumnRef', 'SubLink'].some(kind => !nodesIn(value, kind).next().done)
}

const aggregates = new Set('count sum min max avg array_agg string_agg json_agg jsonb_agg bool_and bool_or every'.split(' '))

function callsAggregate(value: unknown): boolean {
  return callsIn(value).some(name => aggregates.has(name))
}
