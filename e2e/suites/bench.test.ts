import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { benchAnalysis } from '../bench/analysis.js'
import { benchEvaluation } from '../bench/evaluation.js'
import { benchLog } from '../bench/log.js'
import { benchRehearsal } from '../bench/rehearsal.js'
import { benchVerdicts } from '../bench/verdict.js'

// The bench takes parts of the program from its build, by paths and constructors
// that no compiler checks: here each is run once, to see that it still measures.

let printed: string
beforeEach(() => {
  printed = ''
  vi.spyOn(console, 'log').mockImplementation((line: string) => void (printed += `${line}\n`))
})
afterEach(() => vi.restoreAllMocks())

/** The numbers that a table holds. */
function numbersIn(table: string): number[] {
  return [...table.matchAll(/\| ([\d.]+)(?: k)? (?=\|)/g)].map(([, number]) => Number(number))
}

describe('the bench', () => {
  it('measures judgements', async () => {
    await benchEvaluation({ rounds: 1, share: 0.01, withCedar: false })
    expect(printed).toContain('50 rules over 1000 commands')
    expect(numbersIn(printed).filter(number => number > 0)).toHaveLength(2)
  })

  it('measures the way from a statement to its verdict', async () => {
    await benchVerdicts({ rounds: 1, share: 0.01 })
    expect(printed).toContain('50 rules of which 2 mask')
    const numbers = numbersIn(printed)
    expect(numbers).toHaveLength(3 * 6)
    expect(numbers.every(number => number > 0)).toBe(true)
  })

  it('measures what hashing and the log cost', async () => {
    await benchLog({ rounds: 1, epochs: 1 })
    const numbers = numbersIn(printed)
    expect(numbers).toHaveLength(3 * 2)
    expect(numbers.every(number => number > 0)).toBe(true)
  })

  it('measures rehearsals, here and in a thread of the gateway’s', async () => {
    await benchRehearsal({ rounds: 1, loaded: 1000, commands: 2000 })
    expect(printed).toContain('as the browser does | 1000 |')
    expect(printed).toContain('everything | 2000 |')
  })

  it('measures what an author waits for', async () => {
    await benchAnalysis({ rounds: 1 })
    expect(printed).toMatch(/60 rules, \d+ findings/)
    expect(numbersIn(printed).filter(number => number > 0)).toHaveLength(6)
  })
})
