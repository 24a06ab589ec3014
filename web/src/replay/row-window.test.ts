import { expect, it } from 'vitest'
import { listHeightPxMax, rowWindow, scrollToRow } from './row-window.ts'

it('draws what is in sight and a little more', () => {
  const window = rowWindow({ count: 1000, rowPx: 20, scrollTopPx: 4000, viewportPx: 200 })
  expect(window.first).toBe(194)
  expect(window.end).toBe(217)
  expect(window.offsetPx).toBe(194 * 20)
  expect(window.heightPx).toBe(20_000)
})

it('draws nothing past the ends', () => {
  expect(rowWindow({ count: 3, rowPx: 20, scrollTopPx: 0, viewportPx: 900 })).toMatchObject({ first: 0, end: 3 })
  expect(rowWindow({ count: 0, rowPx: 20, scrollTopPx: 0, viewportPx: 900 })).toMatchObject({ first: 0, end: 0, heightPx: 0 })
})

it('reaches the first and the last of ten million rows', () => {
  const list = { count: 10_000_000, rowPx: 26, viewportPx: 520 }
  expect(rowWindow({ ...list, scrollTopPx: 0 }).first).toBe(0)
  const bottom = rowWindow({ ...list, scrollTopPx: listHeightPxMax - 520 })
  expect(bottom.end).toBe(10_000_000)
  expect(bottom.heightPx).toBe(listHeightPxMax)
  // The last row ends where the viewport does.
  expect(bottom.offsetPx + (bottom.end - bottom.first) * 26).toBeCloseTo(listHeightPxMax, 3)
})

it('leaves the scroll alone when the row is in sight', () => {
  const list = { count: 1000, rowPx: 20, scrollTopPx: 4000, viewportPx: 200 }
  expect(scrollToRow(list, 205)).toBe(null)
  expect(scrollToRow(list, 210)).toBe(4020)
  expect(scrollToRow(list, 199)).toBe(3980)
  expect(scrollToRow(list, 900)).toBe(900.5 * 20 - 100)
})
