import { expect, it } from 'vitest'
import { findHits } from './find-hits.ts'

it('marks every place a term occurs, whatever its case', () => {
  expect(findHits('Delete from PAYMENTS, payments_old', ['payments'])).toEqual([
    { text: 'Delete from ', isHit: false },
    { text: 'PAYMENTS', isHit: true },
    { text: ', ', isHit: false },
    { text: 'payments', isHit: true },
    { text: '_old', isHit: false },
  ])
})

it('takes a term as text, not as a pattern', () => {
  expect(findHits('a.b(c)', ['.b('])).toEqual([
    { text: 'a', isHit: false },
    { text: '.b(', isHit: true },
    { text: 'c)', isHit: false },
  ])
  expect(findHits('abc', ['', '.*'])).toEqual([{ text: 'abc', isHit: false }])
})
