import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { emptyRoot, hashLeaf, hashLeafWithin, hashNode, isSameHash } from './hash.ts'
import { sha256 } from './test-crypto.ts'

const plainLeaf = (leaf: Uint8Array) => sha256(Uint8Array.of(0, ...leaf))

describe('hashes', () => {
  it('mark leaves with 0 and nodes with 1', () => {
    const left = new Uint8Array(32).fill(7)
    const right = new Uint8Array(32).fill(9)
    expect(hashNode(sha256, left, right)).toEqual(sha256(Uint8Array.of(1, ...left, ...right)))
    expect(emptyRoot(sha256)).toEqual(sha256(new Uint8Array(0)))
  })

  it('are of the leaf whatever was hashed before, at every length around the memory they share', () => {
    for (const length of [0, 1, 3, 100, 0x3fff, 0x4000, 0x4001, 70_000, 5, 0]) {
      const leaf = new Uint8Array(length).fill(length)
      expect(hashLeaf(sha256, leaf)).toEqual(plainLeaf(leaf))
    }
  })

  it('of a leaf inside other bytes need no copy and leave the bytes as they were', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.nat(), fc.nat(), (bytes, a, b) => {
        const [start, end] = [a % (bytes.length + 1), b % (bytes.length + 1)].toSorted((x, y) => x - y) as [number, number]
        const before = bytes.slice()
        expect(hashLeafWithin(sha256, bytes, start, end)).toEqual(plainLeaf(before.slice(start, end)))
        expect(bytes).toEqual(before)
      }),
    )
  })

  it('leave the bytes as they were when hashing fails', () => {
    const bytes = Uint8Array.of(1, 2, 3)
    const failing = () => {
      throw new Error('no memory')
    }
    expect(() => hashLeafWithin(failing, bytes, 1, 3)).toThrow('no memory')
    expect(bytes).toEqual(Uint8Array.of(1, 2, 3))
  })

  it('are the same only byte for byte', () => {
    const hash = sha256(Uint8Array.of(1))
    expect(isSameHash(hash, hash.slice())).toBe(true)
    expect(isSameHash(hash, hash.with(31, hash[31]! ^ 1))).toBe(false)
    expect(isSameHash(hash, hash.subarray(0, 31))).toBe(false)
  })
})
