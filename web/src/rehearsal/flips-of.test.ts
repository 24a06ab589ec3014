import type { RehearsalReport, RehearsedFlip } from '@steno/policy-dsl'
import type { Verdict } from '@steno/recordings'
import { expect, it } from 'vitest'
import { flipsOf } from './flips-of.ts'

function flip(command: number, shape: string, principal: string, after: Verdict, before: Verdict = 'allow'): RehearsedFlip {
  const place = { session: 's', command, frame: command * 2, at: '2026-01-01T00:00:00Z', target: 'shop' }
  return { ...place, principal, text: shape, shape, before, after, rule: 'r', policy: 'p', reason: null, ruleBefore: null, clauses: [] }
}

const group = (name: string, [newlyDenied, newlyHeld, newlyAllowed]: [number, number, number]) => ({
  name,
  flips: newlyDenied + newlyHeld + newlyAllowed,
  newlyDenied,
  newlyHeld,
  newlyAllowed,
  example: { session: 's', command: 1, frame: 2 },
})

const report = {
  flips: [flip(1, 'update a', 'ann', 'hold'), flip(2, 'delete a', 'bob', 'deny'), flip(3, 'update a', 'bob', 'hold')],
  flipGroups: {
    byShape: [group('update a', [0, 9, 0]), group('delete a', [1, 0, 0])],
    byAgent: [group('ann', [0, 8, 0]), group('bob', [1, 1, 0])],
  },
} as Partial<RehearsalReport> as RehearsalReport

const brief = (groups: ReturnType<typeof flipsOf>) =>
  groups.map(({ name, flips, listed }) => [name, flips, listed.map(({ command }) => command)])

it('puts what would be denied first, with the commands that are listed', () => {
  expect(brief(flipsOf(report, 'shape', null))).toEqual([
    ['delete a', 1, [2]],
    ['update a', 9, [1, 3]],
  ])
  expect(brief(flipsOf(report, 'agent', null))).toEqual([
    ['bob', 2, [2, 3]],
    ['ann', 8, [1]],
  ])
})

it('counts of one pair of verdicts what it can tell apart', () => {
  expect(brief(flipsOf(report, 'agent', { before: 'allow', after: 'hold' }))).toEqual([
    ['ann', 1, [1]],
    ['bob', 1, [3]],
  ])
  expect(flipsOf(report, 'shape', { before: 'deny', after: 'allow' })).toEqual([])
})
