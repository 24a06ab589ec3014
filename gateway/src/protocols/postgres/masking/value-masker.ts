import { maskFor, maskMatches, maskValue, type MaskKey, type MaskKind } from '@steno/policy-dsl'
import { binaryToText } from '../types/binary.ts'
import { elementType, typeName } from '../types/type-names.ts'
import type { CellMask, Detector } from './cell-mask.ts'
import { mapArrayBytes, mapArrayText } from './map-array.ts'
import { mapJson } from './map-json.ts'
import { MaskFailed } from './mask-failed.ts'

/** What stands in the place of a text of which nothing may show. */
export const redacted = '[redacted]'

/** A longer value is not searched by detectors but hidden whole. */
const searchedLengthMax = 1 << 20

/** What a value is, as the target described it; OID 0 where it did not. */
export interface ValueType {
  oid: number
  /** A whole row of a table, which is a composite value of a type that has no known OID. */
  isRow: boolean
}

/** What the client is given in a value's place, and by which rule. */
export interface MaskedText {
  text: string | null
  rule: string
}

/** The same in binary format, with its text for the record. */
export interface MaskedBytes extends MaskedText {
  bytes: Uint8Array | null
}

/** Hides single values: those of masked columns, and in all others what detectors find. A value that is valid for its type, or NULL, takes their place. */
export class ValueMasker {
  readonly #detectors: Detector[]
  readonly #key: MaskKey

  constructor({ detectors, key }: { detectors: Detector[]; key: MaskKey }) {
    this.#detectors = detectors
    this.#key = key
  }

  /** Whether any value could be hidden at all. */
  mayHide(mask: CellMask | null): boolean {
    return mask !== null || this.#detectors.length > 0
  }

  /** What takes the place of a value in text format; null when it may be shown. */
  text(value: string, type: ValueType, mask: CellMask | null): MaskedText | null {
    const way = this.#way(mask)
    if (!way) return null
    const shape = type.isRow ? 'other' : shapeOf(type.oid)
    if (way.hidesWhole(value.length)) return { text: hidden(shape, way.kind), rule: way.rule }
    const after = attempt(() => mapText(value, { shape, oid: type.oid }, way))
    if (after === undefined) return null
    return { text: after === failed ? hidden(shape, way.kind) : after, rule: way.rule }
  }

  /** What takes the place of a value in binary format; null when it may be shown. */
  binary(value: Uint8Array, type: ValueType, mask: CellMask | null): MaskedBytes | null {
    const way = this.#way(mask)
    if (!way) return null
    // In binary format nobody can tell what a value of an unknown type is.
    const shape = type.isRow || isUnknown(type.oid) ? 'other' : shapeOf(type.oid)
    const after = way.hidesWhole(value.length) ? failed : attempt(() => mapBytes(value, { shape, oid: type.oid }, way))
    if (after === undefined) return null
    if (after === failed) {
      const text = hidden(shape, way.kind)
      return { bytes: text === null ? null : encode(text, type.oid), text, rule: way.rule }
    }
    return { bytes: after, text: after === null ? null : shown(type.oid, after), rule: way.rule }
  }

  #way(mask: CellMask | null): Way | null {
    if (mask) return new ByIdentity(mask, this.#key)
    return this.#detectors.length > 0 ? new BySearch(this.#detectors, this.#key) : null
  }
}

/** Gives undefined to keep a value, null to make it NULL. */
type MapValue = (value: string) => string | null | undefined

/** How the parts of one value are hidden. */
interface Way {
  readonly rule: string
  readonly kind: MaskKind
  hidesWhole(length: number): boolean
  text: MapValue
  json: MapValue
  /** For what may not be any text. `renderings`: its text form first, then what else it can be read as. */
  other(oid: number, renderings: string[]): string | null | undefined
}

class ByIdentity implements Way {
  readonly #mask: CellMask
  readonly #key: MaskKey

  constructor(mask: CellMask, key: MaskKey) {
    this.#mask = mask
    this.#key = key
  }

  get rule(): string {
    return this.#mask.rule
  }

  get kind(): MaskKind {
    return this.#mask.with
  }

  hidesWhole(): boolean {
    return this.#mask.isWhole || this.#mask.with === 'null'
  }

