import type { RelationData } from './catalogue.ts'

/** Something that rows come from in one query: a table, a subquery, a function, a join with a name of its own. */
export interface Source {
  alias: string
  /** Null when it is not a table, or one that is not known. */
  relation: RelationData | null
  /** Its rows are not those of any table: a subquery, a CTE, a function. */
  isDerived?: boolean
  /** The columns of a subquery, where it names them all. */
  outputs?: ReadonlySet<string>
  /** One row, whose columns are only named with it: `new`, `excluded`. */
  isRow?: boolean
  /** A name for the whole FROM clause's columns. */
  isJoin?: boolean
  /** Names given to its columns, in order: `FROM t AS q (a, b)`. */
  renamed?: string[]
}

/** The sources that one query's columns may come from, and those of the query around it. */
export interface Frame {
  sources: Source[]
  outer: Frame | null
}

/** What a name in a query stands for. */
export interface ColumnMeaning {
  columns: string[]
  /** A function that `x.f` calls when `f` is no column of `x`, with what is given to it. */
  called?: string
}

const systemColumns = new Set(['tableoid', 'ctid', 'xmin', 'xmax', 'cmin', 'cmax'])

/**
 * The columns that a name may mean: `schema.table.column` where the sources
 * say so, else as written; `*` for all. Every candidate counts. No name at all
 * stands for the columns that a natural join finds by itself.
 */
export function columnsMeant(name: string[], frame: Frame | null, variables: ReadonlySet<string>): ColumnMeaning {
  const column = name.at(-1)
  if (column === undefined) return { columns: commonColumns(frame) }
  if (column === '*') return { columns: starMeant(name.slice(0, -1), frame) }
  if (name.length === 1) return { columns: bareMeant(column, frame, variables) }
  const source = sourceNamed(name.slice(0, -1), frame)
  if (source?.isJoin) return { columns: bareMeant(column, frame, variables) }
  if (source) return fieldMeant(source, column)
  // `t.c.field` and `c.field` read a field of a column, `v.field` one of a variable.
  const holder = name.slice(0, -1)
  if (holder.length > 1 && sourceNamed(holder.slice(0, -1), frame)) return { ...columnsMeant(holder, frame, variables), called: column }
  if (variables.has(holder[0] ?? '') && isAllKnown(frame)) return { columns: [], called: column }
  const held = candidates(holder.at(-1) ?? '', frame)
  return { columns: held.length > 0 ? held : [column], called: column }
}

function fieldMeant(source: Source, column: string): ColumnMeaning {
  const found = columnOf(source, column)
  if (found !== null) return { columns: [found] }
  if (source.relation && !systemColumns.has(column)) return { columns: [`${qualified(source.relation)}.*`], called: column }
  if (source.relation) return { columns: [`${qualified(source.relation)}.${column}`] }
  const mayBeRenamed = source.renamed && !source.isDerived
  const mayBeCalled = source.isDerived && !source.outputs?.has(column) && !source.renamed?.includes(column)
  return { columns: mayBeRenamed ? [column, '*'] : [column], ...(mayBeCalled ? { called: column } : {}) }
}

function bareMeant(column: string, frame: Frame | null, variables: ReadonlySet<string>): string[] {
  const found = candidates(column, frame)
  if (found.length > 0) return found
  const row = sourceNamed([column], frame)
  // A table's own name is its whole row, unless a column has it too.
  if (row?.relation) return [`${qualified(row.relation)}.*`]
  if (row && !row.isDerived) return [column, '*']
  if (variables.has(column) && isAllKnown(frame)) return []
  const mayBeRenamed = everySource(frame).some(source => source.renamed && !source.relation && !source.isDerived)
  return mayBeRenamed ? [column, '*'] : [column]
}

/** The columns of that name in the nearest query that has any. */
function candidates(column: string, frame: Frame | null): string[] {
  for (let at = frame; at; at = at.outer) {
    const found = at.sources
      .filter(source => !source.isRow)
      .map(source => columnOf(source, column))
      .filter(one => one !== null)
    if (found.length > 0) return [...new Set(found)]
    if (at.sources.some(source => source.outputs?.has(column))) return []
  }
  return []
}

function starMeant(of: string[], frame: Frame | null): string[] {
  const source = of.length > 0 ? sourceNamed(of, frame) : null
  const sources = source && !source.isJoin ? [source] : (frame?.sources.filter(one => !one.isRow && !one.isJoin) ?? [])
  if (sources.length === 0) return ['*']
  return [...new Set(sources.map(({ relation }) => (relation ? `${qualified(relation)}.*` : '*')))]
}

function commonColumns(frame: Frame | null): string[] {
  const sources = frame?.sources.filter(source => !source.isRow && !source.isJoin) ?? []
  if (!sources.every(source => source.relation !== null)) return ['*']
  const places = new Map<string, string[]>()
  for (const { relation } of sources)
    for (const { name } of relation?.columns ?? [])
      places.set(name, [...(places.get(name) ?? []), `${relation?.schema}.${relation?.name}.${name}`])
  return [...places.values()].filter(found => found.length > 1).flat()
}

function columnOf({ relation, renamed }: Source, column: string): string | null {
  if (!relation) return null
  const at = renamed?.indexOf(column) ?? -1
  if (at >= 0) return relation.columns[at] ? `${qualified(relation)}.${relation.columns[at].name}` : null
  const found = relation.columns.findIndex(({ name }, place) => name === column && place >= (renamed?.length ?? 0))
  return found < 0 ? null : `${qualified(relation)}.${column}`
}

function sourceNamed(name: string[], frame: Frame | null): Source | null {
  const last = name.at(-1) ?? ''
  const schema = name.at(-2)
  for (let at = frame; at; at = at.outer)
    for (const source of at.sources)
      if (source.alias === last && (schema === undefined || source.relation === null || source.relation.schema === schema)) return source
  return null
}

function isAllKnown(frame: Frame | null): boolean {
  return everySource(frame).every(source => source.relation !== null || source.isDerived)
}

function everySource(frame: Frame | null): Source[] {
  const sources: Source[] = []
  for (let at = frame; at; at = at.outer) sources.push(...at.sources)
  return sources
}

/** A relation's name with its schema. */
export function qualified({ schema, name }: { schema: string; name: string }): string {
  return `${schema}.${name}`
}
