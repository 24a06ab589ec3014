import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatBase64, parseBase64, parseHash } from './base64.ts'
import { ProofError } from './proof-error.ts'

describe('base64', () => {
  it('is what everyone else makes of the bytes, and back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), bytes => {
        const text = formatBase64(bytes)
        expect(text).toBe(Buffer.from(bytes).toString('base64'))
        expect(parseBase64(text)).toEqual(bytes)
      }),
    )
  })

  it('has one text for each sequence of bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ABQgwv09+/= \n-_'), maxLength: 9 }), text => {
        const bytes = parsed(text)
        if (bytes) expect(formatBase64(bytes)).toBe(text)
      }),
      { numRuns: 2000 },
    )
  })

  it.each([
    ['no padding', 'AA'],
    ['padding in the middle', 'AA==AAAA'],
    ['bits that carry nothing and are not 0', 'AB=='],
    ['the same in two letters', 'AAB='],
    ['the alphabet of addresses', 'A-_A'],
    ['a newline', 'AAAA\n'],
    ['a character past ASCII', 'AAAé'],
    ['three equals signs', 'A==='],
    ['four equals signs', '===='],
  ])('refuses %s', (_, text) => {
    expect(() => parseBase64(text)).toThrow(ProofError)
  })

  it('knows a hash by its length', () => {
    expect(parseHash(formatBase64(new Uint8Array(32))).length).toBe(32)
    for (const length of [0, 31, 33]) expect(() => parseHash(formatBase64(new Uint8Array(length)))).toThrow('expected a hash of 32 bytes')
  })
})

function parsed(text: string): Uint8Array | null {
  try {
    return parseBase64(text)
  } catch (error) {
    if (error instanceof ProofError) return null
    throw error
  }
}
