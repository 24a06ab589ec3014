import { emptyRoot, hashNode, type Sha256 } from './hash.ts'

/** A tree as it was at one size (RFC 6962 §2.1). */
export interface TreeHead {
  size: number
  root: Uint8Array
}

/** A complete subtree: the leaves from `index * 2^level` to before `(index + 1) * 2^level`. */
export interface Subtree {
  level: number
  index: number
}

/** Gives the hash of a complete subtree. */
export type ReadNode = (level: number, index: number) => Uint8Array

/** The largest complete subtrees that make up the leaves from `from` to before `to`, left to right. Every tree of at least `to` leaves has them. */
export function coverRange(from: number, to: number): Subtree[] {
  const cover: Subtree[] = []
  for (let at = from; at < to;) {
    let level = 0
    let size = 1
    while (at % (2 * size) === 0 && at + 2 * size <= to) {
      level++
      size *= 2
    }
    cover.push({ level, index: at / size })
    at += size
  }
  return cover
}

/** The root of the tree of the first `size` leaves. */
export function treeRoot(sha256: Sha256, size: number, read: ReadNode): Uint8Array {
  return size === 0 ? emptyRoot(sha256) : rangeRoot(sha256, { from: 0, to: size }, read)
}

/** The leaves from `from` to before `to`. */
export interface LeafRange {
  from: number
  to: number
}

/**
 * The hash of a node of a tree, complete or not (RFC 6962's MTH(D[from:to])).
 * INVARIANT: `from` is a multiple of a power of two that is at least `to - from`.
 */
export function rangeRoot(sha256: Sha256, range: LeafRange, read: ReadNode): Uint8Array {
  return coverRange(range.from, range.to)
    .map(({ level, index }) => read(level, index))
    .reduceRight((right, left) => hashNode(sha256, left, right))
}

/** The largest power of two that is less than `size`, which is at least 2: where a tree of that size divides. */
export function splitOf(size: number): number {
  let half = 1
  while (2 * half < size) half *= 2
  return half
}
