import { expect, it } from 'vitest'
import { windowOf } from './windows.ts'

it('reads the window an address names, and takes the usual one for what is none', () => {
  expect(windowOf('24h').seconds).toBe(86_400)
  expect(windowOf('all')).toMatchObject({ age: '', seconds: null })
  for (const nothing of [undefined, '', '3y', 'constructor']) expect(windowOf(nothing === '' ? undefined : nothing).age).toBe('7d')
})
