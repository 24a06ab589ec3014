import { parseLogLeaf } from '../proof/leaf.ts'
import { ProofError } from '../proof/proof-error.ts'
import { decodeUtf8 } from '../proof/text.ts'
import { formatTlogProof, parseTlogProof } from '../proof/tlog-proof.ts'
import type { LeafProof, SessionProofs } from './session-proofs.ts'
import { formatStatement, parseStatement, type ProvedLine, type Statement } from './statement.ts'

/** A proof of one leaf as a file of its own: a `.tlog-proof` that carries what it is about. */
export interface ProofFile {
  statement: Statement
  index: number
  path: Uint8Array[]
  checkpoint: Uint8Array
}

export function formatProofFile({ statement, index, path, checkpoint }: ProofFile): Uint8Array {
  return formatTlogProof({ extra: formatStatement(statement), index, proof: path, checkpoint })
}

/** Reads a proof that carries its statement. Throws `ProofError`. */
export function parseProofFile(bytes: Uint8Array): ProofFile {
  const { extra, index, proof, checkpoint } = parseTlogProof(bytes)
  if (!extra) throw new ProofError('tlog_proof_shape', 'expected `extra` data that says what is proved')
  return { statement: parseStatement(extra), index, path: proof, checkpoint }
}

/** The leaf that says most of a recording: its seal, else the newest epoch that knows it. */
export function headLeaf({ leaves, head }: SessionProofs): LeafProof | null {
  const kind = head ? 'epoch' : 'seal'
  return leaves.findLast(({ leaf }) => parseLogLeaf(leaf).kind === kind) ?? null
}

/** One leaf of a session's proofs as a file; with a line, a proof of that line alone. */
export function proofFileOf(proofs: SessionProofs, { index, leaf, path }: LeafProof, line: ProvedLine | null = null): Uint8Array {
  const head = parseLogLeaf(leaf).kind === 'epoch' ? proofs.head : null
  return formatProofFile({ statement: { leaf, head, line }, index, path, checkpoint: proofs.checkpoint })
}

/** What a proof file alone says of the recording it is about; null where it is about none. */
export function proofsOfFile({ statement, index, path, checkpoint }: ProofFile): SessionProofs | null {
  const { leaf, head } = statement
  const session = head ? decodeUtf8(head.text).split(' ')[0]! : sessionOf(leaf)
  return session === null ? null : { session, checkpoint, leaves: [{ index, leaf, path }], head, handovers: new Map() }
}

function sessionOf(leaf: Uint8Array): string | null {
  const said = parseLogLeaf(leaf)
  return said.kind === 'seal' || said.kind === 'open' ? said.session : null
}
