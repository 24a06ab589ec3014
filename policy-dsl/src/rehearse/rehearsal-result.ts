import type { Verdict } from '@steno/recordings'
import type { Span } from '../ruleset.ts'
import type { Unknown } from './unknowns.ts'

export interface RehearsalResult {
  totals: {
    sessions: number
    runs: number
    agents: number
    commands: number
    rehearsed: number
    flips: number
    fromUs: number | null
    toUs: number | null
  }
  /** How many commands had the first verdict then and have the second now. */
  verdicts: Record<Verdict, Record<Verdict, number>>
  /** Every rule, also those that nothing matched. */
  rules: RuleHits[]
  /** Commands whose verdict is another one now, the earliest first. */
  flips: Flip[]
  flipsNotKept: number
  flipsByShape: FlipGroup[]
  flipsByAgent: FlipGroup[]
  masks: MaskHits[]
  limits: LimitHits[]
  /** By day, in UTC. */
  approvals: ApprovalDay[]
  /** Commands that no rule matched, by the verb of each of their operations. */
  unmatched: { commands: number; byVerb: { verb: string; operations: number }[] }
  /** What history cannot tell, as sentences. */
  unknowns: Unknown[]
}

export interface RuleHits {
  /** The place of its policy among the evaluators. */
  policy: number
  rule: string
  line: number
  isObserved: boolean
  /** Commands that it matched, and those among them that it decided. */
  matched: number
  decided: number
  newlyDenied: number
  newlyHeld: number
  /** Principals whose commands it matched, and those among them for whom it changes a verdict. */
  agents: number
  agentsAffected: number
}

export interface Flip {
  session: string
  /** The command's number in its session. */
  command: number
  line: number
  atUs: number
  agent: string
  /** Its start. */
  text: string
  shape: string
  before: Verdict
  after: Verdict
  /** What decides now; null where nothing speaks against it any more. */
  rule: string | null
  reason: string | null
  /** What decided then. */
  ruleBefore: string | null
  /** The clauses that held, in the source of the rule that decides now. */
  clauses: Span[]
}

export interface FlipGroup {
  /** The shape or the agent. */
  name: string
  flips: number
  newlyDenied: number
  newlyHeld: number
  newlyAllowed: number
  /** One of them, to open. */
  example: { session: string; command: number; line: number }
}

export interface MaskHits {
  rule: string
  /** As the rule names it, or its detector between slashes. */
  column: string
  commands: number
  /** Rows of their answers then. */
  rows: number
}

export interface LimitHits {
  rule: string
  /** Commands that counted against it. */
  commands: number
  /** Refused or held because it was used up. */
  denied: number
  held: number
  /** Answers that would have been shortened, and by how many rows and bytes. */
  cut: number
  rowsCut: number
  bytesCut: number
  /** Answers that would have been broken off, because it does not shorten. */
  brokenOff: number
}

export interface ApprovalDay {
  /** `YYYY-MM-DD` */
  day: string
  heldBefore: number
  heldAfter: number
  /** Those of now, by the group that would be asked. */
  by: Record<string, number>
}
