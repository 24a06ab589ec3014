import { fieldsOf, isFields, list, nameParts, text, type Fields } from '../tree.ts'
import type { RoutineData } from '../catalogue.ts'
import type { Context } from './context.ts'
import {
  collecting,
  expanding,
  keeping,
  queryRunning,
  reachingOut,
  statementTelling,
  tableReading,
  totalFunctions,
  totalInExtensions,
  totalInFirst,
  totalInRest,
} from './functions.ts'
import { columnsOf, isSystem, toldValue } from './masked-columns.ts'
import { schemasIn } from './alters-names.ts'
import { functionMeaning, giveTo } from './meaning.ts'
import { isOwnRoutine } from './own-routine.ts'
import { noteAltering, routineColumns, routineSources } from './routines.ts'
import { clean, collected, derived, isMasked, type Column, type Value } from './value.ts'

/** How a call reads what it is given, where it stands. */
export interface Given {
  value(node: unknown): Value
  condition(node: unknown, place: string): void
}

/** What a call gives: a value, and as something in FROM its columns, null when they are not known. */
export interface CallResult {
  value: Value
  columns: Column[] | null
}

/** Follows masked columns through a function call. */
export function callValue(call: Fields, given: Given, context: Context): CallResult {
  const name = nameParts(call['funcname'])
  const base = name.at(-1) ?? ''
  const schema = name.at(-2) ?? null
  const values = list(call['args']).map(argument => given.value(argument))
  given.condition(call['agg_filter'], 'FILTER')
  const order = list(call['agg_order']).map(sort => given.value(fieldsOf(sort, 'SortBy')?.['node'] ?? sort))
  if (call['agg_within_group'] === true) values.push(...order)
  else for (const value of order) context.ask(value, 'anything', 'ORDER BY')
  askWindow(call['over'], given, context)

  const masked = derived(values)
  const meaning = functionMeaning(name, isMasked(masked), context)
  const isFunction = meaning.added.length > 0 || (meaning.isOwn && context.knowsOwn)
  const field = schema === null && !isFunction && !context.isStale ? rowField(base, values) : null
  if (field) return { value: field, columns: null }
  if (meaning.added.length === 0 && !meaning.isOwn && !isSystem(schema, base))
    throw context.refuse(
      `nothing is known of the function \`${name.join('.')}\``,
      'leave it out, or ask for it when the catalogue has been read again',
    )
  const outcome = giveTo(meaning, masked, `the function \`${base}\``, context)
  if (outcome === 'other') context.ask(masked, 'anything', `the function \`${base}\``)
  const results: CallResult[] = []
  if (meaning.added.length > 0) results.push(routineResult(meaning.added, values, context))
  // A name that someone has given to a function too may still be PostgreSQL's own.
  if (meaning.isOwn || meaning.added.length === 0) results.push(builtInResult({ base, call, values }, context))
  const [only] = results
  if (only && results.length === 1) return only
  return { value: derived(results.map(result => result.value)), columns: null }
}

/** Holds a window's PARTITION BY and ORDER BY against the masks. */
export function askWindow(window: unknown, given: Given, context: Context): void {
  if (!isFields(window)) return
  for (const part of list(window['partitionClause'])) context.ask(given.value(part), 'anything', 'PARTITION BY')
  for (const sort of list(window['orderClause']))
    context.ask(given.value(fieldsOf(sort, 'SortBy')?.['node'] ?? sort), 'anything', 'ORDER BY')
  for (const offset of [window['startOffset'], window['endOffset']]) context.ask(given.value(offset), 'anything', 'a window frame')
}

/** `ssn(t)` is `t.ssn`. */
function rowField(name: string, values: Value[]): Value | null {
  const [row] = values
  if (values.length !== 1 || !row?.row || row.collects) return null
  return row.row.find(column => column.name === name && !column.isMore)?.value ?? null
}

function routineResult(routines: readonly RoutineData[], values: Value[], context: Context): CallResult {
  const masked = derived(values)
  for (const { name } of routines) {
    const safe = Object.hasOwn(totalInExtensions, name) ? totalInExtensions[name] : undefined
    const others = safe === 'first' ? values.slice(1) : safe === 'last' ? values.slice(0, -1) : []
    if (isMasked(derived(others))) context.ask(masked, 'anything', `the function \`${name}\``)
  }
  noteAltering(routines, context)
  const sources = routines.flatMap(routine => (isOwnRoutine(routine) ? [] : routineSources(routine, context)))
  context.noteCall(sources)
  const value = derived([{ ...clean, sources }, masked])
  const [only] = routines
  const columns = only && routines.length === 1 ? routineColumns(only, value, context) : null
  return { value: columns && columns.length > 1 ? { ...value, row: columns } : value, columns }
}

function builtInResult({ base, call, values }: { base: string; call: Fields; values: Value[] }, context: Context): CallResult {
  if (reachingOut.test(base))
    throw context.refuse(`what \`${base}\` reads cannot be masked`, 'select from the tables by their names instead')
  if (queryRunning.has(base)) {
    const value = runQuery(base, call, context)
    // It counts equal words.
    if (base === 'ts_stat') context.ask(value, 'anything', '`ts_stat`')
    return { value, columns: null }
  }
  if (tableReading.has(base)) return { value: readTable(base, call, context), columns: null }
  // With two arguments the second is a query that it runs.
  if (base === 'ts_rewrite' && values.length === 2)
    return { value: runQuery(base, { args: [list(call['args'])[1]] }, context), columns: null }
  const masked = derived(values)
  if (keeping.test(base) && isMasked(masked)) context.forbidCopy(masked, `\`${base}\``)
  if (base === 'set_config') noteSetting(call, context)
  if (statementTelling.has(base)) return tellingResult(base, context)
  if (base === 'count') return { value: countValue(values, call['agg_distinct'] === true, context), columns: null }
  if (!isMasked(masked)) return { value: clean, columns: null }
  return { value: total(base, call, values, context), columns: expandedColumns(base, values, masked) }
}

