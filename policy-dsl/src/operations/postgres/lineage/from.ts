import { fieldsOf, isFields, list, nameParts, readNode, text, type Fields } from '../tree.ts'
import { callValue } from './call.ts'
import type { Context } from './context.ts'
import { askCondition, askValue, valueOf } from './expression.ts'
import { columnsOf, isSystem, tellingColumns } from './masked-columns.ts'
import { forbidOwnType, giveTo, isOfExtensions, operatorMeaning } from './meaning.ts'
import { typesIn } from './nodes-in.ts'
import { noteExpressions } from './routines.ts'
import { cteNamed, type Entry, type Scope } from './scope.ts'
import { bare, clean, derived, either, isMasked, type Column, type Value } from './value.ts'

/** What one item of FROM offers: names to take columns from, and the columns that `*` stands for. */
export interface FromItem {
  entries: Entry[]
  star: Column[]
}

/** What the items before it offer, for LATERAL, and what is known without them. */
interface Around {
  lateral: Scope
  outer: Scope
}

/** Reads one item of FROM. */
export function readFrom(node: unknown, around: Around, context: Context): FromItem {
  if (!isFields(node)) return { entries: [], star: [] }
  return context.inside(() => {
    const { kind, fields } = readNode(node, '')
    switch (kind) {
      case 'RangeVar':
        return single(relationEntry(fields, around.outer, context))
      case 'RangeSubselect': {
        const scope = fields['lateral'] === true ? around.lateral : around.outer
        return single(aliased('', context.readers.query(context, fields['subquery'], scope), fields['alias']))
      }
      case 'RangeFunction':
        return single(functionEntry(fields, around.lateral, context))
      case 'JoinExpr':
        return readJoin(fields, around, context)
      case 'RangeTableSample':
        for (const argument of [...list(fields['args']), fields['repeatable']]) askValue(argument, 'TABLESAMPLE', around.lateral, context)
        return readFrom(fields['relation'], around, context)
      case 'RangeTableFunc':
        return single(xmlTable(fields, around.lateral, context))
      case 'JsonTable':
        return single(jsonTable(fields, around.lateral, context))
      default:
        throw context.refuse(
          `\`${kind}\` in FROM is not known well enough to follow masked columns through it`,
          'write the query in another way',
        )
    }
  })
}

/** The entry that the name of a relation makes, whether a WITH query, a relation or nothing known. */
export function relationEntry(range: Fields, scope: Scope | null, context: Context): Entry {
  const name = text(range['relname'])
  const schema = text(range['schemaname']) || null
  const cte = schema === null ? cteNamed(name, scope) : null
  if (cte) return aliased(name, cte, range['alias'])
  return { ...aliased(name, relationColumns(schema, name, context), range['alias']), schema, relation: name }
}

/** Gives the first columns other names. From the first that stands for an unknown number on, a name may mean any of the rest. */
export function renamed(columns: readonly Column[], names: string[]): Column[] {
  const more = columns.findIndex(column => column.isMore)
  const known = more < 0 ? columns : columns.slice(0, more)
  const rest = more < 0 ? [] : columns.slice(more)
  const value = derived(rest.map(column => column.value))
  return [
    ...known.map((column, at) => (names[at] === undefined ? column : { ...column, name: names[at] })),
    ...(rest.length === 0 ? [] : names.slice(known.length).map(name => ({ name, value }))),
    ...rest,
  ]
}

function relationColumns(schema: string | null, name: string, context: Context): Column[] {
  const made = schema === null || schema === 'pg_temp' ? context.made.get(name) : undefined
  // Relations of that name elsewhere do not count against one that was just made.
  if (made && context.isPathKnown && !context.request.catalogue.relation(null, name, context.searchPath)) return made
  const relations = context.relations(schema, name)
  const [relation] = relations
  if ([schema, ...relations.map(one => one.schema)].some(one => one?.startsWith('pg_toast')))
    throw context.refuse('a TOAST table holds the values of columns without their names', 'select from the table itself')
  if (!relation) return made ?? unknownColumns(schema, name, context)
  const columns = relations.length === 1 ? columnsOf(relation, context) : anyOf(relations.map(one => columnsOf(one, context)))
  for (const one of relations) if (one.policies) noteExpressions(one, false, context)
  if (columns.some(column => isMasked(column.value)) && !isSystem(relation.schema, relation.name)) context.touchesMasked = true
  return columns
}

