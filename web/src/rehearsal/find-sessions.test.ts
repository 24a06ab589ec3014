import { expect, it } from 'vitest'
import type { Query } from '../api.ts'
import { findSessions } from './find-sessions.ts'

const everything = { since: '', target: '', agent: '' }

/** Pages of sessions, the newest first, as the API gives them; and what it was asked. */
function history(pages: { id: string; commands: number; sizeBytes?: number; principal?: string }[][]) {
  const asked: Query[] = []
  const ask = (query: Query) => {
    asked.push(query)
    const at = Number(query.cursor ?? 0)
    const items = (pages[at] ?? []).map(session => ({ sizeBytes: 100, principal: 'loader', ...session }))
    return Promise.resolve({ items, cursor: at + 1 < pages.length ? String(at + 1) : null })
  }
  return { asked, ask }
}

it('gives all that fit, the earliest first, and who asked', async () => {
  const { ask, asked } = history([
    [
      { id: 'd', commands: 1 },
      { id: 'c', commands: 0 },
    ],
    [
      { id: 'b', commands: 2, principal: 'auditor' },
      { id: 'a', commands: 3 },
    ],
  ])
  const found = await findSessions({ since: '7d', target: 'shop', agent: '' }, { commands: 10, bytes: 1000 }, ask)
  // What asked nothing cannot be rehearsed.
  expect(found).toEqual({ sessions: ['a', 'b', 'd'], agents: ['auditor', 'loader'], isTruncated: false })
  expect(asked).toEqual([
    { since: '7d', target: 'shop', limit: '500' },
    { since: '7d', target: 'shop', limit: '500', cursor: '1' },
  ])
})

it('stops before the first that does not fit, by commands and by bytes', async () => {
  const pages = [
    [
      { id: 'c', commands: 4 },
      { id: 'b', commands: 4 },
      { id: 'a', commands: 4 },
    ],
  ]
  const byCommands = await findSessions(everything, { commands: 8, bytes: 1000 }, history(pages).ask)
  expect(byCommands).toEqual({ sessions: ['b', 'c'], agents: ['loader'], isTruncated: true })
  const byBytes = await findSessions(everything, { commands: 100, bytes: 199 }, history(pages).ask)
  expect(byBytes).toMatchObject({ sessions: ['c'], isTruncated: true })
})
