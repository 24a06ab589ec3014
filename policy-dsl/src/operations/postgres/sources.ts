import type { RelationData } from './catalogue.ts'

/** Something that rows come from in one query: a table, a subquery, a function, a join with a name of its own. */
export interface Source {
  alias: string
  /** Null when it is not a table, or one that is not known. */
  relation: RelationData | null
  /** Its rows are not those of any table: a subquery, a CTE, a function. */
  isDerived?: boolean
  /** What its rows are made of is said by operations of their own, so that to read it is to read no column more. */
  isTold?: boolean
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
  /** Tables of which it is every column. */
  rows?: RelationData[]
  /** A function that `x.f` calls when `f` is no column of `x`, with what is given to it. */
  called?: string
}

const systemColumns = new Set(['tableoid', 'ctid', 'xmin', 'xmax', 'cmin', 'cmax'])

/**
 * The columns of tables that a name may mean: `schema.table.column` where the
 * sources say so, else as written; `*` for all. Every candidate counts. What a
 * subquery gives is no column of a table: the subquery itself reads those. No
 * name at all stands for the columns that a natural join finds by itself.
 */
export function columnsMeant(name: string[], frame: Frame | null, variables: ReadonlySet<string>): ColumnMeaning {
  const column = name.at(-1)
  if (column === undefined) return { columns: commonColumns(frame) }
  if (column === '*') return starMeant(name.slice(0, -1), frame, variables)
  if (name.length === 1) return bareMeant(column, frame, variables)
  const source = sourceNamed(name.slice(0, -1), frame)
  if (source?.isJoin) return bareMeant(column, frame, variables)
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
  if (source.relation && !systemColumns.has(column)) return { columns: [], rows: [source.relation], called: column }
  if (source.relation) return { columns: [`${qualified(source.relation)}.${column}`] }
  const mayBeRenamed = source.renamed && !source.isDerived
  const mayBeCalled = source.isDerived && !source.outputs?.has(column) && !source.renamed?.includes(column)
  const columns = source.isTold ? [] : mayBeRenamed ? [column, '*'] : [column]
  return { columns, ...(mayBeCalled ? { called: column } : {}) }
}

function bareMeant(column: string, frame: Frame | null, variables: ReadonlySet<string>): ColumnMeaning {
  const found = candidates(column, frame)
  if (found.length > 0) return { columns: found }
  const row = sourceNamed([column], frame)
  // A table's own name is its whole row, unless a column has it too.
  if (row?.relation) return { columns: [], rows: [row.relation] }
  if (row?.isJoin) return rowsOf(everySource(frame))
  if (row && !row.isDerived) return { columns: [column, '*'] }
  if ((variables.has(column) && isAllKnown(frame)) || isOfTold(column, frame)) return { columns: [] }
  const mayBeRenamed = everySource(frame).some(source => source.renamed && !source.relation && !source.isDerived)
  return { columns: mayBeRenamed ? [column, '*'] : [column] }
}

/** Whether a name that no table has can only be what a source gives that is told elsewhere. */
function isOfTold(column: string, frame: Frame | null): boolean {
  const sources = everySource(frame).filter(source => !source.isJoin)
  const isKnown = sources.every(source => source.relation !== null || source.isTold)
  return isKnown && sources.some(source => source.isTold) && !systemColumns.has(column)
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

function starMeant(of: string[], frame: Frame | null, variables: ReadonlySet<string>): ColumnMeaning {
  if (of.length === 0) return rowsOf(frame?.sources ?? [])
  const source = sourceNamed(of, frame)
  if (source) return source.isJoin ? rowsOf(everySource(frame)) : rowsOf([{ ...source, isRow: false }])
  // The fields of a column, or of a variable.
  const holder = columnsMeant(of, frame, variables)
  return holder.columns.every(column => column.includes('.')) ? holder : { ...holder, columns: [...holder.columns, '*'] }
}

/** Every column of every one of them. */
function rowsOf(among: Source[]): ColumnMeaning {
  const sources = among.filter(one => !one.isRow && !one.isJoin)
  const rows = sources.map(({ relation }) => relation).filter(relation => relation !== null)
  const isUnknown = sources.length === 0 || sources.some(({ relation, isTold }) => relation === null && !isTold)
  return { columns: isUnknown ? ['*'] : [], rows }
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
