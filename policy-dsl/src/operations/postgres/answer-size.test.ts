import type { AnswerPart, Cell, Column } from '@steno/recordings'
import { describe, expect, it } from 'vitest'
import { createAnswerSize } from './answer-size.ts'

const column = (type: string, format: Column['format'] = 'text'): Column => ({
  name: type,
  type,
  typeOid: 0,
  tableOid: 0,
  attribute: 0,
  format,
})

/** The last part's size in an answer. */
function sizeOf(...parts: AnswerPart[]) {
  const size = createAnswerSize()
  return parts.map(part => size(part)).at(-1)
}

function bytesOf(cells: Cell[], columns: Column[] = []): number | undefined {
  return sizeOf({ kind: 'columns', columns }, { kind: 'rows', rows: [cells] })?.bytes
}

describe('the size of a recorded answer', () => {
  it('is that of the messages that carried its rows', () => {
    // D, length, number of columns; then each value behind its length.
    expect(bytesOf(['42', null, ''])).toBe(5 + 2 + (4 + 2) + 4 + 4)
    expect(sizeOf({ kind: 'rows', rows: [['a'], ['b']] })).toEqual({ rows: 2, bytes: 2 * (7 + 4 + 1) })
  })

  it('counts characters as UTF-8', () => {
    for (const text of ['e', 'é', '€', '😀', 'a😀é\ufffd']) expect(bytesOf([text])).toBe(11 + new TextEncoder().encode(text).length)
  })

  it('knows what fixed types take in the binary format', () => {
    const columns = [column('int8', 'binary'), column('timestamptz', 'binary'), column('bytea', 'binary'), column('text', 'binary')]
    expect(bytesOf(['7', '2026-01-01 00:00:00+00', '\\x0102', 'abc'], columns)).toBe(7 + 4 * 4 + 8 + 8 + 2 + 3)
    expect(bytesOf(['1234567'], [column('int8')])).toBe(7 + 4 + 7)
  })

  it('counts what was masked as it was shown, and what was cut in the record as it was', () => {
    expect(
      bytesOf([
        { masked: '***', rule: 'r' },
        { masked: null, rule: 'r' },
      ]),
    ).toBe(7 + 8 + 3)
    expect(bytesOf([{ cut: 'a', lengthBytes: 1000, sha256: '' }, { hex: '00ff' }])).toBe(7 + 8 + 1000 + 2)
  })

  it('counts a line of COPY as a row, and binary content by its bytes alone', () => {
    expect(sizeOf({ kind: 'data', content: { text: '1\ta\n2\té\n' } })).toEqual({ rows: 2, bytes: 9 + 2 * 5 })
    expect(sizeOf({ kind: 'data', content: { base64: 'AAECAw==' } })).toEqual({ rows: 0, bytes: 4 })
  })

  it('is nothing for all else', () => {
    expect(sizeOf({ kind: 'done', tag: 'SELECT 1', rows: 1 })).toEqual({ rows: 0, bytes: 0 })
  })
})
