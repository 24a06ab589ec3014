import { createMaskKey, type MaskKind } from '@steno/policy-dsl'
import type { Column } from '@steno/recordings'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RowDecoder } from '../row-decoder.ts'
import { binaryToText } from '../types/binary.ts'
import { elementType, typeName } from '../types/type-names.ts'
import { MessageReader } from '../wire/message-reader.ts'
import type { CellMask, Detector } from './cell-mask.ts'
import { MaskFailed } from './mask-failed.ts'
import { RowMasker } from './mask-rows.ts'

const utf8 = new TextEncoder()
const vectors = JSON.parse(readFileSync(new URL('../types/binary.vectors.json', import.meta.url), 'utf8')) as [number, string, string][]
const limits = { startupMs: 1, messageBytesMax: 1 << 26, valueBytesMax: 1 << 10, connectMs: 1 }
const key = createMaskKey(new Uint8Array(32).fill(7))
const secret = '123-45-6789'
const ssn: Detector = { rule: 'no SSNs', pattern: String.raw`\d{3}-\d{2}-\d{4}`, flags: '', with: 'redact' }

type Value = Uint8Array | string | null

const mask = (kind: MaskKind, isWhole = false): CellMask => ({ rule: 'hide', with: kind, isWhole })
const column = (typeOid: number, format: 'text' | 'binary', more: Partial<Column> = {}): Column => ({
  name: 'c',
  type: typeName(typeOid),
  typeOid,
  tableOid: 0,
  attribute: 0,
  format,
  ...more,
})

/** DataRow messages that hold the values. */
function rowsOf(rows: Value[][]): Uint8Array {
  const int32 = (value: number) => [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff]
  const messages = rows.map(row => {
    const cells = row.map(value => {
      if (value === null) return Buffer.from(int32(-1))
      const bytes = typeof value === 'string' ? utf8.encode(value) : value
      return Buffer.concat([Buffer.from(int32(bytes.length)), bytes])
    })
    const body = Buffer.concat([Buffer.from([row.length >>> 8, row.length & 0xff]), ...cells])
    return Buffer.concat([Buffer.from('D'), Buffer.from(int32(body.length + 4)), body])
  })
  return new Uint8Array(Buffer.concat(messages))
}

function decode(bytes: Uint8Array, columns: Column[], formats: number[]) {
  const reader = new MessageReader(limits)
  reader.push(bytes)
  const rows = new RowDecoder(limits)
  while (reader.next()) expect(rows.append(reader, { columns, formats, secrets: null })).toBe(true)
  return rows.take()
}

interface Case {
  columns: Column[]
  plan?: (CellMask | null)[]
  detectors?: Detector[]
  rows: Value[][]
}

/** Masks rows, and reads what came out as a client would. */
function masked({ columns, plan = columns.map(() => null), detectors = [], rows }: Case) {
  const formats = columns.map(one => (one.format === 'binary' ? 1 : 0))
  const { block, bytes } = decode(rowsOf(rows), columns, formats)
  const out = new RowMasker({ columns, formats, plan, detectors, key }).mask(block, bytes)
  const seen = decode(out.bytes.slice(), columns, formats)
  expect(seen.block.count).toBe(rows.length)
  const cells = Array.from({ length: rows.length * columns.length }, (_, cell) => {
    const [start, end] = [out.block.cells[2 * cell]!, out.block.cells[2 * cell + 1]!]
    expect(start < 0).toBe(seen.block.cells[2 * cell]! < 0)
    return start < 0 ? null : out.block.bytes.slice(start, end)
  })
  return {
    ...out,
    cells,
    /** What the client reads, as text. */
    texts: cells.map((cell, i) => {
      const { typeOid, format } = columns[i % columns.length]!
      return cell && (format === 'binary' ? binaryToText(typeOid, cell) : Buffer.from(cell).toString())
    }),
    special: [...(out.block.special ?? [])],
  }
}

/** One value of one type. */
function one(
  typeOid: number,
  format: 'text' | 'binary',
  value: Value,
  how: { mask?: CellMask; detectors?: Detector[]; column?: Partial<Column> },
) {
  const found = masked({
    columns: [column(typeOid, format, how.column)],
    plan: [how.mask ?? null],
    detectors: how.detectors ?? [],
    rows: [[value]],
  })
  return { text: found.texts[0], special: found.special[0]?.[1], maskedCells: found.maskedCells, cell: found.cells[0] }
}

