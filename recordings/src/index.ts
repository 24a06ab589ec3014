export type * from './model.ts'
export type * from './search.ts'
export type { RowBlock } from './cast/row-block.ts'
export { eventMeanings, RecordingWriter, type TerminalSize } from './cast/line-writer.ts'
