import { CompactRange } from '../proof/compact-range.ts'
import { hashBytes, isSameHash, type Sha256 } from '../proof/hash.ts'
import { readNodeFromTiles, tileWidth, tileWidthAt } from '../proof/tiles.ts'
import { treeRoot, type TreeHead } from '../proof/tree.ts'

/** Gives the hashes of the leaves of a full tile again. */
export type ReadLeafHashes = (index: number) => Promise<Uint8Array | null>

/**
 * The tree of a log's leaves, as a verifier makes it from the leaves
 * themselves. Of the leaves' own hashes it keeps the newest tile, so a log of
 * millions needs little memory; the root of any earlier size can still be had,
 * by reading again the one tile that it ends in.
 */
export class LogTree {
  readonly #sha256: Sha256
  readonly #range: CompactRange
  #newest: { index: number; tile: Uint8Array } = { index: 0, tile: new Uint8Array(tileWidth * hashBytes) }
  /** Tiles of the levels above the leaves', the lowest first. */
  readonly #above: Uint8Array[][] = []
  readonly #roots = new Map<number, Uint8Array>()

  constructor(sha256: Sha256) {
    this.#sha256 = sha256
    this.#range = new CompactRange(sha256)
  }

  get size(): number {
    return this.#range.size
  }

  head(): TreeHead {
    return { size: this.#range.size, root: this.#range.root() }
  }

  append(leafHash: Uint8Array): void {
    const index = this.#range.size
    this.#range.append(leafHash)
    const at = index % tileWidth
    if (at === 0) this.#newest = { index: Math.floor(index / tileWidth), tile: new Uint8Array(tileWidth * hashBytes) }
    this.#newest.tile.set(leafHash, at * hashBytes)
    if (at === tileWidth - 1) this.#put(1, this.#newest.index, this.#rootOf(this.#newest.tile))
  }

  /** The hashes of a tile as far as there are any; of the leaves' own, the newest tile. */
  tile(level: number, index: number): Uint8Array {
    const tile = level === 0 ? this.#leaves(index) : this.#above[level - 1]?.[index]
    return (tile ?? new Uint8Array(0)).subarray(0, tileWidthAt(this.size, level, index) * hashBytes)
  }

  /** The root that the log had at a size; null for a size it has not come to, or where a tile is not what it was. */
  async rootAt(size: number, readLeaves: ReadLeafHashes): Promise<Uint8Array | null> {
    if (size > this.size) return null
    const known = this.#roots.get(size)
    if (known) return known
    const last = Math.floor(size / tileWidth)
    const leaves = size % tileWidth === 0 ? null : (this.#leaves(last) ?? (await this.#readAgain(last, readLeaves)))
    if (size % tileWidth !== 0 && !leaves) return null
    const read = readNodeFromTiles(this.#sha256, size, (level, index, width) =>
      (level === 0 && index === last && leaves ? leaves : this.#above[level - 1]![index]!).subarray(0, width * hashBytes),
    )
    const root = treeRoot(this.#sha256, size, read)
    this.#roots.set(size, root)
    return root
  }

  #leaves(index: number): Uint8Array | null {
    return this.#newest.index === index ? this.#newest.tile : null
  }

  /** Takes leaf hashes for what they were only if their root is what it was. */
  async #readAgain(index: number, readLeaves: ReadLeafHashes): Promise<Uint8Array | null> {
    const leaves = await readLeaves(index)
    if (leaves?.length !== tileWidth * hashBytes) return null
    const at = (index % tileWidth) * hashBytes
    const before = this.#above[0]![Math.floor(index / tileWidth)]!.subarray(at, at + hashBytes)
    return isSameHash(this.#rootOf(leaves), before) ? leaves : null
  }

  #put(level: number, index: number, hash: Uint8Array): void {
    const tiles = (this.#above[level - 1] ??= [])
    const at = Math.floor(index / tileWidth)
    const tile = (tiles[at] ??= new Uint8Array(tileWidth * hashBytes))
    tile.set(hash, (index % tileWidth) * hashBytes)
    if ((index + 1) % tileWidth === 0) this.#put(level + 1, at, this.#rootOf(tile))
  }

  #rootOf(tile: Uint8Array): Uint8Array {
    const range = new CompactRange(this.#sha256)
    for (let at = 0; at < tile.length; at += hashBytes) range.append(tile.slice(at, at + hashBytes))
    return range.root()
  }
}
