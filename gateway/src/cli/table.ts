import { safeText } from './safe-text.ts'

/** Rows under headings, each column as wide as it needs; the last one is cut to the width there is. */
export function writeTable(headings: string[], rows: string[][], widthMax: number): string {
  const cells = [headings, ...rows.map(row => row.map(cell => safeText(cell.replaceAll(/\s+/g, ' '))))]
  const widths = headings.map((_, column) => Math.max(...cells.map(row => [...(row[column] ?? '')].length)))
  return cells
    .map(row => {
      const line = row
        .map((cell, column) => (column === row.length - 1 ? cell : cell + ' '.repeat(widths[column]! - [...cell].length)))
        .join('  ')
      return cut(line.trimEnd(), widthMax)
    })
    .map(line => `${line}\n`)
    .join('')
}

function cut(line: string, widthMax: number): string {
  const letters = [...line]
  return letters.length <= widthMax ? line : `${letters.slice(0, Math.max(1, widthMax - 1)).join('')}…`
}
