import { utf8Encoder } from '../cast/utf8.ts'
import { formatBase64, parseBase64 } from './base64.ts'
import { isSameHash } from './hash.ts'
import { ProofError } from './proof-error.ts'
import { decodeUtf8 } from './text.ts'

/** Text and who signed it (c2sp.org/signed-note@v1.0.0). */
export interface Note {
  /** With the newline at its end, without the blank line that follows. */
  text: string
  signatures: NoteSignature[]
}

export interface NoteSignature {
  /** The key's name. */
  name: string
  /** Four bytes that, with the name, say which key and which kind of signature it is. */
  keyId: Uint8Array
  signature: Uint8Array
}

/** A key that somebody trusts. */
export interface NoteVerifier {
  readonly name: string
  readonly keyId: Uint8Array
  /** False for everything that is not this key's signature of the message. */
  verify(message: Uint8Array, signature: Uint8Array): boolean
}

export interface NoteSigner {
  readonly name: string
  readonly keyId: Uint8Array
  sign(message: Uint8Array): Uint8Array
}

/** The longest note that is read. */
export const noteBytesMax = 1_000_000

/** The most signatures that a note may have. */
export const noteSignaturesMax = 100

export const keyIdBytes = 4

/** Reads a note without trusting it: `openNote` looks at the signatures. */
export function parseNote(bytes: Uint8Array): Note {
  if (bytes.length > noteBytesMax) throw new ProofError('note_too_long', `expected at most ${noteBytesMax} bytes`)
  const all = decodeUtf8(bytes)
  if (/[\0-\x09\x0b-\x1f]/.test(all)) throw new ProofError('note_control_character', 'expected no control character but newlines')
  const textEnd = all.lastIndexOf('\n\n') + 1
  if (textEnd === 0) throw new ProofError('note_without_signatures', 'expected a blank line and signatures after the text')
  return { text: all.slice(0, textEnd), signatures: parseSignatureLines(all.slice(textEnd + 1)) }
}

/** Writes a note as it is stored and sent. */
export function formatNote({ text, signatures }: Note): Uint8Array {
  if (!text.endsWith('\n')) throw new TypeError('expected text that ends with a newline')
  return utf8Encoder.encode(`${text}\n${formatSignatureLines(signatures)}`)
}

/** Reads signature lines alone, as a witness answers with them; there is at least one. */
export function parseSignatureLines(text: string): NoteSignature[] {
  if (!text.endsWith('\n')) throw new ProofError('note_without_signatures', 'expected lines with signatures')
  const lines = text.slice(0, -1).split('\n')
  if (lines.length > noteSignaturesMax) throw new ProofError('note_too_many_signatures', `expected at most ${noteSignaturesMax} signatures`)
  return lines.map(parseSignatureLine)
}

export function formatSignatureLines(signatures: readonly NoteSignature[]): string {
  return signatures.map(formatSignatureLine).join('')
}

/**
 * Reads a note and checks every signature that claims to be of one of the keys; those of other keys are passed over.
 * Throws when one of them is wrong, or when no key of these signed.
 */
export function openNote(bytes: Uint8Array, verifiers: readonly NoteVerifier[]): { note: Note; verified: NoteVerifier[] } {
  const note = parseNote(bytes)
  const message = utf8Encoder.encode(note.text)
  const verified = new Set<NoteVerifier>()
  for (const signature of note.signatures) {
    for (const verifier of verifiers) {
      if (!isBySameKey(verifier, signature)) continue
      if (!verifier.verify(message, signature.signature)) {
        throw new ProofError('note_signature_wrong', `expected the signature of \`${verifier.name}\` to be of this text`)
      }
      verified.add(verifier)
    }
  }
  if (verified.size === 0) throw new ProofError('note_unverified', 'expected a signature by a key that is trusted')
  return { note, verified: [...verified] }
}

/** Signs text, and keeps the signatures of other keys that it has. */
export function signNote(text: string, signers: readonly NoteSigner[], existing: readonly NoteSignature[] = []): Uint8Array {
  const message = utf8Encoder.encode(text)
  const own = signers.map(signer => ({ name: signer.name, keyId: signer.keyId, signature: signer.sign(message) }))
  const others = existing.filter(signature => !signers.some(signer => isBySameKey(signer, signature)))
  return formatNote({ text, signatures: [...own, ...others] })
}

/** Whether a name can be a key's. */
export function isKeyName(name: string): boolean {
  return name !== '' && !/[\p{White_Space}\p{Cc}\p{Surrogate}+]/u.test(name)
}

/** Whether a signature claims to be made with the key. */
export function isBySameKey(key: { name: string; keyId: Uint8Array }, signature: { name: string; keyId: Uint8Array }): boolean {
  return key.name === signature.name && isSameHash(key.keyId, signature.keyId)
}

function parseSignatureLine(line: string): NoteSignature {
  const [, name, base64] = /^— ([^ ]*) (.+)$/u.exec(line) ?? []
  if (name === undefined || base64 === undefined || !isKeyName(name)) {
    throw new ProofError('note_signature_line', 'expected a dash, a key name and a signature')
  }
  const bytes = parseBase64(base64)
  if (bytes.length <= keyIdBytes) throw new ProofError('note_signature_line', 'expected a key id and a signature')
  return { name, keyId: bytes.subarray(0, keyIdBytes), signature: bytes.subarray(keyIdBytes) }
}

function formatSignatureLine({ name, keyId, signature }: NoteSignature): string {
  if (!isKeyName(name) || keyId.length !== keyIdBytes || signature.length === 0)
    throw new TypeError('expected a key name, a key id and a signature')
  return `— ${name} ${formatBase64(Uint8Array.of(...keyId, ...signature))}\n`
}