const hex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'))

describe('a masked column', () => {
  it('shows the mask to the client and, with its rule, to the record', () => {
    const found = masked({
      columns: [column(23, 'text'), column(25, 'text'), column(25, 'text')],
      plan: [null, mask('redact'), null],
      rows: [
        ['1', secret, 'a'],
        ['2', null, null],
        [null, 'é', 'b'],
      ],
    })
    expect(found.texts).toEqual(['1', '[redacted]', 'a', '2', null, null, null, '[redacted]', 'b'])
    expect(found.special).toEqual([
      [1, { masked: '[redacted]', rule: 'hide' }],
      [7, { masked: '[redacted]', rule: 'hide' }],
    ])
    expect(found.maskedCells).toBe(2)
  })

  it('without a value in it leaves the bytes as they came', () => {
    const columns = [column(25, 'text')]
    const { block, bytes } = decode(rowsOf([[null], [null]]), columns, [])
    const out = new RowMasker({ columns, formats: [], plan: [mask('redact')], detectors: [ssn], key }).mask(block, bytes)
    expect(out).toEqual({ block, bytes, maskedCells: 0 })
    expect(out.bytes).toBe(bytes)
  })

  it.each([
    ['redact', '[redacted]'],
    ['last4', '****6789'],
    ['null', null],
  ] as const)('with %s shows %s', (kind, shown) => {
    for (const format of ['text', 'binary'] as const) {
      expect(one(25, format, secret, { mask: mask(kind) })).toMatchObject({ text: shown, special: { masked: shown, rule: 'hide' } })
      expect(one(1042, format, secret, { mask: mask(kind) }).text).toBe(shown)
    }
  })

  it('of JSON stays JSON', () => {
    for (const [value, shown] of [
      [`{"ssn":"${secret}"}`, '"[redacted]"'],
      [`"${secret}"`, '"****6789"'],
      ['123456789', '"[redacted]"'],
      ['broken', '"[redacted]"'],
    ] as const) {
      expect(one(114, 'text', value, { mask: mask('last4') }).text).toBe(shown)
      expect(one(3802, 'binary', `\x01${value}`, { mask: mask('last4') })).toMatchObject({ text: shown, special: { masked: shown } })
      expect(one(3802, 'text', value, { mask: mask('null') }).text).toBe(null)
    }
    expect(one(3802, 'binary', '\x02{}', { mask: mask('redact') }).text).toBe('"[redacted]"')
  })

  it('of a type that has no such value shows NULL', () => {
    for (const [oid, value] of [
      [1082, '2001-02-03'],
      [17, String.raw`\x3132`],
      [1700, '12.5'],
      [2249, `(1,${secret})`],
      [3904, '[1,2)'],
      [18, 'x'],
      [23, '42'],
    ] as const)
      expect(one(oid, 'text', value, { mask: mask('redact') })).toMatchObject({ text: null, special: { masked: null, rule: 'hide' } })
    expect(one(23, 'binary', hex('0000002a'), { mask: mask('redact') }).text).toBe(null)
  })

  it('keeps numbers and UUIDs numbers and UUIDs under a token, alike in both formats', () => {
    for (const [oid, binary, form] of [
      [20, '000000000000d431', /^\d{5}$/],
      [21, 'ff9c', /^-\d{3}$/],
      [23, '0000d431', /^\d{5}$/],
      [2950, '0123456789abcdef0123456789abcdef', /^[0-9a-f-]{36}$/],
    ] as const) {
      const plain = binaryToText(oid, hex(binary)) as string
      const found = one(oid, 'binary', hex(binary), { mask: mask('token') })
      expect(found.text).toMatch(form)
      expect(found.text).not.toBe(plain)
      expect(one(oid, 'text', plain, { mask: mask('token') }).text).toBe(found.text)
    }
  })

  it('whose values are computed from it shows nothing of them', () => {
    for (const kind of ['redact', 'hash', 'last4', 'partial', 'token'] as const) {
      expect(one(25, 'text', secret, { mask: mask(kind, true) }).text).toBe('[redacted]')
      expect(one(25, 'binary', secret, { mask: mask(kind, true) }).text).toBe('[redacted]')
      expect(one(3802, 'text', '{}', { mask: mask(kind, true) }).text).toBe('"[redacted]"')
      expect(one(3802, 'binary', '\x01{}', { mask: mask(kind, true) }).text).toBe('"[redacted]"')
      expect(one(23, 'text', '42', { mask: mask(kind, true) }).text).toBe(null)
      expect(one(1009, 'text', `{${secret}}`, { mask: mask(kind, true) }).text).toBe(null)
    }
    expect(one(25, 'text', secret, { mask: mask('null', true) }).text).toBe(null)
  })

  it('of a type nobody knows is a text in text format, NULL in binary', () => {
    expect(one(16_400, 'text', secret, { mask: mask('last4') }).text).toBe('****6789')
    expect(one(16_400, 'binary', secret, { mask: mask('last4') }).text).toBe(null)
  })

  it('that is the whole row of a table shows NULL', () => {
    const wholeRow = { tableOid: 16_389, attribute: 0 }
    for (const format of ['text', 'binary'] as const)
      expect(one(16_391, format, `(1,${secret})`, { mask: mask('redact', true), column: wholeRow }).text).toBe(null)
  })

  it('of texts that are not UTF-8 is hidden whole in binary', () => {
    expect(one(25, 'binary', Uint8Array.of(0xff, 0x31), { mask: mask('last4') }).text).toBe('[redacted]')
    expect(one(25, 'text', Uint8Array.of(0xff, 0x31), { mask: mask('last4') }).text).toBe('****')
  })

  it('is masked in the record also where the record would have cut the value', () => {
    const found = masked({ columns: [column(25, 'text')], plan: [mask('redact')], rows: [['x'.repeat(2000)]] })
    expect(found.special).toEqual([[0, { masked: '[redacted]', rule: 'hide' }]])
  })
})

