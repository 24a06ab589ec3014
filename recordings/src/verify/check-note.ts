import { utf8Encoder } from '../cast/utf8.ts'
import { parseCheckpoint, type Checkpoint } from '../proof/checkpoint.ts'
import { cosignedMessage, parseCosignature } from '../proof/cosignature.ts'
import { canVerify } from '../proof/note-keys.ts'
import { isBySameKey, parseNote } from '../proof/note.ts'
import { ProofError } from '../proof/proof-error.ts'
import { signatureTypes, type VerifierKey } from '../proof/verifier-key.ts'

/** Whether the signature is the key's of the message. A browser's answer comes later, so it may be a promise. */
export type CheckEd25519 = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean | Promise<boolean>

/** A checkpoint, and which of the keys that were asked for have signed it. */
export interface CheckedNote {
  checkpoint: Checkpoint
  signedBy: VerifierKey[]
}

/** Reads a signed checkpoint and checks the signatures that claim to be of the keys; others are passed over. Throws `ProofError`. */
export async function checkNote(bytes: Uint8Array, keys: readonly VerifierKey[], verifyEd25519: CheckEd25519): Promise<CheckedNote> {
  const note = parseNote(bytes)
  const checkpoint = parseCheckpoint(note.text)
  const message = utf8Encoder.encode(note.text)
  const signedBy = new Set<VerifierKey>()
  for (const { name, keyId, signature } of note.signatures) {
    const key = keys.find(one => isBySameKey(one, { name, keyId }) && canVerify(one.type))
    if (!key) continue
    if (!(await isSignature(key, message, signature, verifyEd25519)))
      throw new ProofError('note_signature_wrong', `expected the signature of \`${keyLabel(key)}\` to be of this text`)
    signedBy.add(key)
  }
  return { checkpoint, signedBy: [...signedBy] }
}

/** A key as findings name it: keys that follow each other have one name, so the id is added. */
export function keyLabel({ name, keyId }: VerifierKey): string {
  return `${name}+${Array.from(keyId, byte => byte.toString(16).padStart(2, '0')).join('')}`
}

/** Whether they are one key, not merely keys of one name. */
export function isSameKey(a: VerifierKey, b: VerifierKey): boolean {
  return isBySameKey(a, b) && a.type === b.type && String(a.publicKey) === String(b.publicKey)
}

async function isSignature(key: VerifierKey, message: Uint8Array, signature: Uint8Array, verifyEd25519: CheckEd25519): Promise<boolean> {
  if (key.type === signatureTypes.ed25519) return signature.length === 64 && verifyEd25519(key.publicKey, message, signature)
  const cosignature = parseCosignature(signature)
  return verifyEd25519(key.publicKey, cosignedMessage(message, cosignature.timestamp), cosignature.signature)
}
