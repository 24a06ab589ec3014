import type { LogLeaf } from '@steno/recordings'
import { describe, expect, it } from 'vitest'
import type { PlacedLeaf } from './look-at-log.ts'
import { stripLayout } from './strip-layout.ts'

const hash = `${'A'.repeat(43)}=`
const second = 1_000_000
const epoch = (at: number): LogLeaf => ({ kind: 'epoch', atUs: at * second, number: 1, count: 1, root: hash })
const open = (at: number, session: string): LogLeaf => ({ kind: 'open', atUs: at * second, session, number: 1, header: hash })
const seal = (at: number, session: string): LogLeaf => ({
  kind: 'seal',
  atUs: at * second,
  session,
  size: 3,
  root: hash,
  bytes: 9,
  reason: 'client closed',
})
const deny = (at: number): LogLeaf => ({ kind: 'deny', atUs: at * second, reason: 'token', commitment: hash })
const config = (at: number): LogLeaf => ({ kind: 'config', atUs: at * second, hash })

function lay(said: LogLeaf[], { first = 0, from = 0, to = 1000, rows = 3 } = {}) {
  const leaves: PlacedLeaf[] = said.map((leaf, at) => ({ index: first + at, said: leaf }))
  return stripLayout({ leaves, fromUs: from * second, toUs: to * second, columns: 10, rows })
}

describe('stripLayout', () => {
  it('shows epochs by how dense they are', () => {
    const { epochs } = lay([epoch(1), epoch(2), epoch(3), epoch(4), epoch(150), epoch(151)])
    expect(epochs.slice(0, 3)).toEqual([1, 0.5, 0])
  })

  it('shows where the log was silent for longer than it may be, until now', () => {
    const { gaps } = lay([epoch(0), epoch(100), epoch(400), epoch(500), epoch(600)])
    expect(gaps).toEqual([
      { from: 0.1, to: 0.4 },
      { from: 0.6, to: 1 },
    ])
  })

  it('does not call silent what was not read', () => {
    expect(lay([epoch(500), epoch(600)], { first: 7 }).unread).toEqual({ from: 0, to: 0.5 })
    expect(lay([epoch(500), epoch(600)], { first: 0 }).unread).toBeNull()
    expect(lay([epoch(500), epoch(600)], { first: 7 }).gaps).toEqual([{ from: 0.6, to: 1 }])
  })

  it('lays sessions side by side, and counts those there is no row for', () => {
    const { sessions, hidden } = lay([open(100, 'a'), open(150, 'b'), seal(200, 'a'), open(300, 'c'), seal(400, 'c'), open(410, 'd')], {
      rows: 1,
    })
    expect(sessions).toEqual([
      { session: 'a', row: 0, from: 0.1, to: 0.2, is: 'sealed' },
      { session: 'c', row: 0, from: 0.3, to: 0.4, is: 'sealed' },
      { session: 'd', row: 0, from: 0.41, to: 1, is: 'open' },
    ])
    expect(hidden).toBe(1)
  })

  it('draws a session from the left edge when its opening was not read', () => {
    expect(lay([seal(200, 'a')], { first: 9 }).sessions).toMatchObject([{ from: 0, to: 0.2, is: 'sealed' }])
  })

  it('leaves out what ended before or began after', () => {
    const { sessions, counts } = lay([open(10, 'a'), seal(20, 'a'), config(30), epoch(1500)], { from: 100, to: 200 })
    expect(sessions).toEqual([])
    expect(counts).toEqual({})
  })

  it('gathers marks that would lie on each other under the sign that matters most', () => {
    expect(lay([config(110), config(120), deny(130), config(920)]).marks).toEqual([
      { lane: 'said', kind: 'deny', at: 0.1, counts: { config: 2, deny: 1 } },
      { lane: 'said', kind: 'config', at: 0.9, counts: { config: 1 } },
    ])
  })
})