describe('a masked array', () => {
  it.each([
    ['{}', '{}'],
    [`{${secret},NULL,"a,\\"b",""}`, '{"****6789",NULL,"****","****"}'],
    [`{{${secret}},{null}}`, '{{"****6789"},{null}}'],
    [`[0:1]={${secret},b}`, '[0:1]={"****6789","****"}'],
    [String.raw`{"NULL",a\,b}`, '{"****","****"}'],
  ])('%s in text format is %s', (value, shown) => {
    expect(one(1009, 'text', value, { mask: mask('last4') }).text).toBe(shown)
  })

  it.each(['', '{', '}', '{a', '{a}}', '{a}{b}', 'a', '{"a', '{a"b"}', '[0:1]{a}', '{a{b}}', '{a\\'])(
    'that is none, %s, shows NULL',
    value => {
      expect(one(1009, 'text', value, { mask: mask('redact') }).text).toBe(null)
    },
  )

  it('in binary format keeps its dimensions and NULLs', () => {
    for (const [oid, text, bytes] of vectors) {
      const element = elementType(oid)
      if (element !== 25 && element !== 1043) continue
      const found = one(oid, 'binary', hex(bytes), { mask: mask('redact') })
      const inText = one(oid, 'text', text, { mask: mask('redact') })
      expect(typeof inText.text === 'string' && inText.text.replaceAll('"', '')).toBe(found.text)
    }
  })

  it('says in binary format that it holds NULL once its elements are', () => {
    const array = hex('00000001 00000000 00000019 00000001 00000001 00000001 61'.replaceAll(' ', ''))
    expect(one(1009, 'binary', array, { mask: mask('redact') }).text).toBe('{[redacted]}')
    const numbers = hex('00000001 00000000 00000017 00000001 00000001 00000004 0000002a'.replaceAll(' ', ''))
    const found = one(1007, 'binary', numbers, { mask: mask('redact') })
    expect(found.text).toBe('{NULL}')
    expect(Buffer.from(found.cell!.subarray(4, 8)).toString('hex')).toBe('00000001')
  })

  it('that is cut, or of other elements than it should be, shows NULL', () => {
    const array = hex('00000001 00000000 00000019 00000001 00000001 00000001 61'.replaceAll(' ', ''))
    for (let length = 0; length < array.length; length++) {
      expect(one(1009, 'binary', array.subarray(0, length), { mask: mask('redact') })).toMatchObject({ text: null, maskedCells: 1 })
    }
    expect(one(1009, 'binary', hex(`${Buffer.from(array).toString('hex')}00`), { mask: mask('redact') }).text).toBe(null)
    expect(one(1015, 'binary', array, { mask: mask('redact') }).text).toBe(null)
  })
})

