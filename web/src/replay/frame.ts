import type {
  Cell,
  Column,
  CommandKind,
  CommandRecord,
  CommandStatus,
  Decision,
  EndRecord,
  LineRange,
  Notice,
  NoticeFrame,
  RecordingHeader,
  Transaction,
  TransactionState,
  Verdict,
} from '@steno/recordings'
import type { FoundIn } from './search-inside.ts'

/** What a frame is: a command, by how it was asked, something said outside any, or lines that are erased. */
type FrameKind = CommandKind | 'said' | 'setting' | 'end' | 'erased'

/** One frame as the page keeps it: what the list, the timeline and the player need. Its answer stays in the recording. */
export interface FrameSummary {
  /** Its place among the frames, from 0. */
  index: number
  /** The line of the recording it stands on: its deep link. */
  line: number
  /** The command's number, 0 for what is not one. */
  n: number
  kind: FrameKind
  /** The statement's start on one line, or what was said. */
  preview: string
  atUs: number
  /** Null while it runs. */
  endUs: number | null
  outcome: CommandStatus | 'said'
  verdict: Verdict
  rows: number
  masked: number
  /** Values of which only the start was recorded. */
  cut: number
  /** The transaction it stands in, as an index; -1 outside one. */
  transaction: number
  errorCode: string | null
}

/** From the frame that began a transaction to the one that ended it. */
export interface TransactionSummary {
  first: number
  last: number
  fromUs: number
  toUs: number
  outcome: Transaction['outcome']
}

/** A whole number of bytes of the recording, `to` excluded. */
export interface ByteRange {
  from: number
  to: number
}

/** What ended a statement. */
interface Done {
  tag: string
  affected: number | null
}

/** One part of what came back, in the order it came. */
export type Section =
  | {
      kind: 'table'
      /** Which result of the frame it shows. */
      result: number
      columns: Column[]
      rows: number
      /** The rows at the start that came along with the detail; the rest is asked for. */
      head: Cell[][]
      done: Done | null
      /** Whether the portal stopped at its row limit. */
      isSuspended: boolean
    }
  | { kind: 'copy'; direction: 'in' | 'out' | 'both'; isBinary: boolean; text: string; isWhole: boolean; bytes: number; done: Done | null }
  | { kind: 'done'; tag: string; affected: number | null }
  | { kind: 'notices'; notices: Notice[]; count: number }
  | { kind: 'error'; error: Notice; by: 'target' | 'gateway' }
  | { kind: 'value'; value: Cell }
  | { kind: 'described'; columns: Column[] }
  | { kind: 'parameters'; types: string[] }
  | { kind: 'word'; word: 'prepared' | 'bound' | 'empty' | 'skipped' }

/** One frame with everything but the rows that are still in the recording. */
export type FrameDetail = {
  index: number
  /** The bytes of the line it stands on. */
  bytes: ByteRange
} & (
  | {
      kind: 'command'
      /** The command's record; of a very long text only the start. */
      command: CommandRecord
      /** How many characters the whole text has. */
      textLength: number
      /** The last decision on it. */
      decision: Decision
      /** The frame that carried the text, when it travelled on its own. */
      preparedAt: { index: number; n: number } | null
      sections: Section[]
      /** The transaction the command left behind; null while it runs. */
      leaves: TransactionState | null
      answer: (ByteRange & { lines: number }) | null
    }
  | { kind: 'said'; said: NoticeFrame['said'] }
  | { kind: 'erased'; lines: LineRange; erasure: string }
)

/** A command with its answer. */
export type CommandDetail = FrameDetail & { kind: 'command' }

/** One hit of a search: a frame, and where in its story the words stand. */
export interface SearchHit {
  index: number
  found: FoundIn
}

/** Something wrong with a recording, and where. */
interface Refusal {
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
