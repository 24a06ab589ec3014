import type { AnswerPart, Cell, Column, Content } from '@steno/recordings'

/** How much of an answer one part of it is, as limits count it. */
export interface Size {
  rows: number
  bytes: number
}

/** A message's type and length (54.7), and DataRow's count of columns. */
const messageBytes = 5
const rowBytes = messageBytes + 2
/** Before each value stands its length. */
const lengthBytes = 4

/** What values of a type take in the binary format, whatever they are. */
const binaryBytes: Record<string, number> = {
  bool: 1,
  char: 1,
  int2: 2,
  int4: 4,
  oid: 4,
  date: 4,
  float4: 4,
  int8: 8,
  float8: 8,
  money: 8,
  time: 8,
  timestamp: 8,
  timestamptz: 8,
  timetz: 12,
  interval: 16,
  uuid: 16,
}

/**
 * Gives what tells the size of a recorded answer, part by part: the messages
 * that carried its rows, as near as the record tells. Values of other types
 * that came in the binary format may have been a few bytes longer or shorter
 * than their text.
 */
export function createAnswerSize(): (part: AnswerPart) => Size {
  let columns: Column[] = []
  return part => {
    switch (part.kind) {
      case 'columns':
        columns = part.columns
        return nothing
      case 'rows': {
        let bytes = 0
        for (const cells of part.rows) {
          bytes += rowBytes
          for (let at = 0; at < cells.length; at++) bytes += lengthBytes + cellBytes(cells[at] ?? null, columns[at])
        }
        return { rows: part.rows.length, bytes }
      }
      case 'data':
        return contentSize(part.content)
      default:
        return nothing
    }
  }
}

const nothing: Size = { rows: 0, bytes: 0 }

function cellBytes(cell: Cell, column: Column | undefined): number {
  if (cell === null) return 0
  if (typeof cell === 'string') return textBytes(cell, column)
  if ('hex' in cell) return cell.hex.length / 2
  if ('cut' in cell) return cell.lengthBytes
  return cell.masked === null ? 0 : textBytes(cell.masked, column)
}

function textBytes(text: string, column: Column | undefined): number {
  if (column?.format === 'binary') {
    if (Object.hasOwn(binaryBytes, column.type)) return binaryBytes[column.type] ?? 0
    if (column.type === 'bytea' && text.startsWith('\\x')) return (text.length - 2) / 2
  }
  return utf8Bytes(text)
}

/** COPY sends a message for each line of text; how it cut binary content is not recorded. */
function contentSize(content: Content): Size {
  if ('base64' in content) return { rows: 0, bytes: Math.floor((content.base64.replace(/=+$/, '').length * 3) / 4) }
  const lines = content.text.split('\n').length - 1
  return { rows: lines, bytes: utf8Bytes(content.text) + lines * messageBytes }
}

function utf8Bytes(text: string): number {
  let bytes = text.length
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    // Each half of a pair stands for two of its four bytes.
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1
  }
  return bytes
}
