import type { ScramVerifier } from '../protocols/protocol.ts'
import { hmacSha256, pbkdf2Sha256, sha256 } from '../runtime/crypto.ts'
import type { Machine } from '../runtime/machine.ts'

/**
 * The least that RFC 7677 asks for and clients accept. More would slow down
 * nobody's guessing: a run's token is 256 bits of chance, not a password.
 */
const iterations = 4096

/** A fresh SCRAM-SHA-256 verifier of a token (RFC 5802 §3). */
export function scramVerifier(machine: Machine, token: string): ScramVerifier {
  const salt = machine.random(16)
  const text = new TextEncoder()
  const salted = pbkdf2Sha256(text.encode(token), salt, iterations)
  return {
    iterations,
    salt,
    storedKey: sha256(hmacSha256(salted, text.encode('Client Key'))),
    serverKey: hmacSha256(salted, text.encode('Server Key')),
  }
}

/** A verifier as the ledger keeps it. */
export interface WrittenVerifier {
  iterations: number
  salt: string
  storedKey: string
  serverKey: string
}

export function writeVerifier({ iterations, salt, storedKey, serverKey }: ScramVerifier): WrittenVerifier {
  return { iterations, salt: base64(salt), storedKey: base64(storedKey), serverKey: base64(serverKey) }
}

export function readVerifier({ iterations, salt, storedKey, serverKey }: WrittenVerifier): ScramVerifier {
  return { iterations, salt: bytes(salt), storedKey: bytes(storedKey), serverKey: bytes(serverKey) }
}

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
}

function bytes(text: string): Uint8Array {
  return Uint8Array.from(atob(text), letter => letter.charCodeAt(0))
}
