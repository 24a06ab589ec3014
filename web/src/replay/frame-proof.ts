import { isLawful, statusOfLine, verdicts, type Finding, type LineStatus } from '@steno/recordings'
import type { RecordingProof } from '../proof/recording-proof.ts'

/** What a frame's mark says of its proof. */
export interface FrameProof {
  is: 'anchored' | 'young' | 'erased' | 'broken' | 'unknown'
  /** In a word or two, for the mark. */
  word: string
  /** What it rests on, or what is wrong. */
  says: string
  /** The leaf of the log that vouches for it. */
  leaf: number | null
}

/** What is proven of the lines from `from` to before `to`: as much as of the worst of them. */
export function frameProof(proof: RecordingProof | null, { from, to }: { from: number; to: number }): FrameProof {
  if (proof === null) return { is: 'unknown', word: 'being checked', says: 'its hashes are being computed', leaf: null }
  if (proof.is === 'not known') return { is: 'unknown', word: 'not checked', says: proof.reason, leaf: null }
  if (proof.is === 'log broken') return { is: 'broken', word: 'not proven', says: `the log does not hold: ${proof.says}`, leaf: null }
  if (proof.is === 'young') return young
  const { report } = proof
  const ends = [statusOfLine(report, from), statusOfLine(report, to - 1)].filter(status => status !== null)
  const inside = report.findings.find(({ code, line }) => code === 'recording_malformed' && line !== null && line >= from && line < to)
  if (inside) return { is: 'broken', word: 'broken', says: inside.says, leaf: inside.leaf }
  // A frame that was read after the recording was judged.
  if (ends.length < 2) return young
  const worst = ends.reduce((a, b) => (verdicts.indexOf(b.verdict) < verdicts.indexOf(a.verdict) ? b : a))
  return markOf(worst, report.findings)
}

const young: FrameProof = {
  is: 'young',
  word: 'not anchored yet',
  says: 'younger than the newest signed head: nobody vouches for it yet',
  leaf: null,
}

function markOf({ verdict, anchor, says }: LineStatus, findings: readonly Finding[]): FrameProof {
  const leaf = anchor?.leaf ?? null
  switch (verdict) {
    case 'WHOLE':
      return { is: 'anchored', word: `anchored by ${anchorWords[anchor?.by ?? 'seal']}`, says, leaf }
    case 'ERASED':
      return { is: 'erased', word: 'erased lawfully', says, leaf }
    case 'UNANCHORED':
      return { ...young, says }
    case 'TAMPERED':
    case 'TRUNCATED':
    case 'LOST':
      return { is: 'broken', word: 'broken', says: findings.find(finding => finding.verdict === verdict)?.says ?? says, leaf }
  }
}

const anchorWords = { open: 'its opening', epoch: 'an epoch', seal: 'its seal' } as const

/** Whether the log will have more to say of it soon. */
export function isYoung(proof: RecordingProof): boolean {
  return proof.is === 'young' || (proof.is === 'judged' && proof.report.findings.some(({ verdict }) => verdict === 'UNANCHORED'))
}

/** What a whole recording's proof comes to. */
export interface RecordingStanding extends Omit<FrameProof, 'leaf'> {
  /** Microseconds since 1970 of the newest head that vouches for it. */
  anchoredAtUs: number | null
}

/** What is proven of a recording, in a word and a sentence. */
export function recordingStanding(proof: RecordingProof | null): RecordingStanding {
  if (proof?.is !== 'judged') return { ...frameProof(proof, { from: 0, to: 1 }), anchoredAtUs: null }
  const { verdict, findings, anchor } = proof.report
  const anchoredAtUs = anchor?.atUs ?? null
  const [first] = findings
  if (!isLawful(verdict)) return { is: 'broken', word: 'broken', says: first?.says ?? verdict, anchoredAtUs }
  if (verdict === 'UNANCHORED') return { is: 'young', word: 'newest lines not anchored yet', says: first?.says ?? '', anchoredAtUs }
  if (verdict === 'ERASED') return { is: 'erased', word: 'anchored, parts erased', says: first?.says ?? '', anchoredAtUs }
  return {
    is: 'anchored',
    word: anchor?.by === 'seal' ? 'sealed' : 'anchored',
    says: `every line is as leaf ${anchor?.leaf ?? 0} of the log says`,
    anchoredAtUs,
  }
}
