import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'

/** What keyed masks are made with. Whoever has it can test guesses of masked values, so it never leaves the gateway. */
export interface MaskKey {
  /** HMAC-SHA-256 of the text's UTF-8 bytes: 32 bytes. */
  hmac(text: string): Uint8Array
}

/** A shorter secret can be found by trying. */
const secretBytesMin = 16

/** Gives a key that works in every runtime, the browser included. */
export function createMaskKey(secret: Uint8Array): MaskKey {
  if (secret.length < secretBytesMin) throw new Error(`expected a secret of at least ${secretBytesMin} bytes, got ${secret.length}`)
  // The key's own blocks are hashed once here instead of once for each value.
  const keyed = hmac.create(sha256, secret.slice())
  return { hmac: text => keyed.clone().update(utf8ToBytes(text)).digest() }
}
