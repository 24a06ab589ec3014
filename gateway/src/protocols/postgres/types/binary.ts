import type { Cell } from '@steno/recordings'
import { toHex } from '../../../runtime/bytes.ts'
import { hexCell } from './hex.ts'
import { inetText, macaddrText } from './networks.ts'
import { float4Text, float8Text, numericText } from './numbers.ts'
import { dateText, intervalText, timestampText, timetzText, timeText } from './times.ts'
import { elementType } from './type-names.ts'
import { Malformed, ValueReader } from './value-reader.ts'

/** Values inside values: deeper than any real one, and far from the end of the stack. */
const depthMax = 32
/** A text may be so many times longer than its bytes. Quotes inside quotes double with every level, and ten bytes of numeric can ask for 131,072 zeros. */
const growthMax = 16
const shortTextMax = 1024

/**
 * A value in binary format as the text PostgreSQL would print for it by
 * default: DateStyle ISO, IntervalStyle postgres, `bytea_output` hex, times
 * with a zone in UTC. What has no text form here, does not have the form of
 * its type, or would grow out of proportion is given as hex. Never throws.
 */
export function binaryToText(oid: number, bytes: Uint8Array): Cell {
  try {
    return textOf(oid, bytes, 0)
  } catch (error) {
    if (error instanceof Malformed) return hexCell(bytes)
    throw error
  }
}

type Read = (reader: ValueReader, context: Context) => string

/** The bytes of one value, and how deep it lies in others. */
interface Context {
  bytes: Uint8Array
  depth: number
  lengthMax: number
}

function textOf(oid: number, bytes: Uint8Array, depth: number): string {
  const read = readers.get(oid) ?? (elementType(oid) === undefined ? undefined : arrayText)
  if (!read || depth > depthMax) throw new Malformed('no text form')
  const reader = new ValueReader(bytes)
  const text = read(reader, { bytes, depth, lengthMax: shortTextMax + growthMax * bytes.length })
  if (reader.left > 0) throw new Malformed('expected the value to end')
  return text
}

const text: Read = reader => reader.text()
const uint32: Read = reader => String(reader.uint32())
const point: Read = reader => `(${float8Text(reader.float64())},${float8Text(reader.float64())})`

const readers = new Map<number, Read>([
  [16, reader => (reader.uint8() === 0 ? 'f' : 't')],
  [17, reader => `\\x${toHex(reader.raw(reader.left))}`],
  [18, charText],
  [19, text],
  [20, reader => String(reader.int64())],
  [21, reader => String(reader.int16())],
  [22, vectorText], // int2vector
  [23, reader => String(reader.int32())],
  [25, text],
  [26, uint32],
  [27, reader => `(${reader.uint32()},${reader.uint16()})`], // tid
  [28, uint32], // xid
  [29, uint32], // cid
  [30, vectorText], // oidvector
  [114, text], // json
  [142, text], // xml
  [600, point],
  [601, (...given) => `[${point(...given)},${point(...given)}]`], // lseg
  [602, pathText],
  [603, (...given) => `${point(...given)},${point(...given)}`], // box
  [604, (...given) => `(${pointsText(...given)})`], // polygon
  [628, reader => `{${[reader.float64(), reader.float64(), reader.float64()].map(float8Text).join(',')}}`], // line
  [650, inetText], // cidr
  [700, reader => float4Text(reader.float32())],
  [701, reader => float8Text(reader.float64())],
  [705, text], // unknown
  [718, (reader, context) => `<${point(reader, context)},${float8Text(reader.float64())}>`], // circle
  [774, reader => macaddrText(reader.raw(8))],
  [829, reader => macaddrText(reader.raw(6))],
  [869, inetText],
  [1042, text], // bpchar
  [1043, text], // varchar
  [1082, dateText],
  [1083, timeText],
  [1114, reader => timestampText(reader, '')],
  [1184, reader => timestampText(reader, '+00')],
  [1186, intervalText],
  [1266, timetzText],
  [1560, bitsText],
  [1562, bitsText],
  [1700, (reader, { lengthMax }) => numericText(reader, lengthMax)],
  [1790, text], // refcursor
  [2249, recordText],
  [2275, text], // cstring
  [2278, () => ''], // void
  [2950, uuidText],
  [2970, snapshotText],
  [3220, reader => `${reader.uint32().toString(16).toUpperCase()}/${reader.uint32().toString(16).toUpperCase()}`], // pg_lsn
  [3614, tsvectorText],
  [3802, versionedText], // jsonb
  [4072, versionedText], // jsonpath
  [5038, snapshotText],
  [5069, reader => String(reader.uint64())], // xid8
])

