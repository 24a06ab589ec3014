export { findRecordings } from './find-recordings.ts'
export { recordingsOf } from './recordings-of.ts'
export { RehearsalStopped, RehearsalTooLarge, ThreadedRehearsals, type Rehearsals, type Rehearsing } from './rehearsals.ts'
