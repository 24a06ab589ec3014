import { createMaskKey, type MaskKind } from '@steno/policy-dsl'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CellMask, Detector } from './cell-mask.ts'
import { fieldText, parseLine } from './copy-fields.ts'
import { copyFormat, type CopyStatementOptions } from './copy-options.ts'
import { CopyMasker, type CopyMaskerOptions } from './mask-copy.ts'
import { MaskFailed } from './mask-failed.ts'

const utf8 = new TextEncoder()
const key = createMaskKey(new Uint8Array(32).fill(7))
const secret = '123-45-6789'
const ssn: Detector = { rule: 'no SSNs', pattern: String.raw`\d{3}-\d{2}-\d{4}`, flags: '', with: 'redact' }
const mask = (kind: MaskKind = 'redact'): CellMask => ({ rule: 'hide', with: kind, isWhole: false })

type How = Partial<CopyMaskerOptions>

/** Masks a stream that comes in pieces, each as a block of its own; checks that messages and content say the same. */
function copied(pieces: (string | Uint8Array)[], how: How): { out: Uint8Array; rows: number; maskedCells: number } {
  const masker = new CopyMasker({ plan: [null, mask()], options: {}, detectors: [], key, ...how })
  const out: Uint8Array[] = []
  let [rows, maskedCells] = [0, 0]
  const blocks = pieces.map(piece => {
    const bytes = typeof piece === 'string' ? utf8.encode(piece) : piece
    return { bytes: Uint8Array.of(0xee, ...bytes), ranges: Int32Array.of(1, bytes.length + 1, 0, 0), count: 1 }
  })
  for (const given of [...blocks.map(block => masker.mask(block)), masker.end()]) {
    const { content, bytes } = given
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    let at = 0
    for (let i = 0; i < content.count; i++) {
      expect(bytes[at]).toBe('d'.charCodeAt(0))
      const end = at + 1 + view.getInt32(at + 1)
      expect([...content.ranges.subarray(2 * i, 2 * i + 2)]).toEqual([at + 5, end])
      out.push(content.bytes.slice(at + 5, end))
      at = end
    }
    expect(at).toBe(bytes.length)
    rows += content.count
    maskedCells += given.maskedCells
  }
  return { out: new Uint8Array(Buffer.concat(out)), rows, maskedCells }
}

const text = (stream: string, how: How = {}) => Buffer.from(copied([stream], how).out).toString()
const hex = (bytes: string) => Uint8Array.from(Buffer.from(bytes.replaceAll(' ', ''), 'hex'))

describe('the rows that are counted', () => {
  const counted = (pieces: (string | Uint8Array)[], how: How) => {
    const masker = new CopyMasker({ plan: [null, null], options: {}, detectors: [], key, ...how })
    const blocks = pieces.map(piece => {
      const bytes = typeof piece === 'string' ? utf8.encode(piece) : piece
      return { bytes, ranges: Int32Array.of(0, bytes.length), count: 1 }
    })
    return [...blocks.map(block => masker.mask(block)), masker.end()].map(({ rows }) => rows)
  }

  it('are lines without their header, whole or not', () => {
    expect(counted(['a\tb\n1\t2\n3', '\t4\n5\t6'], { options: { header: true } })).toEqual([1, 1, 1])
    expect(counted(['a,b\n"x\ny",2\n'], { options: { format: 'csv', header: 'match' } })).toEqual([1, 0])
    expect(counted(['a,b\n"x\ny",2\n'], { options: { format: 'csv' } })).toEqual([2, 0])
    expect(counted(['1\t2\n'], { options: { header: false }, plan: [mask(), null] })).toEqual([1, 0])
  })

  it('are tuples without header and trailer', () => {
    const header = hex('50 47 43 4f 50 59 0a ff 0d 0a 00 00000000 00000000')
    const tuple = hex('0002 00000001 31 ffffffff')
    for (const plan of [
      [null, null],
      [null, mask()],
    ]) {
      expect(counted([header, tuple, tuple, hex('ffff')], { options: { format: 'binary' }, plan })).toEqual([0, 1, 1, 0, 0])
      const stream = new Uint8Array([...header, ...tuple, ...tuple, ...hex('ffff')])
      expect(counted([stream.subarray(0, 30), stream.subarray(30)], { options: { format: 'binary' }, plan })).toEqual([1, 1, 0])
    }
  })
})

