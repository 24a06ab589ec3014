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
