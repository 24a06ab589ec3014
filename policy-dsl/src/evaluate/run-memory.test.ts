import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { MemoryCounter } from '../ruleset.ts'
import { RunMemory } from './run-memory.ts'

const second = 1_000_000
const start = 1_767_787_200 * second
const day = 86_400

describe('a run’s memory', () => {
  it('is empty before anything happened', () => {
    expect(new RunMemory().at(start).sum('count', null, 60_000)).toBe(0)
  })
  it('counts by verb and for all verbs', () => {
    const memory = new RunMemory()
    memory.add('count', 'DELETE', 2, start)
    memory.add('count', 'SELECT', 3, start)
    memory.add('rows', null, 100, start)
    const now = memory.at(start)
    expect(now.sum('count', 'DELETE', 1000)).toBe(2)
    expect(now.sum('count', 'SELECT', 1000)).toBe(3)
    expect(now.sum('count', 'DROP', 1000)).toBe(0)
    expect(now.sum('count', null, 1000)).toBe(5)
    expect(now.sum('rows', null, 1000)).toBe(100)
    expect(now.sum('denials', null, 1000)).toBe(0)
  })
  it('forgets at the second after the window, not before', () => {
    const memory = new RunMemory()
    memory.add('commands', null, 1, start + 0.9 * second)
    const sumAt = (us: number) => memory.at(start + us).sum('commands', null, 10_000)
    expect(sumAt(10.5 * second)).toBe(1)
    expect(sumAt(10.9 * second)).toBe(1) // exactly 10 s later
    expect(sumAt(11 * second - 1)).toBe(1)
    expect(sumAt(11 * second)).toBe(0)
  })
  it('looks back a day at most', () => {
    const memory = new RunMemory()
    memory.add('commands', null, 1, start)
    expect(memory.at(start + day * second).sum('commands', null, 7 * 86_400_000)).toBe(1)
    expect(memory.at(start + (day + 1) * second).sum('commands', null, 7 * 86_400_000)).toBe(0)
  })
  it('counts for a window that is asked about late', () => {
    const memory = new RunMemory()
    for (let index = 0; index < 100; index++) memory.add('commands', null, 1, start + index * second)
    expect(memory.at(start + 99 * second).sum('commands', null, 9000)).toBe(10)
    expect(memory.at(start + 99 * second).sum('commands', null, 49_000)).toBe(50)
    expect(memory.at(start + 99 * second).sum('commands', null, 1_000_000)).toBe(100)
  })
  it('loses nothing when the clock steps back', () => {
    const memory = new RunMemory()
    memory.add('commands', null, 1, start)
    memory.add('commands', null, 1, start - 3600 * second)
    expect(memory.at(start - 7200 * second).sum('commands', null, 1000)).toBe(2)
  })
  it('refuses what is no amount, no instant and no window', () => {
    const memory = new RunMemory()
    expect(() => memory.add('rows', null, -1, start)).toThrow('expected an amount')
    expect(() => memory.add('rows', null, Number.NaN, start)).toThrow('expected an amount')
    expect(() => memory.add('rows', null, 1, Number.NaN)).toThrow('expected an instant')
    expect(() => memory.at(start).sum('rows', null, 0)).toThrow('expected a window')
    expect(() => memory.at(start).sum('rows', null, Number.NaN)).toThrow('expected a window')
  })
  it('counts a verb too many as any verb, never as none', () => {
    const memory = new RunMemory()
    for (let index = 0; index < 300; index++) memory.add('count', `V${index}`, 1, start)
    expect(memory.at(start).sum('count', 'V299', 1000)).toBeGreaterThanOrEqual(1)
    expect(memory.at(start).sum('count', null, 1000)).toBe(300)
  })
  it('says what adding everything up says, for any story', () => {
    const counters: MemoryCounter[] = ['count', 'rows']
    const happening = fc.record({
      counter: fc.constantFrom(...counters),
      verb: fc.constantFrom('DELETE', 'SELECT', null),
      amount: fc.nat(5),
      afterMs: fc.oneof(fc.nat(3000), fc.nat(200_000), fc.nat(50_000_000)),
      ask: fc.constantFrom(500, 1000, 1500, 60_000, 3_600_000, 86_400_000, 172_800_000),
    })
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 80 }), story => {
        const memory = new RunMemory()
        const past: { counter: MemoryCounter; verb: string | null; amount: number; second: number }[] = []
        let nowUs = start
        for (const { counter, verb, amount, afterMs, ask } of story) {
          nowUs += afterMs * 1000
          const now = Math.floor(nowUs / second)
          const sum = (asked: string | null) =>
            past
              .filter(
                one =>
                  one.counter === counter &&
                  (asked === null || one.verb === asked) &&
                  now - one.second <= Math.min(Math.ceil(ask / 1000), day),
              )
              .reduce((total, one) => total + one.amount, 0)
          expect(memory.at(nowUs).sum(counter, verb, ask)).toBe(sum(verb))
          memory.add(counter, verb, amount, nowUs)
          past.push({ counter, verb, amount, second: now })
          expect(memory.at(nowUs).sum(counter, null, ask)).toBe(sum(null))
        }
      }),
    )
  })
  it('goes on right after it cut off what is old', () => {
    const memory = new RunMemory()
    memory.at(start).sum('commands', null, 60_000)
    for (let index = 0; index < 5000; index++) {
      memory.add('commands', null, 1, start + index * 60 * second)
      const expected = Math.min(index + 1, 2)
      expect(memory.at(start + index * 60 * second).sum('commands', null, 60_000)).toBe(expected)
    }
    expect(memory.at(start + 4999 * 60 * second).sum('commands', null, 86_400_000)).toBe(1441)
  })
})