  readonly text: MapValue = value => maskValue(this.#mask.with, value, this.#key)

  readonly json: MapValue = value => {
    const content = parseJson(value)
    // A document has no last four characters that would mean anything.
    const after = typeof content === 'string' ? this.text(content) : redacted
    return typeof after === 'string' ? JSON.stringify(after) : after
  }

  other(oid: number, [value = '']: string[]): string | null {
    const hide = writers.has(oid) ? maskFor(this.#mask.with, typeName(oid)) : null
    return hide ? hide(value, this.#key) : null
  }
}

class BySearch implements Way {
  readonly #detectors: Detector[]
  readonly #key: MaskKey
  #found: Detector | null = null

  constructor(detectors: Detector[], key: MaskKey) {
    this.#detectors = detectors
    this.#key = key
  }

  /** The rule of the detector that found something first, or of the first of all where searching failed. */
  get rule(): string {
    return this.#decisive.rule
  }

  get kind(): MaskKind {
    return this.#decisive.with
  }

  get #decisive(): Detector {
    return this.#found ?? this.#detectors[0]!
  }

  hidesWhole(length: number): boolean {
    return length > searchedLengthMax
  }

  readonly text: MapValue = value => {
    let current = value
    for (const detector of this.#detectors) {
      const after = maskMatches(detector.pattern, detector.flags, current, detector.with, this.#key)
      if (after !== current) this.#found ??= detector
      current = after
    }
    return current === value ? undefined : current
  }

  readonly json: MapValue = value => mapJson(value, { map: this.text, hasMatch: rest => this.#finds(rest) })

  other(_: number, renderings: string[]): null | undefined {
    return renderings.some(rendering => this.#finds(rendering)) ? null : undefined
  }

  #finds(value: string): boolean {
    const found = this.#detectors.find(({ pattern, flags }) => maskMatches(pattern, flags, value, 'null', this.#key) !== value)
    this.#found ??= found ?? null
    return found !== undefined
  }
}

type Shape = 'text' | 'json' | 'array' | 'other'

interface ShapedType {
  shape: Shape
  oid: number
}

const texts = new Set([19, 25, 142, 705, 1042, 1043, 2275]) // name, text, xml, unknown, bpchar, varchar, cstring
const jsons = new Set([114, 3802])
const jsonb = 3802
const bytea = 17
const box = 603

const utf8 = new TextEncoder()
const lenient = new TextDecoder('utf-8', { ignoreBOM: true })
const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** An unknown type in text format is taken as text: an enum, a citext, what an extension brought along. */
function shapeOf(oid: number): Shape {
  if (jsons.has(oid)) return 'json'
  if (texts.has(oid) || isUnknown(oid)) return 'text'
  const element = elementType(oid)
  // The elements of a box array are told apart by semicolons, and boxes are nobody's data.
  return element === undefined || element === box ? 'other' : 'array'
}

function isUnknown(oid: number): boolean {
  return oid === 0 || typeName(oid).startsWith('oid ')
}

function mapText(value: string, { shape, oid }: ShapedType, way: Way): string | null | undefined {
  switch (shape) {
    case 'text':
      return way.text(value)
    case 'json':
      return way.json(value)
    case 'array':
      return mapArrayText(value, element => {
        const elementOid = elementType(oid) ?? 0
        return mapText(element, { shape: shapeOf(elementOid), oid: elementOid }, way)
      })
    case 'other':
      return way.other(oid, oid === bytea ? [value, byteaContent(value)] : [value])
  }
}

function mapBytes(value: Uint8Array, { shape, oid }: ShapedType, way: Way): Uint8Array | null | undefined {
  switch (shape) {
    case 'text':
    case 'json': {
      const after = (shape === 'json' ? way.json : way.text)(decode(value, oid))
      return typeof after === 'string' ? encode(after, oid) : after
    }
    case 'array':
      return mapArrayBytes(value, (element, elementOid) => {
        if (elementOid !== elementType(oid)) throw new MaskFailed('expected an array of its elements')
        return mapBytes(element, { shape: shapeOf(elementOid), oid: elementOid }, way)
      })
    case 'other': {
      const text = binaryToText(oid, value)
      const after = way.other(oid, typeof text === 'string' ? [text, lenient.decode(value)] : [lenient.decode(value)])
      return typeof after === 'string' ? writers.get(oid)!(after) : after
    }
  }
}

/** A jsonb has a version in front. */
function decode(bytes: Uint8Array, oid: number): string {
  if (oid === jsonb && bytes[0] !== 1) throw new MaskFailed('expected a jsonb of version 1')
  try {
    return strict.decode(oid === jsonb ? bytes.subarray(1) : bytes)
  } catch {
    throw new MaskFailed('expected UTF-8')
  }
}

function encode(text: string, oid: number): Uint8Array {
  return utf8.encode(oid === jsonb ? `\x01${text}` : text)
}

/** The types beyond texts that some mask has values for, and how their text form is written in binary. */
const writers = new Map<number, (text: string) => Uint8Array>([
  [20, text => written(8, view => view.setBigInt64(0, BigInt(text)))],
  [21, text => written(2, view => view.setInt16(0, Number(text)))],
  [23, text => written(4, view => view.setInt32(0, Number(text)))],
  [2950, text => Uint8Array.from(text.replaceAll('-', '').match(/../g) ?? [], digits => Number.parseInt(digits, 16))],
])

function written(length: number, write: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(length)
  write(new DataView(bytes.buffer))
  return bytes
}

/** The text of a masked value, for the record. */
function shown(oid: number, bytes: Uint8Array): string {
  const text = binaryToText(oid, bytes)
  return typeof text === 'string' ? text : redacted
}

/** The bytes behind `\x…`, as far as they are text. */
function byteaContent(text: string): string {
  if (!/^\\x(?:[0-9a-f]{2})*$/i.test(text)) return text
  return lenient.decode(Uint8Array.from({ length: (text.length - 2) / 2 }, (_, i) => Number.parseInt(text.slice(2 * i + 2, 2 * i + 4), 16)))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** A value of which nothing shows. */
function hidden(shape: Shape, kind: MaskKind): string | null {
  if (kind === 'null') return null
  if (shape === 'text') return redacted
  return shape === 'json' ? JSON.stringify(redacted) : null
}

const failed = Symbol('failed')

/** What cannot be masked in parts is hidden whole. */
function attempt<T>(map: () => T): T | typeof failed {
  try {
    return map()
  } catch (error) {
    if (error instanceof MaskFailed) return failed
    throw error
  }
}
