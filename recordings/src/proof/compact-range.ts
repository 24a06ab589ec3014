import { emptyRoot, hashBytes, hashNode, type Sha256 } from './hash.ts'
import { coverRange } from './tree.ts'

/** A tree that grows, of which no more is kept than its root needs: one hash for each 1 in its size's binary digits. */
export class CompactRange {
  readonly #sha256: Sha256
  #size = 0
  /** Roots of the complete subtrees it is made of, left to right, so the largest first. */
  #hashes: Uint8Array[] = []

  constructor(sha256: Sha256) {
    this.#sha256 = sha256
  }

  /** Goes on from what `size` and `hashes` said. */
  static restore(sha256: Sha256, size: number, hashes: readonly Uint8Array[]): CompactRange {
    const range = new CompactRange(sha256)
    const expected = coverRange(0, size).length
    if (!Number.isSafeInteger(size) || size < 0 || hashes.length !== expected || hashes.some(hash => hash.length !== hashBytes)) {
      throw new TypeError(`expected ${expected} hashes for a tree of ${size} leaves, got ${hashes.length}`)
    }
    range.#size = size
    range.#hashes = [...hashes]
    return range
  }

  get size(): number {
    return this.#size
  }

  hashes(): Uint8Array[] {
    return [...this.#hashes]
  }

  append(leafHash: Uint8Array): void {
    this.appendSubtree(1, leafHash)
  }

  /** Appends a complete subtree of `size` leaves, a power of two, at a place where the tree can have one: after a multiple of `size` leaves. */
  appendSubtree(size: number, hash: Uint8Array): void {
    const isPower = Number.isSafeInteger(size) && size > 0 && Number.isInteger(Math.log2(size))
    if (!isPower || this.#size % size !== 0 || hash.length !== hashBytes) {
      throw new TypeError(`expected the hash of a complete subtree that can follow ${this.#size} leaves, got one of ${size} leaves`)
    }
    let merged = hash
    // Each subtree of this size that is already there is the left half of one
    // twice as large, as in adding 1 to a binary number.
    for (let half = size; Math.floor(this.#size / half) % 2 === 1; half *= 2) merged = hashNode(this.#sha256, this.#hashes.pop()!, merged)
    this.#hashes.push(merged)
    this.#size += size
  }

  root(): Uint8Array {
    if (this.#size === 0) return emptyRoot(this.#sha256)
    return this.#hashes.reduceRight((right, left) => hashNode(this.#sha256, left, right))
  }
}
