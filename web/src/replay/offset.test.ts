import { expect, it } from 'vitest'
import { offsetLabel, shortOffset, spokenOffset } from './offset.ts'

it('writes offsets with milliseconds, and hours only when there are some', () => {
  expect(offsetLabel(18_932_456)).toBe('00:18.932')
  expect(offsetLabel(3_723_004_000)).toBe('1:02:03.004')
})

it('keeps a narrow column narrow', () => {
  expect(shortOffset(18_932_999)).toBe('18.932')
  expect(shortOffset(754_321_000)).toBe('12:34.3')
  expect(shortOffset(3_723_004_000)).toBe('1:02:03')
})

it('says offsets in words', () => {
  expect(spokenOffset(724_000_000)).toBe('12 min 4 s')
  expect(spokenOffset(3_600_000_000)).toBe('1 h 0 min 0 s')
})
