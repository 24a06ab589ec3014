import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { consistencyNodes, proveConsistency, verifyConsistency } from './consistency.ts'
import { emptyRoot, hashNode } from './hash.ts'
import { numberedLeaf, numberedTree, sha256 } from './test-crypto.ts'
import { isSameProof, NaiveTree, placesBelow } from './test-naive-tree.ts'
import { treeRoot, type ReadNode } from './tree.ts'

const sizeMax = 300
const leaves = Array.from({ length: sizeMax }, (_, i) => numberedLeaf(i))
const naive = new NaiveTree(leaves)
const tree = numberedTree(sizeMax)
const headOf = (size: number) => ({ size, root: naive.root(0, size) })
const proofOf = (from: number, to: number) => proveConsistency(sha256, { from, to }, tree.read)

describe('a proof of consistency', () => {
  it('is RFC 6962’s proof, to trees of every size', () => {
    for (let to = 1; to <= sizeMax; to++) {
      for (const from of placesBelow(to).map(place => place + 1)) {
        const proof = proofOf(from, to)
        if (!isSameProof(proof, naive.proof(from, to))) throw new Error(`expected the proof from ${from} leaves to ${to}`)
        const isConsistent = verifyConsistency(sha256, { from: headOf(from), to: headOf(to), proof })
        if (!isConsistent) throw new Error(`expected ${to} leaves to be shown to begin with ${from}`)
      }
    }
  })

  it('is not needed for the empty tree and for the same tree', () => {
    for (const size of [0, 1, 2, 7, 64]) {
      expect(proofOf(0, size)).toEqual([])
      expect(verifyConsistency(sha256, { from: headOf(0), to: headOf(size), proof: [] })).toBe(true)
      expect(verifyConsistency(sha256, { from: headOf(size), to: headOf(size), proof: [] })).toBe(true)
      for (const other of [0, size]) {
        expect(verifyConsistency(sha256, { from: headOf(other), to: headOf(size), proof: [leaves[0]!] })).toBe(false)
      }
    }
  })

  it('does not take the root of an empty tree on faith', () => {
    const lie = { size: 0, root: leaves[0]! }
    expect(verifyConsistency(sha256, { from: lie, to: headOf(5), proof: [] })).toBe(false)
    expect(verifyConsistency(sha256, { from: lie, to: lie, proof: [] })).toBe(false)
    expect(verifyConsistency(sha256, { from: { size: 0, root: emptyRoot(sha256) }, to: headOf(5), proof: [] })).toBe(true)
  })

  it('shows nothing else: another tree, size, root or proof', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 80 }), fc.nat(), (to, pick) => {
        const from = 1 + (pick % (to - 1))
        const claim = { from: headOf(from), to: headOf(to), proof: proofOf(from, to) }
        const holds = (change: Partial<typeof claim>) => verifyConsistency(sha256, { ...claim, ...change })
        expect(holds({})).toBe(true)
        const { proof } = claim
        for (let i = 0; i < proof.length; i++) {
          expect(holds({ proof: proof.with(i, proof[i]!.with(31, proof[i]![31]! ^ 1)) })).toBe(false)
          expect(holds({ proof: proof.toSpliced(i, 1) })).toBe(false)
          expect(holds({ proof: proof.toSpliced(i, 0, proof[i]!) })).toBe(false)
        }
        for (const hash of [claim.from.root, claim.to.root, leaves[0]!]) {
          expect(holds({ proof: [hash, ...proof] })).toBe(false)
          expect(holds({ proof: [...proof, hash] })).toBe(false)
        }
        expect(holds({ proof: [] })).toBe(false)
        expect(holds({ from: claim.to, to: claim.from })).toBe(false)
        const forked = { size: from, root: naive.root(1, from + 1) }
        expect(holds({ from: forked })).toBe(false)
        expect(holds({ to: { size: to, root: naive.root(1, to + 1) } })).toBe(false)
        for (const size of [-1, from + 0.5, Number.NaN, 2 ** 53]) expect(holds({ from: { ...claim.from, size } })).toBe(false)
        expect(holds({ from: { size: from, root: claim.from.root.subarray(0, 31) } })).toBe(false)
      }),
      { numRuns: 60 },
    )
  })

  it('works between trees of any size that can be counted', () => {
    const levels = [numberedLeaf(0)]
    const read: ReadNode = level => {
      while (levels.length <= level) levels.push(hashNode(sha256, levels.at(-1)!, levels.at(-1)!))
      return levels[level]!
    }
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)]
        const proof = proveConsistency(sha256, { from, to }, read)
        const heads = { from: { size: from, root: treeRoot(sha256, from, read) }, to: { size: to, root: treeRoot(sha256, to, read) } }
        expect(verifyConsistency(sha256, { ...heads, proof })).toBe(true)
        if (proof.length > 0) expect(verifyConsistency(sha256, { ...heads, proof: proof.slice(1) })).toBe(false)
      }),
    )
  })

  it('reads the nodes that were foretold, and no others', () => {
    fc.assert(
      fc.property(fc.nat(sizeMax), fc.nat(sizeMax), (a, b) => {
        const sizes = { from: Math.min(a, b), to: Math.max(a, b) }
        const read: string[] = []
        proveConsistency(sha256, sizes, (level, index) => {
          read.push(`${level}/${index}`)
          return tree.read(level, index)
        })
        expect(consistencyNodes(sizes).map(({ level, index }) => `${level}/${index}`)).toEqual(read)
      }),
    )
  })

  it('cannot be made from a larger tree to a smaller one', () => {
    expect(() => proofOf(5, 4)).toThrow(TypeError)
    expect(() => proofOf(-1, 4)).toThrow(TypeError)
  })
})
