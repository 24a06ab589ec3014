import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { binaryToText } from './binary.ts'
import { elementType, typeName } from './type-names.ts'

/** Values as a real PostgreSQL 15 printed and sent them: OID, text (UTC), hex of the binary form. */
const vectors = JSON.parse(readFileSync(new URL('./binary.vectors.json', import.meta.url), 'utf8')) as [number, string, string][]

const bytesOf = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16))

describe('a value in binary', () => {
  it.each(vectors)('of type %i reads %s', (oid, text, hex) => {
    expect(binaryToText(oid, bytesOf(hex))).toBe(text)
  })

  it('of an unknown type is given as hex', () => {
    expect(binaryToText(999_999, bytesOf('00ff'))).toEqual({ hex: '00ff' })
  })

  it('that is cut short, too long or garbage never throws', () => {
    for (const [oid, , hex] of vectors) {
      const bytes = bytesOf(hex)
      for (let length = 0; length < bytes.length; length++) expect(() => binaryToText(oid, bytes.subarray(0, length))).not.toThrow()
      expect(() => binaryToText(oid, bytesOf(`${hex}${hex}ff`))).not.toThrow()
      expect(() => binaryToText(oid, bytes.map((byte) => byte ^ 0xff))).not.toThrow()
    }
  })
})

describe('type names', () => {
  it('know the types of every day and say so when they do not', () => {
    expect([20, 25, 1009, 1184, 3802].map(typeName)).toEqual(['int8', 'text', 'text[]', 'timestamptz', 'jsonb'])
    expect(typeName(123_456)).toBe('oid 123456')
    expect(elementType(1009)).toBe(25)
  })
})
