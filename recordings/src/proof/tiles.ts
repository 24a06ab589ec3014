import { CompactRange } from './compact-range.ts'
import { parseDecimal } from './decimal.ts'
import { hashBytes, type Sha256 } from './hash.ts'
import { ProofError } from './proof-error.ts'
import type { ReadNode, Subtree } from './tree.ts'

/** How many hashes, or entries, a full tile has (c2sp.org/tlog-tiles). */
export const tileWidth = 256

/** Levels of the tree that one level of tiles spans. */
const tileHeight = 8

const tileLevelMax = 63

/** Which tile: hashes of a level, or the log's entries themselves; `width` says how much of it there is. */
export interface TileAddress {
  level: number | 'entries'
  index: number
  width: number
}

/** Where a tile is, below the log's address. */
export function tilePath(level: number | 'entries', index: number, width = tileWidth): string {
  const digits = String(index)
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/.{3}/g)!
  const place = groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/')
  return `tile/${level}/${place}${width === tileWidth ? '' : `.p/${width}`}`
}

export function parseTilePath(path: string): TileAddress {
  const [, level, place, width] = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/){0,5}\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path) ?? []
  if (level === undefined || place === undefined) throw notTile()
  const address: TileAddress = {
    level: level === 'entries' ? level : parseDecimal(level),
    index: parseDecimal(place.replaceAll(/[x/]/g, '').replace(/^0+(?=\d)/, '')),
    width: width === undefined ? tileWidth : parseDecimal(width),
  }
  const { width: wide } = address
  // There is one path for each tile: whatever is not written back the same is another one.
  const isInRange = (address.level === 'entries' || address.level <= tileLevelMax) && wide > 0 && wide <= tileWidth
  if (!isInRange || tilePath(address.level, address.index, wide) !== path) throw notTile()
  return address
}

/** How wide a tile is in a tree of `size` leaves; 0 when it is not there. */
export function tileWidthAt(size: number, level: number | 'entries', index: number): number {
  const hashes = level === 'entries' ? size : Math.floor(size / tileWidth ** level)
  return Math.min(tileWidth, Math.max(0, hashes - index * tileWidth))
}

/** The tiles in which these nodes of a tree of `size` leaves stand, each once: what to have at hand before `readNodeFromTiles` is asked for them. */
export function tilesOf(size: number, nodes: readonly Subtree[]): (TileAddress & { level: number })[] {
  const tiles = new Map<string, TileAddress & { level: number }>()
  for (const node of nodes) {
    const { level, index, width } = placeInTiles(size, node)
    tiles.set(`${level}/${index}`, { level, index, width })
  }
  return [...tiles.values()]
}

/** Gives the first `width` hashes of a tile, 32 bytes each. */
export type GetTile = (level: number, index: number, width: number) => Uint8Array

/** Reads nodes of a tree of `size` leaves from its tiles. */
export function readNodeFromTiles(sha256: Sha256, size: number, getTile: GetTile): ReadNode {
  return (level, index) => {
    const { level: tileLevel, index: tileIndex, width, start, count } = placeInTiles(size, { level, index })
    const tile = getTile(tileLevel, tileIndex, width)
    if (tile.length !== width * hashBytes)
      throw new ProofError('tile_shape', `expected ${width} hashes in ${tilePath(tileLevel, tileIndex, width)}`)
    const range = new CompactRange(sha256)
    for (let i = start; i < start + count; i++) range.append(tile.slice(i * hashBytes, (i + 1) * hashBytes))
    return range.root()
  }
}

/** The tile a node stands in: as the root over `count` of its hashes from `start`. */
function placeInTiles(
  size: number,
  { level, index }: Subtree,
): { level: number; index: number; width: number; start: number; count: number } {
  const tileLevel = Math.floor(level / tileHeight)
  const count = 2 ** (level % tileHeight)
  const first = index * count
  const tileIndex = Math.floor(first / tileWidth)
  const start = first % tileWidth
  const width = tileWidthAt(size, tileLevel, tileIndex)
  if (start + count > width) throw new TypeError(`expected a subtree that is complete, got ${index} on level ${level} of ${size} leaves`)
  return { level: tileLevel, index: tileIndex, width, start, count }
}

function notTile(): ProofError {
  return new ProofError('tile_path', 'expected the path of a tile')
}
