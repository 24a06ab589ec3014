import { RecordingError, RecordingReader, type PlacedLine, type RecordingHeader } from '@steno/recordings'

/** What a recording says next. After a refusal it says nothing more. */
type ReadLine =
  | { kind: 'header'; header: RecordingHeader }
  | { kind: 'event'; placed: PlacedLine }
  | { kind: 'refused'; line: number; message: string }

/** Reads a recording strictly, but keeps what came before the first line that is wrong. */
export interface LineReader {
  push(bytes: Uint8Array): Generator<ReadLine, void, undefined>
  /** Whether a line was refused: nothing after it is read. */
  readonly isRefused: boolean
  readonly isEnded: boolean
  /** Where a last line without its newline starts, or null. */
  readonly tornAt: number | null
}

/** Gives a reader at the start of a recording. */
export function createLineReader(): LineReader {
  const reader = new RecordingReader()
  let isRefused = false
  let saidHeader = false
  return {
    get isRefused() {
      return isRefused
    },
    get isEnded() {
      return reader.isEnded
    },
    get tornAt() {
      return isRefused ? null : reader.tornAt
    },
    *push(bytes) {
      if (isRefused) return
      try {
        for (const placed of reader.push(bytes)) {
          if (!saidHeader) yield* header()
          yield { kind: 'event', placed }
        }
        if (!saidHeader) yield* header()
      } catch (error) {
        if (!(error instanceof RecordingError)) throw error
        isRefused = true
        yield { kind: 'refused', line: error.line, message: error.message.replace(/^line \d+: /, '') }
      }
    },
  }

  function* header(): Generator<ReadLine, void, undefined> {
    if (!reader.header) return
    saidHeader = true
    yield { kind: 'header', header: reader.header.steno }
  }
}
