import { expect, it } from 'vitest'
import { columnWidths, copiedCell, isNumeric, maskedColumns, readCell } from './cell.ts'

const column = (name: string, type: string) => ({ name, type, typeOid: 0, tableOid: 0, attribute: 0, format: 'text' as const })

it('tells NULL from an empty text, also where a mask stands', () => {
  expect(readCell(null)).toEqual({ kind: 'null', text: 'NULL' })
  expect(readCell('')).toEqual({ kind: 'empty', text: '' })
  expect(readCell('NULL')).toEqual({ kind: 'text', text: 'NULL' })
  expect(readCell({ masked: null, rule: 'hide' })).toEqual({ kind: 'masked', text: 'NULL' })
  expect(readCell({ masked: 'redacted', rule: 'hide' })).toEqual({ kind: 'masked', text: 'redacted' })
})

it('shows bytes as hex and the start of a cut value', () => {
  expect(readCell({ hex: 'dead' }).text).toBe('\\xdead')
  expect(readCell({ cut: 'abc', lengthBytes: 9, sha256: '' })).toEqual({ kind: 'cut', text: 'abc' })
})

it('copies what was recorded', () => {
  expect(copiedCell(null)).toBe('')
  expect(copiedCell('a\tb')).toBe('a\tb')
})

it('reads numbers from the right, with or without a modifier', () => {
  expect(isNumeric({ type: 'numeric(10,2)' })).toBe(true)
  expect(isNumeric({ type: 'text' })).toBe(false)
})

it('gives columns room, never too much', () => {
  const [id, name] = columnWidths([column('id', 'int8'), column('note', 'text')], [['1', 'x'.repeat(5000)]])
  expect(id).toBeLessThan(100)
  expect(name).toBe(380)
})

it('names the rule that masked each column', () => {
  const rows = [
    ['1', null, 'a'],
    ['2', { masked: 'redacted', rule: 'hide personal data' }, 'b'],
  ]
  expect([...maskedColumns(rows)]).toEqual([[1, 'hide personal data']])
})
