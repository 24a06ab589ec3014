import type { RecordingProof } from './recording-proof.ts'

/** What the reader of a recording tells its prover: which one it begins, its bytes as they come, that there are no more. */
export type ProverRequest = { type: 'begin'; session: string } | { type: 'bytes'; bytes: Uint8Array } | { type: 'end' }

export interface ProverMessage {
  proof: RecordingProof
}
