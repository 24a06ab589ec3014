import type { LineRange } from '../model.ts'
import type { Anchor, SessionAnchors } from './anchors.ts'
import { worst, type Finding, type ProofVerdict } from './verdict.ts'

/** What a verifier says of one recording. Plain data: it can be sent to another thread. */
export interface SessionReport {
  session: string
  number: number | null
  verdict: ProofVerdict
  /** Worst first. */
  findings: Finding[]
  /** Whole lines that are there, erased ones counted: the number that the next line would have. */
  lines: number
  bytes: number
  /** Lines that the newest head vouches for, as far as they are as it says. */
  provenLines: number
  /** How many bytes of the file these lines are. */
  provenBytes: number
  /** The newest head that fits; null when none does. */
  anchor: Anchor | null
  /** How many lines the log knows of: fewer in the file are missing there. */
  expectedLines: number
  /** Where the first line lies that is not as the log says, as closely as its heads tell. */
  differing: LineRange | null
  erased: (LineRange & { leaf: number | null })[]
  /** The name of the key that what is proven rests on. */
  key: string | null
  /** Microseconds since 1970 of the first line that no head vouches for yet. */
  unanchoredSinceUs: number | null
  isClosed: boolean
  /** The checkpoint that the header says the session began after. */
  openedAfter: { origin: string; size: number; root: string } | null
}

/** What is known of one line. */
export interface LineStatus {
  verdict: ProofVerdict
  /** The head that vouches for it. */
  anchor: Anchor | null
  says: string
}

/** What is known of one line of a recording; null for a line that neither file nor log has. */
export function statusOfLine(report: SessionReport, line: number): LineStatus | null {
  const { anchor, differing, erased, lines, provenLines, expectedLines, key } = report
  const rest = key === null ? '' : `, signed by ${key}`
  const gap = erased.find(({ from, to }) => line >= from && line < to)
  if (gap && gap.leaf !== null) return { verdict: 'ERASED', anchor, says: `erased lawfully, by leaf ${gap.leaf} of the log${rest}` }
  if (gap) return { verdict: 'TAMPERED', anchor: null, says: 'left out, and no leaf of the log says it was erased' }
  const malformed = report.findings.find(({ code, line: at }) => code === 'recording_malformed' && at === line)
  if (malformed) return { verdict: 'TAMPERED', anchor: null, says: malformed.says }
  if (line < lines && line < provenLines && anchor)
    return { verdict: 'WHOLE', anchor, says: `as leaf ${anchor.leaf} of the log says${rest}` }
  if (line < lines && differing && line >= differing.from)
    return { verdict: 'TAMPERED', anchor: null, says: `at or after the first line that is not what the log says` }
  if (line < lines && report.verdict === 'TAMPERED' && line >= expectedLines)
    return { verdict: 'TAMPERED', anchor: null, says: 'the log knows nothing of this line' }
  if (line < lines && line < expectedLines)
    return { verdict: 'UNANCHORED', anchor: null, says: 'nothing vouches for it without the lines that are missing behind it' }
  if (line < lines) return { verdict: 'UNANCHORED', anchor: null, says: 'younger than the newest signed head' }
  if (line < expectedLines)
    return { verdict: report.verdict === 'LOST' ? 'LOST' : 'TRUNCATED', anchor: null, says: 'missing: the log knows of it' }
  return null
}

/** The report with more findings, and the verdict that follows from all. */
export function withFindings(report: SessionReport, more: readonly Finding[]): SessionReport {
  const findings = [...more, ...report.findings]
  return { ...report, findings, verdict: worst(findings.map(({ verdict }) => verdict)) }
}

/** The report of a recording that is not there. */
export function absentReport(anchors: SessionAnchors, findings: Finding[]): SessionReport {
  const newest = anchors.seal ?? anchors.epochs.at(-1) ?? anchors.open
  return {
    session: anchors.session,
    number: anchors.number,
    verdict: worst(findings.map(({ verdict }) => verdict)),
    findings,
    lines: 0,
    bytes: 0,
    provenLines: 0,
    provenBytes: 0,
    anchor: null,
    expectedLines: newest?.size ?? 0,
    differing: null,
    erased: [],
    key: anchors.key,
    unanchoredSinceUs: null,
    isClosed: anchors.seal !== null,
    openedAfter: null,
  }
}
