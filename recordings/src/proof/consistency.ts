import { emptyRoot, hashBytes, hashNode, isSameHash, type Sha256 } from './hash.ts'
import { coverRange, rangeRoot, splitOf, type LeafRange, type ReadNode, type Subtree, type TreeHead } from './tree.ts'

/** The hashes that show the tree of `to` leaves to begin with the one of `from` leaves (RFC 6962 §2.1.2). */
export function proveConsistency(sha256: Sha256, sizes: { from: number; to: number }, read: ReadNode): Uint8Array[] {
  return proofRanges(sizes).map(range => rangeRoot(sha256, range, read))
}

/** The complete subtrees that `proveConsistency` will read. */
export function consistencyNodes(sizes: { from: number; to: number }): Subtree[] {
  return proofRanges(sizes).flatMap(({ from, to }) => coverRange(from, to))
}

/** Whether the proof shows the tree `to` to begin with the tree `from` (RFC 9162 §2.1.4.2). Every tree begins with the empty one. */
export function verifyConsistency(
  sha256: Sha256,
  { from, to, proof }: { from: TreeHead; to: TreeHead; proof: readonly Uint8Array[] },
): boolean {
  if (!isHead(sha256, from) || !isHead(sha256, to) || from.size > to.size || proof.some(hash => hash.length !== hashBytes)) return false
  if (from.size === to.size) return proof.length === 0 && isSameHash(from.root, to.root)
  if (from.size === 0) return proof.length === 0

  // Where the smaller tree's last node is, and the larger one's, going up.
  let here = from.size - 1
  let last = to.size - 1
  while (here % 2 === 1) {
    here = Math.floor(here / 2)
    last = Math.floor(last / 2)
  }
  // A smaller tree that is a complete subtree is its own first hash.
  const hashes = here === 0 ? [from.root, ...proof] : [...proof]
  const first = hashes.shift()
  if (!first) return false
  let fromHash = first
  let toHash = first
  for (const beside of hashes) {
    if (last === 0) return false
    if (here % 2 === 1 || here === last) {
      fromHash = hashNode(sha256, beside, fromHash)
      toHash = hashNode(sha256, beside, toHash)
      while (here % 2 === 0 && here !== 0) {
        here /= 2
        last = Math.floor(last / 2)
      }
    } else toHash = hashNode(sha256, toHash, beside)
    here = Math.floor(here / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 && isSameHash(fromHash, from.root) && isSameHash(toHash, to.root)
}

/** The nodes whose hashes a proof has. */
function proofRanges({ from, to }: { from: number; to: number }): LeafRange[] {
  if (!isSize(from) || !isSize(to) || from > to)
    throw new TypeError(`expected a smaller tree and a larger one, got ${from} and ${to} leaves`)
  if (from === 0 || from === to) return []
  const ranges: LeafRange[] = []
  let start = 0
  let end = to
  // Down to the node that ends where the smaller tree ends.
  while (end !== from) {
    const middle = start + splitOf(end - start)
    if (from <= middle) {
      ranges.push({ from: middle, to: end })
      end = middle
    } else {
      ranges.push({ from: start, to: middle })
      start = middle
    }
  }
  // When that node is the whole of the smaller tree, its hash is known.
  if (start > 0) ranges.push({ from: start, to: end })
  return ranges.toReversed()
}

function isHead(sha256: Sha256, { size, root }: TreeHead): boolean {
  return isSize(size) && root.length === hashBytes && (size > 0 || isSameHash(root, emptyRoot(sha256)))
}

function isSize(size: number): boolean {
  return Number.isSafeInteger(size) && size >= 0
}
