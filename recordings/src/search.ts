import type { Decision, EndReason, MatchedRule, Operation, Parameter, Principal, RunIdentity, Verdict } from './model.ts'

/** A command as search returns it, complete but for its rows: those are in the recording, at `frame`. */
export interface Command {
  /** `<session>.<number>` */
  id: string
  session: string
  /** The command's number in its session, from 1. */
  number: number
  run: string
  attempt: number
  task: string | null
  principal: string
  /** Whoever launched the principal, nearest first. */
  delegation: string[]
  target: string
  protocol: string
  /** RFC 3339, UTC, microseconds. */
  at: string
  kind: string
  text: string
  /** How long the text is, when `text` is only its start: the index keeps 64 Ki of it, the recording all. */
  textLength?: number
  parameters: Parameter[]
  operations: Operation[]
  verdict: Verdict
  rule?: Decision['rule']
  reason?: Decision['reason']
  /** Everything else that matched it: what holds for its answer, and what observed rules would have done. */
  matched?: MatchedRule[]
  policyVersion: string
  /** Cells masked in its answer. */
  masked: number
  approval?: string
  rows?: number
  affected?: number
  error?: { code: string; message: string }
  /** From the command's line to its end, or null while it runs. */
  durationMs: number | null
  /** The line of the recording the command stands on; the deep link to its frame. */
  frame: number
}

/** A session as search returns it. */
export interface Session {
  id: string
  run: string
  attempt: number
  /** How many attempts the task has had when this was asked. */
  attempts: number
  task: string | null
  agentVersion: string | null
  principal: string
  delegation: string[]
  target: string
  protocol: string
  startedAt: string
  /** Null while the session is open. */
  endedAt: string | null
  endReason: EndReason | null
  durationMs: number | null
  commands: number
  errors: number
  denied: number
  held: number
  masked: number
  sizeBytes: number
  clientAddress: string
  application: string | null
  policyVersion: string
}

/** A session with everything its header says. */
export interface SessionDetail extends Session {
  runIdentity: RunIdentity
  principalDetail: Principal
  delegationDetail: Principal[]
  labels: Record<string, string>
}

/** A run as search returns it. */
export interface Run {
  id: string
  principal: string
  delegation: string[]
  task: string | null
  trigger: string | null
  agentVersion: string | null
  attempt: number
  attempts: number
  parent: string | null
  targets: string[]
  openedAt: string
  expiresAt: string
  endedAt: string | null
  exitCode: number | null
  state: 'open' | 'ended' | 'expired'
  sessions: number
  commands: number
  errors: number
  denied: number
  held: number
  masked: number
}
