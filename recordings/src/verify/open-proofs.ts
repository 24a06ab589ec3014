import { utf8Encoder } from '../cast/utf8.ts'
import { parseHash } from '../proof/base64.ts'
import { parseCheckpoint, type Checkpoint } from '../proof/checkpoint.ts'
import { parseEpochList } from '../proof/epoch-list.ts'
import { hashLeaf } from '../proof/hash.ts'
import { verifyInclusion } from '../proof/inclusion.ts'
import { parseLogLeaf, type EpochLeaf, type LogLeaf } from '../proof/leaf.ts'
import { parseNote } from '../proof/note.ts'
import { ProofError } from '../proof/proof-error.ts'
import { decodeUtf8 } from '../proof/text.ts'
import type { SessionAnchors } from './anchors.ts'
import { keyLabel } from './check-note.ts'
import type { Found, LoggedKey } from './log-book.ts'
import type { LeafProof, SessionProofs } from './session-proofs.ts'
import type { ListedHead } from './statement.ts'
import { vouchAlone, vouchFor, type Cryptography, type Trust } from './trust.ts'

/** What proofs show once they are checked. */
export interface OpenedProofs {
  checkpoint: Checkpoint
  /** What the recording must be; null where the proofs do not hold. */
  anchors: SessionAnchors | null
  key: string | null
  keys: LoggedKey[]
  witnesses: string[]
  found: Found[]
}

/**
 * Checks that the proofs lead to a checkpoint that a trusted key has signed,
 * and says what they then say of the recording. Throws `ProofError` for what
 * is no proof at all.
 */
export async function openProofs(
  proofs: SessionProofs,
  { trust, ...cryptography }: Cryptography & { trust: Trust },
): Promise<OpenedProofs> {
  const { sha256 } = cryptography
  const checkpoint = parseCheckpoint(parseNote(proofs.checkpoint).text)
  const found: Found[] = []
  const leaves: { index: number; said: LogLeaf }[] = []
  for (const proof of proofs.leaves) {
    if (isProved(proof, checkpoint, cryptography)) leaves.push({ index: proof.index, said: parseLogLeaf(proof.leaf) })
    else found.push(wrong('leaves_differ', proof.index, `leaf ${proof.index} is not in the log that the checkpoint is of`))
  }
  leaves.sort((a, b) => a.index - b.index)
  const keys = leaves.flatMap(({ index, said }) => (said.kind === 'key' ? [{ vkey: said.vkey, replaces: said.replaces, leaf: index }] : []))
  const log = { keys, isWhole: true, handover: async (leaf: number) => proofs.handovers.get(leaf) ?? null, checkpoint, rootAt: null }
  const vouched =
    keys.length > 0
      ? await vouchFor(proofs.checkpoint, log, { trust, cryptography })
      : await vouchAlone(proofs.checkpoint, checkpoint.origin, { trust, cryptography })
  found.push(...vouched.found)
  const key = vouched.key && keyLabel(vouched.key)
  const isProven = key !== null && found.every(({ verdict }) => verdict !== 'TAMPERED')
  const anchors = isProven ? anchorsOf(proofs, leaves, { origin: checkpoint.origin, key, sha256 }) : null
  if (isProven && !anchors)
    found.push(wrong('leaf_unlawful', null, `no leaf is there that says what the recording of ${proofs.session} must be`))
  return { checkpoint, anchors, key, keys, witnesses: vouched.witnesses, found }
}

/** The head of a session in the list of an epoch, if the path from it leads to the epoch's root. */
export function openListedHead(
  head: ListedHead,
  epoch: EpochLeaf,
  session: string,
  { sha256 }: Pick<Cryptography, 'sha256'>,
): { size: number; root: Uint8Array } | null {
  const [listed] = parseEpochList(utf8Encoder.encode(`${decodeUtf8(head.text)}\n`))
  const place = {
    index: head.index,
    size: epoch.count,
    leafHash: hashLeaf(sha256, head.text),
    proof: head.path,
    root: parseHash(epoch.root),
  }
  return listed?.id === session && verifyInclusion(sha256, place) ? { size: listed.size, root: listed.root } : null
}

function isProved({ index, leaf, path }: LeafProof, { size, root }: Checkpoint, { sha256 }: Cryptography): boolean {
  return verifyInclusion(sha256, { index, size, leafHash: hashLeaf(sha256, leaf), proof: path, root })
}

function anchorsOf(
  proofs: SessionProofs,
  leaves: readonly { index: number; said: LogLeaf }[],
  { origin, key, sha256 }: { origin: string; key: string; sha256: Cryptography['sha256'] },
): SessionAnchors | null {
  const { session } = proofs
  const anchors: SessionAnchors = {
    session,
    number: null,
    origin,
    key,
    open: null,
    epochs: [],
    seal: null,
    erasures: [],
    denials: [],
    removal: null,
  }
  for (const { index: leaf, said } of leaves) {
    if (said.kind === 'epoch' && proofs.head) {
      const head = openListedHead(proofs.head, said, session, { sha256 })
      if (!head) throw new ProofError('tlog_proof_wrong', `expected a path from the session's head to the root of epoch ${said.number}`)
      anchors.epochs.push({ by: 'epoch', leaf, atUs: said.atUs, ...head })
    }
    if (!('session' in said) || said.session !== session) continue
    if (said.kind === 'open') {
      anchors.number = said.number
      anchors.open = { by: 'open', leaf, atUs: said.atUs, size: 1, root: parseHash(said.header) }
    }
    if (said.kind === 'seal')
      anchors.seal = {
        by: 'seal',
        leaf,
        atUs: said.atUs,
        size: said.size,
        root: parseHash(said.root),
        bytes: said.bytes,
        reason: said.reason,
      }
    if (said.kind === 'erase') anchors.erasures.push({ leaf, from: said.from, to: said.to, void: parseHash(said.void) })
    if (said.kind === 'retain') anchors.removal = { leaf, atUs: said.atUs }
  }
  return anchors.open || anchors.seal || anchors.epochs.length > 0 ? anchors : null
}

function wrong(code: Found['code'], leaf: number | null, says: string): Found {
  return { verdict: 'TAMPERED', code, session: null, line: null, leaf, says }
}
