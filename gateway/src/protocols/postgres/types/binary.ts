import type { Cell } from '@steno/recordings'
import { elementType } from './type-names.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The bytes do not have the form of the type. */
class Malformed extends Error {}

/**
 * A value in binary format as the text the server would print for it, times
 * with a zone in UTC. What has no text form here, or does not have the form of
 * its type, is given as hex.
 */
export function binaryToText(oid: number, bytes: Uint8Array): Cell {
  const read = readers.get(oid) ?? (elementType(oid) === undefined ? undefined : array)
  if (!read) return { hex: toHex(bytes) }
  try {
    return read(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), bytes)
  } catch (error) {
    // A RangeError is a view that ends too early, a TypeError text that is not UTF-8.
    if (error instanceof Malformed || error instanceof RangeError || error instanceof TypeError) return { hex: toHex(bytes) }
    throw error
  }
}

type Read = (view: DataView, bytes: Uint8Array) => string

const text: Read = (_, bytes) => utf8.decode(bytes)

const readers = new Map<number, Read>([
  [16, (view) => (sized(view, 1).getUint8(0) === 1 ? 't' : 'f')],
  [17, (_, bytes) => `\\x${toHex(bytes)}`],
  [18, text],
  [19, text],
  [20, (view) => String(sized(view, 8).getBigInt64(0))],
  [21, (view) => String(sized(view, 2).getInt16(0))],
  [23, (view) => String(sized(view, 4).getInt32(0))],
  [25, text],
  [26, (view) => String(sized(view, 4).getUint32(0))],
  [28, (view) => String(sized(view, 4).getUint32(0))],
  [29, (view) => String(sized(view, 4).getUint32(0))],
  [114, text],
  [142, text],
  [600, (view) => `(${float8(view.getFloat64(0))},${float8(sized(view, 16).getFloat64(8))})`],
  [650, inet],
  [700, (view) => float4(sized(view, 4).getFloat32(0))],
  [701, (view) => float8(sized(view, 8).getFloat64(0))],
  [705, text],
  [829, (view, bytes) => macaddr(sized(view, 6), bytes)],
  [774, (view, bytes) => macaddr(sized(view, 8), bytes)],
  [869, inet],
  [1042, text],
  [1043, text],
  [1082, (view) => dateText(sized(view, 4).getInt32(0))],
  [1083, (view) => timeText(sized(view, 8).getBigInt64(0))],
  [1114, (view) => timestampText(sized(view, 8).getBigInt64(0), '')],
  [1184, (view) => timestampText(sized(view, 8).getBigInt64(0), '+00')],
  [1186, (view) => intervalText(sized(view, 16))],
  [1266, (view) => timeText(sized(view, 12).getBigInt64(0)) + zoneText(-view.getInt32(8))],
  [1560, bits],
  [1562, bits],
  [1700, numeric],
  [2249, record],
  [2278, () => ''],
  [2950, (view, bytes) => uuid(sized(view, 16), bytes)],
  [3220, (view) => `${sized(view, 8).getUint32(0).toString(16).toUpperCase()}/${view.getUint32(4).toString(16).toUpperCase()}`],
  [3802, (view, bytes) => versioned(view, bytes)],
  [5069, (view) => String(sized(view, 8).getBigUint64(0))],
  ...([[3904, 23], [3906, 1700], [3908, 1114], [3910, 1184], [3912, 1082], [3926, 20]] as const).map(([oid, element]): [number, Read] => [oid, (view, bytes) => range(view, bytes, element)]),
])

function sized(view: DataView, sizeBytes: number): DataView {
  if (view.byteLength !== sizeBytes) throw new Malformed(`expected ${sizeBytes} bytes`)
  return view
}

function float8(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity'
  if (Object.is(value, -0)) return '-0'
  return exponentText(String(value), value, 15)
}

/** The shortest text that reads back as the same single-precision number. */
function float4(value: number): string {
  if (!Number.isFinite(value) || value === 0) return float8(value)
  for (let digits = 1; digits <= 9; digits++) {
    const candidate = Number(value.toPrecision(digits))
    if (Math.fround(candidate) === value) return exponentText(String(candidate), candidate, 6)
  }
  return exponentText(String(value), value, 6)
}

