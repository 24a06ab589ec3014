import { hashLeaf, LeafTree, proveInclusion } from '@steno/recordings'
import { describe, expect, it } from 'vitest'
import { inclusionSteps } from './inclusion-steps.ts'
import { sha256 } from './sha256.ts'

const leaf = (index: number) => hashLeaf(sha256, Uint8Array.of(index))

describe('inclusionSteps', () => {
  it('leads from every leaf of every small tree to its root', () => {
    for (let size = 1; size <= 20; size++) {
      const tree = new LeafTree(
        sha256,
        Array.from({ length: size }, (_, index) => leaf(index)),
      )
      for (let index = 0; index < size; index++) {
        const proof = proveInclusion(sha256, { index, size }, tree.read)
        const steps = inclusionSteps(sha256, { index, size, leafHash: leaf(index), proof })
        expect(steps.at(-1)?.hash ?? leaf(index), `leaf ${index} of ${size}`).toEqual(tree.root())
      }
    }
  })

  it('says on which side the neighbours stand', () => {
    const tree = new LeafTree(sha256, [0, 1, 2, 3, 4].map(leaf))
    const sides = (index: number) =>
      inclusionSteps(sha256, {
        index,
        size: 5,
        leafHash: leaf(index),
        proof: proveInclusion(sha256, { index, size: 5 }, tree.read),
      }).map(({ side }) => side)
    expect(sides(0)).toEqual(['right', 'right', 'right'])
    expect(sides(2)).toEqual(['right', 'left', 'right'])
    expect(sides(4)).toEqual(['left'])
  })
})
