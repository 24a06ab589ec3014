import type {
  CommandKind,
  Grant,
  Operation,
  Parameter,
  Principal,
  Review,
  RunIdentity,
  TransactionState,
  Witnessed,
} from '@steno/recordings'
import type { ApprovalDemand, Judgement } from '@steno/policy-dsl'

/** The published policies, as the guard asks them. */
export interface Law {
  /** What the policies say of one session's commands, from its first to its last. */
  forSession(session: LawfulSession): SessionLaw
}

/** A session as policies see it. */
export interface LawfulSession {
  id: string
  run: RunIdentity
  /** The run at the top, whose memory and limits hold for all that it opened. */
  rootRun: string
  principal: Principal
  delegation: Principal[]
  target: { name: string; protocol: string; labels: Record<string, string> }
  client: { address: string; application: string | null }
  startedAtUs: number
}

/** The law of one session. It always answers by the policies that are published now. */
export interface SessionLaw {
  /** No rule looks at this target, so nothing need be read out of texts. Changes when policies do. */
  readonly isSilent: boolean
  /** What decisions name: `name@hash` of each policy that is in force, joined by spaces; `none` without any. */
  readonly version: string
  /** Judges one command. Never throws: what goes wrong denies. */
  judge(command: LawfulCommand): Sentence
  /** Adds what a command did to the run's memory, once per command when it was decided, with the rows as they are returned. */
  remember(event: RememberedEvent): void
}

export interface LawfulCommand {
  kind: CommandKind
  text: string
  transaction: TransactionState
  operations: Operation[]
  /** Commands of the session before this one. */
  before: number
}

export interface Sentence {
  /** The version of the policy that decided, else of all that were asked. */
  policyVersion: string
  judgement: Judgement
}

export type RememberedEvent =
  | { what: 'command'; operations: Operation[]; verdict: 'allow' | 'deny' }
  | { what: 'rows'; count: number }
  | { what: 'approval' }

/** Where held commands wait for people. */
export interface Consent {
  /** Asks for consent. The outcome settles once: decided, expired, or withdrawn when `signal` is aborted. Throws when the request cannot be written down. */
  request(ask: ConsentAsk, signal: AbortSignal): { id: string; outcome: Promise<ConsentOutcome> }
}

/** Everything an approver decides on. `digest` is over the exact bytes and bind values, the session and the policy version. */
export interface ConsentAsk {
  session: LawfulSession
  /** The command's number in its session. */
  number: number
  /** As the recording has it: what must not be seen is masked in it. */
  text: string
  parameters: Parameter[]
  operations: Operation[]
  transaction: TransactionState
  /** Whether `text` and `parameters` are what was sent, and nothing in them is masked. */
  isAsSent: boolean
  /** SHA-256, in hex, of what commands are alike in that differ in plain values; null when that cannot be said of this one. */
  shape: string | null
  /** The policy that decided. */
  policyVersion: string
  /** All policies that were in force. */
  lawVersion: string
  /** Each must be met. */
  demands: ApprovalDemand[]
  reason: string
  digest: string
}

/** Where held commands wait for witnesses. */
export interface Evidence {
  /** Waits until a quorum has signed a checkpoint that covers a recording so far. The outcome settles once; `withdrawn` when `signal` is aborted. Never rejects. */
  witnessed(ask: EvidenceAsk, signal: AbortSignal): Promise<EvidenceOutcome>
}

/** The first `lines` lines of a session's recording, the header among them. They are in the file. */
export interface EvidenceAsk {
  session: string
  lines: number
  withinMs: number
}

export type EvidenceOutcome = { witnessed: true; by: Witnessed } | { witnessed: false; because: 'late' | 'withdrawn' }

export type ConsentOutcome =
  | { granted: true; reviews: Review[] }
  /** People agreed to its shape before. */
  | { granted: true; grant: Grant }
  /** `stale`: the policies that it was asked under are no longer in force. */
  | { granted: false; because: 'rejected' | 'expired' | 'withdrawn' | 'stale'; reviews: Review[] }
