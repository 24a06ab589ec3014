import { expect, it } from 'vitest'
import type { Bucket } from '../api.ts'
import { draggedRange, histogramLayout, leastPx } from './histogram-layout.ts'

const bucket = (minute: number, commands: number, more: Partial<Bucket> = {}): Bucket => ({
  at: new Date(Date.UTC(2026, 10, 21, 14, minute)).toISOString(),
  commands,
  errors: 0,
  denied: 0,
  held: 0,
  ...more,
})

it('fills the height with the highest bucket and the width with all', () => {
  const bars = histogramLayout([bucket(0, 10), bucket(1, 5), bucket(2, 0)], { width: 300, height: 40 })
  expect(bars.map(bar => [bar.x, bar.width, bar.height])).toEqual([
    [0, 98, 40],
    [100, 98, 20],
    [200, 98, 0],
  ])
})

it('never hides a rare thing, nor draws it above its bar', () => {
  const bars = histogramLayout([bucket(0, 10_000, { denied: 1 }), bucket(1, 1, { errors: 1 })], { width: 100, height: 40 })
  expect(bars[0]?.denied).toBe(leastPx)
  expect(bars[1]).toMatchObject({ height: leastPx, errors: leastPx })
})

it('gives nothing for nothing', () => {
  expect(histogramLayout([], { width: 100, height: 40 })).toEqual([])
  expect(histogramLayout([bucket(0, 1)], { width: 0, height: 40 })).toEqual([])
})

it('turns a drag into whole buckets, whichever way it went', () => {
  const buckets = [0, 1, 2, 3].map(minute => bucket(minute, 1))
  const range = { since: '2026-11-21T14:01:00Z', until: '2026-11-21T14:03:00Z' }
  expect(draggedRange(buckets, { fromX: 110, toX: 290, width: 400 })).toEqual(range)
  expect(draggedRange(buckets, { fromX: 290, toX: 110, width: 400 })).toEqual(range)
  expect(draggedRange(buckets, { fromX: 390, toX: 9999, width: 400 })).toEqual({
    since: '2026-11-21T14:03:00Z',
    until: '2026-11-21T14:04:00Z',
  })
  expect(draggedRange(buckets, { fromX: 110, toX: 112, width: 400 })).toBeNull()
})
