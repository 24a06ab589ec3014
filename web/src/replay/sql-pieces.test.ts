import { expect, it } from 'vitest'
import { sqlPieces } from './sql-pieces.ts'

const text = "select naem, 'naem' from customers"

it('gives the statement back when its pieces are joined', () => {
  for (const search of ['', 'e', 'naem', 'customers', '  ']) {
    for (const errorPosition of [null, 0, 1, 8, 34, 35, 900]) {
      expect(
        sqlPieces({ text, search, errorPosition })
          .map(piece => piece.text)
          .join(''),
      ).toBe(text)
    }
  }
})

it('marks the word an error points at', () => {
  const pieces = sqlPieces({ text, search: '', errorPosition: 8 })
  expect(pieces.filter(piece => piece.isFaulty).map(piece => piece.text)).toEqual(['naem'])
})

it('counts positions in code points, as PostgreSQL does', () => {
  const pieces = sqlPieces({ text: "select '😀😀', oops", search: '', errorPosition: 14 })
  expect(pieces.filter(piece => piece.isFaulty).map(piece => piece.text)).toEqual(['oops'])
})

it('marks hits inside tokens and keeps the colours', () => {
  const pieces = sqlPieces({ text, search: 'ae', errorPosition: null })
  expect(pieces.filter(piece => piece.isFound).map(piece => [piece.kind, piece.text])).toEqual([
    ['plain', 'ae'],
    ['string', 'ae'],
  ])
})

it('marks the end when an error points past it', () => {
  expect(sqlPieces({ text: 'select (', search: '', errorPosition: 9 }).at(-1)).toMatchObject({ text: '(', isFaulty: true })
})
