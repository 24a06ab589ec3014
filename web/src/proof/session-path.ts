import {
  collectProofs,
  formatBase64,
  hashLeaf,
  headLeaf,
  openProofs,
  parseLogLeaf,
  type Cryptography,
  type Evidence,
  type Sha256,
} from '@steno/recordings'
import { inclusionSteps } from './inclusion-steps.ts'
import type { SessionPath, Step } from './proof-tasks.ts'

/** Makes the way from a session's recording to the root that is signed, and checks it. */
export async function sessionPath(evidence: Evidence, session: string, cryptography: Cryptography): Promise<SessionPath> {
  const { sha256 } = cryptography
  const proofs = await collectProofs(evidence, session, sha256)
  const { checkpoint, anchors, key, found } = await openProofs(proofs, { ...cryptography, trust: { by: 'first key' } })
  const newest = headLeaf(proofs) ?? proofs.leaves.find(({ leaf }) => parseLogLeaf(leaf).kind === 'open') ?? null
  const leafHash = newest && hashLeaf(sha256, newest.leaf)
  const head = anchors && (anchors.seal ?? anchors.epochs.at(-1) ?? anchors.open)
  const said = newest && parseLogLeaf(newest.leaf)
  return {
    session,
    origin: checkpoint.origin,
    key: anchors ? key : null,
    recording: head && { lines: head.size, root: formatBase64(head.root), isSealed: anchors.seal !== null },
    list:
      proofs.head && said?.kind === 'epoch'
        ? {
            text: new TextDecoder().decode(proofs.head.text),
            hash: formatBase64(hashLeaf(sha256, proofs.head.text)),
            steps: steps(sha256, {
              index: proofs.head.index,
              size: said.count,
              leafHash: hashLeaf(sha256, proofs.head.text),
              proof: proofs.head.path,
            }),
            root: said.root,
          }
        : null,
    leaf:
      newest && leafHash && said
        ? { index: newest.index, kind: said.kind, text: new TextDecoder().decode(newest.leaf), hash: formatBase64(leafHash) }
        : null,
    steps: newest && leafHash ? steps(sha256, { index: newest.index, size: checkpoint.size, leafHash, proof: newest.path }) : [],
    size: checkpoint.size,
    root: formatBase64(checkpoint.root),
    findings: found,
  }
}

function steps(sha256: Sha256, place: Parameters<typeof inclusionSteps>[1]): Step[] {
  return inclusionSteps(sha256, place).map(({ side, beside, hash }) => ({ side, beside: formatBase64(beside), hash: formatBase64(hash) }))
}
