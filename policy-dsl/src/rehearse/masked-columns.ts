import type { Operation } from '@steno/recordings'
import type { ColumnPattern, MaskObligation } from '../decision.ts'

/**
 * The columns of a mask that a command reads, as its rule names them, by what
 * the record says of it: names, not the lineage that the gateway follows.
 */
export function maskedColumns(
  mask: MaskObligation,
  { operations, columns, target }: { operations: readonly Operation[]; columns: readonly string[]; target: string },
): string[] {
  const reads = operations.flatMap(operation => operation.reads ?? [])
  const isRead = (pattern: ColumnPattern) =>
    (pattern.target === null || pattern.target === target) && reads.some(path => names(pattern, path, columns))
  return mask.columns.filter(isRead).map(({ schema, table, column }) => [schema, table, column].filter(part => part !== null).join('.'))
}

function names(pattern: ColumnPattern, path: string, columns: readonly string[]): boolean {
  const parts = path.split('.')
  const column = parts.at(-1)
  if (column !== pattern.column && !(column === '*' && columns.includes(pattern.column))) return false
  const [table, schema] = [parts.at(-2), parts.at(-3)]
  // What the record does not tell may be the one that is meant.
  return (
    (pattern.table === null || table === undefined || table === pattern.table) &&
    (pattern.schema === null || schema === undefined || schema === pattern.schema)
  )
}
