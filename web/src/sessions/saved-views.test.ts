import { expect, it } from 'vitest'
import { readViews } from './saved-views.ts'

it('reads what it wrote and leaves out what is not a view', () => {
  expect(readViews('[{"name":"a","search":"table:x"},{"name":1},null,"x"]')).toEqual([{ name: 'a', search: 'table:x' }])
  for (const text of [null, '', '{}', 'nonsense', '7']) expect(readViews(text)).toEqual([])
})
