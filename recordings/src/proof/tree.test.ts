import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CompactRange } from './compact-range.ts'
import { emptyRoot } from './hash.ts'
import { LeafTree } from './leaf-tree.ts'
import { numberedLeaf, numberedTree, sha256 } from './test-crypto.ts'
import { NaiveTree } from './test-naive-tree.ts'
import { coverRange, treeRoot } from './tree.ts'

const sizeMax = 300
const leaves = Array.from({ length: sizeMax }, (_, i) => numberedLeaf(i))
const naive = new NaiveTree(leaves)
const largestSize = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })

describe('a tree', () => {
  it('has the root that RFC 6962 recurs to, at every size, however it is kept', () => {
    const range = new CompactRange(sha256)
    const tree = new LeafTree(sha256)
    const all = new LeafTree(sha256, leaves)
    for (let size = 0; size <= sizeMax; size++) {
      const root = naive.root(0, size)
      expect(range.root()).toEqual(root)
      expect(range.size).toBe(size)
      expect(tree.root()).toEqual(root)
      expect(all.root(size)).toEqual(root)
      if (size === sizeMax) break
      range.append(leaves[size]!)
      tree.append(leaves[size]!)
    }
  })

  it('has no complete subtree past its end', () => {
    expect(() => numberedTree(7).read(2, 1)).toThrow('expected a subtree that is complete')
    expect(() => numberedTree(7).root(8)).toThrow('expected a subtree that is complete')
  })

  it('is empty with the hash of nothing', () => {
    expect(new LeafTree(sha256).root()).toEqual(emptyRoot(sha256))
    expect(
      treeRoot(sha256, 0, () => {
        throw new Error('nothing to read')
      }),
    ).toEqual(emptyRoot(sha256))
  })
})

describe('a compact range', () => {
  it('goes on from any size as if it had never stopped', () => {
    for (let size = 0; size < sizeMax; size++) {
      const before = new CompactRange(sha256)
      for (const leaf of leaves.slice(0, size)) before.append(leaf)
      const after = CompactRange.restore(sha256, size, before.hashes())
      after.append(leaves[size]!)
      expect(after.root()).toEqual(naive.root(0, size + 1))
      expect(before.size).toBe(size)
    }
  })

  it('takes the subtrees that cover a range in place of its leaves', () => {
    fc.assert(
      fc.property(fc.nat(sizeMax), fc.nat(sizeMax), (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)]
        const range = new CompactRange(sha256)
        for (const leaf of leaves.slice(0, from)) range.append(leaf)
        for (const { level, index } of coverRange(from, to)) {
          const size = 2 ** level
          range.appendSubtree(size, naive.root(index * size, (index + 1) * size))
        }
        for (const leaf of leaves.slice(to)) range.append(leaf)
        expect(range.root()).toEqual(naive.root(0, sizeMax))
      }),
    )
  })

  it('refuses a subtree where the tree can have none, and what is no subtree', () => {
    const range = new CompactRange(sha256)
    range.append(leaves[0]!)
    for (const size of [2, 3, 0, -1, 1.5, Number.NaN]) {
      expect(() => range.appendSubtree(size, leaves[1]!)).toThrow('expected the hash of a complete subtree')
    }
    expect(() => range.append(new Uint8Array(31))).toThrow('expected the hash')
    expect(range.root()).toEqual(leaves[0])
  })

  it('refuses to go on from hashes that are not of its size', () => {
    for (const [size, hashes] of [
      [3, [leaves[0]!]],
      [4, [leaves[0]!, leaves[1]!]],
      [0, [leaves[0]!]],
      [1, [new Uint8Array(20)]],
      [1.5, [leaves[0]!]],
      [-1, []],
    ] as const) {
      expect(() => CompactRange.restore(sha256, size, hashes)).toThrow('expected')
    }
  })

  it('counts past what 32 bits hold', () => {
    const hash = leaves[0]!
    const size = 2 ** 40 + 2 ** 33 + 1
    const range = CompactRange.restore(sha256, size, [hash, hash, hash])
    range.append(hash)
    expect(range.size).toBe(size + 1)
    expect(range.hashes().length).toBe(3)
  })
})

describe('the cover of a range', () => {
  it('is whole, in order, aligned, and of the largest subtrees there are', () => {
    fc.assert(
      fc.property(largestSize, largestSize, (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)]
        let at = from
        for (const { level, index } of coverRange(from, to)) {
          const size = 2 ** level
          expect(index * size).toBe(at)
          // The parent would not fit: it starts before the range or ends behind it.
          const parent = Math.floor(index / 2) * 2 * size
          expect(parent < from || BigInt(parent) + BigInt(2 * size) > BigInt(to)).toBe(true)
          at += size
        }
        expect(at).toBe(to)
      }),
    )
  })

  it('is empty where the range is', () => {
    expect(coverRange(5, 5)).toEqual([])
    expect(coverRange(6, 5)).toEqual([])
  })
})
