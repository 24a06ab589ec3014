import type { LogReport } from '@steno/recordings'
import { describe, expect, it } from 'vitest'
import { parseRemembered, worthKeeping } from './remembered-log.ts'

const log = { isProven: true, note: 'a note' } as LogReport

describe('what a browser remembers of a log', () => {
  it('is what it has proven, and nothing else', () => {
    expect(worthKeeping({ isAccepted: true, log }, 5)).toEqual({ note: 'a note', atMs: 5 })
    expect(worthKeeping({ isAccepted: false, log }, 5)).toBeNull()
    expect(worthKeeping({ isAccepted: true, log: { ...log, isProven: false } }, 5)).toBeNull()
    expect(worthKeeping({ isAccepted: true, log: { ...log, note: null } }, 5)).toBeNull()
  })

  it('is read back, and nothing else that may lie there', () => {
    expect(parseRemembered(JSON.stringify({ note: 'n', atMs: 1 }))).toEqual({ note: 'n', atMs: 1 })
    for (const other of [null, '', 'null', '7', '{}', '{"note":1,"atMs":1}', '{"note":"n"}', '{'])
      expect(parseRemembered(other), String(other)).toBeNull()
  })
})
