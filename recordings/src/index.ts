export type * from './model.ts'
export type * from './search.ts'
export type { ContentBlock, RowBlock } from './cast/row-block.ts'
export { eventMeanings, RecordingWriter, type TerminalSize } from './cast/line-writer.ts'
export { saltLength, SaltPool, type SaltSource } from './cast/salt-pool.ts'
export { lineBytesMax, parseEvent, parseHeader, readRecording, RecordingReader, type PlacedLine } from './cast/read.ts'
export { RecordingError, type RecordingErrorCode } from './cast/recording-error.ts'
export type { CastHeader } from './cast/records.ts'
export {
  FrameBuilder,
  noticesKeptMax,
  readContents,
  readRows,
  type CommandStatus,
  type Flag,
  type Frame,
  type Gap,
  type LinePlace,
  type NoticeFrame,
  type RowRange,
  type StatementResult,
  type TableFrame,
  type Transaction,
} from './frames.ts'
