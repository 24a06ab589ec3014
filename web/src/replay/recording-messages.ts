import type { Cell } from '@steno/recordings'
import type { RecordingProof } from '../proof/recording-proof.ts'
import type { FrameDetail, SearchHit } from './frame.ts'
import type { RecordingUpdate } from './recording.ts'

/** What the page asks of the worker. Requests with an `id` are answered once. */
export type RecordingRequest =
  /** Read it, and find out what is proven of it. */
  | { type: 'open'; url: string; session: string }
  /** Find that out again: the log may have come on. */
  | { type: 'prove' }
  /** Read what came since. */
  | { type: 'follow' }
  | { type: 'detail'; id: number; index: number }
  | { type: 'rows'; id: number; index: number; result: number; first: number; count: number }
  | { type: 'raw'; id: number; index: number }
  | { type: 'search'; id: number; text: string }
  | { type: 'stop search' }

/** What the worker tells the page. */
export type RecordingMessage =
  | { type: 'update'; update: RecordingUpdate }
  | { type: 'proof'; proof: RecordingProof }
  /** Nothing could be read, and why. */
  | { type: 'failed'; message: string }
  | { type: 'detail'; id: number; detail: FrameDetail }
  | { type: 'rows'; id: number; rows: Cell[][] }
  | { type: 'raw'; id: number; text: string }
  | { type: 'hits'; id: number; hits: SearchHit[]; searchedBytes: number; isDone: boolean }
  | { type: 'refused'; id: number; message: string }