/** As the server writes floats: an exponent of at least two digits, used below 1e-4 and from a size on. */
function exponentText(shortest: string, value: number, digitsMax: number): string {
  const [mantissa = '', exponent] = shortest.split('e')
  const size = exponent === undefined ? Math.floor(Math.log10(Math.abs(value))) : Number(exponent)
  const digits = mantissa.replace(/^-/, '').replace('.', '').replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '') || '0'
  const magnitude = exponent === undefined ? magnitudeOf(mantissa) : size
  if (magnitude >= -4 && magnitude < digitsMax) return exponent === undefined ? shortest : plainText(significant, magnitude, value < 0)
  const sign = magnitude < 0 ? '-' : '+'
  const fraction = significant.length > 1 ? `.${significant.slice(1)}` : ''
  return `${value < 0 ? '-' : ''}${significant[0]}${fraction}e${sign}${String(Math.abs(magnitude)).padStart(2, '0')}`
}

function magnitudeOf(decimal: string): number {
  const [whole = '', fraction = ''] = decimal.replace('-', '').split('.')
  const stripped = whole.replace(/^0+/, '')
  if (stripped !== '') return stripped.length - 1
  return -(/^0*/.exec(fraction)?.[0].length ?? 0) - 1
}

function plainText(significant: string, magnitude: number, isNegative: boolean): string {
  const sign = isNegative ? '-' : ''
  if (magnitude < 0) return `${sign}0.${'0'.repeat(-magnitude - 1)}${significant}`
  if (significant.length <= magnitude + 1) return `${sign}${significant.padEnd(magnitude + 1, '0')}`
  return `${sign}${significant.slice(0, magnitude + 1)}.${significant.slice(magnitude + 1)}`
}

/** Base-10000 digits with a weight, a sign and a display scale (numeric.c, numeric_send). */
function numeric(view: DataView): string {
  const [count, weight, sign, scale] = [view.getUint16(0), view.getInt16(2), view.getUint16(4), view.getUint16(6)]
  if (sign === 0xc000) return 'NaN'
  if (sign === 0xd000) return 'Infinity'
  if (sign === 0xf000) return '-Infinity'
  if (sign !== 0 && sign !== 0x4000) throw new Malformed('unknown sign')
  sized(view, 8 + 2 * count)
  const group = (at: number) => (at >= 0 && at < count ? view.getInt16(8 + 2 * at) : 0)
  let whole = ''
  for (let at = 0; at <= weight; at++) whole += String(group(at)).padStart(4, '0')
  whole = whole.replace(/^0+/, '') || '0'
  let fraction = ''
  for (let at = weight + 1; fraction.length < scale; at++) fraction += String(group(at)).padStart(4, '0')
  fraction = fraction.slice(0, scale)
  return `${sign === 0x4000 ? '-' : ''}${whole}${scale > 0 ? `.${fraction}` : ''}`
}

/** Days from 1970-01-01 to 2000-01-01, where the server counts from. */
const epochDays = 10_957
const usPerDay = 86_400_000_000n

function dateText(days: number): string {
  if (days === 0x7fffffff) return 'infinity'
  if (days === -0x80000000) return '-infinity'
  const { year, month, day } = civil(days + epochDays)
  return yearText(year, `${pad(month)}-${pad(day)}`)
}

function timestampText(us: bigint, zone: string): string {
  if (us === 0x7fffffffffffffffn) return 'infinity'
  if (us === -0x8000000000000000n) return '-infinity'
  const timeOfDay = ((us % usPerDay) + usPerDay) % usPerDay
  const days = Number((us - timeOfDay) / usPerDay)
  const { year, month, day } = civil(days + epochDays)
  return yearText(year, `${pad(month)}-${pad(day)} ${timeText(timeOfDay)}${zone}`)
}

/** Years before the common era are counted from 1, with BC behind. */
function yearText(year: number, rest: string): string {
  return year > 0 ? `${String(year).padStart(4, '0')}-${rest}` : `${String(1 - year).padStart(4, '0')}-${rest} BC`
}

/** The proleptic Gregorian date of a day counted from 1970-01-01. */
function civil(days: number): { year: number; month: number; day: number } {
  const z = days + 719_468
  const era = Math.floor(z / 146_097)
  const dayOfEra = z - era * 146_097
  const yearOfEra = Math.floor((dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365)
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shifted = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1
  const month = shifted < 10 ? shifted + 3 : shifted - 9
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day }
}

