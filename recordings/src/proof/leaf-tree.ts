import { hashNode, type Sha256 } from './hash.ts'
import { treeRoot, type ReadNode } from './tree.ts'

/** A tree with all its hashes in memory: for small ones, of which proofs are made at once. */
export class LeafTree {
  readonly #sha256: Sha256
  /** Complete subtrees by level. */
  readonly #levels: Uint8Array[][] = [[]]

  constructor(sha256: Sha256, leafHashes: Iterable<Uint8Array> = []) {
    this.#sha256 = sha256
    for (const hash of leafHashes) this.append(hash)
  }

  get size(): number {
    return this.#levels[0]!.length
  }

  append(leafHash: Uint8Array): void {
    this.#levels[0]!.push(leafHash)
    for (let level = 0; this.#levels[level]!.length % 2 === 0; level++) {
      const row = this.#levels[level]!
      const above = (this.#levels[level + 1] ??= [])
      above.push(hashNode(this.#sha256, row.at(-2)!, row.at(-1)!))
    }
  }

  /** The root of the first `size` leaves; of all, when it is left out. */
  root(size = this.size): Uint8Array {
    return treeRoot(this.#sha256, size, this.read)
  }

  readonly read: ReadNode = (level, index) => {
    const hash = this.#levels[level]?.[index]
    if (!hash) throw new TypeError(`expected a subtree that is complete, got ${index} on level ${level} of ${this.size} leaves`)
    return hash
  }
}
