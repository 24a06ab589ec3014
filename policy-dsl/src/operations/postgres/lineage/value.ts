import type { MaskKind, MaskObligation } from '../../../decision.ts'
import type { ColumnPlan } from './mask-plan.ts'

/** A masked column and what its obligations together demand. */
export interface Source {
  rule: string
  with: MaskKind
  predicates: MaskObligation['predicates']
  /** `table.column`, with its schema where that is not `public`. */
  column: string
  /** The column's type, where it is known. */
  type: string | null
}

/** Where a value comes from. Without sources it says nothing of a masked column. */
export interface Value {
  sources: readonly Source[]
  /** It is a masked column's value unchanged, or none. Null exactly when the column is. */
  isBare: boolean
  /** It is one of several values, not all from the same column. */
  isMixed?: true
  /** An array or document whose number of elements does not depend on a masked value. */
  collects: boolean
  /** The type of the column, where it is one. */
  type: string | null
  /** The columns of a composite value, or of an array's elements. */
  row: readonly Column[] | null
}

export interface Column {
  name: string
  value: Value
  /** It stands for any number of columns that are not known. */
  isMore?: true
}

/** A value in which nothing masked is. */
export const clean: Value = { sources: [], isBare: true, collects: false, type: null, row: null }

/** A masked column's own value. */
export function bare(source: Source, type: string | null): Value {
  return { ...clean, sources: [source], type }
}

/** What is worked out from other values. */
export function derived(values: readonly Value[]): Value {
  const sources = unionOfSources(values)
  return sources.length === 0 ? clean : { sources, isBare: false, collects: false, type: null, row: null }
}

/** An array or document of other values: one element for each. */
export function collected(values: readonly Value[]): Value {
  const row = values.length === 1 ? (values[0]?.row ?? null) : null
  return { ...derived(values), collects: true, row }
}

/** A value that is one of several, as in the arms of UNION ALL. */
export function either(values: readonly Value[]): Value {
  const [first] = values
  if (first && values.length === 1) return first
  const masked = values.filter(isMasked)
  if (masked.length === 0) return clean
  const isMixed = masked.length < values.length || masked.some(value => value.isMixed ?? value.sources[0] !== masked[0]?.sources[0])
  return { ...derived(masked), isBare: masked.every(value => value.isBare), ...(isMixed ? { isMixed } : {}) }
}

/** A whole row as one value. */
export function rowOf(columns: readonly Column[]): Value {
  return { ...derived(columns.map(column => column.value)), row: columns }
}

export function isMasked(value: Value): boolean {
  return value.sources.length > 0
}

export function sourceNames(value: Value): string {
  return [...new Set(value.sources.map(source => source.column))].join(', ')
}

/** How an output column with this value is hidden; null when it is not. */
export function planOf(value: Value): ColumnPlan | null {
  const [first] = value.sources
  if (!first) return null
  const kinds = new Set(value.sources.map(source => source.with))
  const isWhole = !value.isBare || kinds.size > 1
  // A hash or the last four of a derived value would be a way to ask: `hash(left(ssn, 1))` has ten answers.
  const kind = isWhole ? (kinds.size === 1 && first.with === 'null' ? 'null' : 'redact') : first.with
  return { rule: first.rule, with: kind, isWhole, source: sourceNames(value) }
}

function unionOfSources(values: readonly Value[]): readonly Source[] {
  const masked = values.filter(isMasked)
  if (masked.length <= 1) return masked[0]?.sources ?? []
  return [...new Set(masked.flatMap(value => value.sources))]
}
