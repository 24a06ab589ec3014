import { expect, it } from 'vitest'
import { rowPlaces, rowsBetween, scrollTopFor } from './row-places.ts'

const places = rowPlaces([32, 28, 28, 32, 32])

it('puts rows one under the other', () => {
  expect(places).toEqual([0, 32, 60, 88, 120, 152])
  expect(rowPlaces([])).toEqual([0])
})

it('gives exactly the rows in sight, and the spare ones', () => {
  for (let top = -10; top < 170; top += 1) {
    const { first, end } = rowsBetween(places, { topPx: top, heightPx: 40, spare: 0 })
    for (let row = 0; row < 5; row += 1) {
      const isSeen = (places[row + 1] ?? 0) > top && (places[row] ?? 0) < top + 40
      if (isSeen) expect(row >= first && row < end, `row ${row} at ${top}`).toBe(true)
    }
    expect(end - first).toBeLessThanOrEqual(3)
  }
  expect(rowsBetween(places, { topPx: 60, heightPx: 20, spare: 1 })).toEqual({ first: 1, end: 4 })
  expect(rowsBetween(places, { topPx: 0, heightPx: 0, spare: 0 })).toEqual({ first: 0, end: 1 })
  expect(rowsBetween([0], { topPx: 0, heightPx: 500, spare: 12 })).toEqual({ first: 0, end: 0 })
})

it('scrolls only as far as it must', () => {
  expect(scrollTopFor(places, { topPx: 40, heightPx: 60 }, 1)).toBe(32)
  expect(scrollTopFor(places, { topPx: 40, heightPx: 60 }, 2)).toBeNull()
  expect(scrollTopFor(places, { topPx: 40, heightPx: 60 }, 4)).toBe(92)
  expect(scrollTopFor(places, { topPx: 40, heightPx: 60 }, 5)).toBeNull()
})
