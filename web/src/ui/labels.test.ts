import { expect, it } from 'vitest'
import { absoluteLabel, ageLabel, bytesLabel, clockLabel, countOf, durationLabel } from './labels.ts'

it('gives a duration in the unit that fits it', () => {
  const cases: [number, string][] = [
    [0.04, '0.0 ms'],
    [4.14, '4.1 ms'],
    [9.96, '10 ms'],
    [999.6, '1.0 s'],
    [3_400, '3.4 s'],
    [9_960, '10 s'],
    [59_600, '1 m 00 s'],
    [72_000, '1 m 12 s'],
    [3_600_000, '1 h 00 m'],
    [86_400_000 * 3 + 4 * 3_600_000, '3 d 4 h'],
    [-1, '–'],
    [Number.NaN, '–'],
  ]
  for (const [ms, label] of cases) expect(durationLabel(ms)).toBe(label)
})

it('gives an age in words, and a time to come', () => {
  expect([0, 41_000, 180_000, 7_200_000, 86_400_000 * 3, -900_000].map(ageLabel)).toEqual([
    'just now',
    '41 s ago',
    '3 m ago',
    '2 h ago',
    '3 d ago',
    'in 15 m',
  ])
})

it('gives bytes in the unit that fits them', () => {
  expect([0, 812, 999, 1000, 4_120, 999_600, 2e9, 5e15].map(bytesLabel)).toEqual([
    '0 B',
    '812 B',
    '999 B',
    '1.0 kB',
    '4.1 kB',
    '1.0 MB',
    '2.0 GB',
    '5000 TB',
  ])
})

it('puts the day before the time when it is another day', () => {
  const now = new Date('2026-11-21T14:02:00Z')
  expect(clockLabel(new Date('2026-11-21T13:58:07Z'), now)).toBe('13:58:07')
  expect(clockLabel(new Date('2026-11-20T13:58:07Z'), now)).toBe('20 Nov 13:58:07')
  expect(clockLabel(new Date('2025-01-02T03:04:05Z'), now)).toBe('2 Jan 2025 03:04:05')
  expect(absoluteLabel(new Date('2026-11-21T13:58:07.031Z'))).toBe('2026-11-21 13:58:07.031 UTC')
})

it('puts a word in the right number', () => {
  expect([0, 1, 1204].map(count => countOf(count, 'command'))).toEqual(['0 commands', '1 command', '1,204 commands'])
})
