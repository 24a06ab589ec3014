import nodeCrypto, {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  pbkdf2Sync,
  sign,
  timingSafeEqual,
  verify,
  type KeyObject,
} from 'node:crypto'

/** In one step where the runtime has that. */
const hashAtOnce: typeof nodeCrypto.hash | undefined = nodeCrypto.hash
const sha256Bytes = 32

/** SHA-256 (FIPS 180-4). */
export function sha256(bytes: Uint8Array): Uint8Array {
  if (!hashAtOnce) return createHash('sha256').update(bytes).digest()
  // A buffer from there costs more than the hash of a line; a string, one character a byte, costs next to nothing.
  const characters = hashAtOnce('sha256', bytes, 'binary')
  const hash = new Uint8Array(sha256Bytes)
  for (let i = 0; i < sha256Bytes; i++) hash[i] = characters.charCodeAt(i)
  return hash
}

/** SHA-256 of bytes that come in pieces. */
export interface Sha256InPieces {
  add(bytes: Uint8Array): void
  digest(): Uint8Array
}

export function sha256InPieces(): Sha256InPieces {
  const hash = createHash('sha256')
  return { add: bytes => void hash.update(bytes), digest: () => hash.digest() }
}

/** HMAC with SHA-256 (RFC 2104). */
export function hmacSha256(key: Uint8Array, bytes: Uint8Array): Uint8Array {
  return createHmac('sha256', key).update(bytes).digest()
}

/** PBKDF2 with HMAC-SHA-256 and 32 bytes of output (RFC 8018 §5.2), the `Hi` of SCRAM. */
export function pbkdf2Sha256(password: Uint8Array, salt: Uint8Array, iterations: number): Uint8Array {
  return pbkdf2Sync(password, salt, iterations, 32, 'sha256')
}

/** Whether two byte strings are equal, in a time that tells only whether their lengths are. */
export function equalInConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

/** MD5 (RFC 1321): only for targets that still ask for it. */
export function md5(bytes: Uint8Array): Uint8Array {
  return createHash('md5').update(bytes).digest()
}

/** A private key of Ed25519 (RFC 8032), ready to sign. */
export interface Ed25519Key {
  publicKey: Uint8Array
  sign(message: Uint8Array): Uint8Array
}

/** How long a seed, and a public key, of Ed25519 is. */
export const ed25519KeyBytes = 32

// RFC 8410 §7 and §4: what stands before the 32 bytes of a key in DER.
const seedPrefix = Uint8Array.from([0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20])
const publicPrefix = Uint8Array.from([0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0])

/** The key that 32 secret bytes make. */
export function openEd25519(seed: Uint8Array): Ed25519Key {
  if (seed.length !== ed25519KeyBytes) throw new TypeError(`expected a seed of ${ed25519KeyBytes} bytes, got ${seed.length}`)
  const key = createPrivateKey({ key: joined(seedPrefix, seed), format: 'der', type: 'pkcs8' })
  const der = createPublicKey(key).export({ format: 'der', type: 'spki' })
  return { publicKey: Uint8Array.from(der.subarray(publicPrefix.length)), sign: message => sign(null, message, key) }
}

/** Whether the signature is the key's of the message; false, never an error, for bytes that are no signature or no key. */
export function verifyEd25519(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== ed25519KeyBytes) return false
  try {
    const key: KeyObject = createPublicKey({ key: joined(publicPrefix, publicKey), format: 'der', type: 'spki' })
    return verify(null, message, key, signature)
  } catch {
    // Runtimes differ in where they refuse what is no key; it verifies nothing in any of them.
    return false
  }
}

function joined(start: Uint8Array, end: Uint8Array): Buffer {
  return Buffer.concat([start, end])
}
