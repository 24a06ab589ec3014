import { utf8Decoder } from '../cast/utf8.ts'
import { ProofError } from './proof-error.ts'

/** Reads UTF-8; nothing else passes, and a byte order mark is a character. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8Decoder.decode(bytes)
  } catch {
    throw new ProofError('not_utf8', 'expected UTF-8')
  }
}
