import { hashNode, type Sha256 } from '@steno/recordings'

/** One step from a leaf up to the root of its tree. */
export interface InclusionStep {
  /** On which side the neighbour stands. */
  side: 'left' | 'right'
  beside: Uint8Array
  /** What both hash to: the node above them. */
  hash: Uint8Array
}

/** Gives the steps of a proof of inclusion, for whoever wants to see them. That they lead to the right root is checked elsewhere. */
export function inclusionSteps(
  sha256: Sha256,
  { index, size, leafHash, proof }: { index: number; size: number; leafHash: Uint8Array; proof: readonly Uint8Array[] },
): InclusionStep[] {
  let here = index
  let last = size - 1
  let hash = leafHash
  const up = () => {
    here = Math.floor(here / 2)
    last = Math.floor(last / 2)
  }
  return proof.map(beside => {
    // A last node without a neighbour stands for itself one level up.
    while (here % 2 === 0 && here === last && here > 0) up()
    const side = here % 2 === 1 ? 'left' : 'right'
    hash = side === 'left' ? hashNode(sha256, beside, hash) : hashNode(sha256, hash, beside)
    up()
    return { side, beside, hash }
  })
}
