import { expect, it } from 'vitest'
import { timeScale } from './time-scale.ts'

const gaps = [{ fromUs: 2_000_000, toUs: 8_000_000 }]

it('is straight while idle is not folded', () => {
  const scale = timeScale({ fromUs: 0, toUs: 10_000_000, widthPx: 1000, gaps, foldsIdle: false })
  expect(scale.toX(5_000_000)).toBe(500)
  expect(scale.toUs(250)).toBe(2_500_000)
  expect(scale.idle).toEqual([{ fromX: 200, toX: 800, gap: gaps[0] }])
})

it('gives the room of a folded gap to what happened', () => {
  const scale = timeScale({ fromUs: 0, toUs: 10_000_000, widthPx: 1000, gaps, foldsIdle: true })
  const [band] = scale.idle
  expect(band!.toX - band!.fromX).toBeCloseTo(14)
  expect(scale.toX(2_000_000)).toBeCloseTo(493)
  expect(scale.toX(10_000_000)).toBeCloseTo(1000)
})

it('goes there and back at every pixel, folded or not', () => {
  for (const foldsIdle of [true, false]) {
    const scale = timeScale({ fromUs: 0, toUs: 10_000_000, widthPx: 700, gaps, foldsIdle })
    for (let x = 0; x <= 700; x += 1) expect(scale.toX(scale.toUs(x))).toBeCloseTo(x, 6)
  }
})

it('never gives more than a third of the width to folded gaps', () => {
  const many = Array.from({ length: 500 }, (_, i) => ({ fromUs: i * 1000 + 100, toUs: i * 1000 + 900 }))
  const scale = timeScale({ fromUs: 0, toUs: 500_000, widthPx: 600, gaps: many, foldsIdle: true })
  const folded = scale.idle.reduce((sum, band) => sum + band.toX - band.fromX, 0)
  expect(folded).toBeCloseTo(200)
})

it('stands on an empty recording and on one that is all idle', () => {
  expect(timeScale({ fromUs: 0, toUs: 0, widthPx: 100, gaps: [], foldsIdle: true }).toX(0)).toBe(0)
  const all = timeScale({ fromUs: 0, toUs: 1000, widthPx: 100, gaps: [{ fromUs: 0, toUs: 1000 }], foldsIdle: true })
  expect(all.toX(1000)).toBeLessThanOrEqual(100)
})
