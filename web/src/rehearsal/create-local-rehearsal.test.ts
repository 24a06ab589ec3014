import { emptyLiveSchema, type RehearsalReport } from '@steno/policy-dsl'
import { describe, expect, it } from 'vitest'
import { createLocalRehearsal, type LocalDraft } from './create-local-rehearsal.ts'
import type { FoundSessions, PastFilter } from './find-sessions.ts'
import type { RehearsalMessage, RehearsalRequest } from './rehearsal-messages.ts'

const week: PastFilter = { since: '7d', target: '', agent: '' }
const bound = { commands: 10, bytes: 1000 }
const progress = { sessions: 1, of: 1, commands: 4, bytes: 100 }

/** A worker that does what the test says, and sessions that are found when it says so. */
function setUp() {
  const asked: RehearsalRequest[] = []
  const finding: { resolve: (found: FoundSessions) => void; reject: (error: Error) => void }[] = []
  let tell: (message: RehearsalMessage) => void = () => {}
  const rehearsal = createLocalRehearsal({
    port: { post: request => void asked.push(request), hear: take => (tell = take), terminate: () => {} },
    find: () => new Promise((resolve, reject) => finding.push({ resolve, reject })),
    sinceUsOf: age => (age === '7d' ? 1_000_000 : null),
  })
  return {
    asked,
    rehearsal,
    tell: (message: RehearsalMessage) => tell(message),
    async found(which: number, sessions: string[], isTruncated = false) {
      finding[which]?.resolve({ sessions, agents: ['loader'], isTruncated })
      await Promise.resolve()
    },
    async notFound(which: number, message: string) {
      finding[which]?.reject(new Error(message))
      await Promise.resolve()
    },
    ids: () => asked.map(({ is, id }) => `${is} ${id}`),
  }
}

const draft = (source: string): LocalDraft => ({ source, policies: [{ name: 'd', version: null, source }], live: emptyLiveSchema })
const report = (commands: number) => ({ is: 'report', report: { commands } as RehearsalReport }) as const

describe('a rehearsal beside the page', () => {
  it('finds, loads, and then rehearses the text that stands there by then', async () => {
    const { rehearsal, tell, found, asked } = setUp()
    rehearsal.load(week, bound)
    rehearsal.rehearse(draft('one'))
    rehearsal.rehearse(draft('two'))
    expect(rehearsal.loading()).toEqual({ is: 'finding' })
    await found(0, ['s1'], true)
    expect(asked).toEqual([{ is: 'load', id: 1, sessions: ['s1'] }])
    tell({ is: 'loaded', id: 1, progress })
    expect(asked.at(-1)).toMatchObject({
      is: 'rehearse',
      ask: { policies: [{ source: 'two' }], window: { sinceUs: 1_000_000 }, isTruncated: true },
    })
    tell({ is: 'rehearsed', id: 1, outcome: report(4) })
    expect(rehearsal.text()).toEqual({ is: 'rehearsed' })
    expect(rehearsal.last()).toMatchObject({ source: 'two', report: { commands: 4 } })
    expect(rehearsal.agents()).toEqual(['loader'])
  })

  it('keeps one text under way, takes up the newest after it, and shows nothing that is out of date', async () => {
    const { rehearsal, tell, found, asked, ids } = setUp()
    rehearsal.load(week, bound)
    await found(0, ['s1'])
    tell({ is: 'loaded', id: 1, progress })
    for (const text of ['a', 'ab', 'abc']) rehearsal.rehearse(draft(text))
    expect(ids()).toEqual(['load 1', 'rehearse 1'])
    tell({ is: 'rehearsed', id: 1, outcome: report(1) })
    expect(rehearsal.last()).toBeNull()
    expect(asked.at(-1)).toMatchObject({ id: 2, ask: { policies: [{ source: 'abc' }] } })
    tell({ is: 'rehearsed', id: 2, outcome: report(2) })
    expect(rehearsal.last()).toMatchObject({ source: 'abc', report: { commands: 2 } })
  })

  it('keeps the last report while a text does not compile', async () => {
    const { rehearsal, tell, found } = setUp()
    rehearsal.load(week, bound)
    await found(0, ['s1'])
    tell({ is: 'loaded', id: 1, progress })
    rehearsal.rehearse(draft('good'))
    tell({ is: 'rehearsed', id: 1, outcome: report(1) })
    rehearsal.rehearse(draft('bad('))
    tell({ is: 'rehearsed', id: 2, outcome: { is: 'uncompiled', errors: 3 } })
    expect(rehearsal.text()).toEqual({ is: 'uncompiled', errors: 3 })
    expect(rehearsal.last()).toMatchObject({ source: 'good' })
  })

  it('believes nothing of a window that another has taken the place of', async () => {
    const { rehearsal, tell, found, ids } = setUp()
    rehearsal.rehearse(draft('text'))
    rehearsal.load(week, bound)
    await found(0, ['s1'])
    rehearsal.load({ ...week, since: '' }, bound)
    rehearsal.load({ ...week, target: 'shop' }, bound)
    await found(2, ['s3'])
    // What was looked for before comes late, and what was loaded before was already told.
    await found(1, ['s2'])
    tell({ is: 'loaded', id: 1, progress })
    expect(rehearsal.loading().is).toBe('loading')
    tell({ is: 'loaded', id: 3, progress })
    expect(ids()).toEqual(['load 1', 'load 3', 'rehearse 1'])
  })

  it('rehearses again on what was loaded while a text was under way', async () => {
    const { rehearsal, tell, found, ids } = setUp()
    rehearsal.rehearse(draft('text'))
    rehearsal.load(week, bound)
    await found(0, ['s1'])
    tell({ is: 'loaded', id: 1, progress })
    rehearsal.load({ ...week, target: 'shop' }, bound)
    tell({ is: 'rehearsed', id: 1, outcome: report(1) })
    expect(rehearsal.last()).toBeNull()
    await found(1, ['s2'])
    tell({ is: 'loaded', id: 2, progress })
    expect(ids()).toEqual(['load 1', 'rehearse 1', 'load 2', 'rehearse 2'])
  })

  it('says what went wrong, and begins again when asked', async () => {
    const { rehearsal, tell, found, notFound } = setUp()
    rehearsal.load(week, bound)
    await notFound(0, 'the gateway did not answer')
    expect(rehearsal.loading()).toEqual({ is: 'failed', reason: 'the gateway did not answer' })
    rehearsal.load(week, bound)
    await found(1, ['s1'])
    tell({ is: 'unloadable', id: 2, reason: 'you are not signed in any more' })
    expect(rehearsal.loading()).toEqual({ is: 'failed', reason: 'you are not signed in any more' })
  })
})
