import { describe, expect, it } from 'vitest'
import { rehearsedSummary } from './rehearsed-summary.ts'

describe('the summary of a rehearsal', () => {
  it('counts every command that would be decided otherwise once, and none that would not', () => {
    const matrix = {
      allow: { allow: 100, hold: 1, deny: 2 },
      hold: { allow: 4, hold: 200, deny: 8 },
      deny: { allow: 16, hold: 32, deny: 400 },
    }
    expect(rehearsedSummary({ commands: 763, matrix, from: null, to: null })).toEqual({
      commands: 763,
      newlyDenied: 10,
      newlyHeld: 33,
      newlyAllowed: 20,
      from: null,
      to: null,
    })
  })
})
