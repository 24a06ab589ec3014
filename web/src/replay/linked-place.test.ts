import { expect, it } from 'vitest'
import { linkedPlace } from './linked-place.ts'

it('reads a frame, or a time in seconds', () => {
  expect(linkedPlace({ frame: '412' })).toEqual({ line: 412 })
  expect(linkedPlace({ t: '18.932' })).toEqual({ seconds: 18.932 })
  expect(linkedPlace({ frame: '412', t: '1' })).toEqual({ line: 412 })
})

it('takes nothing that is not a plain number', () => {
  for (const odd of ['', '-1', '1e9', 'x', '1.5.2', '99999999999999']) {
    expect(linkedPlace({ frame: odd })).toBe(null)
    expect(linkedPlace({ t: odd })).toBe(null)
  }
})
