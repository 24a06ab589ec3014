import { describe, expect, it } from 'vitest'
import type { Approval } from '../api.ts'
import { countdownLabel, decidedQuery, endingOf, grantMinutes, neighbour, sortApprovals, urgency } from './approval-list.ts'

function approval(id: string, more: Partial<Approval>): Approval {
  return {
    id,
    state: 'pending',
    askedAt: '2026-01-01T00:00:00.000Z',
    expiresAt: '2026-01-01T00:10:00.000Z',
    reviews: [],
    ...more,
  } as Approval
}

describe('the inbox', () => {
  it('shows first what runs out first', () => {
    const late = approval('late', { expiresAt: '2026-01-01T00:20:00.000Z' })
    const soon = approval('soon', { expiresAt: '2026-01-01T00:05:00.000Z' })
    expect(sortApprovals([late, soon]).map(({ id }) => id)).toEqual(['soon', 'late'])
  })

  it('shows first what was decided last', () => {
    const old = approval('old', { state: 'granted', decidedAt: '2026-01-01T00:01:00.000Z' })
    const recent = approval('recent', { state: 'rejected', decidedAt: '2026-01-01T00:02:00.000Z' })
    expect(sortApprovals([old, recent]).map(({ id }) => id)).toEqual(['recent', 'old'])
  })

  it('moves to the neighbour and stops at the ends', () => {
    const list = [approval('a', {}), approval('b', {})]
    expect(neighbour(list, 'a', 1)?.id).toBe('b')
    expect(neighbour(list, 'b', 1)?.id).toBe('b')
    expect(neighbour(list, 'gone', 1)?.id).toBe('a')
    expect(neighbour([], undefined, 1)).toBeUndefined()
  })
})

describe('what is left of the time', () => {
  const asked = approval('a', {})
  const at = (minutes: number) => Date.parse('2026-01-01T00:00:00.000Z') + minutes * 60_000

  it('is counted down in minutes and seconds', () => {
    expect(countdownLabel(asked.expiresAt, at(5.5))).toBe('4:30')
    expect(countdownLabel('2026-01-01T02:00:09.000Z', at(0))).toBe('2:00:09')
    expect(countdownLabel(asked.expiresAt, at(11))).toBe('0:00')
  })

  it('becomes urgent towards its end', () => {
    expect([5, 8.5, 9.5].map(minutes => urgency(asked, at(minutes)))).toEqual(['calm', 'soon', 'now'])
  })
})

it('says of each ending what became of the command', () => {
  const by = { by: 'grace', vote: 'reject' as const, comment: '', at: '', digest: '' }
  expect(endingOf({ state: 'rejected', reviews: [by] })).toBe('Rejected by grace. The command was refused.')
  expect(endingOf({ state: 'withdrawn', reviews: [] })).toBe('Whoever asked took it back, or is gone. Nothing ran.')
  expect(endingOf({ state: 'withdrawn', because: 'policies changed', reviews: [] })).toContain('The policies changed while it waited.')
  expect(endingOf({ state: 'withdrawn', because: 'gateway restarted', reviews: [] })).toContain('The gateway restarted')
})

it('takes whole minutes that the gateway takes too', () => {
  expect(['1', ' 10 ', '240'].map(grantMinutes)).toEqual([1, 10, 240])
  expect(['0', '241', '1.5', '-1', 'ten', '', '1e2'].map(grantMinutes)).toEqual([null, null, null, null, null, null, null])
})

it('asks for decided requests by what the address says, as far as it makes sense', () => {
  expect(decidedQuery({})).toEqual({ state: 'decided' })
  expect(decidedQuery({ state: 'rejected', target: 'shop', agent: 'backfill', reviewer: 'ada', since: '7d', grant: 'open' })).toEqual({
    state: 'rejected',
    target: 'shop',
    agent: 'backfill',
    reviewer: 'ada',
    since: '7d',
    grant: 'open',
  })
  expect(decidedQuery({ state: 'pending', target: '', since: 'ever', grant: 'shut' })).toEqual({ state: 'decided' })
})