/**
 * How many rows are not null in a masked column may be known, and how many of
 * them differ; how many are not null in an expression over it is an answer, and
 * so is how many differ among its values and others.
 */
function countValue(values: Value[], isDistinct: boolean, context: Context): Value {
  for (const value of values)
    if (isDistinct && value.isMixed) context.ask(value, 'equality', 'count(DISTINCT …) of its values among others')
    else if (!value.isBare && !(value.row && !value.collects && value.row.every(column => column.value.isBare)))
      context.ask(value, 'anything', 'count of an expression')
  return clean
}

function total(base: string, call: Fields, values: Value[], context: Context): Value {
  const masked = derived(values)
  const [first = clean, ...rest] = values
  const isTotal =
    totalFunctions.has(base) ||
    (totalInFirst.has(base) && !isMasked(derived(rest)) && !hasPattern(base, call)) ||
    (totalInRest.has(base) && !isMasked(first))
  const keepsCount = !Object.hasOwn(expanding, base) || values.every(value => !isMasked(value) || value.collects || value.isBare)
  if (!isTotal || !keepsCount) context.ask(masked, 'anything', `\`${base}\``)
  if (base === 'unnest' && first.row) return { ...masked, row: first.row }
  // Equal elements and equal keys count once, so how many there are says which are equal.
  if (!collecting.has(base) || call['agg_distinct'] === true) return masked
  if (base.endsWith('build_object')) return { ...masked, collects: values.every((value, at) => at % 2 === 1 || !isMasked(value)) }
  const isOfOne = base.startsWith('to_json') || base === 'row_to_json' || base === 'array_to_json'
  return isOfOne ? { ...masked, collects: first.row !== null || first.collects } : collected(values)
}

/** `substring(x FROM '^1')` is null where the pattern does not fit, so it tells whether it does. */
function hasPattern(base: string, call: Fields): boolean {
  if (base !== 'substring') return false
  return list(call['args'])
    .slice(1)
    .some(argument => !isFields(fieldsOf(argument, 'A_Const')?.['ival']))
}

function expandedColumns(base: string, values: Value[], masked: Value): Column[] | null {
  const names = Object.hasOwn(expanding, base) ? expanding[base] : undefined
  if (!names || values.length !== 1) return null
  const row = base === 'unnest' ? values[0]?.row : null
  return row ? row.map(({ name, value }) => ({ name, value: derived([value]) })) : names.map(name => ({ name, value: masked }))
}

function tellingResult(base: string, context: Context): CallResult {
  const value = toldValue(base, context)
  const column = base === 'pg_stat_get_activity' || base === 'pg_stat_statements' ? 'query' : 'statement'
  const columns: Column[] = [
    { name: column, value },
    { name: '*', value: clean, isMore: true },
  ]
  return { value, columns: base === 'pg_stat_get_backend_activity' ? [{ name: base, value }] : columns }
}

function runQuery(base: string, call: Fields, context: Context): Value {
  const query = constantText(list(call['args'])[0])
  const syntax = query === null ? null : context.request.parse(query)
  const [statement, ...more] = syntax?.kind === 'statements' ? syntax.statements : []
  if (!statement || more.length > 0)
    throw context.refuse(`the query that \`${base}\` runs cannot be read`, 'write the query as one plain literal, or run it by itself')
  const columns = context.elsewhere({ isMuted: false, searchPath: context.searchPath }, () =>
    context.readers.query(context, statement, null),
  )
  return derived(columns.map(column => column.value))
}

function readTable(base: string, call: Fields, context: Context): Value {
  const name = constantText(list(call['args'])[0])
  const parts = name === null ? null : /^(?:([a-z_][a-z0-9_]*)\.)?([a-z_][a-z0-9_]*)$/.exec(name)
  const relations = parts ? context.relations(parts[1] ?? null, parts[2] ?? '') : []
  if (relations.length === 0 || relations.some(relation => relation.schema.startsWith('pg_toast')))
    throw context.refuse(`the table that \`${base}\` reads is not known`, 'select from the table by its name instead')
  const value = derived(relations.flatMap(relation => columnsOf(relation, context)).map(column => column.value))
  if (isMasked(value))
    throw context.refuse(
      `\`${base}\` would read masked columns in a document`,
      'select from the table by its name instead',
      value.sources[0],
    )
  return value
}

/** The text of a plain literal, whatever type it is given; null for anything that is worked out later. */
export function constantText(node: unknown): string | null {
  const cast = fieldsOf(node, 'TypeCast')
  if (cast) return constantText(cast['arg'])
  const constant = fieldsOf(node, 'A_Const')?.['sval']
  return isFields(constant) ? text(constant['sval']) : null
}

/** The names of the statement itself are looked up before it runs. */
function noteSetting(call: Fields, context: Context): void {
  const [setting, value] = list(call['args'])
  const name = constantText(setting)
  if (name !== null && !/^(?:search_path|role|session_authorization)$/i.test(name)) return
  const isPath = name?.toLowerCase() === 'search_path' && context.after.path === undefined
  context.after.path = isPath ? constantText(value) : null
}

/** Follows a change of the search path to the statements after it. */
export function setSearchPath(path: string | null, context: Context): void {
  if (path === null) {
    context.isPathUnknown = true
    return
  }
  const { schemas, isCertain } = schemasIn(path)
  context.isPathUnknown = !isCertain
  context.searchPath = schemas
}
