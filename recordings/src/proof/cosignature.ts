import { utf8Encoder } from '../cast/utf8.ts'
import { isBySameKey, type Note } from './note.ts'
import { ProofError } from './proof-error.ts'

/** A witness's word that a checkpoint was the newest it had seen of a log (c2sp.org/tlog-cosignature@v1.0.1, Ed25519). */
export interface Cosignature {
  /** Seconds since 1970-01-01 UTC. */
  timestamp: number
  signature: Uint8Array
}

const timestampBytes = 8
const signatureBytes = 64

/** What a witness signs: the checkpoint's text and the time. */
export function cosignedMessage(text: Uint8Array, timestamp: number): Uint8Array {
  const head = utf8Encoder.encode(`cosignature/v1\ntime ${timestamp}\n`)
  const message = new Uint8Array(head.length + text.length)
  message.set(head)
  message.set(text, head.length)
  return message
}

/** Reads what stands after the key id in a signature line of a witness. A time past 2^53 seconds is refused. */
export function parseCosignature(bytes: Uint8Array): Cosignature {
  if (bytes.length !== timestampBytes + signatureBytes) {
    throw new ProofError(
      'cosignature_shape',
      `expected a time and a signature in ${timestampBytes + signatureBytes} bytes, got ${bytes.length}`,
    )
  }
  const timestamp = bytes.subarray(0, timestampBytes).reduce((value, byte) => value * 256 + byte, 0)
  if (!Number.isSafeInteger(timestamp)) throw new ProofError('cosignature_shape', 'expected a time below 2^53 seconds')
  return { timestamp, signature: bytes.subarray(timestampBytes) }
}

export function formatCosignature({ timestamp, signature }: Cosignature): Uint8Array {
  if (!Number.isSafeInteger(timestamp) || timestamp < 0 || signature.length !== signatureBytes) {
    throw new TypeError('expected whole seconds and an Ed25519 signature')
  }
  const bytes = new Uint8Array(timestampBytes + signatureBytes)
  for (let i = timestampBytes - 1, rest = timestamp; i >= 0; i--, rest = Math.floor(rest / 256)) bytes[i] = rest % 256
  bytes.set(signature, timestampBytes)
  return bytes
}

/** When the key last cosigned the note, in seconds; null when it did not. Only for a note and a key that `openNote` has verified. */
export function cosignedAt(note: Note, key: { name: string; keyId: Uint8Array }): number | null {
  const times = note.signatures.filter(one => isBySameKey(key, one)).map(one => parseCosignature(one.signature).timestamp)
  return times.length === 0 ? null : Math.max(...times)
}
