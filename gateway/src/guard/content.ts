import type { Content } from '@steno/recordings'
import { isUtf8, toBase64 } from '../runtime/bytes.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Bytes as the record holds them: text when they are valid UTF-8, else base64. */
export function contentOf(bytes: Uint8Array): Content {
  return isUtf8(bytes) ? { text: utf8.decode(bytes) } : { base64: toBase64(bytes) }
}