describe('COPY in text format', () => {
  it('keeps rows, NULLs and what is not masked as they are', () => {
    const stream = `1\t${secret}\n\\N\t\\N\na\\tb\\\\\t\n`
    expect(copied([stream], {})).toMatchObject({ rows: 3, maskedCells: 2 })
    expect(text(stream)).toBe('1\t[redacted]\n\\N\t\\N\na\\tb\\\\\t[redacted]\n')
  })

  it('reads and writes escapes', () => {
    const plan = [mask('partial'), mask('last4')]
    expect(text('a\\nbcdefgh\t12345\\t\\\\x\\b\n', { plan })).toBe('a\\n*******\t****\\t\\\\x\\b\n')
    expect(text('1|2\\|\\|\\|34567\n', { options: { delimiter: '|' }, plan: [null, mask('token')] })).toMatch(/^1\|\d\\\|\\\|\\\|\d{5}\n$/)
  })

  it('takes a delimiter, a NULL and a header', () => {
    const options: CopyStatementOptions = { delimiter: '|', header: true }
    expect(text(`id|ssn\n1|${secret}\n\\N|\\N\n`, { options })).toBe('id|ssn\n1|[redacted]\n\\N|\\N\n')
    expect(text('1\t\n', { options: { null: '' } })).toBe('1\t\n')
    expect(text(`1\t${secret}\n`, { options: { header: 'off' } })).toBe('1\t[redacted]\n')
  })

  it('does not tell NULL from a value that is spelled like it, nor from any other', () => {
    for (const kind of ['redact', 'hash', 'last4'] as const)
      expect(text(`1\t${secret}\n2\t111-11-1111\n`, { options: { null: secret }, plan: [null, mask(kind)] })).toBe(
        '1\t[redacted]\n2\t[redacted]\n',
      )
    expect(() => text('x', { options: { null: secret }, plan: [null], detectors: [ssn] })).toThrow(MaskFailed)
  })

  it('is searched by detectors', () => {
    expect(text(`1\tcall ${secret}\n`, { plan: [null, null], detectors: [ssn] })).toBe('1\tcall [redacted]\n')
    expect(text('123456789\tx\n', { plan: [null, null], typeOids: [23, 25], detectors: [{ ...ssn, pattern: String.raw`\d{9}` }] })).toBe(
      '\\N\tx\n',
    )
  })

  it('shows NULL where the column has a type without such a value', () => {
    expect(text('1\t2001-02-03\n', { typeOids: [23, 1082] })).toBe('1\t\\N\n')
    expect(text('1\t{"a": "b"}\n', { typeOids: [23, 3802] })).toBe('1\t"[redacted]"\n')
  })

  it('may be of one column or of none', () => {
    expect(text(`${secret}\n\\N\n\n`, { plan: [mask()] })).toBe('[redacted]\n\\N\n[redacted]\n')
    expect(text('\n\n', { plan: [] })).toBe('\n\n')
    expect(() => text('a\n', { plan: [] })).toThrow(MaskFailed)
  })

  it('of another number of columns is refused', () => {
    expect(() => text('1\n')).toThrow(new MaskFailed('expected rows of 2 columns, got 1'))
    expect(() => text(`1\t2\t${secret}\n`)).toThrow(new MaskFailed('expected rows of 2 columns, got 3'))
    expect(() => new CopyMasker({ plan: [null], typeOids: [], options: {}, detectors: [], key })).toThrow(MaskFailed)
  })

  it('that is not UTF-8 is refused where it would be masked', () => {
    expect(copied([hex('ff 09 5c 4e 0a')], {}).out).toEqual(hex('ff 09 5c 4e 0a'))
    expect(() => copied([hex('31 09 ff 0a')], {})).toThrow(new MaskFailed('expected COPY in UTF-8'))
  })

  it('without a last newline gives its last row all the same', () => {
    expect(text(`1\t${secret}`)).toBe('1\t[redacted]')
  })
})

