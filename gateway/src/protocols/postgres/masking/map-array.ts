import { MaskFailed } from './mask-failed.ts'

/** What is put in the place of an element; undefined keeps it. Elements that are NULL are never asked about. */
export type MapElement<T> = (element: T) => T | null | undefined

/** Dimensions, whether any element is NULL, the elements' type (arrayfuncs.c, array_send). */
const headerBytes = 12
const dimensionBytes = 8
const dimensionsMax = 6

/**
 * An array in text format with elements replaced, its dimensions and bounds as
 * they were; undefined when nothing was. Throws `MaskFailed` for what is not an
 * array.
 */
export function mapArrayText(text: string, map: MapElement<string>): string | undefined {
  let at = 0
  if (text[0] === '[') {
    at = text.indexOf('=') + 1
    if (at === 0) throw notAnArray()
  }
  let out = text.slice(0, at)
  let isChanged = false
  let depth = 0
  let expectsElement = true
  while (at < text.length) {
    const character = text[at]!
    if (character === '{' || character === '}') {
      depth += character === '{' ? 1 : -1
      if (depth < 0 || (depth === 0 && at !== text.length - 1)) throw notAnArray()
      expectsElement = character === '{'
      out += character
      at++
    } else if (character === ',') {
      if (depth === 0) throw notAnArray()
      expectsElement = true
      out += character
      at++
    } else {
      if (depth === 0 || !expectsElement) throw notAnArray()
      expectsElement = false
      const element = character === '"' ? readQuoted(text, at) : readBare(text, at)
      const mapped = element.value === null ? undefined : map(element.value)
      isChanged ||= mapped !== undefined
      out += mapped === undefined ? text.slice(at, element.end) : writeElement(mapped)
      at = element.end
    }
  }
  if (depth !== 0 || text === '') throw notAnArray()
  return isChanged ? out : undefined
}

/** An array in binary format with elements replaced; undefined when nothing was. Throws `MaskFailed` for what is not an array. */
export function mapArrayBytes(
  bytes: Uint8Array,
  map: (element: Uint8Array, typeOid: number) => Uint8Array | null | undefined,
): Uint8Array | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (bytes.length < headerBytes) throw notAnArray()
  const dimensions = view.getInt32(0)
  const typeOid = view.getUint32(8)
  let at = headerBytes + dimensions * dimensionBytes
  if (dimensions < 0 || dimensions > dimensionsMax || at > bytes.length) throw notAnArray()
  let left = dimensions === 0 ? 0 : 1
  for (let dimension = 0; dimension < dimensions; dimension++) left *= view.getInt32(headerBytes + dimension * dimensionBytes)
  const pieces: Uint8Array[] = []
  let keptFrom = 0
  let hasNull = false
  for (; left > 0; left--) {
    if (bytes.length - at < 4) throw notAnArray()
    const length = view.getInt32(at)
    const start = at + 4
    if (length < -1 || length > bytes.length - start) throw notAnArray()
    at = start + Math.max(length, 0)
    if (length === -1) continue
    const mapped = map(bytes.subarray(start, at), typeOid)
    if (mapped === undefined) continue
    hasNull ||= mapped === null
    pieces.push(bytes.subarray(keptFrom, start - 4), int32(mapped === null ? -1 : mapped.length))
    if (mapped !== null) pieces.push(mapped)
    keptFrom = at
  }
  if (at !== bytes.length) throw notAnArray()
  if (pieces.length === 0) return undefined
  const changed = concat([...pieces, bytes.subarray(keptFrom)])
  if (hasNull) changed.set(int32(1), 4)
  return changed
}

function readQuoted(text: string, start: number): { value: string; end: number } {
  let value = ''
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '"') return { value, end: at + 1 }
    if (text[at] === '\\') at++
    value += text[at] ?? ''
  }
  throw notAnArray()
}

function readBare(text: string, start: number): { value: string | null; end: number } {
  let end = start
  while (end < text.length && !'{},"'.includes(text[end]!)) end += text[end] === '\\' ? 2 : 1
  if (end > text.length || text[end] === '"' || text[end] === '{') throw notAnArray()
  const raw = text.slice(start, end)
  return { value: raw.toUpperCase() === 'NULL' ? null : raw.replace(/\\([\s\S])/g, '$1'), end }
}

function writeElement(value: string | null): string {
  return value === null ? 'NULL' : `"${value.replace(/[\\"]/g, '\\$&')}"`
}

function notAnArray(): MaskFailed {
  return new MaskFailed('expected an array')
}

function int32(value: number): Uint8Array {
  return Uint8Array.of((value >> 24) & 0xff, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff)
}

function concat(pieces: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