function timeText(us: bigint): string {
  const seconds = Number(us / 1_000_000n)
  return `${pad(Math.floor(seconds / 3600))}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}${fractionText(Number(us % 1_000_000n))}`
}

function fractionText(us: number): string {
  return us === 0 ? '' : `.${String(us).padStart(6, '0').replace(/0+$/, '')}`
}

function zoneText(seconds: number): string {
  const size = Math.abs(seconds)
  const parts = [Math.floor(size / 3600), Math.floor(size / 60) % 60, size % 60]
  while (parts.length > 1 && parts.at(-1) === 0) parts.pop()
  return `${seconds < 0 ? '-' : '+'}${parts.map(pad).join(':')}`
}

function pad(value: number): string {
  return String(value).padStart(2, '0')
}

/** In the `postgres` style: each part with its own sign, a plus after a minus. */
function intervalText(view: DataView): string {
  const us = view.getBigInt64(0)
  const [days, months] = [view.getInt32(8), view.getInt32(12)]
  if (us === 0x7fffffffffffffffn && days === 0x7fffffff && months === 0x7fffffff) return 'infinity'
  if (us === -0x8000000000000000n && days === -0x80000000 && months === -0x80000000) return '-infinity'
  const parts: string[] = []
  let isNegativeBefore = false
  const part = (value: number, unit: string) => {
    if (value === 0) return
    parts.push(`${isNegativeBefore && value > 0 ? '+' : ''}${value} ${unit}${value === 1 ? '' : 's'}`)
    isNegativeBefore = value < 0
  }
  part(Math.trunc(months / 12), 'year')
  part(months % 12, 'mon')
  part(days, 'day')
  if (us !== 0n || parts.length === 0) {
    const sign = us < 0n ? '-' : isNegativeBefore ? '+' : ''
    parts.push(sign + timeText(us < 0n ? -us : us))
  }
  return parts.join(' ')
}