describe('COPY in csv format', () => {
  const csv = (stream: string, options: CopyStatementOptions = {}, how: How = {}) =>
    text(stream, { options: { format: 'csv', ...options }, ...how })

  it('keeps rows, NULLs and what is not masked as they are', () => {
    expect(csv(`1,${secret}\n,\n"a,""b\n",""\n`)).toBe('1,[redacted]\n,\n"a,""b\n","[redacted]"\n')
  })

  it('quotes what must be quoted', () => {
    expect(csv('1,12345,6\n', {}, { plan: [null, mask('last4'), null] })).toBe('1,****,6\n')
    expect(csv('1,"1234567, 9"\n', {}, { plan: [null, mask('last4')] })).toBe('1,"****7, 9"\n')
    expect(csv('1,"1234567""\n9"\n', {}, { plan: [null, mask('last4')] })).toBe('1,"****7""\n9"\n')
    expect(csv(`1,${secret}\n2,\n`, { null: '[redacted]' })).toBe('1,"[redacted]"\n2,"[redacted]"\n')
    expect(csv('1,x\n', { null: 'x' })).toBe('1,x\n')
  })

  it('keeps a forced quote', () => {
    expect(csv(`1,"${secret}"\n`)).toBe('1,"[redacted]"\n')
  })

  it('takes delimiter, quote, escape and header', () => {
    const options: CopyStatementOptions = { delimiter: ';', quote: "'", escape: '\\', header: 'match' }
    expect(csv(`id;'ss\nn'\n'a\\'\n;';'${secret}\\\\'\n`, options)).toBe("id;'ss\nn'\n'a\\'\n;';'[redacted]'\n")
    expect(csv("1;'1234567\\'\\\\8'\n", { ...options, header: false }, { plan: [null, mask('last4')] })).toBe("1;'****7\\'\\\\8'\n")
  })

  it('that ends inside quotes is refused', () => {
    expect(() => csv(`1,"${secret}\n`)).toThrow(MaskFailed)
  })
})

describe('COPY in binary format', () => {
  const header = '5047434f50590aff0d0a00 00000000 00000000'
  const options: CopyStatementOptions = { format: 'binary' }
  const tuple = (...fields: (string | null)[]) =>
    Buffer.from([
      0,
      fields.length,
      ...fields.flatMap(field => (field === null ? [255, 255, 255, 255] : [0, 0, 0, field.length, ...Buffer.from(field)])),
    ]).toString('hex')
  const stream = (...tuples: string[]) => hex([header, ...tuples, 'ffff'].join(' '))
  const binary = (bytes: Uint8Array, how: How = {}) => copied([bytes], { options, typeOids: [23, 25], ...how })

  it('keeps header, trailer, NULLs and what is not masked as they are', () => {
    const found = binary(stream(tuple('\0\0\0\x2a', secret), tuple(null, null)))
    expect(found).toEqual({ out: stream(tuple('\0\0\0\x2a', '[redacted]'), tuple(null, null)), rows: 4, maskedCells: 1 })
  })

  it('shows NULL where the type is not known, or has no such value', () => {
    expect(binary(stream(tuple('\0\0\0\x2a', secret)), { typeOids: [23, 0] }).out).toEqual(stream(tuple('\0\0\0\x2a', null)))
    expect(binary(stream(tuple('\0\0\0\x2a', secret)), { plan: [mask(), null] }).out).toEqual(stream(tuple(null, secret)))
  })

  it('is searched by detectors', () => {
    expect(binary(stream(tuple(null, secret)), { plan: [null, null], detectors: [ssn] }).out).toEqual(stream(tuple(null, '[redacted]')))
  })

  it('may have more in its header', () => {
    const longer = hex('5047434f50590aff0d0a00 00000001 00000003 616263 ffff')
    expect(binary(longer).out).toEqual(longer)
  })

  it.each([
    ['another signature', hex('5047434f50590aff0d0a01 00000000 00000000 ffff')],
    ['a critical flag', hex('5047434f50590aff0d0a00 00010000 00000000 ffff')],
    ['a negative length in its header', hex('5047434f50590aff0d0a00 00000000 ffffffff ffff')],
    ['another number of columns', stream(tuple('a'))],
    ['a negative number of columns', hex(`${header} fffe`)],
    ['a negative length', hex(`${header} 0002 fffffffe`)],
    ['a length over the limit', hex(`${header} 0002 7fffffff`)],
    ['bytes behind its trailer', hex(`${header} ffff 00`)],
    ['an end inside a row', hex(`${header} 0002 00000004 00`)],
  ])('with %s is refused', (_, bytes) => {
    expect(() => binary(bytes)).toThrow(MaskFailed)
  })
})