/** The name may mean any of these. */
function anyOf(candidates: Column[][]): Column[] {
  const names = [...new Set(candidates.flatMap(columns => columns.map(column => column.name)))]
  const columns = names.map(name => ({
    name,
    value: either(candidates.flatMap(one => one.filter(column => column.name === name).map(column => column.value))),
  }))
  const isSame = candidates.every(one => one.length === names.length && one.every((column, at) => column.name === names[at]))
  return isSame ? columns : [...columns, { name: '*', value: derived(columns.map(column => column.value)), isMore: true }]
}

function unknownColumns(schema: string | null, name: string, context: Context): Column[] {
  if (isSystem(schema, name) && !context.knowsOwnTables)
    return [...tellingColumns(name, context), { name: '*', value: clean, isMore: true }]
  const value = bare({ rule: context.rule, with: 'redact', predicates: 'refuse', column: `${name}.*`, type: null }, null)
  return [{ name: '*', value: { ...value, isBare: false }, isMore: true }]
}

function single(entry: Entry): FromItem {
  return { entries: [entry], star: entry.columns }
}

function aliased(name: string, columns: readonly Column[], alias: unknown): Entry {
  const fields = isFields(alias) ? (fieldsOf(alias, 'Alias') ?? alias) : {}
  return {
    alias: text(fields['aliasname']) || name,
    schema: null,
    relation: null,
    columns: renamed(columns, nameParts(fields['colnames'])),
  }
}

// --- JOIN

function readJoin(join: Fields, around: Around, context: Context): FromItem {
  const left = readFrom(join['larg'], around, context)
  const lateral = { ...around.lateral, entries: [...around.lateral.entries, ...left.entries] }
  const right = readFrom(join['rarg'], { lateral, outer: around.outer }, context)
  const entries = [...left.entries, ...right.entries]
  askCondition(join['quals'], 'JOIN … ON', { ...around.lateral, entries }, context)
  const shared = join['isNatural'] === true ? sharedNames(left.star, right.star, context) : nameParts(join['usingClause'])
  const merged = shared.map(name => ({ name, value: either([...named(left.star, name), ...named(right.star, name)]) }))
  const place = join['isNatural'] === true ? 'NATURAL JOIN' : 'JOIN … USING'
  const equals = operatorMeaning(['='], context)
  for (const { value } of merged) {
    const outcome = giveTo(equals, value, place, context)
    context.ask(value, outcome === 'other' && !isOfExtensions(equals) ? 'anything' : 'equality', place)
  }
  const rest = (columns: Column[]): Column[] => columns.filter(column => !shared.includes(column.name))
  const star = [...merged, ...rest(left.star), ...rest(right.star)]
  const usingAlias = isFields(join['join_using_alias']) ? aliased('', merged, join['join_using_alias']) : null
  if (isFields(join['alias'])) return single(aliased('', star, join['alias']))
  return { entries: usingAlias ? [...entries, usingAlias] : entries, star }
}

function named(columns: Column[], name: string): Value[] {
  return columns.filter(column => column.name === name || column.isMore).map(column => column.value)
}

function sharedNames(left: Column[], right: Column[], context: Context): string[] {
  const unknown = [...left, ...right]
  const value = derived(unknown.map(column => column.value))
  if (unknown.some(column => column.isMore) && isMasked(value)) context.ask(value, 'anything', 'NATURAL JOIN of columns that are not known')
  return left.map(column => column.name).filter(name => name !== '*' && right.some(column => column.name === name))
}

// --- functions

