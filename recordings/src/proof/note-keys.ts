import { cosignedMessage, formatCosignature, parseCosignature, type Cosignature } from './cosignature.ts'
import type { NoteSigner, NoteVerifier } from './note.ts'
import { ProofError } from './proof-error.ts'
import { signatureTypes, type VerifierKey } from './verifier-key.ts'

/** Whether the signature is the key's of the message; false, never an error, for bytes that are no signature or no key. */
export type VerifyEd25519 = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean

const ed25519SignatureBytes = 64

/** Whether `noteVerifier` can check what keys of this type sign; others are known by name only. */
export function canVerify(type: number): boolean {
  return type === signatureTypes.ed25519 || type === signatureTypes.cosignature
}

/** A verifier of what the key signs: notes, or checkpoints as a witness. */
export function noteVerifier(key: VerifierKey, verifyEd25519: VerifyEd25519): NoteVerifier {
  const { name, keyId, type, publicKey } = key
  switch (type) {
    case signatureTypes.ed25519:
      return {
        name,
        keyId,
        verify: (message, signature) => signature.length === ed25519SignatureBytes && verifyEd25519(publicKey, message, signature),
      }
    case signatureTypes.cosignature:
      return {
        name,
        keyId,
        verify: (message, signature) => {
          const cosignature = readCosignature(signature)
          return cosignature !== null && verifyEd25519(publicKey, cosignedMessage(message, cosignature.timestamp), cosignature.signature)
        },
      }
    default:
      throw new ProofError('vkey_type', `expected a key of type 1 or 4, got ${type}`)
  }
}

/** A signer of notes, with the Ed25519 key that `sign` signs with. */
export function noteSigner({ name, keyId, type }: VerifierKey, sign: (message: Uint8Array) => Uint8Array): NoteSigner {
  if (type !== signatureTypes.ed25519) throw new TypeError('expected a key that signs notes')
  return { name, keyId, sign }
}

/** A signer of checkpoints as a witness, at one time in seconds. */
export function cosigner({ name, keyId, type }: VerifierKey, timestamp: number, sign: (message: Uint8Array) => Uint8Array): NoteSigner {
  if (type !== signatureTypes.cosignature) throw new TypeError('expected a key that cosigns')
  return { name, keyId, sign: message => formatCosignature({ timestamp, signature: sign(cosignedMessage(message, timestamp)) }) }
}

function readCosignature(bytes: Uint8Array): Cosignature | null {
  try {
    return parseCosignature(bytes)
  } catch (error) {
    if (error instanceof ProofError) return null
    throw error
  }
}