// The ranges by their element, and the multiranges over them.
for (const [range, multirange, element] of [
  [3904, 4451, 23],
  [3906, 4532, 1700],
  [3908, 4533, 1114],
  [3910, 4534, 1184],
  [3912, 4535, 1082],
  [3926, 4536, 20],
] as const) {
  readers.set(range, (reader, context) => rangeText(reader, context, element))
  readers.set(multirange, (reader, context) => multirangeText(reader, context, range))
}

/** The one-byte "char": what is not ASCII is shown in octal. */
function charText(reader: ValueReader): string {
  const byte = reader.uint8()
  if (byte === 0) return ''
  return byte < 0x80 ? String.fromCharCode(byte) : `\\${byte.toString(8)}`
}

function bitsText(reader: ValueReader): string {
  const length = reader.int32()
  if (length < 0 || Math.ceil(length / 8) !== reader.left) throw new Malformed('expected as many bits as are counted')
  let bits = ''
  for (const byte of reader.raw(reader.left)) bits += byte.toString(2).padStart(8, '0')
  return bits.slice(0, length)
}

function uuidText(reader: ValueReader): string {
  return [4, 2, 2, 2, 6].map(size => toHex(reader.raw(size))).join('-')
}

/** A version byte, then the text. */
function versionedText(reader: ValueReader): string {
  if (reader.uint8() !== 1) throw new Malformed('unknown version')
  return reader.text()
}

function snapshotText(reader: ValueReader): string {
  const count = reader.count(8)
  const bounds = `${reader.int64()}:${reader.int64()}:`
  return bounds + Array.from({ length: count }, () => String(reader.int64())).join(',')
}

function tsvectorText(reader: ValueReader): string {
  const lexemes = Array.from({ length: reader.count(3) }, () => {
    const lexeme = `'${reader.terminated().replace(/['\\]/g, '$&$&')}'`
    const positions = Array.from({ length: reader.uint16() }, () => {
      const position = reader.uint16()
      return `${position & 0x3fff}${['', 'C', 'B', 'A'][position >>> 14]}`
    })
    return positions.length > 0 ? `${lexeme}:${positions.join(',')}` : lexeme
  })
  return lexemes.join(' ')
}

function pointsText(reader: ValueReader, context: Context): string {
  return Array.from({ length: reader.count(16) }, () => point(reader, context)).join(',')
}

function pathText(reader: ValueReader, context: Context): string {
  const isClosed = reader.uint8() === 1
  const points = pointsText(reader, context)
  return isClosed ? `(${points})` : `[${points}]`
}

/** The parts of a value that holds others: each is read one level deeper, and all of them together are kept in proportion. */
class Parts {
  readonly #context: Context
  #length = 0

  constructor(context: Context) {
    this.#context = context
  }

