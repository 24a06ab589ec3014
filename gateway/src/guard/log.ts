import type { RecordingHeader } from '@steno/recordings'
import type { RecordingFile } from '../journal/recordings.ts'

/** The gateway's log, as the guard writes to it. What it cannot write it throws, and then nothing goes on. */
export interface Log {
  /** What the header of the next session says of the log. */
  next(): Required<Pick<RecordingHeader, 'number' | 'log'>>
  /** Says that a session opens, the one that `next` was asked for: before its target gets a byte, and after its header is written. */
  open(opened: OpenedSession): Receipt
  /** Resolves when what it was told before the call is on disk, and the recordings it is about. */
  durable(): Promise<void>
  /** Says that a command was refused: after its line is written, and before anybody is told. */
  deny(refused: RefusedCommand): void
}

export interface OpenedSession {
  session: string
  /** Line 0 of its recording, without its newline. */
  header: Uint8Array
  file: RecordingFile
}

export interface RefusedCommand {
  session: string
  /** The recording's line that says so: its number, and its bytes without the newline. */
  line: number
  text: Uint8Array
  reason: DenyReason
}

/** Who refused: the gateway itself, a policy at once, or a policy when people or witnesses did not agree. */
export type DenyReason = 'built in' | 'policy' | 'hold'

/** What a client keeps to show later that its session was in the log. */
export interface Receipt {
  session: string
  /** The index of its `open` leaf. */
  index: number
  origin: string
}
