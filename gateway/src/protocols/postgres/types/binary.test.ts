import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { binaryToText } from './binary.ts'
import { elementType, typeName } from './type-names.ts'

/** Values as PostgreSQL 15 and 18 both printed and sent them: OID, text (in UTC), hex of the binary form. */
const vectors = JSON.parse(readFileSync(new URL('./binary.vectors.json', import.meta.url), 'utf8')) as [number, string, string][]

const fromHex = (hex: string) => Uint8Array.from(hex.replaceAll(' ', '').match(/../g) ?? [], byte => Number.parseInt(byte, 16))
const hexes = vectors.map(([oid, , hex]) => [oid, fromHex(hex)] as const)
const oids = [...new Set(vectors.map(([oid]) => oid))]

/** A value as array and record have it: its length in front. */
function sized(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([int32(bytes.length), bytes])
}

function int32(...values: number[]): Uint8Array {
  const bytes = Buffer.alloc(4 * values.length)
  values.forEach((value, i) => bytes.writeInt32BE(value, 4 * i))
  return bytes
}

function record(oid: number, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([int32(1, oid), sized(bytes)])
}

describe('a value in binary', () => {
  it.each(vectors.map(([oid, text, hex]) => [typeName(oid), text, oid, hex] as const))('of type %s reads %s', (_, text, oid, hex) => {
    expect(binaryToText(oid, fromHex(hex))).toBe(text)
  })

  it('of an unknown type is given as hex', () => {
    expect(binaryToText(999_999, fromHex('00ff'))).toEqual({ hex: '00ff' })
    expect(binaryToText(0, fromHex(''))).toEqual({ hex: '' })
  })

  it('keeps a byte order mark', () => {
    expect(binaryToText(25, Buffer.from('\ufeffx'))).toBe('\ufeffx')
  })

  it.each([
    ['text that is not UTF-8', 25, 'ff'],
    ['an int4 of three bytes', 23, '000000'],
    ['an int4 of five bytes', 23, '0000000000'],
    ['jsonb of an unknown version', 3802, '027b7d'],
    ['a date that PostgreSQL does not have', 1082, '7ffffffe'],
    ['a timestamp before the first', 1114, '8000000000000001'],
    ['a timestamp behind the last', 1184, '7ffffffffffffffe'],
    ['a time of a negative hour', 1083, 'ffffffffffffffff'],
    ['a time behind midnight', 1083, '000000141dd76001'],
    ['a zone of a day', 1266, '0000000000000000 00015180'],
    ['a numeric with a digit of 10000', 1700, '0001 0000 0000 0000 2710'],
    ['a numeric with an unknown sign', 1700, '0000 0000 1234 0000'],
    ['a numeric of more zeros than anyone reads', 1700, '0001 7fff 0000 0000 0001'],
    ['an address with a prefix of 33', 869, '02 21 00 04 0a000001'],
    ['an address of no family', 869, '07 20 00 04 0a000001'],
    ['more bits than bytes', 1562, '00000009 ff'],
    ['an array of seven dimensions', 1007, '00000007 00000000 00000017'],
    ['an array with a negative dimension', 1007, '00000001 00000000 00000017 ffffffff 00000001'],
    ['an element of length -2', 1007, '00000001 00000000 00000017 00000001 00000001 fffffffe'],
    ['an array of a type without a text form', 1007, '00000001 00000000 000f4240 00000001 00000001 00000001 00'],
    ['a record of more fields than bytes', 2249, '7fffffff'],
    ['a range without its bound', 3904, '02'],
    ['a multirange of more ranges than bytes', 4451, '7fffffff'],
  ])('is given as hex: %s', (_, oid, hex) => {
    expect(binaryToText(oid, fromHex(hex))).toEqual({ hex: hex.replaceAll(' ', '') })
  })

  it('that is cut, doubled or turned over never throws', () => {
    expect(() => {
      for (const [oid, bytes] of hexes) {
        for (let length = 0; length < bytes.length; length++) binaryToText(oid, bytes.subarray(0, length))
        binaryToText(oid, Buffer.concat([bytes, bytes]))
        binaryToText(
          oid,
          bytes.map(byte => byte ^ 0xff),
        )
      }
    }).not.toThrow()
  })

  it('of another type never throws', () => {
    expect(() => {
      for (const [, bytes] of hexes) for (const oid of oids) binaryToText(oid, bytes)
    }).not.toThrow()
  })

  it('does not count to the end of dimensions that its bytes cannot fill', () => {
    const million = 1_000_000
    const empty = int32(6, 0, 23, million, 1, million, 1, million, 1, million, 1, million, 1, 0, 1)
    expect(binaryToText(1007, empty)).toHaveProperty('hex')
    expect(binaryToText(1007, int32(2, 0, 23, 0x7fffffff, 1, 0x7fffffff, 1))).toHaveProperty('hex')
  })

  it('does not grow with every level that quotes the quotes below it', () => {
    let nested = record(25, Buffer.from('"\\'))
    for (let depth = 0; depth < 30; depth++) nested = record(2249, nested)
    expect(binaryToText(2249, nested)).toHaveProperty('hex')
  })

  it('does not follow records into the depth', () => {
    let nested = record(23, int32(7))
    for (let depth = 0; depth < 1000; depth++) nested = record(2249, nested)
    expect(binaryToText(2249, nested)).toHaveProperty('hex')
  })

  it('does not write out zeros by the thousand for each element of an array', () => {
    const zeros = fromHex('0001 00f0 0000 0000 0001')
    expect(binaryToText(1700, zeros)).toBe(`1${'0'.repeat(960)}`)
    const many = Buffer.concat([int32(1, 0, 1700, 1000, 1), ...Array.from({ length: 1000 }, () => sized(zeros))])
    expect(binaryToText(1231, many)).toHaveProperty('hex')
  })
})

describe('type names', () => {
  it('know the types of every day and say so when they do not', () => {
    expect([20, 25, 1009, 1184, 3802].map(typeName)).toEqual(['int8', 'text', 'text[]', 'timestamptz', 'jsonb'])
    expect([6157, 2287, 2205, 705].map(typeName)).toEqual(['int8multirange[]', 'record[]', 'regclass', 'unknown'])
    expect(typeName(123_456)).toBe('oid 123456')
  })

  it('know the elements of arrays', () => {
    expect([1009, 1007, 6150].map(elementType)).toEqual([25, 23, 4451])
    expect(elementType(25)).toBeUndefined()
  })
})
