import { CompactRange } from '../proof/compact-range.ts'
import type { Sha256 } from '../proof/hash.ts'
import { inclusionNodes, proveInclusion } from '../proof/inclusion.ts'
import type { Subtree } from '../proof/tree.ts'

/** Makes the path of one leaf to the root of a tree whose leaves pass by once, in their order. */
export class LinePath {
  readonly #sha256: Sha256
  readonly #place: { index: number; size: number }
  /** The subtrees beside the path, in the order of their leaves, as far as they are filled. */
  readonly #nodes: { node: Subtree; range: CompactRange }[]
  #filling = 0

  constructor(sha256: Sha256, place: { index: number; size: number }) {
    this.#sha256 = sha256
    this.#place = place
    this.#nodes = inclusionNodes(place)
      .toSorted((a, b) => a.index * 2 ** a.level - b.index * 2 ** b.level)
      .map(node => ({ node, range: new CompactRange(sha256) }))
  }

  /** Takes the next complete subtree: a leaf, or what is left of erased ones. */
  take({ level, index }: Subtree, hash: Uint8Array): void {
    const first = index * 2 ** level
    if (first >= this.#place.size || first === this.#place.index) return
    const { node, range } = this.#nodes[this.#filling]!
    // INVARIANT: a complete subtree without the leaf lies within one that is beside its path.
    range.appendSubtree(2 ** level, hash)
    if (range.size === 2 ** node.level) this.#filling++
  }

  /** From the leaf's neighbour up. All leaves have passed. */
  path(): Uint8Array[] {
    const roots = new Map(this.#nodes.map(({ node, range }) => [`${node.level}/${node.index}`, range.root()]))
    return proveInclusion(this.#sha256, this.#place, (level, index) => roots.get(`${level}/${index}`)!)
  }
}
