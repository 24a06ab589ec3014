import { utf8Encoder } from '../cast/utf8.ts'
import { formatBase64, parseBase64 } from './base64.ts'
import { isSameHash, type Sha256 } from './hash.ts'
import { isKeyName, keyIdBytes } from './note.ts'
import { ProofError } from './proof-error.ts'

/** What a key's signatures are (c2sp.org/signed-note, "Signature types"). */
export const signatureTypes = { ed25519: 0x01, cosignature: 0x04, mlDsaCosignature: 0x06 } as const

/** A key as others are told of it. */
export interface VerifierKey {
  name: string
  keyId: Uint8Array
  type: number
  publicKey: Uint8Array
}

/** How long the public key of each type is, where we know. */
const publicKeyBytes = new Map<number, number>([
  [signatureTypes.ed25519, 32],
  [signatureTypes.cosignature, 32],
  [signatureTypes.mlDsaCosignature, 1312],
])

/** Reads a vkey: `name+id+key`. The id must be the key's, where the type says how it is made. */
export function parseVerifierKey(sha256: Sha256, vkey: string): VerifierKey {
  const [, name, id, base64] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/su.exec(vkey) ?? []
  if (name === undefined || id === undefined || base64 === undefined) {
    throw new ProofError('vkey_shape', 'expected a key name, eight hex digits and a key in base64, with `+` between them')
  }
  if (!isKeyName(name)) throw new ProofError('vkey_name', 'expected a key name without spaces')
  const [type, ...rest] = parseBase64(base64)
  const publicKey = Uint8Array.from(rest)
  if (type === undefined || publicKey.length === 0) throw new ProofError('vkey_public_key', 'expected a type and a public key')
  const keyId = Uint8Array.from({ length: keyIdBytes }, (_, i) => Number.parseInt(id.slice(2 * i, 2 * i + 2), 16))
  const key = { name, keyId, type, publicKey }
  const expectedBytes = publicKeyBytes.get(type)
  if (expectedBytes !== undefined) {
    if (publicKey.length !== expectedBytes) {
      throw new ProofError('vkey_public_key', `expected a public key of ${expectedBytes} bytes, got ${publicKey.length}`)
    }
    if (!isSameHash(keyId, keyIdOf(sha256, key))) throw new ProofError('vkey_id', 'expected the id of this name and key')
  }
  return key
}

export function formatVerifierKey({ name, keyId, type, publicKey }: VerifierKey): string {
  if (!isKeyName(name) || keyId.length !== keyIdBytes) throw new TypeError('expected a key name and a key id')
  const id = Array.from(keyId, byte => byte.toString(16).padStart(2, '0')).join('')
  return `${name}+${id}+${formatBase64(Uint8Array.of(type, ...publicKey))}`
}

/** A key with the id that its name, type and public key make. */
export function makeVerifierKey(sha256: Sha256, key: Omit<VerifierKey, 'keyId'>): VerifierKey {
  return { ...key, keyId: keyIdOf(sha256, key) }
}

/** The first bytes of SHA-256(name ‖ newline ‖ type ‖ public key). */
function keyIdOf(sha256: Sha256, { name, type, publicKey }: Omit<VerifierKey, 'keyId'>): Uint8Array {
  return sha256(Uint8Array.of(...utf8Encoder.encode(`${name}\n`), type, ...publicKey)).slice(0, keyIdBytes)
}
