import { expect, it } from 'vitest'
import type { FrameSummary } from './frame.ts'
import { timelineLayout } from './timeline-layout.ts'
import { timeScale } from './time-scale.ts'

function frame(index: number, fields: Partial<FrameSummary> = {}): FrameSummary {
  return {
    index,
    line: index + 1,
    n: index + 1,
    kind: 'query',
    preview: 'select 1',
    atUs: index * 1000,
    endUs: index * 1000 + 500,
    outcome: 'ok',
    verdict: 'allow',
    rows: 1,
    masked: 0,
    cut: 0,
    transaction: -1,
    errorCode: null,
    ...fields,
  }
}

const scale = timeScale({ fromUs: 0, toUs: 100_000, widthPx: 100, gaps: [], foldsIdle: false })
const lay = (frames: FrameSummary[], transactions: Parameters<typeof timelineLayout>[0]['transactions'] = []) =>
  timelineLayout({ frames, transactions, nowUs: 100_000, scale })

it('draws a longer statement higher and over all of its time', () => {
  const layout = lay([frame(0, { atUs: 10_000, endUs: 50_000 }), frame(1, { atUs: 60_000, endUs: 60_200 })])
  expect(layout.durations[9]).toBe(0)
  expect(layout.durations[10]).toBe(1)
  expect(layout.durations[50]).toBe(1)
  expect(layout.durations[51]).toBe(0)
  expect(layout.durations[60]).toBeGreaterThan(0)
  expect(layout.durations[60]).toBeLessThan(0.3)
})

it('draws a command that has not ended up to now', () => {
  expect(lay([frame(0, { atUs: 90_000, endUs: null })]).durations[99]).toBe(1)
})

it('puts rows where the answer ended', () => {
  const layout = lay([frame(0, { atUs: 10_000, endUs: 30_000, rows: 12_000 }), frame(1, { atUs: 40_000, endUs: 41_000, rows: 0 })])
  expect(layout.rows[30]).toBe(1)
  expect(layout.rows[41]).toBe(0)
})

it('shows the strictest flag where several share a pixel', () => {
  const layout = lay([
    frame(0, { atUs: 20_000, masked: 3 }),
    frame(1, { atUs: 20_100, outcome: 'denied', verdict: 'deny' }),
    frame(2, { atUs: 20_200, outcome: 'error' }),
  ])
  expect(layout.flags).toEqual([{ x: 20, width: 1, flag: 'denied' }])
})

it('joins transactions too close to tell apart, unless they ended differently', () => {
  const layout = lay(
    [],
    [
      { first: 0, last: 1, fromUs: 10_000, toUs: 10_500, outcome: 'committed' },
      { first: 2, last: 3, fromUs: 11_000, toUs: 11_500, outcome: 'committed' },
      { first: 4, last: 5, fromUs: 12_000, toUs: 13_500, outcome: 'rolled back' },
    ],
  )
  expect(layout.transactions.map(block => block.outcome)).toEqual(['committed', 'rolled back'])
})

it('lays out fifty thousand overlapping commands in one picture', () => {
  const frames = Array.from({ length: 50_000 }, (_, i) => frame(i, { atUs: i, endUs: 100_000 }))
  const layout = lay(frames)
  expect(layout.durations).toHaveLength(100)
  expect(layout.durations[99]).toBe(1)
})
