import type { NameKind } from '../language/schema.ts'

/**
 * Whether an operation's entry is what a policy names. Null where it cannot be
 * told, and what cannot be told denies: whether a rule asks for it, for its
 * absence, or in an exception.
 */
export function isNamed(kind: NameKind, entry: string, name: string): boolean | null {
  switch (kind) {
    case 'table':
      return isInSchema(entry, name)
    case 'function':
      // PostgreSQL's own functions are listed by their names alone.
      return name === `pg_catalog.${entry}` ? true : isInSchema(entry, name)
    case 'path':
    case 'column':
      return isColumn(entry, name)
  }
}

/** Whether two entries are the same. What says less than all may be another of that name. */
export function areSame(kind: NameKind, one: string, other: string): boolean | null {
  const is = isNamed(kind, one, other)
  if (is === false) return isNamed(kind, other, one) === false ? false : null
  return is === true && one === other && isWhole(kind, one) ? true : null
}

/** Part of an entry; null where it is not known. `name` is a column's own, for columns. */
export function partOf(kind: NameKind, part: string, entry: string): string | null {
  const parts = entry.split('.')
  // With more dots than there are parts, some stand inside a name, and which cannot be told.
  if (parts.length > partsOf[kind].length) return null
  const at = partsOf[kind].toReversed().indexOf(part)
  const found = at < 0 ? undefined : parts.at(-1 - at)
  return found === undefined || found === '*' ? null : found
}

/** What an entry is made of, where all of it is known. */
const partsOf: Record<NameKind, readonly string[]> = {
  table: ['schema', 'name'],
  function: ['schema', 'name'],
  path: ['schema', 'table', 'column'],
  column: ['name'],
}

function isWhole(kind: NameKind, entry: string): boolean {
  // The schema of a function that stands alone is PostgreSQL's own.
  return !entry.endsWith('*') && (kind === 'function' || dotsIn(entry) + 1 >= partsOf[kind].length)
}

/** A name without a schema means whatever is called so in any. */
function isInSchema(entry: string, name: string): boolean | null {
  if (entry === name) return true
  if (entry.endsWith(`.${name}`)) return dotsIn(entry) <= 1 ? true : null
  return name.endsWith(`.${entry}`) ? null : false
}

/**
 * Whether an operation names a column: `entry` as its `reads`, `writes` and
 * `columns` say it, `name` as a policy does: `column` of any table,
 * `table.column` in any schema, or `schema.table.column`. Null where it cannot
 * be told: `*` may be any column, `email` the one of any table.
 */
export function isColumn(entry: string, name: string): boolean | null {
  if (entry === name) return true
  // Whether something stands for columns that are not listed.
  if (name === '*') return entry.endsWith('.*')
  if (entry === '*') return null
  if (entry.endsWith('.*')) return mayHold(entry.slice(0, -2), name) ? null : false
  // With more dots than there are parts, some stand inside a name, and which cannot be told.
  if (entry.endsWith(`.${name}`)) return dotsIn(entry) <= 2 ? true : null
  return name.endsWith(`.${entry}`) ? null : false
}

/** Whether a table may be the one that a column is named in. A bare column may be in any. */
function mayHold(table: string, name: string): boolean {
  let at = name.indexOf('.')
  if (at < 0) return true
  // A column's own name may have dots, so any of them may end the table's.
  for (; at >= 0; at = name.indexOf('.', at + 1)) {
    const named = name.slice(0, at)
    if (table === named || table.endsWith(`.${named}`) || named.endsWith(`.${table}`)) return true
  }
  return false
}

/** How many dots stand in a name: two where it says all, its schema, its table and itself. */
export function dotsIn(name: string): number {
  let dots = 0
  for (let at = name.indexOf('.'); at >= 0; at = name.indexOf('.', at + 1)) dots++
  return dots
}
