import { canVerify, parseVerifierKey, ProofError, signatureTypes, type VerifierKey } from '@steno/recordings'
import { z } from 'zod'
import { sha256 } from '../runtime/crypto.ts'

/** A key as the ecosystem writes it, of somebody whose signatures this version can check. */
export function vkey(whose: 'a log' | 'a witness') {
  return z.string(`the key of ${whose} as a vkey, \`name+id+key\``).superRefine((text, context) => {
    const wrong = whatIsWrong(text, whose)
    if (wrong !== null) context.addIssue({ code: 'custom', message: wrong })
  })
}

/** The key of a vkey that was checked. */
export function parseVkey(text: string): VerifierKey {
  return parseVerifierKey(sha256, text)
}

/** What was expected of a vkey; null when nothing is wrong with it. */
function whatIsWrong(text: string, whose: 'a log' | 'a witness'): string | null {
  try {
    return objectionTo(parseVkey(text), whose)
  } catch (error) {
    if (error instanceof ProofError) return `the key of ${whose} as a vkey, \`name+id+key\`: ${error.message.replace(/^expected /, '')}`
    throw error
  }
}

/** What was expected of a key in its place; null when it is right there. */
export function objectionTo({ type }: VerifierKey, whose: 'a log' | 'a witness'): string | null {
  if (whose === 'a witness') return type === signatureTypes.cosignature ? null : 'a witness’s key, of type 4 (Ed25519 cosignatures)'
  return canVerify(type) ? null : 'a log’s key, of type 1 (Ed25519) or 4'
}
