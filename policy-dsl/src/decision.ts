import type { MatchedRule, Verdict } from '@steno/recordings'
import type { Span } from './ruleset.ts'

/**
 * What a ruleset says of one command: the strictest verdict of all that
 * matched, and everything that must be done if it goes on. Order of rules never
 * matters.
 */
export interface Judgement {
  verdict: Verdict
  /** What decided: the strictest match, the first by operation and rule among equals. Null when nothing did. */
  by: Match | null
  matched: MatchedRule[]
  /** All must be given before the command runs. */
  approvals: ApprovalDemand[]
  /** What its record must be before the command runs. */
  evidence: EvidenceDemand[]
  masks: MaskObligation[]
  limits: LimitObligation[]
  alerts: Alert[]
}

export interface Match {
  rule: string
  line: number
  effect: string
  reason: string
  /** How the asker can comply, where the rule says. */
  hint?: string
  operation: number
  /** The clauses that held, for a reader. */
  clauses: Span[]
}

export interface ApprovalDemand {
  rule: string
  /** Any of these groups or roles. */
  by: string[]
  withinMs: number
  quorum: number
}

/** The command runs once others vouch for its record. */
export interface EvidenceDemand {
  rule: string
  /** `witnessed`: a quorum has signed a checkpoint that covers it. */
  evidence: 'witnessed'
  withinMs: number
}

/** How a value is hidden. */
export type MaskKind = 'redact' | 'hash' | 'last4' | 'null' | 'partial' | 'token'

/** A column as a rule names it. What is null is any. */
export interface ColumnPattern {
  target: string | null
  schema: string | null
  table: string | null
  column: string
}

export interface MaskObligation {
  rule: string
  columns: ColumnPattern[]
  /** A detector for values wherever they stand: RE2 syntax. */
  matching: { pattern: string; flags: string } | null
  with: MaskKind
  /** What may be asked about a masked column without reading it. */
  predicates: 'refuse' | 'equality' | 'allow'
}

export interface LimitObligation {
  rule: string
  rows: number | null
  bytes: number | null
  perMinute: number | null
  per: 'command' | 'session' | 'run' | 'principal'
  over: 'cut' | 'deny' | 'hold'
}

export interface Alert {
  rule: string
  message: string
  severity: 'info' | 'warning' | 'critical'
}
