import { expect, it } from 'vitest'
import { mergeHead } from './session-items.ts'

it('refreshes what is known and sets apart what is new', () => {
  const merged = mergeHead(
    [
      { id: 'a', commands: 1 },
      { id: 'b', commands: 2 },
    ],
    [
      { id: 'c', commands: 0 },
      { id: 'a', commands: 9 },
    ],
  )
  expect(merged.items).toEqual([
    { id: 'a', commands: 9 },
    { id: 'b', commands: 2 },
  ])
  expect(merged.fresh).toEqual([{ id: 'c', commands: 0 }])
})
