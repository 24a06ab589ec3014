import { expect, it } from 'vitest'
import { ruleLenses, type Rehearsed } from './rule-lenses.ts'

type Hits = Rehearsed['report']['rules'][number]

function hits(rule: string, more: Partial<Hits> = {}): Hits {
  const none = { matched: 0, decided: 0, newlyDenied: 0, newlyHeld: 0, newlyAllowed: 0, agents: 0, agentsAffected: 0 }
  return { policy: 'shop', rule, line: 1, isObserved: false, ...none, ...more }
}

function rehearsed(rules: Hits[], more: Partial<Rehearsed> = {}): Rehearsed {
  return { policy: 'shop', window: '7 days', isOld: false, report: { rules, isTruncated: false, commands: 5000 }, ...more }
}

const rule = { name: 'no deletes', line: 3, mode: 'enforce' } as const

it('say what each rule did, above it', () => {
  expect(ruleLenses([rule], rehearsed([hits('no deletes', { matched: 1204, newlyDenied: 3 })]))).toEqual([
    { line: 3, text: 'fired 1,204 times in 7 days · 3 newly denied · 0 agents affected' },
  ])
})

it('say who is held and who is let through, when there is somebody', () => {
  const [lens] = ruleLenses([rule], rehearsed([hits('no deletes', { matched: 1, newlyHeld: 2, newlyAllowed: 4, agentsAffected: 1 })]))
  expect(lens?.text).toBe('fired 1 time in 7 days · 0 newly denied · 2 newly held · 4 newly allowed · 1 agent affected')
})

it('say that a rule which is only observed would have', () => {
  const [lens] = ruleLenses([{ ...rule, mode: 'observe' }], rehearsed([hits('no deletes', { matched: 2 })]))
  expect(lens?.text).toMatch(/^would have fired 2 times/)
})

it('say which part of history was looked at, when not all of the window was', () => {
  const report = { rules: [hits('no deletes')], isTruncated: true, commands: 20_000 }
  expect(ruleLenses([rule], rehearsed([], { report }))[0]?.text).toContain('in the newest 20,000 commands')
  expect(ruleLenses([rule], rehearsed([hits('no deletes')], { window: null }))[0]?.text).toContain('in all that was recorded')
})

it('tell numbers of an older text, and rules without numbers, apart', () => {
  const old = rehearsed([hits('no deletes', { matched: 7 })], { isOld: true })
  expect(ruleLenses([rule, { ...rule, name: 'new', line: 9 }], old).map(({ text }) => text)).toEqual([
    'fired 7 times in 7 days · 0 newly denied · 0 agents affected …',
    'not rehearsed yet',
  ])
  expect(ruleLenses([rule], null)).toEqual([])
})

it('takes no numbers from a rule of the same name in another policy', () => {
  expect(ruleLenses([rule], rehearsed([hits('no deletes', { policy: 'other', matched: 9 })]))[0]?.text).toBe('not rehearsed yet')
})