describe('a detector', () => {
  it('hides what it finds, and nothing else', () => {
    const found = one(25, 'text', `call ${secret} or 1`, { detectors: [ssn] })
    expect(found).toMatchObject({ text: 'call [redacted] or 1', special: { masked: 'call [redacted] or 1', rule: 'no SSNs' } })
    expect(one(25, 'text', 'nothing', { detectors: [ssn] })).toMatchObject({ text: 'nothing', special: undefined, maskedCells: 0 })
    expect(one(25, 'binary', `call ${secret}`, { detectors: [ssn] }).text).toBe('call [redacted]')
  })

  it('does not look at what is masked already', () => {
    expect(one(25, 'text', secret, { mask: mask('last4'), detectors: [{ ...ssn, pattern: String.raw`\d+` }] }).special).toEqual({
      masked: '****6789',
      rule: 'hide',
    })
  })

  it('looks into JSON and leaves JSON behind', () => {
    for (const [value, shown] of [
      [`{"a":"${secret}","b":[1.50,"x"]}`, '{"a":"[redacted]","b":[1.50,"x"]}'],
      [`{"${secret}":1}`, '{"[redacted]":1}'],
      [String.raw`"\u0031` + secret.slice(1) + '"', '"[redacted]"'],
      ['{"n":12345678901234567890}', '{"n":12345678901234567890}'],
    ] as const) {
      expect(one(114, 'text', value, { detectors: [ssn] }).text).toBe(shown)
      expect(one(3802, 'binary', `\x01${value}`, { detectors: [ssn] }).text).toBe(shown)
    }
    const digits: Detector = { ...ssn, pattern: String.raw`\d{9}` }
    expect(one(3802, 'text', '{"n": 123456789}', { detectors: [digits] }).text).toBe('{"n": "[redacted]"}')
  })

  it('that finds something across the values of a JSON hides it whole', () => {
    const pair: Detector = { ...ssn, pattern: '"ssn":\\s*"' }
    expect(one(3802, 'text', '{"ssn": "1"}', { detectors: [pair] }).text).toBe('"[redacted]"')
    expect(one(3802, 'text', '{"ssn": "1"}', { detectors: [{ ...pair, with: 'null' }] }).text).toBe(null)
  })

  it('looks into the elements of arrays', () => {
    expect(one(1009, 'text', `{a,"${secret}",NULL}`, { detectors: [ssn] }).text).toBe('{a,"[redacted]",NULL}')
    expect(one(1007, 'text', '{1,123456789}', { detectors: [{ ...ssn, pattern: String.raw`\d{9}` }] }).text).toBe('{1,NULL}')
    expect(one(1009, 'text', '{a', { detectors: [ssn] }).text).toBe(null)
  })

  it('makes NULL of what cannot be a text', () => {
    const nine: Detector = { ...ssn, pattern: String.raw`^\d{9}$` }
    expect(one(23, 'text', '123456789', { detectors: [nine] })).toMatchObject({ text: null, special: { masked: null, rule: 'no SSNs' } })
    expect(one(23, 'binary', hex('075bcd15'), { detectors: [nine] }).text).toBe(null)
    expect(one(23, 'binary', hex('0000002a'), { detectors: [nine] }).text).toBe('42')
    expect(one(2249, 'text', `(1,${secret})`, { detectors: [ssn] }).text).toBe(null)
    // A digit for a digit may be the same digit: it was found all the same.
    expect(one(23, 'text', '7', { detectors: [{ ...ssn, pattern: String.raw`\d`, with: 'token' }] }).text).toBe(null)
  })

  it('looks into bytes as far as they are text', () => {
    const bytes = Buffer.from(`x ${secret}`)
    expect(one(17, 'text', `\\x${bytes.toString('hex')}`, { detectors: [ssn] }).text).toBe(null)
    expect(one(17, 'binary', new Uint8Array(bytes), { detectors: [ssn] }).text).toBe(null)
    expect(one(16_400, 'binary', secret, { detectors: [ssn] }).text).toBe(null)
    expect(one(17, 'text', String.raw`\x00ff`, { detectors: [ssn] }).text).toBe(String.raw`\x00ff`)
  })

  it('does not search a value over a megabyte: it is hidden whole', () => {
    const long = 'x'.repeat((1 << 20) + 1)
    expect(one(25, 'text', long.slice(1), { detectors: [ssn] }).maskedCells).toBe(0)
    expect(one(25, 'text', long, { detectors: [ssn] }).text).toBe('[redacted]')
    expect(one(25, 'binary', long, { detectors: [ssn] }).text).toBe('[redacted]')
    expect(one(17, 'binary', long, { detectors: [ssn] }).text).toBe(null)
  })

  it('is one of several: all look, and the first that found something gives its name', () => {
    const mail: Detector = { rule: 'no mail', pattern: String.raw`\w+@\w+`, flags: '', with: 'null' }
    expect(one(25, 'text', `${secret} a@b`, { detectors: [mail, ssn] }).special).toEqual({ masked: '[redacted] ', rule: 'no mail' })
  })
})

