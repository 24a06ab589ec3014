import { expect, it } from 'vitest'
import { rank } from './rank.ts'

it('keeps what holds every word, beginnings first', () => {
  const items = ['nightly shop', 'shop nightly', 'runs']
  expect(rank(items, '', item => item)).toEqual(items)
  expect(rank(items, 'SHOP night', item => item)).toEqual(['shop nightly', 'nightly shop'])
  expect(rank(items, 'x', item => item)).toEqual([])
})
