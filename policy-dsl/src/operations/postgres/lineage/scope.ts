import type { Context } from './context.ts'
import { unknownColumn } from './masked-columns.ts'
import { functionMeaning, giveTo } from './meaning.ts'
import { noteAltering, routineSources } from './routines.ts'
import { clean, derived, either, isMasked, rowOf, type Column, type Value } from './value.ts'

/** What a name in a query can mean, inside out. */
export interface Scope {
  outer: Scope | null
  ctes: ReadonlyMap<string, Column[]>
  /** What FROM offers, by alias. */
  entries: Entry[]
}

/** Something in FROM that columns are taken from. */
export interface Entry {
  alias: string
  schema: string | null
  /** The relation it stands for, where it is one. */
  relation: string | null
  columns: Column[]
}

/** A scope inside another, with nothing in it. */
export function scopeIn(outer: Scope | null, ctes: ReadonlyMap<string, Column[]> = new Map<string, Column[]>()): Scope {
  return { outer, ctes, entries: [] }
}

/** The columns of a WITH query of that name; null when there is none. */
export function cteNamed(name: string, scope: Scope | null): Column[] | null {
  for (let at = scope; at; at = at.outer) {
    const columns = at.ctes.get(name)
    if (columns) return columns
  }
  return null
}

/** The value that a column's name means. */
export function columnValue(parts: string[], scope: Scope | null, context: Context): Value {
  const name = parts.at(-1) ?? ''
  if (parts.length === 1) return unqualified(name, scope, context)
  const entry = entryNamed(parts.slice(0, -1), scope)
  return entry ? columnIn(entry, name, context) : unknownColumn(null, null, name, context)
}

/** A column of one entry. A name that is no column's is a function of the row: `t.to_jsonb` is `to_jsonb(t)`. */
export function columnIn(entry: Entry, name: string, context: Context): Value {
  const found = entry.columns.filter(column => column.name === name && !column.isMore)
  if (found.length > 0) return either(found.map(column => column.value))
  if (systemColumns.has(name)) return clean
  const unknown = unknownIn(entry, name, context)
  if (isMasked(unknown)) return unknown
  return calledOn(name, rowOf(entry.columns), context)
}

/** A function of a row, written as if it were its column. */
export function calledOn(name: string, row: Value, context: Context): Value {
  const meaning = functionMeaning([name], isMasked(row), context)
  noteAltering(meaning.added, context)
  const sources = meaning.added.flatMap(routine => routineSources(routine, context))
  context.noteCall(sources)
  if (isMasked(row)) {
    giveTo(meaning, row, `the function \`${name}\``, context)
    context.ask(row, 'anything', `the function \`${name}\``)
  }
  return derived([row, { ...clean, sources }])
}

/** The entry that a qualified name begins with: `t` or `schema.t`. */
export function entryNamed(parts: string[], scope: Scope | null): Entry | null {
  const alias = parts.at(-1)
  const schema = parts.at(-2)
  for (let at = scope; at; at = at.outer) {
    const fitting = at.entries.filter(entry => entry.alias === alias && (schema === undefined || entry.schema === schema))
    const [first] = fitting
    if (first && fitting.length === 1) return first
    if (first) return { ...first, columns: fitting.flatMap(entry => entry.columns) }
  }
  return null
}

/** What a column could be that the catalogue does not know of. */
function unknownIn(entry: Entry, name: string, context: Context): Value {
  const known = entry.relation === null ? clean : unknownColumn(entry.schema, entry.relation, name, context)
  if (isMasked(known)) return known
  // What stands for the rest of a relation that is not known is masked, whatever its name.
  return derived(entry.columns.filter(column => column.isMore).map(column => column.value))
}

const systemColumns = new Set(['ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid'])

function unqualified(name: string, scope: Scope | null, context: Context): Value {
  const possible: Value[] = []
  let isOpen = false
  for (let at = scope; at; at = at.outer) {
    const found = at.entries.flatMap(entry => entry.columns.filter(column => column.name === name && !column.isMore))
    if (found.length > 0) return either([...possible, ...found.map(column => column.value)])
    // A function's one column has the name of its alias, and so has the whole row.
    const row = at.entries.find(entry => entry.alias === name)
    if (row) return isMasked(rowOf(row.columns)) ? derivedRow(row, possible) : derived(possible)
    for (const entry of at.entries) {
      isOpen ||= entry.columns.some(column => column.isMore)
      if (!systemColumns.has(name)) possible.push(unknownIn(entry, name, context))
    }
  }
  return derived(isOpen || systemColumns.has(name) ? possible : [...possible, unknownColumn(null, null, name, context)])
}

function derivedRow(entry: Entry, possible: Value[]): Value {
  const row = rowOf(entry.columns)
  const [only] = entry.columns
  if (entry.columns.length === 1 && only?.name === entry.alias) return only.value
  return possible.some(isMasked) ? derived([row, ...possible]) : row
}
