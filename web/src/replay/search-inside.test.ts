import { expect, it } from 'vitest'
import { findIn, matcherOf, nextHit } from './search-inside.ts'

const decision = { verdict: 'allow' as const, policyVersion: 'none' }

it('takes capitals as meant and small letters as any', () => {
  expect(matcherOf('ada')('Ada Lindqvist')).toBe(true)
  expect(matcherOf('Ada')('ada lindqvist')).toBe(false)
})

it('finds words in statements, bind values, rows, errors and copied data', () => {
  const command = { n: 7, kind: 'query' as const, text: 'select email from customers', transaction: 'idle' as const, decision }
  expect(findIn({ code: 'q', command }, matcherOf('customers'))).toEqual({ n: 7, found: 'statement' })
  const bound = { ...command, parameters: [{ type: 'text', oid: 25, value: 'Ødegård' }] }
  expect(findIn({ code: 'q', command: bound }, matcherOf('ødeg'))).toEqual({ n: 7, found: 'value' })
  const rows = {
    kind: 'rows' as const,
    rows: [[null, { hex: 'c0ffee' }, { masked: 'redacted', rule: 'r' }, { cut: 'start', lengthBytes: 9, sha256: '' }]],
  }
  for (const word of ['c0ffee', 'redact', 'start']) {
    expect(findIn({ code: 'a', answer: { n: 7, parts: [rows] } }, matcherOf(word))).toEqual({ n: 7, found: 'answer' })
  }
  const error = { kind: 'error' as const, by: 'target' as const, error: { severity: 'ERROR', code: '42P07', message: 'exists' } }
  expect(findIn({ code: 'a', answer: { n: 7, parts: [error] } }, matcherOf('42P07'))).toEqual({ n: 7, found: 'error' })
  expect(findIn({ code: 'b', body: { n: 7, content: { text: 'a\tb' } } }, matcherOf('b'))).toEqual({ n: 7, found: 'copied data' })
})

it('finds nothing in NULL, in the transcript, or where there is nothing', () => {
  expect(findIn({ code: 'a', answer: { n: 1, parts: [{ kind: 'rows', rows: [[null]] }] } }, matcherOf('null'))).toBe(null)
  expect(findIn({ code: 'o', output: 'select' }, matcherOf('select'))).toBe(null)
})

it('goes round at the ends', () => {
  expect(nextHit([2, 5, 9], 5, 1)).toBe(9)
  expect(nextHit([2, 5, 9], 9, 1)).toBe(2)
  expect(nextHit([2, 5, 9], 2, -1)).toBe(9)
  expect(nextHit([], 0, 1)).toBe(null)
})
