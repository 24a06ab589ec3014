import type { SessionReport } from '@steno/recordings'
import { describe, expect, it } from 'vitest'
import type { RecordingProof } from '../proof/recording-proof.ts'
import { frameProof, isYoung, recordingStanding } from './frame-proof.ts'

const root = new Uint8Array(32)
const finding = (fields: Partial<SessionReport['findings'][number]>) => ({
  verdict: 'TAMPERED' as const,
  code: 'lines_differ' as const,
  session: 's',
  line: null,
  leaf: 9,
  key: 'log.example+00000000',
  says: 'one of lines 4 to 9 is the first that is not as leaf 9 of the log says',
  ...fields,
})

/** A recording of ten lines, sealed by leaf 9 and whole, unless told otherwise. */
function judged(more: Partial<SessionReport> = {}): RecordingProof {
  return {
    is: 'judged',
    report: {
      session: 's',
      number: 1,
      verdict: 'WHOLE',
      findings: [],
      lines: 10,
      bytes: 900,
      provenLines: 10,
      provenBytes: 900,
      anchor: { by: 'seal', leaf: 9, atUs: 5_000_000, size: 10, root },
      expectedLines: 10,
      differing: null,
      erased: [],
      key: 'log.example+00000000',
      unanchoredSinceUs: null,
      isClosed: true,
      openedAfter: null,
      ...more,
    },
  }
}

const epoch = { by: 'epoch', leaf: 4, atUs: 1_000_000, size: 4, root } as const
const broken = judged({
  verdict: 'TAMPERED',
  findings: [finding({ line: 4 })],
  anchor: epoch,
  provenLines: 4,
  differing: { from: 4, to: 10 },
})
const growing = judged({
  verdict: 'UNANCHORED',
  findings: [finding({ verdict: 'UNANCHORED', code: 'lines_unanchored', line: 4 })],
  anchor: epoch,
  provenLines: 4,
  expectedLines: 4,
  isClosed: false,
})

describe('frameProof', () => {
  it('says which leaf vouches for a frame', () => {
    expect(frameProof(judged(), { from: 3, to: 6 })).toMatchObject({ is: 'anchored', word: 'anchored by its seal', leaf: 9 })
    expect(frameProof(growing, { from: 2, to: 4 })).toMatchObject({ is: 'anchored', word: 'anchored by an epoch', leaf: 4 })
  })

  it('says of a frame that goes on past the newest head that it is not anchored yet', () => {
    expect(frameProof(growing, { from: 3, to: 5 })).toMatchObject({ is: 'young' })
    expect(frameProof(growing, { from: 12, to: 14 })).toMatchObject({ is: 'young' })
  })

  it('says what is wrong with a broken frame, and that those before it are not', () => {
    expect(frameProof(broken, { from: 1, to: 4 })).toMatchObject({ is: 'anchored' })
    expect(frameProof(broken, { from: 3, to: 5 })).toMatchObject({ is: 'broken', says: expect.stringContaining('leaf 9') })
  })

  it('finds a line that breaks the format inside a frame', () => {
    const proof = judged({
      verdict: 'TAMPERED',
      findings: [finding({ code: 'recording_malformed', line: 5, says: 'no lawful recording' })],
    })
    expect(frameProof(proof, { from: 4, to: 7 })).toMatchObject({ is: 'broken', says: 'no lawful recording' })
    expect(frameProof(proof, { from: 1, to: 4 })).toMatchObject({ is: 'anchored' })
  })

  it('tells erased lines from lines that were taken out', () => {
    const erased = (leaf: number | null) => judged({ erased: [{ from: 3, to: 6, leaf }] })
    expect(frameProof(erased(20), { from: 3, to: 6 })).toMatchObject({ is: 'erased' })
    expect(frameProof(erased(null), { from: 3, to: 6 })).toMatchObject({ is: 'broken' })
  })

  it('claims nothing before it knows', () => {
    expect(frameProof(null, { from: 1, to: 2 }).is).toBe('unknown')
    expect(frameProof({ is: 'not known', reason: 'no HTTPS' }, { from: 1, to: 2 })).toMatchObject({ is: 'unknown', says: 'no HTTPS' })
    expect(frameProof({ is: 'young' }, { from: 1, to: 2 }).is).toBe('young')
    expect(frameProof({ is: 'log broken', says: 'x' }, { from: 1, to: 2 }).is).toBe('broken')
  })
})

describe('recordingStanding', () => {
  it('says in a word how a recording stands', () => {
    expect(recordingStanding(judged())).toMatchObject({ is: 'anchored', word: 'sealed', anchoredAtUs: 5_000_000 })
    expect(recordingStanding(growing)).toMatchObject({ is: 'young', anchoredAtUs: 1_000_000 })
    expect(recordingStanding(broken)).toMatchObject({ is: 'broken', says: expect.stringContaining('lines 4 to 9') })
    expect(recordingStanding(null)).toMatchObject({ is: 'unknown', anchoredAtUs: null })
  })

  it('knows whether the log will have more to say', () => {
    expect([growing, { is: 'young' } as const].every(isYoung)).toBe(true)
    expect([judged(), broken].some(isYoung)).toBe(false)
  })
})
