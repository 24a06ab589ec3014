export type { Session, CommandDraft, Ruling, Ticket, RowBlock } from './session.ts'
export { RecordingFailed } from './session.ts'
export type { Pass, Cleared } from './pass.ts'
export { ClientWire, TargetWire } from './wires.ts'
