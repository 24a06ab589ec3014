import { hashLeaf, LeafTree, type Checkpoint } from '@steno/recordings'
import { describe, expect, it } from 'vitest'
import { compareHistory } from './log-history.ts'
import { sha256 } from './sha256.ts'

const leaves = (count: number, other = -1) =>
  Array.from({ length: count }, (_, index) => hashLeaf(sha256, Uint8Array.of(index & 0xff, index >> 8, Number(index === other))))
const treeOf = (hashes: Uint8Array[]) => new LeafTree(sha256, hashes)
const checkpoint = (hashes: Uint8Array[], origin = 'log.example'): Checkpoint => ({
  origin,
  size: hashes.length,
  root: treeOf(hashes).root(),
})

/** The tiles of a log of few leaves: one of level 0 for each 256 leaves, one of level 1. */
function tilesOf(hashes: Uint8Array[]) {
  return {
    async tile(level: number, index: number) {
      const roots =
        level === 0
          ? hashes
          : Array.from({ length: Math.floor(hashes.length / 256) }, (_, at) => treeOf(hashes.slice(at * 256, at * 256 + 256)).root())
      const part = roots.slice(index * 256, index * 256 + 256)
      return part.length === 0 ? null : Uint8Array.from(part.flatMap(hash => [...hash]))
    },
  }
}

const compare = (seen: Checkpoint | null, hashes: Uint8Array[]) =>
  compareHistory(tilesOf(hashes), { seen, now: checkpoint(hashes) }, sha256)

describe('compareHistory', () => {
  it('has nothing to say the first time', async () => {
    expect(await compare(null, leaves(5))).toBe('first')
  })

  it('sees a log that goes on, over tiles too', async () => {
    for (const [from, to] of [
      [1, 2],
      [5, 9],
      [255, 256],
      [256, 257],
      [3, 700],
      [512, 700],
      [699, 700],
    ] as const)
      expect(await compare(checkpoint(leaves(from)), leaves(to)), `${from} to ${to}`).toBe('grown')
    expect(await compare(checkpoint(leaves(300)), leaves(300))).toBe('same')
  })

  it('sees a log that was cut back', async () => {
    expect(await compare(checkpoint(leaves(300)), leaves(299))).toBe('rolled back')
  })

  it('sees a history in which one early leaf is another', async () => {
    expect(await compare(checkpoint(leaves(300, 7)), leaves(300))).toBe('forked')
    expect(await compare(checkpoint(leaves(300, 7)), leaves(900))).toBe('forked')
  })

  it('sees another log', async () => {
    expect(await compare(checkpoint(leaves(3), 'other.example'), leaves(9))).toBe('another log')
  })

  it('does not guess where tiles are missing', async () => {
    const hashes = leaves(700)
    const evidence = { tile: async () => null }
    expect(await compareHistory(evidence, { seen: checkpoint(leaves(300)), now: checkpoint(hashes) }, sha256)).toBe('not shown')
  })
})
