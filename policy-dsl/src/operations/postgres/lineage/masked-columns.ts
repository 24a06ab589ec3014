import type { ColumnPattern, MaskKind, MaskObligation } from '../../../decision.ts'
import type { ColumnData, RelationData } from '../catalogue.ts'
import { descendantsOf, indexOf } from '../catalogue-index.ts'
import { nameParts, type Fields } from '../tree.ts'
import type { Context } from './context.ts'
import { nodesIn } from './nodes-in.ts'
import { bare, clean, derived, either, isMasked, rowOf, type Column, type Source, type Value } from './value.ts'

/** Columns in which the server keeps values of other columns, or the texts of statements. */
const telling: Record<string, string[]> = {
  pg_stats: ['most_common_vals', 'histogram_bounds', 'most_common_elems', 'range_length_histogram', 'range_bounds_histogram'],
  pg_statistic: ['stavalues1', 'stavalues2', 'stavalues3', 'stavalues4', 'stavalues5'],
  pg_statistic_ext_data: ['stxdmcv', 'stxdexpr'],
  pg_stats_ext: ['most_common_vals'],
  pg_stats_ext_exprs: ['most_common_vals', 'histogram_bounds', 'most_common_elems'],
  pg_stat_activity: ['query'],
  pg_stat_statements: ['query'],
  pg_prepared_statements: ['statement'],
  pg_cursors: ['statement'],
  pg_authid: ['rolpassword'],
  pg_shadow: ['passwd'],
  pg_user_mapping: ['umoptions'],
}

/** The columns of a relation with what is masked in them. */
export function columnsOf(relation: RelationData, context: Context): Column[] {
  const known = context.viewColumns.get(relation.oid)
  if (known) return known
  // A view that is being read already is one that a routine inside it reads: its columns come from the rest of it.
  if (known === null) return relation.columns.map(({ name }) => ({ name, value: clean }))
  context.viewColumns.set(relation.oid, null)
  const behind = hasQuery(relation) ? viewColumns(relation, context) : null
  const related = relatives(relation, context)
  const columns = relation.columns.map((column, at) => {
    const own = related.map(one => patternSource(one, column, context)).find(source => source !== null)
    const value = own ? bare(own, column.type) : tellingValue(relation.schema, relation.name, column.name, context)
    return { name: column.name, value: isMasked(value) ? value : (behind?.[at]?.value ?? rowIn(column, context)) }
  })
  const isGenerated = related.some(one => one.columns.some(({ generated }) => generated))
  const whole = !isGenerated
    ? columns
    : columns.map(column =>
        isMasked(column.value) ? column : { ...column, value: generatedValue(column.name, related, columns, context) ?? column.value },
      )
  context.viewColumns.set(relation.oid, whole)
  return whole
}

/** A column that holds whole rows of a relation holds what is masked in that, too. */
function rowIn({ type }: ColumnData, context: Context): Value {
  if (!type.includes('.')) return clean
  const [, schema = '', name = '', isArray] = /^("(?:[^"]|"")+"|[^".]+)\.("(?:[^"]|"")+"|[^".[]+)(\[\])?$/.exec(type) ?? []
  const relation = name === '' ? null : context.request.catalogue.relation(unquoted(schema), unquoted(name))
  if (!relation) return clean
  const row = rowOf(columnsOf(relation, context))
  if (!isMasked(row)) return clean
  return isArray === undefined ? row : { ...row, collects: true }
}

function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name
}

/** A generated column holds what it was made of, in the relation or in one whose rows it has. */
function generatedValue(column: string, related: RelationData[], columns: Column[], context: Context): Value | null {
  const expressions = related.flatMap(one =>
    one.columns.flatMap(({ name, generated }) => (name === column && generated ? [generated] : [])),
  )
  const masked = columns.filter(one => isMasked(one.value))
  if (expressions.length === 0 || masked.length === 0) return null
  const sources = expressions.flatMap(expression => {
    const syntax = context.request.parse(`SELECT ${expression}`)
    if (syntax.kind !== 'statements') return masked
    const names = nodesIn(syntax.statements).flatMap(({ kind, fields }) =>
      kind === 'ColumnRef' ? [nameParts(fields['fields']).at(-1)] : [],
    )
    return masked.filter(one => names.includes(one.name))
  })
  return derived(sources.map(one => one.value))
}

/** The value of a column by its name alone, in a relation that the catalogue does not know. */
export function unknownColumn(schema: string | null, relation: string | null, column: string, context: Context): Value {
  const found = context.columnMasks.flatMap(mask =>
    mask.columns.filter(
      pattern =>
        fits(pattern.target, context.request.target) &&
        pattern.column === column &&
        (schema === null || fits(pattern.schema, schema)) &&
        (relation === null || fits(pattern.table, relation)) &&
        (pattern.schema !== null || pattern.table !== null || relation === null || !isSystem(schema, relation)),
    ),
  )
  const [pattern] = found
  if (!pattern) return relation === null ? clean : tellingValue(schema ?? 'pg_catalog', relation, column, context)
  const place = { schema: pattern.schema, relation: pattern.table, column, type: null }
  const source = sourceFor(place, [...masksOf(found, context)], context)
  // Nothing is known of the column's type or of what is in it, so nothing of it is shown.
  return { ...derived([bare(source, null)]), isBare: false }
}

