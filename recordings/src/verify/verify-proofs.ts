import { utf8Decoder } from '../cast/utf8.ts'
import type { ByteStream } from './evidence.ts'
import { openProofs } from './open-proofs.ts'
import { assembleReport, type LogReport, type Report } from './report.ts'
import type { SessionProofs } from './session-proofs.ts'
import { absentReport, type SessionReport } from './session-report.ts'
import type { Cryptography, Trust } from './trust.ts'
import { verifyRecording } from './verify-recording.ts'

/** Judges one recording by the proofs that came with it. Throws `ProofError` for proofs that are none. */
export async function verifyProofs(
  { proofs, recording }: { proofs: SessionProofs; recording: ByteStream | null },
  options: Cryptography & { trust: Trust },
): Promise<Report> {
  const { anchors, checkpoint, key, keys, witnesses, found } = await openProofs(proofs, options)
  const log: LogReport = {
    checkpoint,
    note: utf8Decoder.decode(proofs.checkpoint),
    isProven: anchors !== null,
    key,
    keys: keys.map(({ vkey }) => vkey),
    trustsItself: options.trust.by === 'first key',
    witnesses,
    counts: {},
    unsignedLeaves: 0,
    newestEpochAtUs: null,
  }
  const ledger = { lines: 0, provenLines: 0, expectedLines: 0, isRead: false }
  const others = found.map(one => ({ ...one, key }))
  if (!anchors) return assembleReport({ log, ledger, sessions: [], others })
  const session: SessionReport = recording
    ? await verifyRecording(recording, anchors, options)
    : absentReport(anchors, [
        {
          verdict: 'LOST',
          code: 'recording_missing',
          session: proofs.session,
          line: null,
          leaf: null,
          key,
          says: 'the recording is not there',
        },
      ])
  return assembleReport({ log, ledger, sessions: [session], others })
}
