import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hashNode } from './hash.ts'
import { inclusionNodes, proveInclusion, verifyInclusion } from './inclusion.ts'
import { numberedLeaf, numberedTree, sha256 } from './test-crypto.ts'
import { isSameProof, NaiveTree, placesBelow } from './test-naive-tree.ts'
import { treeRoot, type ReadNode } from './tree.ts'

const sizeMax = 300
const leaves = Array.from({ length: sizeMax }, (_, i) => numberedLeaf(i))
const naive = new NaiveTree(leaves)
const tree = numberedTree(sizeMax)

/** A tree so large that its leaves are all alike: the hashes of its complete subtrees are those of the levels. */
function alike(): ReadNode {
  const levels = [numberedLeaf(0)]
  return level => {
    while (levels.length <= level) levels.push(hashNode(sha256, levels.at(-1)!, levels.at(-1)!))
    return levels[level]!
  }
}

/** Every proof a mistake or a liar could hand over in place of this one. */
function brokenProofs(proof: Uint8Array[], others: Uint8Array[]): Uint8Array[][] {
  return [
    ...proof.map((hash, i) => proof.with(i, hash.with(5, hash[5]! ^ 0x10))),
    ...proof.map((_, i) => proof.toSpliced(i, 1)),
    ...proof.map((hash, i) => proof.toSpliced(i, 0, hash)),
    ...proof.slice(1).map((hash, i) => proof.with(i, hash).with(i + 1, proof[i]!)),
    ...others.flatMap(hash => [
      [...proof, hash],
      [hash, ...proof],
    ]),
    [...proof, new Uint8Array(0)],
    proof.map(hash => hash.subarray(0, 31)),
  ].filter(broken => broken.length !== proof.length || broken.some((hash, i) => String(hash) !== String(proof[i])))
}

describe('a proof of inclusion', () => {
  it('is RFC 6962’s path, in trees of every size', () => {
    for (let size = 1; size <= sizeMax; size++) {
      const root = naive.root(0, size)
      for (const index of placesBelow(size)) {
        const proof = proveInclusion(sha256, { index, size }, tree.read)
        if (!isSameProof(proof, naive.path(index, 0, size))) throw new Error(`expected the path of leaf ${index} of ${size}`)
        const isIn = verifyInclusion(sha256, { index, size, leafHash: leaves[index]!, proof, root })
        if (!isIn) throw new Error(`expected leaf ${index} of ${size} to be shown`)
      }
    }
  })

  it('shows nothing else: another leaf, place, size, root or path', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 80 }), fc.nat(), (size, pick) => {
        const index = pick % size
        const [root, leafHash] = [naive.root(0, size), leaves[index]!]
        const claim = { index, size, leafHash, root, proof: proveInclusion(sha256, { index, size }, tree.read) }
        expect(verifyInclusion(sha256, claim)).toBe(true)
        for (const proof of brokenProofs(claim.proof, [root, leafHash])) expect(verifyInclusion(sha256, { ...claim, proof })).toBe(false)
        for (const other of [-1, index - 1, index + 1, index ^ 1, index ^ 2, size, index + 0.5, Number.NaN, 2 ** 53]) {
          if (other !== index) expect(verifyInclusion(sha256, { ...claim, index: other })).toBe(false)
        }
        for (const otherRoot of [naive.root(0, size + 1), leafHash.with(0, leafHash[0]! ^ 1), new Uint8Array(0), root.subarray(0, 31)]) {
          expect(verifyInclusion(sha256, { ...claim, root: otherRoot })).toBe(false)
        }
        expect(verifyInclusion(sha256, { ...claim, leafHash: leaves[index + 1]! })).toBe(false)
        expect(verifyInclusion(sha256, { ...claim, leafHash: new Uint8Array(0) })).toBe(false)
        for (const other of [0, -1, size / 0, 2 ** 53]) expect(verifyInclusion(sha256, { ...claim, size: other })).toBe(false)
      }),
      { numRuns: 60 },
    )
  })

  it('works in trees of any size that can be counted', () => {
    const read = alike()
    fc.assert(
      fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), fc.maxSafeNat(), (size, pick) => {
        const index = pick % size
        const proof = proveInclusion(sha256, { index, size }, read)
        const claim = { index, size, leafHash: read(0, 0), proof, root: treeRoot(sha256, size, read) }
        expect(verifyInclusion(sha256, claim)).toBe(true)
        expect(verifyInclusion(sha256, { ...claim, proof: proof.slice(1) })).toBe(proof.length === 0)
      }),
    )
  })

  it('reads the nodes that were foretold, and no others', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: sizeMax }), fc.nat(), (size, pick) => {
        const place = { index: pick % size, size }
        const read: string[] = []
        proveInclusion(sha256, place, (level, index) => {
          read.push(`${level}/${index}`)
          return tree.read(level, index)
        })
        expect(inclusionNodes(place).map(({ level, index }) => `${level}/${index}`)).toEqual(read)
      }),
    )
  })

  it('cannot be made for a place that is not in the tree', () => {
    for (const [index, size] of [
      [0, 0],
      [3, 3],
      [-1, 3],
      [0.5, 3],
    ] as const) {
      expect(() => proveInclusion(sha256, { index, size }, tree.read)).toThrow(TypeError)
    }
  })
})
