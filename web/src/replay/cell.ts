import type { Cell, Column } from '@steno/recordings'

/** What a cell is, so that the grid can draw each kind in its own way. */
export type CellKind = 'null' | 'empty' | 'text' | 'hex' | 'cut' | 'masked'

/** Gives a cell's kind and the text it shows. */
export function readCell(cell: Cell): { kind: CellKind; text: string } {
  if (cell === null) return { kind: 'null', text: 'NULL' }
  if (typeof cell === 'string') return cell === '' ? { kind: 'empty', text: '' } : { kind: 'text', text: cell }
  if ('hex' in cell) return { kind: 'hex', text: `\\x${cell.hex}` }
  if ('cut' in cell) return { kind: 'cut', text: cell.cut }
  return { kind: 'masked', text: cell.masked ?? 'NULL' }
}

/** Gives a cell as it is copied: what was recorded, nothing added. */
export function copiedCell(cell: Cell): string {
  return cell === null ? '' : readCell(cell).text
}

const numericTypes = new Set([
  'int2',
  'int4',
  'int8',
  'float4',
  'float8',
  'numeric',
  'money',
  'oid',
  'xid',
  'xid8',
  'smallint',
  'integer',
  'bigint',
  'real',
  'double precision',
  'decimal',
])

/** Whether a column's values are numbers, to be read from the right. */
export function isNumeric(column: Pick<Column, 'type'>): boolean {
  return numericTypes.has(column.type.toLowerCase().replace(/\(.*$/, ''))
}

const characterPx = 7.3
const paddingPx = 24
const widthPxMin = 56
const widthPxMax = 380

/** Gives each column a width from its header and the first rows; none grows without end. */
export function columnWidths(columns: readonly Column[], rows: readonly (readonly Cell[])[]): number[] {
  return columns.map((column, at) => {
    let characters = column.name.length + column.type.length * 0.85 + 2
    for (const row of rows.slice(0, 60)) {
      const cell = row[at]
      if (cell === undefined) continue
      const { kind, text } = readCell(cell)
      characters = Math.max(characters, Math.min(60, text.length + (kind === 'cut' ? 14 : 0)))
    }
    return Math.round(Math.max(widthPxMin, Math.min(widthPxMax, characters * characterPx + paddingPx)))
  })
}

/** Gives, for each column that has masked cells in these rows, the rule that masked them. */
export function maskedColumns(rows: readonly (readonly Cell[])[]): Map<number, string> {
  const rules = new Map<number, string>()
  for (const row of rows) {
    row.forEach((cell, at) => {
      if (typeof cell === 'object' && cell !== null && 'masked' in cell && !rules.has(at)) rules.set(at, cell.rule)
    })
  }
  return rules
}
