import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { consistencyNodes, proveConsistency } from './consistency.ts'
import { entryBundleSize, entryBytesMax, formatEntryBundle, parseEntryBundle, wholeEntries } from './entry-bundle.ts'
import { inclusionNodes, proveInclusion } from './inclusion.ts'
import { numberedTree, sha256 } from './test-crypto.ts'
import { parseTilePath, readNodeFromTiles, tilePath, tileWidthAt, tilesOf, type GetTile } from './tiles.ts'
import { coverRange, treeRoot } from './tree.ts'

const sizeMax = 70_000
const tree = numberedTree(sizeMax)
const anySize = fc.oneof(fc.integer({ min: 1, max: sizeMax }), fc.constantFrom(1, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 65_792))

/** A log's tiles as files: each once made, and as wide as was asked. */
const tileOf: GetTile = (level, index, width) => {
  const bytes = new Uint8Array(width * 32)
  for (let i = 0; i < width; i++) bytes.set(tree.read(level * 8, index * 256 + i), i * 32)
  return bytes
}

const name = ({ level, index, width }: { level: number; index: number; width: number }) => tilePath(level, index, width)

describe('tiles', () => {
  it('give the nodes of the tree, at every size', () => {
    fc.assert(
      fc.property(anySize, size => {
        expect(treeRoot(sha256, size, readNodeFromTiles(sha256, size, tileOf))).toEqual(tree.root(size))
      }),
    )
  })

  it('are enough for every proof, and are known before', () => {
    fc.assert(
      fc.property(anySize, fc.nat(), (size, pick) => {
        const place = { index: pick % size, size }
        const sizes = { from: place.index, to: size }
        for (const { nodes, prove } of [
          { nodes: inclusionNodes(place), prove: (read: typeof tree.read) => proveInclusion(sha256, place, read) },
          { nodes: consistencyNodes(sizes), prove: (read: typeof tree.read) => proveConsistency(sha256, sizes, read) },
        ]) {
          const foretold = tilesOf(size, nodes).map(name)
          const read = new Set<string>()
          const proof = prove(
            readNodeFromTiles(sha256, size, (level, index, width) => {
              read.add(tilePath(level, index, width))
              return tileOf(level, index, width)
            }),
          )
          expect(proof).toEqual(prove(tree.read))
          expect(foretold.toSorted()).toEqual([...read].toSorted())
          // Each only as wide as the tree has it.
          for (const path of foretold) {
            const { level, index, width } = parseTilePath(path)
            expect(tileWidthAt(size, level, index)).toBe(width)
          }
        }
      }),
    )
  })

  it('of another length than asked for are refused', () => {
    for (const cut of [(tile: Uint8Array) => tile.subarray(1), (tile: Uint8Array) => Uint8Array.of(...tile, 0), () => new Uint8Array(0)]) {
      const read = readNodeFromTiles(sha256, 300, (level, index, width) => cut(tileOf(level, index, width)))
      expect(() => read(0, 1)).toThrow('expected 256 hashes in tile/0/000')
      expect(() => read(0, 299)).toThrow('expected 44 hashes in tile/0/001.p/44')
    }
  })

  it('have no node that is not complete', () => {
    const read = readNodeFromTiles(sha256, 300, tileOf)
    expect(read(8, 0)).toEqual(tree.read(8, 0))
    for (const [level, index] of [
      [0, 300],
      [8, 1],
      [3, 37],
      [9, 0],
    ] as const) {
      expect(() => read(level, index)).toThrow(TypeError)
    }
  })

  it('of a tree are at one place each', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 63 }), fc.maxSafeNat(), fc.integer({ min: 1, max: 256 }), (level, index, width) => {
        const path = tilePath(level, index, width)
        expect(parseTilePath(path)).toEqual({ level, index, width })
        expect(path.split('/').every(part => part.length <= 7)).toBe(true)
      }),
    )
  })

  it('of complete subtrees are found wherever those are', () => {
    const size = Number.MAX_SAFE_INTEGER
    for (const node of coverRange(0, size)) {
      const [tile] = tilesOf(size, [node])
      expect(tile!.level).toBe(Math.floor(node.level / 8))
      expect(tile!.width).toBe(tileWidthAt(size, tile!.level, tile!.index))
    }
  })
})

describe('an entry bundle', () => {
  const entries = fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 12 })

  it('that grows shows its whole entries wherever it is cut', () => {
    fc.assert(
      fc.property(entries, list => {
        const bytes = formatEntryBundle(list)
        expect(parseEntryBundle(bytes, list.length)).toEqual(list)
        for (let end = 0; end <= bytes.length; end++) {
          const whole = wholeEntries(bytes.subarray(0, end))
          expect(whole).toEqual(list.slice(0, whole.length))
          const next = list[whole.length]
          expect(formatEntryBundle(whole).length + (next ? next.length + 2 : 1)).toBeGreaterThan(end)
        }
      }),
      { numRuns: 30 },
    )
  })

  it('begins with each of its partial bundles', () => {
    fc.assert(
      fc.property(entries, list => {
        const bytes = formatEntryBundle(list)
        for (let width = 0; width <= list.length; width++) {
          expect(parseEntryBundle(bytes.subarray(0, entryBundleSize(bytes, width)), width)).toEqual(list.slice(0, width))
        }
        expect(() => entryBundleSize(bytes, list.length + 1)).toThrow(`expected ${list.length + 1} entries, got ${list.length}`)
      }),
    )
  })

  it('holds 256 entries and no entry that is too long', () => {
    const many = formatEntryBundle(Array.from({ length: 300 }, () => Uint8Array.of(1)))
    expect(wholeEntries(many).length).toBe(256)
    expect(() => parseEntryBundle(many, 300)).toThrow('expected 300 entries')
    expect(parseEntryBundle(formatEntryBundle([new Uint8Array(entryBytesMax)]), 1)[0]!.length).toBe(65_535)
    expect(() => formatEntryBundle([new Uint8Array(entryBytesMax + 1)])).toThrow(TypeError)
  })

  it('gives its entries without copying them', () => {
    const bytes = formatEntryBundle([Uint8Array.of(1, 2, 3)])
    expect(parseEntryBundle(bytes, 1)[0]!.buffer).toBe(bytes.buffer)
  })
})
