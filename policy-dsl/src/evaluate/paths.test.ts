import { describe, expect, it } from 'vitest'
import { isUnder } from './paths.ts'

describe('isUnder', () => {
  it.each([
    ['/tmp', '/tmp'],
    ['/tmp/', '/tmp'],
    ['/tmp/a/b', '/tmp/'],
    ['//tmp///a', '/tmp'],
    ['/tmp/./a/../b', '/tmp'],
    ['/../../tmp/a', '/tmp'],
    ['/etc/../tmp/a', '/tmp'],
    ['/anything', '/'],
    ['build/x', 'build'],
    ['./build/x', 'build'],
    ['../shared/x', '../shared'],
    ['a/../build/x', './build'],
  ])('finds `%s` under `%s`', (path, directory) => {
    expect(isUnder(path, directory)).toBe(true)
  })
  it.each([
    ['/tmp/../etc', '/tmp'],
    ['/tmp/../../tmp2', '/tmp'],
    ['/tmpfile', '/tmp'],
    ['/', '/tmp'],
    ['tmp/a', '/tmp'],
    ['/build', 'build'],
    ['build/../../build/x', 'build'],
    ['../build', 'build'],
    ['..', '.'],
    ['../../x', '..'],
    ['', '/tmp'],
    ['/TMP/a', '/tmp'],
  ])('does not find `%s` under `%s`', (path, directory) => {
    expect(isUnder(path, directory)).toBe(false)
  })
})