  text(oid: number, bytes: Uint8Array): string {
    return this.add(textOf(oid, bytes, this.#context.depth + 1))
  }

  add(text: string): string {
    this.#length += text.length + 1
    if (this.#length > this.#context.lengthMax) throw new Malformed('text out of proportion')
    return text
  }
}

/** Dimensions with their bounds, then the elements in row-major order (arrayfuncs.c, array_send). */
function arrayText(reader: ValueReader, context: Context): string {
  const { sizes, bounds, element } = readArrayHeader(reader)
  if (sizes.length === 0) return '{}'
  const parts = new Parts(context)
  const delimiter = element === 603 ? ';' : ','
  const elementText = () => {
    const bytes = reader.value()
    if (!bytes) return parts.add('NULL')
    const value = parts.text(element, bytes)
    const isBare = value !== '' && !/[{}\\" \t\n\v\f\r]/.test(value) && !value.includes(delimiter) && value.toLowerCase() !== 'null'
    return isBare ? value : `"${parts.add(value.replace(/[\\"]/g, '\\$&'))}"`
  }
  const level = (depth: number): string =>
    depth === sizes.length ? elementText() : `{${Array.from({ length: sizes[depth]! }, () => level(depth + 1)).join(delimiter)}}`
  const prefix = bounds.some(bound => bound !== 1) ? `${bounds.map((bound, i) => `[${bound}:${bound + sizes[i]! - 1}]`).join('')}=` : ''
  return prefix + level(0)
}

/** An int2vector or oidvector: an array that is printed without its braces. */
function vectorText(reader: ValueReader, context: Context): string {
  const { sizes, element } = readArrayHeader(reader)
  if (sizes.length > 1) throw new Malformed('expected one dimension')
  const parts = new Parts(context)
  return Array.from({ length: sizes[0] ?? 0 }, () => {
    const bytes = reader.value()
    if (!bytes) throw new Malformed('expected no NULL')
    return parts.text(element, bytes)
  }).join(' ')
}

function readArrayHeader(reader: ValueReader): { sizes: number[]; bounds: number[]; element: number } {
  const dimensions = reader.int32()
  reader.int32() // whether it holds NULL, which its elements say too
  const element = reader.uint32()
  if (dimensions < 0 || dimensions > 6) throw new Malformed('too many dimensions')
  const sizes: number[] = []
  const bounds: number[] = []
  for (let i = 0; i < dimensions; i++) {
    sizes.push(reader.int32())
    bounds.push(reader.int32())
  }
  // Every element has four bytes of length. Only int2vector and oidvector may have none in a dimension of their own.
  const count = sizes.reduce((product, size) => (size < 0 ? Number.NaN : product * size), 1)
  if (dimensions > 0 && !(count * 4 <= reader.left)) throw new Malformed('more elements than the bytes can hold')
  if (dimensions > 1 && count === 0) throw new Malformed('an empty dimension')
  return { sizes, bounds, element }
}

/** A composite value: each field with its type (rowtypes.c, record_send). */
function recordText(reader: ValueReader, context: Context): string {
  const parts = new Parts(context)
  const fields = Array.from({ length: reader.count(8) }, () => {
    const oid = reader.uint32()
    const bytes = reader.value()
    return bytes ? quoted(parts, parts.text(oid, bytes), /[(),\\" \t\n\v\f\r]/) : ''
  })
  return `(${fields.join(',')})`
}

/** Flags, then the bounds that are there (rangetypes.c, range_send). */
function rangeText(reader: ValueReader, context: Context, element: number): string {
  const flags = reader.uint8()
  if (flags & 0x01) return 'empty'
  const parts = new Parts(context)
  const bound = (isInfinite: number) => {
    if (isInfinite) return ''
    const bytes = reader.value()
    if (!bytes) throw new Malformed('expected a bound')
    return quoted(parts, parts.text(element, bytes), /[()[\],\\" \t\n\v\f\r]/)
  }
  return `${flags & 0x02 ? '[' : '('}${bound(flags & 0x08)},${bound(flags & 0x10)}${flags & 0x04 ? ']' : ')'}`
}

function multirangeText(reader: ValueReader, context: Context, range: number): string {
  const parts = new Parts(context)
  const ranges = Array.from({ length: reader.count(5) }, () => {
    const bytes = reader.value()
    if (!bytes) throw new Malformed('expected a range')
    return parts.text(range, bytes)
  })
  return `{${ranges.join(',')}}`
}

/** In records and ranges a quote or backslash is written twice. */
function quoted(parts: Parts, value: string, special: RegExp): string {
  return value === '' || special.test(value) ? `"${parts.add(value.replace(/[\\"]/g, '$&$&'))}"` : value
}