function functionEntry(range: Fields, scope: Scope, context: Context): Entry {
  const alias = isFields(range['alias']) ? (fieldsOf(range['alias'], 'Alias') ?? range['alias']) : {}
  const functions = list(range['functions']).map(item => list(fieldsOf(item, 'List')?.['items']))
  const columns = functions.flatMap(([call, definitions]) => {
    const given = definitionNames(range['coldeflist']).concat(definitionNames(fieldsOf(definitions, 'List')?.['items']))
    const types = typesIn([range['coldeflist'], definitions])
    return functionColumns(call, { given, types }, scope, context)
  })
  const ordinality: Column[] = range['ordinality'] === true ? [{ name: 'ordinality', value: clean }] : []
  const [first] = functions
  const name = text(alias['aliasname']) || callName(first?.[0])
  const [only] = columns
  // The one column of a function has the name of its alias.
  const isScalar = columns.length === 1 && only !== undefined && !only.isMore && definitionNames(range['coldeflist']).length === 0
  const called = isScalar ? [{ ...only, name }] : columns
  return { alias: name, schema: null, relation: null, columns: renamed([...called, ...ordinality], nameParts(alias['colnames'])) }
}

function functionColumns(call: unknown, { given, types }: { given: string[]; types: Fields[] }, scope: Scope, context: Context): Column[] {
  const fields = fieldsOf(call, 'FuncCall')
  const result = fields
    ? context.inside(() =>
        callValue(
          fields,
          { value: node => valueOf(node, scope, context), condition: (node, place) => askCondition(node, place, scope, context) },
          context,
        ),
      )
    : { value: valueOf(call, scope, context), columns: null }
  if (isMasked(result.value)) context.touchesMasked = true
  for (const type of types) forbidOwnType(result.value, type, context)
  if (given.length > 0) return given.map(name => ({ name, value: derived([result.value]) }))
  if (result.columns) return result.columns
  if (fields && scalarFunctions.has(callName(call))) return [{ name: callName(call), value: result.value }]
  return [{ name: '*', value: result.value, isMore: true }]
}

const scalarFunctions = new Set(['generate_series', 'generate_subscripts', 'regexp_split_to_table', 'string_to_table', 'regexp_matches'])

function callName(call: unknown): string {
  return nameParts(fieldsOf(call, 'FuncCall')?.['funcname']).at(-1) ?? ''
}

function definitionNames(definitions: unknown): string[] {
  return list(definitions).map(definition => text(fieldsOf(definition, 'ColumnDef')?.['colname']))
}

function xmlTable(table: Fields, scope: Scope, context: Context): Entry {
  const value = derived([valueOf(table['docexpr'], scope, context), valueOf(table['rowexpr'], scope, context)])
  context.ask(value, 'anything', 'XMLTABLE')
  forbidTypes(value, table['columns'], context)
  const columns = list(table['columns']).map(item => {
    const column = fieldsOf(item, 'RangeTableFuncCol') ?? {}
    const inner = [column['colexpr'], column['coldefexpr']].map(part => valueOf(part, scope, context))
    return { name: text(column['colname']), value: derived([value, ...inner]) }
  })
  return aliased('xmltable', columns, table['alias'])
}

function jsonTable(table: Fields, scope: Scope, context: Context): Entry {
  const item = isFields(table['context_item']) ? table['context_item'] : {}
  const inner = fieldsOf(item, 'JsonValueExpr') ?? item
  const value = derived([
    valueOf(inner['raw_expr'] ?? inner, scope, context),
    ...list(table['passing']).map(one => valueOf(one, scope, context)),
  ])
  context.ask(value, 'anything', 'JSON_TABLE')
  forbidTypes(value, table['columns'], context)
  return aliased('json_table', jsonColumns(table['columns'], value), table['alias'])
}

function forbidTypes(value: Value, columns: unknown, context: Context): void {
  for (const type of typesIn(columns)) forbidOwnType(value, type, context)
}

function jsonColumns(columns: unknown, value: Value): Column[] {
  return list(columns).flatMap(item => {
    const column = fieldsOf(item, 'JsonTableColumn') ?? {}
    return column['coltype'] === 'JTC_NESTED' ? jsonColumns(column['columns'], value) : [{ name: text(column['name']), value }]
  })
}
