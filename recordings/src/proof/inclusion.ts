import { hashBytes, hashNode, isSameHash, type Sha256 } from './hash.ts'
import { coverRange, rangeRoot, splitOf, type LeafRange, type ReadNode, type Subtree } from './tree.ts'

/** The hashes that show a leaf to be in the tree of `size` leaves, from its neighbour up (RFC 6962 §2.1.1). */
export function proveInclusion(sha256: Sha256, place: { index: number; size: number }, read: ReadNode): Uint8Array[] {
  return besidePath(place).map(range => rangeRoot(sha256, range, read))
}

/** The complete subtrees that `proveInclusion` will read. */
export function inclusionNodes(place: { index: number; size: number }): Subtree[] {
  return besidePath(place).flatMap(({ from, to }) => coverRange(from, to))
}

/** Whether the proof shows the leaf to stand at `index` in the tree that `root` is the root of (RFC 9162 §2.1.3.2). */
export function verifyInclusion(
  sha256: Sha256,
  {
    index,
    size,
    leafHash,
    proof,
    root,
  }: { index: number; size: number; leafHash: Uint8Array; proof: readonly Uint8Array[]; root: Uint8Array },
): boolean {
  if (!isPlace(index, size) || leafHash.length !== hashBytes || proof.some(hash => hash.length !== hashBytes)) return false
  // Where we are, and where the last node of the same level is.
  let here = index
  let last = size - 1
  let hash = leafHash
  for (const beside of proof) {
    if (last === 0) return false
    if (here % 2 === 1 || here === last) {
      hash = hashNode(sha256, beside, hash)
      // The last node has no neighbour until it is a right child.
      while (here % 2 === 0 && here !== 0) {
        here /= 2
        last = Math.floor(last / 2)
      }
    } else hash = hashNode(sha256, hash, beside)
    here = Math.floor(here / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 && isSameHash(hash, root)
}

/** The nodes beside the path from the leaf up to the root. */
function besidePath({ index, size }: { index: number; size: number }): LeafRange[] {
  if (!isPlace(index, size)) throw new TypeError(`expected a leaf of the tree's ${size}, got ${index}`)
  const beside: LeafRange[] = []
  for (let from = 0, to = size; to - from > 1;) {
    const middle = from + splitOf(to - from)
    if (index < middle) {
      beside.push({ from: middle, to })
      to = middle
    } else {
      beside.push({ from, to: middle })
      from = middle
    }
  }
  return beside.toReversed()
}

function isPlace(index: number, size: number): boolean {
  return Number.isSafeInteger(size) && Number.isSafeInteger(index) && index >= 0 && index < size
}
