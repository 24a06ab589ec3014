import { createHash, createHmac, pbkdf2Sync, timingSafeEqual } from 'node:crypto'

/** SHA-256 (FIPS 180-4). */
export function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest()
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
