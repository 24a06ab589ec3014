import { RecordingReader, type PlacedLine } from './read.ts'

/** A recording's bytes, wherever they are. */
export interface RecordingSource {
  sizeBytes: number
  read(range: { start: number; end: number }): Uint8Array
}

const pieceBytes = 1 << 20

/** Reads a recording from its beginning, a piece of it in memory at a time. Throws `RecordingError` for what is none, a torn last line among it. */
export function* readSource(source: RecordingSource): Generator<PlacedLine, void, undefined> {
  const reader = new RecordingReader()
  for (let start = 0; start < source.sizeBytes; start += pieceBytes) {
    yield* reader.push(source.read({ start, end: Math.min(source.sizeBytes, start + pieceBytes) }))
  }
  reader.finish()
}