function uuid(_: DataView, bytes: Uint8Array): string {
  const hex = toHex(bytes)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

function macaddr(_: DataView, bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(':')
}

/** Family, prefix length, whether it is a cidr, and the address (network.c). */
function inet(view: DataView, bytes: Uint8Array): string {
  const [family, prefix, isCidr, sizeBytes] = [view.getUint8(0), view.getUint8(1), view.getUint8(2), view.getUint8(3)]
  sized(view, 4 + sizeBytes)
  const address = family === 2 && sizeBytes === 4 ? bytes.subarray(4).join('.') : family === 3 && sizeBytes === 16 ? ipv6(view) : ''
  if (address === '') throw new Malformed('unknown address family')
  return isCidr === 1 || prefix !== sizeBytes * 8 ? `${address}/${prefix}` : address
}

/** RFC 5952: the longest run of zeros shortened; an address that holds an IPv4 one shows it. */
function ipv6(view: DataView): string {
  const words = Array.from({ length: 8 }, (_, i) => view.getUint16(4 + 2 * i))
  let best = { start: -1, length: 1 }
  for (let start = 0; start < 8; start++) {
    let length = 0
    while (start + length < 8 && words[start + length] === 0) length++
    if (length > best.length) best = { start, length }
  }
  const mapped = best.start === 0 && (best.length === 6 || (best.length === 5 && words[5] === 0xffff) || (best.length === 7 && words[7] !== 1))
  const hex = words.map((word) => word.toString(16))
  if (mapped) {
    const last = [12, 13, 14, 15].map((i) => view.getUint8(4 + i)).join('.')
    return best.length === 5 ? `::ffff:${last}` : `::${last}`
  }
  if (best.start < 0) return hex.join(':')
  return `${hex.slice(0, best.start).join(':')}::${hex.slice(best.start + best.length).join(':')}`
}

function bits(view: DataView, bytes: Uint8Array): string {
  const length = view.getInt32(0)
  sized(view, 4 + Math.ceil(length / 8))
  return Array.from(bytes.subarray(4), (byte) => byte.toString(2).padStart(8, '0')).join('').slice(0, length)
}

/** jsonb: a version byte, then the text. */
function versioned(view: DataView, bytes: Uint8Array): string {
  if (view.getUint8(0) !== 1) throw new Malformed('unknown version')
  return utf8.decode(bytes.subarray(1))
}

/** The text of a value inside another; a type without a text form makes the whole hex. */
function inner(oid: number, bytes: Uint8Array): string {
  const cell = binaryToText(oid, bytes)
  if (typeof cell !== 'string') throw new Malformed('a part has no text form')
  return cell
}

/** Dimensions with their bounds, then the elements in row-major order (arrayfuncs.c, array_send). */
function array(view: DataView, bytes: Uint8Array): string {
  const dimensions = view.getInt32(0)
  const oid = view.getUint32(8)
  if (dimensions === 0) return '{}'
  if (dimensions < 0 || dimensions > 6) throw new Malformed('too many dimensions')
  const sizes: number[] = []
  const bounds: number[] = []
  let at = 12
  for (let i = 0; i < dimensions; i++, at += 8) {
    sizes.push(view.getInt32(at))
    bounds.push(view.getInt32(at + 4))
  }
  const delimiter = oid === 603 ? ';' : ','
  const element = (): string => {
    const sizeBytes = view.getInt32(at)
    at += 4
    if (sizeBytes < 0) return 'NULL'
    if (sizeBytes > bytes.length - at) throw new Malformed('an element ends too late')
    const value = inner(oid, bytes.subarray(at, at + sizeBytes))
    at += sizeBytes
    return value === '' || /[{}\\"\s]/.test(value) || value.includes(delimiter) || /^null$/i.test(value) ? `"${value.replace(/[\\"]/g, '\\$&')}"` : value
  }
  const level = (depth: number): string => {
    const size = sizes[depth]!
    if (size < 0 || size > bytes.length) throw new Malformed('a dimension is too long')
    return `{${Array.from({ length: size }, () => (depth === dimensions - 1 ? element() : level(depth + 1))).join(delimiter)}}`
  }
  const prefix = bounds.some((bound) => bound !== 1) ? `${bounds.map((bound, i) => `[${bound}:${bound + sizes[i]! - 1}]`).join('')}=` : ''
  const body = level(0)
  if (at !== bytes.length) throw new Malformed('expected the array to end')
  return prefix + body
}

/** A composite value: each field with its type (rowtypes.c, record_send). */
function record(view: DataView, bytes: Uint8Array): string {
  const count = view.getInt32(0)
  if (count < 0 || count > bytes.length) throw new Malformed('too many fields')
  const fields: string[] = []
  let at = 4
  for (let i = 0; i < count; i++) {
    const oid = view.getUint32(at)
    const sizeBytes = view.getInt32(at + 4)
    at += 8
    if (sizeBytes < 0) {
      fields.push('')
      continue
    }
    if (sizeBytes > bytes.length - at) throw new Malformed('a field ends too late')
    const value = inner(oid, bytes.subarray(at, at + sizeBytes))
    at += sizeBytes
    fields.push(value === '' || /[(),\\"\s]/.test(value) ? `"${value.replace(/[\\"]/g, '$&$&')}"` : value)
  }
  if (at !== bytes.length) throw new Malformed('expected the record to end')
  return `(${fields.join(',')})`
}

/** Flags, then the bounds there are (rangetypes.c, range_send). */
function range(view: DataView, bytes: Uint8Array, oid: number): string {
  const flags = view.getUint8(0)
  if (flags & 0x01) return 'empty'
  let at = 1
  const bound = (isInfinite: boolean): string => {
    if (isInfinite) return ''
    const sizeBytes = view.getInt32(at)
    at += 4
    if (sizeBytes < 0 || sizeBytes > bytes.length - at) throw new Malformed('a bound ends too late')
    const value = inner(oid, bytes.subarray(at, at + sizeBytes))
    at += sizeBytes
    return value === '' || /[()[\],\\"\s]/.test(value) ? `"${value.replace(/[\\"]/g, '$&$&')}"` : value
  }
  const lower = bound((flags & 0x08) !== 0)
  const upper = bound((flags & 0x10) !== 0)
  if (at !== bytes.length) throw new Malformed('expected the range to end')
  return `${flags & 0x02 ? '[' : '('}${lower},${upper}${flags & 0x04 ? ']' : ')'}`
}

function toHex(bytes: Uint8Array): string {
  let hex = ''
  for (const byte of bytes) hex += byte.toString(16).padStart(2, '0')
  return hex
}
