import { Buffer, isUtf8 as nodeIsUtf8 } from 'node:buffer'

/** Whether the bytes are valid UTF-8, by the runtime's own fast check. */
export function isUtf8(bytes: Uint8Array): boolean {
  return nodeIsUtf8(bytes)
}

/** The bytes in base64 with padding (RFC 4648 §4). */
export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')
}

/** Bytes as pairs of lower-case hex digits. */
export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex')
}
