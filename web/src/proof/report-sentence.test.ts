import type { Finding, Report } from '@steno/recordings'
import { describe, expect, it } from 'vitest'
import { stillProven } from './finding-words.ts'
import { reportSentence } from './report-sentence.ts'

type Judged = Pick<Report['sessions'][number], 'session' | 'verdict'> & Partial<Report['sessions'][number]>

/** A report of sessions named `a`, `b`, …, with findings. */
function report(findings: Partial<Finding>[], { isProven = true, sessions = [] as Judged[] } = {}): Report {
  const all = findings.map(one => ({ session: null, line: null, leaf: null, key: 'k', says: '', ...one }) as Finding)
  const lawful = ['WHOLE', 'ERASED', 'UNANCHORED']
  const verdict = all[0]?.verdict ?? 'WHOLE'
  return { verdict, isAccepted: lawful.includes(verdict), log: { isProven, checkpoint: { size: 9 } }, sessions, findings: all } as Report
}

const three: Judged[] = ['a', 'b', 'c'].map(session => ({ session, verdict: 'WHOLE', erased: [], provenLines: 5, expectedLines: 5 }))
const says = (...args: Parameters<typeof report>) => reportSentence(report(...args)).says

describe('reportSentence', () => {
  it('says what became of how many recordings', () => {
    const tampered: Partial<Finding> = { verdict: 'TAMPERED', code: 'lines_differ', session: 'a' }
    const lost = (session: string): Partial<Finding> => ({ verdict: 'LOST', code: 'recording_missing', session })
    const cut: Partial<Finding> = { verdict: 'TRUNCATED', code: 'lines_missing', session: 'a' }
    const sessions = three
    expect(says([], { sessions })).toBe('Whole: everything is there, as it was signed.')
    expect(says([tampered], { sessions })).toBe('Tampered with: 1 of 3 recordings is not as it was signed; the others are as signed.')
    expect(says([lost('a'), lost('b')], { sessions })).toBe('Lost: 2 of 3 recordings are gone; the others are as signed.')
    expect(says([cut], { sessions: three.slice(0, 1) })).toBe('Cut off: 1 of 1 recording lost its end.')
    expect(says([tampered, lost('b')], { sessions })).toBe(
      'Tampered with: 2 of 3 recordings are not as they were signed; the others are as signed.',
    )
  })

  it('says first what is wrong with the log, since recordings rest on it', () => {
    expect(says([{ verdict: 'TAMPERED', code: 'rolled_back' }], { sessions: three })).toBe('Tampered with: the log was rolled back.')
    expect(says([{ verdict: 'TAMPERED', code: 'leaves_differ' }], { isProven: false })).toBe(
      'Tampered with: the log was changed; nothing that rests on the log is proven.',
    )
    expect(says([{ verdict: 'LOST', code: 'ledger_missing' }], { sessions: three })).toBe('Lost: the ledger is missing.')
  })

  it('finds nothing wrong with what is missing lawfully, or young', () => {
    expect(reportSentence(report([{ verdict: 'ERASED', code: 'lines_erased', session: 'a' }]))).toMatchObject({ tone: 'good' })
    expect(reportSentence(report([{ verdict: 'UNANCHORED', code: 'lines_unanchored', session: 'a' }]))).toMatchObject({ tone: 'good' })
  })
})

describe('what is still proven', () => {
  const anchor = { by: 'seal', leaf: 7 } as Report['sessions'][number]['anchor']
  const of = (session: string | null, sessions: Judged[], isProven = true) =>
    stillProven({ session, key: 'k' } as Finding, report([], { sessions, isProven }))

  it('is as much as a head vouches for, and the other recordings', () => {
    const [a, b, c] = three as [Judged, Judged, Judged]
    expect(of('a', [{ ...a, verdict: 'LOST', provenLines: 0 }, b, { ...c, verdict: 'ERASED' }])).toBe(
      'Of this recording nothing. 2 of 2 other recordings are as signed.',
    )
    expect(
      of('a', [
        { ...a, verdict: 'TAMPERED', provenLines: 1, anchor },
        { ...b, verdict: 'LOST' },
      ]),
    ).toBe('Line 0 of this recording, by leaf 7. 0 of 1 other recording is as signed.')
    expect(of('a', [{ ...a, verdict: 'ERASED', anchor, erased: [{ from: 1, to: 3, leaf: 8 }] }])).toBe(
      'All 5 lines that leaf 7 knows, 2 of them by their hashes alone.',
    )
  })

  it('is nothing where the log is not proven', () => {
    expect(of(null, [], false)).toContain('Nothing: recordings rest on the log')
    expect(of(null, three)).toBe('The log’s leaves up to 9 are signed by k, and so is every recording that is not named here.')
  })
})
