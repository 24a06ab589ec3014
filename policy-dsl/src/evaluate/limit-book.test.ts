import { describe, expect, it } from 'vitest'
import type { LimitObligation } from '../decision.ts'
import { LimitBook, type Counted } from './limit-book.ts'

const who: Counted = { session: 's1', run: 'r1', principal: 'reporter' }
const second = 1_000_000
const day = 86_400 * second

function limit(over: Partial<LimitObligation>): LimitObligation {
  return { rule: 'small portions', rows: null, bytes: null, perMinute: null, per: 'run', over: 'deny', ...over }
}

describe('a limit on rows and bytes', () => {
  it('is used up when all of it was given, by whichever of the two comes first', () => {
    const limits = [limit({ rows: 10, bytes: 1000 })]
    const book = new LimitBook()
    expect(book.begin(who, limits, 0)).toEqual([])
    book.spend(who, limits, { rows: 9, bytes: 400 }, 0)
    expect(book.begin(who, limits, 0)).toEqual([])
    expect(book.allowance(who, limits[0]!, { rows: 0, bytes: 0 }, 0)).toEqual({ rows: 1, bytes: 600 })
    book.spend(who, limits, { rows: 0, bytes: 600 }, 0)
    expect(book.begin(who, limits, 0)).toEqual(limits)
    expect(book.allowance(who, limits[0]!, { rows: 0, bytes: 0 }, 0)).toEqual({ rows: 1, bytes: 0 })
  })

  it('of one command knows nothing of the others', () => {
    const limits = [limit({ rows: 10, per: 'command', over: 'cut' })]
    const book = new LimitBook()
    book.spend(who, limits, { rows: 10, bytes: 1 }, 0)
    expect(book.begin(who, limits, 0)).toEqual([])
    expect(book.allowance(who, limits[0]!, { rows: 4, bytes: 1 }, 0)).toEqual({ rows: 6, bytes: Infinity })
  })

  it.each([
    ['session', { ...who, session: 's2' }],
    ['run', { ...who, run: 'r2' }],
    ['principal', { ...who, principal: 'another' }],
  ] as const)('counts per %s, and nobody else', (per, other) => {
    const limits = [limit({ rows: 5, per })]
    const book = new LimitBook()
    book.spend(who, limits, { rows: 5, bytes: 0 }, 0)
    expect(book.begin(who, limits, 0)).toHaveLength(1)
    expect(book.begin(other, limits, 0)).toEqual([])
    expect(book.begin(who, [limit({ rule: 'another', rows: 5, per })], 0)).toEqual([])
  })

  it('tells holders and rules apart that look alike when they are written in one line', () => {
    const book = new LimitBook()
    const one = limit({ rule: 'b c', rows: 1, per: 'principal' })
    book.spend({ ...who, principal: 'a' }, [one], { rows: 1, bytes: 0 }, 0)
    expect(book.begin({ ...who, principal: 'a b' }, [limit({ rule: 'c', rows: 1, per: 'principal' })], 0)).toEqual([])
  })

  it('begins anew for a principal after a day, and never for a run', () => {
    const [ofDay, ofRun] = [limit({ rows: 5, per: 'principal' }), limit({ rows: 5 })]
    const book = new LimitBook()
    book.spend(who, [ofDay, ofRun], { rows: 5, bytes: 0 }, 0)
    expect(book.begin(who, [ofDay, ofRun], day - 1)).toEqual([ofDay, ofRun])
    expect(book.begin(who, [ofDay, ofRun], day)).toEqual([ofRun])
  })
})

describe('a limit on commands', () => {
  it('looks back a minute', () => {
    const limits = [limit({ perMinute: 2 })]
    const book = new LimitBook()
    const spentAt = (at: number) => book.begin(who, limits, at * second).length > 0
    expect([0, 30, 59, 60, 61, 200].map(spentAt)).toEqual([false, false, true, true, true, false])
  })

  it('counts a command for as many as it holds', () => {
    const limits = [limit({ perMinute: 5 })]
    const book = new LimitBook()
    expect(book.begin(who, limits, 0, 4)).toEqual([])
    expect(book.begin(who, limits, 0, 2)).toEqual(limits)
    expect(book.begin(who, limits, 61 * second, 5)).toEqual([])
  })

  it('counts a command once, however many limits of its rule look at it', () => {
    const limits = [limit({ perMinute: 2, over: 'hold' }), limit({ perMinute: 3, over: 'deny' })]
    const book = new LimitBook()
    const spent = [1, 2, 3, 4].map(at => book.begin(who, limits, at * second).map(({ over }) => over))
    expect(spent).toEqual([[], [], ['hold'], ['hold', 'deny']])
  })
})

it('forgets who has been away longest when there are too many', () => {
  const limits = [limit({ rows: 1 })]
  const book = new LimitBook()
  for (let run = 0; run <= 10_000; run++) book.spend({ ...who, run: `r${run}` }, limits, { rows: 1, bytes: 0 }, run)
  expect(book.begin({ ...who, run: 'r10000' }, limits, 10_001)).toHaveLength(1)
  expect(book.begin({ ...who, run: 'r0' }, limits, 10_001)).toEqual([])
})