describe('a COPY stream', () => {
  it('is refused when it could not be read with certainty', () => {
    for (const options of [
      { encoding: 'LATIN1' },
      { encoding: 'SJIS' },
      { format: 'json' },
      { delimiter: '||' },
      { delimiter: 'é' },
      { delimiter: '\n' },
      { format: 'csv', quote: '' },
      { format: 'csv', escape: 'ab' },
    ])
      expect(() => text('', { options })).toThrow(MaskFailed)
    for (const encoding of ['UTF8', 'utf-8', 'Unicode']) expect(text('', { options: { encoding } })).toBe('')
  })

  it('is refused when a row is over the limit, wherever it is cut', () => {
    const stream = `1\t${'x'.repeat(20)}\n`
    for (const pieces of [[stream], [...stream], [stream.slice(0, 21)], [stream, stream]])
      expect(() => copied(pieces, { rowBytesMax: 20 })).toThrow(new MaskFailed('expected a row of COPY of at most 20 bytes'))
    expect(copied([...stream, ...stream], { rowBytesMax: 23 }).rows).toBe(2)
  })

  it('gives the same wherever it was cut, with as many rows, and nothing of the secret', () => {
    const format = fc.constantFrom<CopyStatementOptions>(
      { format: 'text' },
      { format: 'text', delimiter: '|', null: '' },
      { format: 'csv' },
      { format: 'csv', delimiter: ';', quote: "'", escape: '\\', null: 'NULL' },
      { format: 'csv', header: true },
    )
    const around = fc.string({
      unit: fc.constantFrom('a', 'é', '🐘', '"', "'", '\\', ',', ';', '|', '\t', '\n', '\r', 'N', ' '),
      maxLength: 6,
    })
    fc.assert(
      fc.property(
        format,
        fc.array(fc.tuple(fc.option(around), fc.option(around)), { minLength: 1, maxLength: 5 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        fc.constantFrom<MaskKind>('redact', 'null', 'hash'),
        (options, rows, cuts, kind) => {
          const stream = utf8.encode(
            write(
              options,
              rows.map(([plain, hidden]) => [plain, hidden === null ? null : secret + hidden]),
            ),
          )
          const how: How = { options, plan: [null, mask(kind)], detectors: [ssn] }
          const whole = copied([stream], how)
          expect(whole.rows).toBe(rows.length + (options.header === true ? 1 : 0))
          expect(Buffer.from(whole.out).includes(secret)).toBe(false)
          const places = [...new Set(cuts.map(cut => cut % (stream.length + 1)))].toSorted((a, b) => a - b)
          const pieces = [0, ...places].map((start, i) => stream.subarray(start, places[i] ?? stream.length))
          expect(copied(pieces, how)).toEqual(whole)
          expect(
            copied(
              Array.from(stream, byte => Uint8Array.of(byte)),
              how,
            ),
          ).toEqual(whole)
          // In text format an empty text that is written like NULL is NULL to whoever reads it.
          const read = (value: string | null) => (options.format === 'text' && value === options.null ? null : value)
          expect(plainColumn(options, whole.out, rows.length)).toEqual(rows.map(([plain]) => read(plain)))
        },
      ),
      { numRuns: 200 },
    )
  })
})

/** Rows as PostgreSQL writes them. */
function write(options: CopyStatementOptions, rows: (string | null)[][]): string {
  const { format, delimiter = format === 'csv' ? ',' : '\t', quote = '"', escape = quote } = options
  const nullText = options.null ?? (format === 'csv' ? '' : '\\N')
  const letters: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\', [delimiter]: `\\${delimiter}` }
  const field = (value: string | null) => {
    if (value === null) return nullText
    if (format === 'text') return Array.from(value, character => letters[character] ?? character).join('')
    if (value !== nullText && ![delimiter, quote, '\n', '\r'].some(special => value.includes(special))) return value
    return (
      quote +
      Array.from(value, character => (character === quote || character === escape ? escape + character : character)).join('') +
      quote
    )
  }
  const lines = rows.map(row => `${row.map(field).join(delimiter)}\n`).join('')
  return options.header === true ? `id${delimiter}${quote}ss\nn${quote}\n${lines}` : lines
}

/** What a reader finds in the first column. */
function plainColumn(options: CopyStatementOptions, out: Uint8Array, rows: number): (string | null)[] {
  const format = copyFormat(options)
  if (format.format === 'binary') return []
  const masker = new CopyMasker({ plan: [null, null], options, detectors: [ssn], key })
  const { content } = masker.mask({ bytes: out, ranges: Int32Array.of(0, out.length), count: 1 })
  return Array.from({ length: content.count }, (_, i) => {
    const line = content.bytes.subarray(content.ranges[2 * i]!, content.ranges[2 * i + 1]! - 1)
    const field = parseLine(line, format)[0]!
    return field.isNull ? null : fieldText(field, format)
  }).slice(content.count - rows)
}
