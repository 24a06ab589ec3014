import { expect, it } from 'vitest'
import { parseSearch } from './query.ts'
import { rangeLabel, rangeOf } from './time-range.ts'

const now = Date.UTC(2026, 10, 21, 14, 2)

it('gives the time a search covers', () => {
  expect(rangeOf(parseSearch('since:1h'), now)).toEqual({ fromMs: now - 3_600_000, toMs: null })
  expect(rangeOf(parseSearch('since:2026-11-20T00:00:00Z until:1h'), now)).toEqual({
    fromMs: Date.UTC(2026, 10, 20),
    toMs: now - 3_600_000,
  })
  expect(rangeOf(parseSearch('since:soon'), now)).toEqual({ fromMs: null, toMs: null })
})

it('names the day where it is not today', () => {
  expect(rangeLabel({ fromMs: now - 3_600_000, toMs: now }, now)).toBe('13:02 – 14:02 UTC')
  expect(rangeLabel({ fromMs: now - 86_400_000, toMs: now }, now)).toBe('2026-11-20 14:02 – 14:02 UTC')
})