describe('a masker', () => {
  it('refuses rows that are not of its result', () => {
    const columns = [column(25, 'text')]
    const { block, bytes } = decode(rowsOf([['a', 'b']]), [...columns, ...columns], [])
    expect(() => new RowMasker({ columns, formats: [], plan: [null], detectors: [ssn], key }).mask(block, bytes)).toThrow(MaskFailed)
    expect(() => new RowMasker({ columns, formats: [], plan: [], detectors: [], key })).toThrow(MaskFailed)
  })

  it('takes one format for all columns', () => {
    const columns = [column(25, 'binary'), column(3802, 'binary')]
    const { block, bytes } = decode(rowsOf([['a', '\x01{}']]), columns, [1])
    const out = new RowMasker({ columns, formats: [1], plan: [null, mask('redact')], detectors: [], key }).mask(block, bytes)
    expect([...(out.block.special ?? [])]).toEqual([
      [0, 'a'],
      [1, { masked: '"[redacted]"', rule: 'hide' }],
    ])
  })

  it('gives rows that can be read, with as many cells, and nothing of the secret anywhere', () => {
    const types = [25, 1043, 1042, 19, 114, 3802, 142, 705, 1009, 17, 23, 1700, 2249, 16_400]
    const type = fc.record({
      oid: fc.constantFrom(...types),
      format: fc.constantFrom('text' as const, 'binary' as const),
      isSecret: fc.boolean(),
    })
    const kind = fc.constantFrom<MaskKind>('redact', 'hash', 'null', 'token')
    const filler = fc.string({ unit: 'grapheme', maxLength: 12 })
    const valueOf = (oid: number, text: string) => {
      if (oid === 114 || oid === 142) return JSON.stringify({ v: text })
      if (oid === 3802) return `\x01${JSON.stringify([text])}`
      return oid === 1009 ? `{"${text.replace(/[\\"]/g, '\\$&')}"}` : text
    }
    fc.assert(
      fc.property(
        fc.array(type, { minLength: 1, maxLength: 6 }),
        fc.array(fc.array(fc.option(fc.tuple(filler, filler)), { minLength: 6, maxLength: 6 }), { minLength: 1, maxLength: 5 }),
        kind,
        fc.boolean(),
        (columnTypes, values, with_, isWhole) => {
          const rows = values.map(row =>
            columnTypes.map(({ oid, isSecret }, i) => {
              const around = row[i]
              return around ? valueOf(oid, isSecret ? around[0] + secret + around[1] : around[0]) : null
            }),
          )
          const found = masked({
            columns: columnTypes.map(({ oid, format }) => column(oid, format)),
            plan: columnTypes.map(({ isSecret }, i) => (isSecret && i % 2 === 0 ? mask(with_, isWhole) : null)),
            detectors: [{ ...ssn, with: with_ }],
            rows,
          })
          expect(Buffer.from(found.bytes).includes(secret)).toBe(false)
          expect(Buffer.from(found.block.bytes).includes(secret) && found.maskedCells > 0).toBe(false)
          expect(JSON.stringify(found.special)).not.toContain(secret)
          for (const [i, cell] of found.cells.entries()) {
            const before = rows.flat()[i]
            if (before === null || !columnTypes[i % columnTypes.length]!.isSecret) continue
            expect(found.block.special?.get(i)).toMatchObject({ rule: expect.stringMatching(/^(?:hide|no SSNs)$/) })
            if (cell && columnTypes[i % columnTypes.length]!.oid === 114)
              expect(() => JSON.parse(Buffer.from(cell).toString())).not.toThrow()
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})
