import type { LiveNamespace, MaskKey } from '@steno/policy-dsl'
import type { Operation, Principal, RunIdentity } from '@steno/recordings'
import type { z } from 'zod'
import type { Session } from '../guard/index.ts'
import type { Secret } from './shared/secret.ts'
import type { Address, Machine, ServerTls, Socket } from '../runtime/machine.ts'

/**
 * What a protocol tells the house about itself. A protocol is a folder beside
 * this file and one line in `registry.ts`; it sees this file, `shared/`, and
 * the rooms below, never another protocol.
 */
export interface Protocol<Settings = unknown> {
  readonly name: string
  /** The port it listens on when the configuration names none. */
  readonly port: number
  /** Checks what a target of this protocol says beyond `protocol`, `address` and `labels`. */
  readonly settings: z.ZodType<Settings>
  /** How a client of a run reaches a target through this protocol's port. */
  connection(how: ConnectionRequest): Connection
  /** Opens for business. */
  start(doors: Doors): Promise<Service>
}

/** A protocol at work. */
export interface Service {
  /** Serves one accepted connection; settles when that is over. */
  serve(client: Socket): Promise<void>
  /** What a target holds, for whoever writes policies about it. Rejects when the target does not tell. */
  describe(target: AdmittedTarget): Promise<LiveNamespace[]>
  /** Everything a statement would do at a target, by what was last known of it; by the text alone when there is none of that name. */
  operations(statement: string, target: string | null): Operation[]
  /** What a target expects of a statement that is held, without running any of it. Never rejects. */
  estimate(target: AdmittedTarget, statement: HeldStatement): Promise<Estimate>
}

/** A statement that waits for people, as it was sent. */
export interface HeldStatement {
  text: string
  hasParameters: boolean
  /** What it would do where it was asked. */
  operations: Operation[]
}

/** What a planner expects, or why it was not asked. */
export type Estimate = { isPossible: true; rows: number; cost: number; steps: PlannedStep[] } | { isPossible: false; because: string }

/** A step of a plan; those that feed it are one deeper. */
export interface PlannedStep {
  depth: number
  step: string
  relation: string | null
  rows: number
}

export interface ConnectionRequest {
  run: string
  token: string
  target: string
  /** The port as clients reach it. */
  address: Address
  tls: boolean
}

export interface Connection {
  protocol: string
  /** What a stock client takes. */
  url: string
  /** What the ecosystem's tools read. */
  env: Record<string, string>
}

/** What a protocol may ask of the house while it serves. */
export interface Doors {
  machine: Machine
  tls: ServerTls | null
  limits: Limits
  /** What keyed masks are made with. */
  maskKey: MaskKey
  /** The verifiers of a run that may come in now; null for any other name, and the caller answers both alike. */
  credential(run: string): RunCredential | null
  /** Whether a run may reach a target now, and with what. */
  admit(run: ActiveRun, target: string): Admission
  /** Opens the session's recording. Throws `RecordingFailed` when it cannot be written. */
  open(session: SessionRequest): Session
  /** The secret a target's settings point to. Throws when the variable or the file is missing, without saying what was in it. */
  reveal(secret: Secret): string
  /** The text of a file that a target's settings name. */
  readFile(path: string): string
  /** Counts and logs a connection that was turned away before it had a session. */
  turnedAway(refusal: { client: string; reason: string; run: string | null; target: string | null }): void
}

/** Named limits that a length from the wire is compared with before it is used. */
export interface Limits {
  /** A connection that has not finished its startup by then is closed. */
  startupMs: number
  /** The longest single message read from a client or a target. */
  messageBytesMax: number
  /** The most of one value that is stored in a recording; the rest is counted and hashed. */
  valueBytesMax: number
  /** How long a target may take to accept a connection. */
  connectMs: number
}

/** A run that is neither ended nor expired. */
export interface ActiveRun {
  identity: RunIdentity
  /** The run at the top: the one that a proven credential opened, which this one was opened inside. */
  root: string
  principal: Principal
  delegation: Principal[]
  targets: string[]
  expiresAtUs: number
  /** Aborted with the reason (`run ended`, `run expired`) when its sessions must end. */
  over: AbortSignal
}

export interface RunCredential {
  run: ActiveRun
  scram: ScramVerifier
}

/** What RFC 5803 stores in place of a password. */
export interface ScramVerifier {
  iterations: number
  salt: Uint8Array
  storedKey: Uint8Array
  serverKey: Uint8Array
}

export type Admission = { admitted: true; target: AdmittedTarget } | { admitted: false; reason: string }

export interface AdmittedTarget {
  name: string
  address: Address
  labels: Record<string, string>
  /** As `Protocol.settings` gave it. */
  settings: unknown
}

export interface SessionRequest {
  run: ActiveRun
  protocol: string
  target: AdmittedTarget
  client: { address: string; application: string | null; tls: boolean }
}
