import type { Checkpoint } from '../proof/checkpoint.ts'
import type { LogLeafKind } from '../proof/leaf.ts'
import type { SessionReport } from './session-report.ts'
import { isLawful, sortFindings, worst, type Finding, type ProofVerdict } from './verdict.ts'
import type { LedgerReport } from './verify-ledger.ts'

/** What a verifier says of all the evidence. Plain data: it can be sent to another thread. */
export interface Report {
  /** The worst of everything that was found. */
  verdict: ProofVerdict
  /** Whether nobody did what they may not, and everybody whose word was asked for has given it. */
  isAccepted: boolean
  log: LogReport
  ledger: LedgerReport
  /** In the order of their ids. */
  sessions: SessionReport[]
  /** Everything that was found, worst first. */
  findings: Finding[]
}

/** What a verifier says of the gateway's log. */
export interface LogReport {
  /** What was signed; null where there was nothing to read. */
  checkpoint: Checkpoint | null
  /** The same as it was signed, a note: worth keeping, to hold what is shown later against it. */
  note: string | null
  /** Whether a trusted key has signed exactly these leaves. Where it has not, no recording is looked at. */
  isProven: boolean
  /** The key in force, as findings name it, and all keys there were, as vkeys. */
  key: string | null
  keys: string[]
  /** Whether the key was taken from the evidence itself, so that it vouches for itself. */
  trustsItself: boolean
  /** The names of the policy's witnesses that have cosigned. */
  witnesses: string[]
  counts: Partial<Record<LogLeafKind, number>>
  /** Leaves written after the checkpoint, which nobody has signed yet. */
  unsignedLeaves: number
  /** When the newest epoch was, in microseconds since 1970. */
  newestEpochAtUs: number | null
}

/** A report of its parts. `others` is what was found outside the sessions that were looked at. */
export function assembleReport({
  log,
  ledger,
  sessions,
  others,
}: Pick<Report, 'log' | 'ledger' | 'sessions'> & { others: readonly Finding[] }): Report {
  const findings = sortFindings([...others, ...sessions.flatMap(session => session.findings)])
  const verdict = worst(findings.map(one => one.verdict))
  const isAccepted = isLawful(verdict) && !findings.some(({ code }) => code === 'quorum_missing')
  return { verdict, isAccepted, log, ledger, sessions, findings }
}
