import { formatBase64, parseHash, ProofError } from '@steno/recordings'

/** What a log sends a witness: a new checkpoint, and that its tree begins with the one the witness knows (c2sp.org/tlog-witness, "add-checkpoint"). */
export interface AddCheckpoint {
  /** The size of the tree that the witness signed last; 0 for one that knows nothing of the log. */
  oldSize: number
  /** The consistency proof from there. */
  proof: Uint8Array[]
  /** The signed checkpoint, byte for byte. */
  checkpoint: Uint8Array
}

/** The type of what a witness answers when the old size is not the one it knows. */
export const sizeMediaType = 'text/x.tlog.size'

const proofHashesMax = 63

export function formatAddCheckpoint({ oldSize, proof, checkpoint }: AddCheckpoint): Uint8Array {
  const head = new TextEncoder().encode(`old ${oldSize}\n${proof.map(hash => `${formatBase64(hash)}\n`).join('')}\n`)
  const body = new Uint8Array(head.length + checkpoint.length)
  body.set(head)
  body.set(checkpoint, head.length)
  return body
}

/** Reads such a request; the checkpoint is not looked at yet. Throws `ProofError`. */
export function parseAddCheckpoint(body: Uint8Array): AddCheckpoint {
  const headBytes = endOfHead(body)
  if (headBytes < 0) throw wrong('expected the old size, a proof, an empty line and a checkpoint')
  const [old, ...hashes] = asciiOf(body.subarray(0, headBytes)).split('\n')
  const [, digits] = /^old (0|[1-9][0-9]{0,15})$/.exec(old ?? '') ?? []
  const oldSize = digits === undefined ? -1 : Number(digits)
  if (!Number.isSafeInteger(oldSize) || oldSize < 0) throw wrong('expected `old` and a size')
  if (hashes.length > proofHashesMax) throw wrong(`expected at most ${proofHashesMax} hashes, got ${hashes.length}`)
  return { oldSize, proof: hashes.map(parseHash), checkpoint: body.subarray(headBytes + 2) }
}

/** Where the first empty line is: no line of the head is empty. */
function endOfHead(body: Uint8Array): number {
  for (let at = 0; at + 1 < body.length; at++) if (body[at] === newline && body[at + 1] === newline) return at
  return -1
}

const newline = 0x0a

/** Bytes beyond ASCII become characters that nothing of the head may have. */
function asciiOf(bytes: Uint8Array): string {
  return Array.from(bytes, byte => String.fromCharCode(byte)).join('')
}

function wrong(expectation: string): ProofError {
  return new ProofError('checkpoint_shape', expectation)
}
