import { expect, it } from 'vitest'
import { sortShapes } from './sort-shapes.ts'

const shape = (name: string, counts: number[]) => ({
  shape: name,
  example: name,
  verbs: [],
  tables: [],
  counts,
  first: counts.map(() => null),
})

it('puts what not every attempt did first, the rarest before the others', () => {
  const sorted = sortShapes([shape('all', [1, 1, 1]), shape('uneven', [1, 9, 1]), shape('two', [1, 0, 1]), shape('one', [0, 0, 1])])
  expect(sorted.map(row => [row.shape.shape, row.issuedBy, row.isUnusual])).toEqual([
    ['one', 1, true],
    ['two', 2, true],
    ['uneven', 3, false],
    ['all', 3, false],
  ])
})
