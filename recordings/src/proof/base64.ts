import { hashBytes } from './hash.ts'
import { ProofError } from './proof-error.ts'

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** The six bits of each character, -1 for one that stands for none. */
const sextets = Int8Array.from({ length: 128 }, (_, code) => alphabet.indexOf(String.fromCharCode(code)))

/** Writes bytes as base64 (RFC 4648 §4), padded. */
export function formatBase64(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i
    const bits = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    text += alphabet[bits >> 18]! + alphabet[(bits >> 12) & 63]!
    text += (left > 1 ? alphabet[(bits >> 6) & 63]! : '=') + (left > 2 ? alphabet[bits & 63]! : '=')
  }
  return text
}

/** Reads base64 (RFC 4648 §4). Each sequence of bytes has one text: padding is there, and bits that carry nothing are 0 (§3.5). */
export function parseBase64(text: string): Uint8Array {
  if (text.length % 4 !== 0) throw notBase64()
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  const bytes = new Uint8Array((text.length / 4) * 3 - padding)
  for (let i = 0, at = 0; i < text.length; i += 4) {
    const padded = i + 4 === text.length ? padding : 0
    const bits =
      (sextet(text, i) << 18) |
      (sextet(text, i + 1) << 12) |
      (padded > 1 ? 0 : sextet(text, i + 2) << 6) |
      (padded > 0 ? 0 : sextet(text, i + 3))
    if ((padded === 1 && (bits & 0xff) !== 0) || (padded === 2 && (bits & 0xffff) !== 0)) throw notBase64()
    bytes[at++] = bits >> 16
    if (padded < 2) bytes[at++] = (bits >> 8) & 0xff
    if (padded < 1) bytes[at++] = bits & 0xff
  }
  return bytes
}

/** Reads a SHA-256 hash in base64. */
export function parseHash(text: string): Uint8Array {
  const bytes = parseBase64(text)
  if (bytes.length !== hashBytes) throw new ProofError('not_hash', `expected a hash of ${hashBytes} bytes, got ${bytes.length}`)
  return bytes
}

function sextet(text: string, i: number): number {
  const bits = sextets[text.charCodeAt(i)] ?? -1
  if (bits < 0) throw notBase64()
  return bits
}

function notBase64(): ProofError {
  return new ProofError('not_base64', 'expected base64 with its padding')
}
