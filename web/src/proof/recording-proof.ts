import {
  collectProofs,
  NotProvable,
  openProofs,
  RecordingCheck,
  type Cryptography,
  type Evidence,
  type SessionAnchors,
  type SessionReport,
} from '@steno/recordings'

/** What can be said of a recording as it was read. Plain data: it comes from another thread. */
export type RecordingProof =
  | { is: 'judged'; report: SessionReport }
  /** The log does not know it yet: nobody vouches for any of it. */
  | { is: 'young' }
  /** The log itself does not hold, so it vouches for nothing. */
  | { is: 'log broken'; says: string }
  /** It could not be found out; that says nothing of the recording. */
  | { is: 'not known'; reason: string }

/** Judges one recording while its bytes pass by. */
export interface RecordingProver {
  push(bytes: Uint8Array): void
  /** All bytes have passed. */
  finish(): Promise<RecordingProof>
}

/** Gives a prover that asks the log what the recording must be while the first bytes come; these wait for the answer. */
export function createProver(evidence: Evidence, session: string, cryptography: Cryptography): RecordingProver {
  const anchors = anchorsOf(evidence, session, cryptography)
  let check: RecordingCheck | null = null
  let passed: Promise<void> = anchors.then(found => {
    if ('anchors' in found) check = new RecordingCheck(found.anchors, cryptography.sha256)
  })
  return {
    push(bytes) {
      passed = passed.then(() => check?.push(bytes))
    },
    async finish() {
      await passed
      const found = await anchors
      return 'anchors' in found ? { is: 'judged', report: check!.finish() } : found.proof
    },
  }
}

async function anchorsOf(
  evidence: Evidence,
  session: string,
  cryptography: Cryptography,
): Promise<{ anchors: SessionAnchors } | { proof: RecordingProof }> {
  try {
    const proofs = await collectProofs(evidence, session, cryptography.sha256)
    const { anchors, found } = await openProofs(proofs, { ...cryptography, trust: { by: 'first key' } })
    return anchors ? { anchors } : { proof: { is: 'log broken', says: found[0]?.says ?? 'its proofs lead nowhere' } }
  } catch (error) {
    if (error instanceof NotProvable && (error.code === 'session_unknown' || error.code === 'checkpoint_missing'))
      return { proof: { is: 'young' } }
    return { proof: { is: 'not known', reason: error instanceof Error ? error.message : String(error) } }
  }
}
