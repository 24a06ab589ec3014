import type { Finding, Report } from '@steno/recordings'
import type { InclusionStep } from './inclusion-steps.ts'
import type { LogLook } from './look-at-log.ts'

/** How a verification comes on. */
export interface VerifyProgress {
  doing: 'log' | 'recordings'
  /** Of the log: 256 leaves each. */
  bundles: number
  bundlesTotal: number | null
  recordings: number
  /** How many the log opened, as far as it was read. */
  recordingsTotal: number
  bytes: number
  /** What is wrong so far. */
  findings: number
}

/** The way from a recording to the root that is signed. */
export interface SessionPath {
  session: string
  origin: string
  /** The key that all of it rests on; null where it does not hold. */
  key: string | null
  /** The recording as the leaf says it is. */
  recording: { lines: number; root: string; isSealed: boolean } | null
  /** Of a session that is not sealed: its line in the list of an epoch, and the steps up to that epoch's root. */
  list: { text: string; hash: string; steps: Step[]; root: string } | null
  leaf: { index: number; kind: string; text: string; hash: string } | null
  steps: Step[]
  size: number
  root: string
  findings: Omit<Finding, 'key'>[]
}

/** A step with its hashes in base64. */
export interface Step {
  side: InclusionStep['side']
  beside: string
  hash: string
}

/** A file to keep. */
export interface MadeFile {
  name: string
  content: Blob
}

/** What a verifier in a worker is asked, and what it answers. */
export interface ProofTasks {
  look: { ask: { seen: string | null; witnesses: string[]; fromUs: number }; answer: LogLook | null }
  verify: { ask: { seen: string | null }; answer: Report }
  path: { ask: { session: string }; answer: SessionPath }
  bundle: { ask: { session: string }; answer: MadeFile }
}

export type ProofTask = keyof ProofTasks

/** What the page sends: one task for each worker. */
export type ProofRequest = { [Task in ProofTask]: { task: Task; ask: ProofTasks[Task]['ask'] } }[ProofTask]

/** What the worker sends back: how it comes on, and in the end what it found. */
export type ProofMessage =
  | { type: 'progress'; progress: VerifyProgress }
  | { type: 'done'; answer: ProofTasks[ProofTask]['answer'] }
  | { type: 'failed'; reason: string }