/** What is masked in a relation that the catalogue does not know. */
export function unknownMasks(relation: string, context: Context): Value[] {
  const named = context.columnMasks.flatMap(mask => mask.columns.filter(pattern => pattern.table === relation))
  const values = named.map(pattern => unknownColumn(pattern.schema, relation, pattern.column, context))
  return [...values, ...tellingColumns(relation, context).map(column => column.value)]
}

/** What is called by a system catalogue's name. */
export function isSystem(schema: string | null, name: string): boolean {
  return schema === 'pg_catalog' || schema === 'information_schema' || (schema === null && name.startsWith('pg_'))
}

/** The value of the texts and samples that the server keeps. */
export function toldValue(column: string, context: Context): Value {
  const [mask] = context.columnMasks
  if (!mask) return clean
  const source = intern({ rule: mask.rule, with: 'redact', predicates: mask.predicates, column, type: 'text' }, context)
  return derived([bare(source, null)])
}

/** The columns of a system catalogue that hold values, where the catalogue does not list it. */
export function tellingColumns(relation: string, context: Context): Column[] {
  return columnsTelling(relation).map(name => ({ name, value: tellingValue('pg_catalog', relation, name, context) }))
}

function columnsTelling(relation: string): string[] {
  return (Object.hasOwn(telling, relation) ? telling[relation] : undefined) ?? []
}

function tellingValue(schema: string, relation: string, column: string, context: Context): Value {
  const isKept = columnsTelling(relation).includes(column) && (schema === 'pg_catalog' || relation === 'pg_stat_statements')
  return isKept ? toldValue(`${relation}.${column}`, context) : clean
}

function hasQuery(relation: RelationData): boolean {
  if (relation.kind !== 'view' && relation.kind !== 'materialized view') return false
  return !isSystem(relation.schema, relation.name) && relation.name !== 'pg_stat_statements'
}

function viewColumns(relation: RelationData, context: Context): Column[] {
  const { request } = context
  const syntax = relation.definition === undefined ? null : request.parse(relation.definition)
  const statement: Fields | undefined = syntax?.kind === 'statements' ? syntax.statements[0] : undefined
  if (!statement)
    throw context.refuse(`the definition of the view \`${relation.name}\` cannot be read`, 'query the tables behind it instead')
  const columns = context.elsewhere({ isMuted: true, searchPath: request.catalogue.data.searchPath, isPrinted: true }, () =>
    context.readers.query(context, statement, null),
  )
  // Its columns were named when it was made; one whose count does not fit is not this view's definition any more.
  if (columns.length === relation.columns.length && columns.every(column => !column.isMore)) return columns
  const all = either(columns.map(column => column.value))
  return relation.columns.map(({ name }) => ({ name, value: { ...all, isBare: false } }))
}

/** A relation with its parents and children at any distance: a row of one is a row of the other. */
function relatives(relation: RelationData, context: Context): RelationData[] {
  const { catalogue } = context.request
  const found = new Set([relation])
  for (const one of found)
    for (const oid of one.parents ?? []) {
      const parent = catalogue.relationByOid(oid)
      if (parent) found.add(parent)
    }
  for (const one of descendantsOf(relation, indexOf(catalogue))) found.add(one)
  return [...found]
}

function patternSource({ schema, name: relation }: RelationData, { name: column, type }: ColumnData, context: Context): Source | null {
  const masks = context.columnMasks.filter(mask =>
    mask.columns.some(
      pattern =>
        pattern.column === column &&
        fits(pattern.target, context.request.target) &&
        fits(pattern.schema, schema) &&
        fits(pattern.table, relation) &&
        // `email` means any table's, but not a column of the system's own.
        (pattern.schema !== null || pattern.table !== null || !isSystem(schema, relation)),
    ),
  )
  return masks.length === 0 ? null : sourceFor({ schema, relation, column, type }, masks, context)
}

const strictness: Record<MaskKind, number> = { null: 0, redact: 1, token: 2, hash: 3, partial: 4, last4: 5 }
const predicateStrictness: MaskObligation['predicates'][] = ['refuse', 'equality', 'allow']

function sourceFor(
  named: { schema: string | null; relation: string | null; column: string; type: string | null },
  masks: MaskObligation[],
  context: Context,
): Source {
  const strictest = masks.reduce((one, other) => (strictness[other.with] < strictness[one.with] ? other : one))
  const predicates = predicateStrictness.find(kind => masks.some(mask => mask.predicates === kind)) ?? 'refuse'
  const place = [named.schema === 'public' ? null : named.schema, named.relation, named.column]
  const column = place.filter(part => part !== null).join('.')
  return intern({ rule: strictest.rule, with: strictest.with, predicates, column, type: named.type }, context)
}

function intern(source: Source, context: Context): Source {
  const key = `${source.column}\0${source.rule}\0${source.type}`
  const known = context.sources.get(key)
  if (known) return known
  context.sources.set(key, source)
  return source
}

function masksOf(patterns: ColumnPattern[], context: Context): Set<MaskObligation> {
  return new Set(context.columnMasks.filter(mask => mask.columns.some(pattern => patterns.includes(pattern))))
}

function fits(pattern: string | null, name: string): boolean {
  return pattern === null || pattern === name
}
