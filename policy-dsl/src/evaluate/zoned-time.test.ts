import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dateOf, hourOf, minuteOf, weekdayOf, zonedClock } from './zoned-time.ts'

const us = (time: string) => Date.parse(time) * 1000
const shown = (zone: string, time: string) => {
  const ms = zonedClock(zone)(us(time))
  return `${weekdayOf(ms)} ${dateOf(ms)} ${hourOf(ms)}:${minuteOf(ms)}`
}

describe('a zoned clock', () => {
  it.each([
    ['UTC', '2026-01-07T00:05:59.999Z', 'wed 2026-01-07 0:5'],
    ['UTC', '2026-01-07T23:59:00Z', 'wed 2026-01-07 23:59'],
    ['UTC', '1969-12-31T23:59:59Z', 'wed 1969-12-31 23:59'],
    ['Asia/Kolkata', '2026-01-07T18:31:00Z', 'thu 2026-01-08 0:1'],
    ['America/New_York', '2026-01-01T04:59:00Z', 'wed 2025-12-31 23:59'],
    ['Europe/Berlin', '2026-03-29T00:59:59Z', 'sun 2026-03-29 1:59'],
    ['Europe/Berlin', '2026-03-29T01:00:00Z', 'sun 2026-03-29 3:0'],
    ['Europe/Berlin', '2026-10-25T00:59:00Z', 'sun 2026-10-25 2:59'],
    ['Europe/Berlin', '2026-10-25T01:00:00Z', 'sun 2026-10-25 2:0'],
    ['Australia/Lord_Howe', '2026-04-04T14:59:00Z', 'sun 2026-04-05 1:59'],
    ['Australia/Lord_Howe', '2026-04-04T15:00:00Z', 'sun 2026-04-05 1:30'],
  ])('shows in %s at %s: %s', (zone, time, expected) => {
    expect(shown(zone, time)).toBe(expected)
  })
  it('shows what the runtime shows, at any time', () => {
    const zones = ['UTC', 'Europe/Berlin', 'America/St_Johns', 'Pacific/Apia', 'Asia/Kathmandu', 'Africa/Casablanca', 'Pacific/Chatham']
    const times = fc.date({ min: new Date('1975-01-01'), max: new Date('2037-12-31'), noInvalidDate: true })
    fc.assert(
      fc.property(fc.constantFrom(...zones), times, (zone, time) => {
        const ms = zonedClock(zone)(time.getTime() * 1000)
        const parts = new Intl.DateTimeFormat('en-CA', {
          timeZone: zone,
          hourCycle: 'h23',
          year: 'numeric',
          month: '2-digit',
          day: '2-digit',
          hour: '2-digit',
          minute: '2-digit',
          weekday: 'short',
        }).formatToParts(time)
        const part = (type: string) => parts.find(one => one.type === type)?.value ?? ''
        expect(dateOf(ms)).toBe(`${part('year')}-${part('month')}-${part('day')}`)
        expect([hourOf(ms), minuteOf(ms)]).toEqual([Number(part('hour')), Number(part('minute'))])
        expect(part('weekday').toLowerCase()).toContain(weekdayOf(ms))
      }),
      { numRuns: 500 },
    )
  })
  it('refuses a zone that nobody knows, and an instant that is none', () => {
    expect(() => zonedClock('Mars/Olympus')).toThrow('Mars/Olympus')
    expect(() => zonedClock('UTC')(Number.NaN)).toThrow('expected an instant, got NaN')
  })
})
