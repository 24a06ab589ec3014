import { utf8Encoder } from '../cast/utf8.ts'
import { formatBase64, parseBase64, parseHash } from './base64.ts'
import { openCheckpoint, type SignedCheckpoint } from './checkpoint.ts'
import { parseDecimal } from './decimal.ts'
import type { Sha256 } from './hash.ts'
import { verifyInclusion } from './inclusion.ts'
import { noteBytesMax, type NoteVerifier } from './note.ts'
import { ProofError } from './proof-error.ts'
import { decodeUtf8 } from './text.ts'

/** That something is in a log, for whoever is offline (c2sp.org/tlog-proof@v1). */
export interface TlogProof {
  /** Anything that helps to make the leaf. Nobody vouches for it. */
  extra?: Uint8Array
  index: number
  /** The inclusion proof, from the leaf's neighbour up. */
  proof: Uint8Array[]
  /** The signed checkpoint, byte for byte. */
  checkpoint: Uint8Array
}

/** The most hashes a path can have: sizes are below 2^64. */
const proofHashesMax = 63

export function formatTlogProof({ extra, index, proof, checkpoint }: TlogProof): Uint8Array {
  const lines = [
    firstLine,
    ...(extra === undefined ? [] : [`extra ${formatBase64(extra)}`]),
    `index ${index}`,
    ...proof.map(formatBase64),
    '',
    decodeUtf8(checkpoint),
  ]
  return utf8Encoder.encode(lines.join('\n'))
}

/** Reads a proof without trusting it: `openTlogProof` checks it. */
export function parseTlogProof(bytes: Uint8Array): TlogProof {
  if (bytes.length > proofBytesMax) throw new ProofError('tlog_proof_shape', `expected at most ${proofBytesMax} bytes`)
  const text = decodeUtf8(bytes)
  const headEnd = text.indexOf('\n\n')
  if (headEnd < 0) throw new ProofError('tlog_proof_shape', 'expected a blank line and a checkpoint after the proof')
  const lines = text.slice(0, headEnd).split('\n')
  if (lines.shift() !== firstLine) throw new ProofError('tlog_proof_shape', `expected \`${firstLine}\` first`, 1)
  const extra = lines[0]?.startsWith('extra ') ? parseBase64(lines.shift()!.slice('extra '.length)) : undefined
  const index = lines.shift()
  if (!index?.startsWith('index ')) throw new ProofError('tlog_proof_shape', 'expected the index of the leaf')
  if (lines.length > proofHashesMax) throw new ProofError('tlog_proof_shape', `expected at most ${proofHashesMax} hashes`)
  return {
    ...(extra === undefined ? {} : { extra }),
    index: parseDecimal(index.slice('index '.length)),
    proof: lines.map(parseHash),
    checkpoint: utf8Encoder.encode(text.slice(headEnd + 2)),
  }
}

/**
 * Reads a proof and checks that it shows the leaf to be in a log that one of
 * the keys speaks for. Whether the witnesses suffice is the caller's policy.
 * For whoever has the proof and the keys: the verifier, who must first find
 * out which key is in force and may be in a browser that answers later, takes
 * the same steps one by one.
 */
export function openTlogProof(
  sha256: Sha256,
  bytes: Uint8Array,
  { leafHash, logKeys, witnesses }: { leafHash: Uint8Array; logKeys: readonly NoteVerifier[]; witnesses: readonly NoteVerifier[] },
): SignedCheckpoint & { index: number } {
  const { index, proof, checkpoint } = parseTlogProof(bytes)
  const signed = openCheckpoint(checkpoint, { logKeys, witnesses })
  const { size, root } = signed.checkpoint
  if (!verifyInclusion(sha256, { index, size, leafHash, proof, root })) {
    throw new ProofError('tlog_proof_wrong', `expected a path from leaf ${index} to the root of ${size} leaves`)
  }
  return { ...signed, index }
}

const firstLine = 'c2sp.org/tlog-proof@v1'

const proofBytesMax = 2 * noteBytesMax
