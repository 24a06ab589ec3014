export type { AnswerKeeper, CommandDraft, Compliance, Given, Kept, Recorded, RowBlock, Ruling, Ticket, Understanding } from './session.ts'
export { LimitExceeded, RecordingFailed, Session } from './session.ts'
export type { Pass, Cleared } from './pass.ts'
export { ClientWire, TargetWire } from './wires.ts'
