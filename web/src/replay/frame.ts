import type { Cell, Column, CommandKind, CommandRecord, EndRecord, Notice, NoticeRecord, RecordingHeader, TransactionState, Verdict } from '@steno/recordings'
import type { FoundIn } from './search-inside.ts'

/** How a command came out; `running` when the recording does not say. */
export type Outcome = 'ok' | 'error' | 'denied' | 'held' | 'suspended' | 'skipped' | 'running'

/** One command as the page keeps it: what the list, the timeline and the player need. Its answer stays in the recording. */
export interface FrameSummary {
  /** Its place among the frames, from 0. */
  index: number
  /** The line of the recording the command stands on: its deep link. */
  line: number
  n: number
  kind: CommandKind
  /** The statement's start on one line. */
  preview: string
  atUs: number
  /** Null while it runs. */
  endUs: number | null
  outcome: Outcome
  verdict: Verdict
  rows: number
  masked: number
  /** The transaction it stands in, as an index; -1 outside one. */
  transaction: number
  errorCode: string | null
}

/** From the command that began a transaction to the one that ended it. */
export interface TransactionSummary {
  first: number
  last: number
  fromUs: number
  toUs: number
  outcome: 'committed' | 'rolled back' | 'open'
}

/** A whole number of bytes of the recording, `to` excluded. */
export interface ByteRange {
  from: number
  to: number
}

/** One part of what came back, in the order it came. */
export type Section =
  | {
      kind: 'table'
      columns: Column[]
      rows: number
      /** The rows at the start that came along with the detail; the rest is asked for. */
      head: Cell[][]
      done: { tag: string; affected: number | null } | null
      /** Whether the portal stopped at its row limit. */
      isSuspended: boolean
    }
  | { kind: 'copy'; direction: 'in' | 'out' | 'both'; isBinary: boolean; text: string; isWhole: boolean; bytes: number; done: { tag: string; affected: number | null } | null }
  | { kind: 'done'; tag: string; rows: number; affected: number | null }
  | { kind: 'notice'; notice: Notice }
  | { kind: 'error'; error: Notice; by: 'target' | 'gateway' }
  | { kind: 'value'; value: Cell }
  | { kind: 'word'; word: 'prepared' | 'bound' | 'empty' | 'skipped' }
  | { kind: 'parameters'; types: string[] }
  | { kind: 'outside'; notice: NoticeRecord; atUs: number }

/** One command with everything but the rows that are still in the recording. */
export interface FrameDetail {
  index: number
  /** The command's record; of a very long text only the start. */
  command: CommandRecord
  /** How many characters the whole text has. */
  textLength: number
  /** The frame that carried the text, when it travelled on its own. */
  preparedAt: { index: number; n: number } | null
  sections: Section[]
  /** The transaction the command left behind; null while it runs. */
  leaves: TransactionState | null
  commandBytes: ByteRange
  answerBytes: ByteRange | null
  answerLines: number
}

/** One hit of a search: a frame, and where in its story the words stand. */
export interface SearchHit {
  index: number
  found: FoundIn
}

/** Something wrong with a recording, and where. */
export interface Refusal {
  line: number
  message: string
}

/** How far the recording has been read. */
export interface ReadProgress {
  readBytes: number
  /** Null when the server did not say. */
  totalBytes: number | null
}

/** What is known about a recording besides its frames. */
export interface RecordingFacts {
  header: RecordingHeader | null
  end: EndRecord | null
  refusal: Refusal | null
  /** Bytes after the last whole line. */
  tornBytes: number
  lines: number
  lastUs: number
}
