import { utf8Encoder } from '../cast/utf8.ts'
import { parseLogLeaf } from '../proof/leaf.ts'
import { isSameHash } from '../proof/hash.ts'
import { ProofError } from '../proof/proof-error.ts'
import { bundleCheck } from './bundle-check.ts'
import { bundleReadme } from './bundle-readme.ts'
import type { FileReader } from './data-directory.ts'
import type { ByteStream } from './evidence.ts'
import { headLeaf, parseProofFile, proofFileOf } from './proof-file.ts'
import type { LeafProof, SessionProofs } from './session-proofs.ts'

/**
 * A bundle: one recording and all that it is judged by, as a folder of plain
 * files. It travels as a tar archive: one file to send, and every system opens
 * it without us.
 */
export interface BundleFile {
  name: string
  bytes: Uint8Array
}

export function bundleName(session: string): string {
  return `steno-${session}`
}

/** The name of the recording in its bundle. */
export function bundledRecording(session: string): string {
  return `${session}.cast`
}

/** All files of a bundle but the recording itself. */
export function formatBundle(proofs: SessionProofs, { vkey }: { vkey: string }): BundleFile[] {
  const { session, checkpoint, leaves, handovers } = proofs
  const newest = headLeaf(proofs)
  const proofFiles = leaves.map(leaf => ({
    name: leaf === newest ? `${bundledRecording(session)}.tlog-proof` : nameOf(leaf),
    bytes: proofFileOf(proofs, leaf),
  }))
  const handoverFiles = [...handovers].map(([index, bytes]) => ({ name: `log/${index}-handover.tlog-proof`, bytes }))
  const text = (name: string, content: string) => ({ name, bytes: utf8Encoder.encode(content) })
  const readme = bundleReadme({ session, vkey, checkpoint, isSealed: proofs.head === null, openProof: nameOfKind(leaves, 'open') })
  return [
    text('README.txt', readme),
    text('check.py', bundleCheck),
    { name: 'checkpoint', bytes: checkpoint },
    ...proofFiles,
    ...handoverFiles,
  ]
}

/** What a bundle holds. */
export interface OpenedBundle {
  proofs: SessionProofs
  recording: ByteStream | null
}

/** Reads a bundle's files without believing them. Null for a folder that is no bundle; throws `ProofError` for one with proofs that are none. */
export async function openBundle(files: FileReader): Promise<OpenedBundle | null> {
  const names = await files.list('')
  const session = names.find(name => name.endsWith('.cast.tlog-proof'))?.slice(0, -'.cast.tlog-proof'.length)
  const checkpoint = await files.read('checkpoint')
  if (session === undefined || !checkpoint) return null
  const handovers = new Map<number, Uint8Array>()
  const proofs: SessionProofs = { session, checkpoint, leaves: [], head: null, handovers }
  const log = (await files.list('log')).filter(name => name.endsWith('.tlog-proof')).map(name => `log/${name}`)
  for (const name of [`${bundledRecording(session)}.tlog-proof`, ...log.toSorted()]) {
    const bytes = await files.read(name)
    if (!bytes) continue
    const handover = /^log\/(\d+)-handover\.tlog-proof$/.exec(name)
    if (handover) {
      handovers.set(Number(handover[1]), bytes)
      continue
    }
    const proof = parseProofFile(bytes)
    if (!isSameHash(proof.checkpoint, checkpoint))
      throw new ProofError('tlog_proof_wrong', `expected ${name} to lead to the bundle's checkpoint`)
    proofs.leaves.push({ index: proof.index, leaf: proof.statement.leaf, path: proof.path })
    if (proof.statement.head) proofs.head = proof.statement.head
  }
  return { proofs, recording: await files.stream(bundledRecording(session)) }
}

function nameOf({ index, leaf }: LeafProof): string {
  return `log/${index}-${parseLogLeaf(leaf).kind}.tlog-proof`
}

function nameOfKind(leaves: readonly LeafProof[], kind: string): string | null {
  const found = leaves.find(({ leaf }) => parseLogLeaf(leaf).kind === kind)
  return found ? nameOf(found) : null
}
