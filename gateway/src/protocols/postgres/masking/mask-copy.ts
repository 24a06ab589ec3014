import type { MaskKey } from '@steno/policy-dsl'
import type { ContentBlock } from '@steno/recordings'
import { type as messageType } from '../wire/backend.ts'
import type { CellMask, Detector } from './cell-mask.ts'
import { fieldText, formatField, isNullAmbiguous, LineFinder, parseLine, type CopyField, type LineFormat } from './copy-fields.ts'
import { copyFormat, type CopyStatementOptions } from './copy-options.ts'
import { MaskFailed } from './mask-failed.ts'
import { ValueMasker } from './value-masker.ts'

/** A longer row is not waited for. */
export const copyRowBytesMax = 64 * 1024 * 1024

const newline = 0x0a
const messageHeadBytes = 5
const textType = { oid: 25, isRow: false }

export interface CopyMaskerOptions {
  /** One for each column that is copied, in their order. */
  plan: (CellMask | null)[]
  /** The columns' types, where they are known: 0 is not known. COPY itself does not say them. */
  typeOids?: number[]
  options: CopyStatementOptions
  detectors: Detector[]
  key: MaskKey
  rowBytesMax?: number
}

/** What goes on of a COPY stream: for the record, and in CopyData messages for the client. */
export interface MaskedCopy {
  content: ContentBlock
  bytes: Uint8Array
  /** Without a header and without what ends the stream. */
  rows: number
  maskedCells: number
}

/**
 * Masks what `COPY … TO STDOUT` gives, row by row, wherever the stream was cut
 * into pieces. Only whole rows go on, each in a message of its own; `end` gives
 * what is left when the target says that it is done. Throws `MaskFailed` when
 * the stream is not what the statement asked for.
 */
export class CopyMasker {
  readonly #rowBytesMax: number
  readonly #rows: LineRows | BinaryRows
  /** A row that is not whole yet: `#pending[0]` to before `#pending[#held]`. */
  #pending = new Uint8Array(0)
  #held = 0
  #out = new Outgoing()

  constructor(options: CopyMaskerOptions) {
    const { plan, typeOids = plan.map(() => 0), rowBytesMax = copyRowBytesMax } = options
    if (typeOids.length !== plan.length) throw new MaskFailed(`expected masks for ${typeOids.length} columns, got ${plan.length}`)
    this.#rowBytesMax = rowBytesMax
    const format = copyFormat(options.options)
    const fields = { plan, typeOids, values: new ValueMasker(options) }
    this.#rows = format.format === 'binary' ? new BinaryRows(fields, rowBytesMax) : new LineRows(fields, format)
  }

  /** Takes the next pieces of the stream and gives the rows that are whole now, of which there may be none. */
  mask({ bytes, ranges, count }: ContentBlock): MaskedCopy {
    for (let i = 0; i < count; i++) this.#take(bytes.subarray(ranges[2 * i]!, ranges[2 * i + 1]!))
    return this.#give()
  }

  /** Gives the last line of a stream that did not end with a newline. */
  end(): MaskedCopy {
    if (this.#held > 0) this.#rows.last(this.#pending.subarray(0, this.#held), this.#out)
    this.#held = 0
    return this.#give()
  }

  #take(piece: Uint8Array): void {
    const scanned = this.#held
    if (scanned > 0) this.#hold(piece)
    const bytes = scanned > 0 ? this.#pending.subarray(0, this.#held) : piece
    let start = 0
    for (;;) {
      const end = this.#rows.next(bytes, start, Math.max(start, scanned))
      if ((end < 0 ? bytes.length : end) - start > this.#rowBytesMax)
        throw new MaskFailed(`expected a row of COPY of at most ${this.#rowBytesMax} bytes`)
      if (end < 0) break
      this.#rows.pass(bytes.subarray(start, end), this.#out)
      start = end
    }
    if (scanned === 0) return this.#hold(piece.subarray(start))
    this.#pending.copyWithin(0, start, this.#held)
    this.#held -= start
  }

  #hold(piece: Uint8Array): void {
    const needed = this.#held + piece.length
    if (needed > this.#pending.length) {
      // Doubling keeps the copying linear, however small the pieces are.
      const grown = new Uint8Array(Math.max(needed, 2 * this.#pending.length))
      grown.set(this.#pending.subarray(0, this.#held))
      this.#pending = grown
    }
    this.#pending.set(piece, this.#held)
    this.#held = needed
  }

  #give(): MaskedCopy {
    const given = this.#out.take()
    this.#out = new Outgoing()
    return given
  }
}

/** How the fields of every row are masked. */
interface Fields {
  plan: (CellMask | null)[]
  typeOids: number[]
  values: ValueMasker
}

function mayHideAny({ plan, values }: Fields): boolean {
  return plan.some(mask => values.mayHide(mask))
}

/** Rows in text or csv format: lines. */
class LineRows {
  readonly #fields: Fields
  readonly #format: LineFormat
  readonly #lines: LineFinder
  readonly #hidesNothing: boolean
  #headerIsDue: boolean

  constructor(fields: Fields, format: LineFormat) {
    const isAmbiguous = isNullAmbiguous(format)
    if (isAmbiguous && fields.values.text(format.nullText, textType, null))
      throw new MaskFailed('expected a null string that no rule hides')
    // NULL and the value that is spelled like it look alike here. What a mask
    // made of each would tell whoever chose the spelling which values it fits.
    this.#fields = isAmbiguous ? { ...fields, plan: fields.plan.map(mask => mask && { ...mask, isWhole: true }) } : fields
    this.#format = format
    this.#lines = new LineFinder(format)
    this.#hidesNothing = !mayHideAny(fields) && fields.plan.length > 0
    this.#headerIsDue = format.hasHeader
  }

  /** The index after the row that begins at `start`, -1 when it is not whole. What is before `from` was looked at already. */
  next(bytes: Uint8Array, _start: number, from: number): number {
    return this.#lines.next(bytes, from)
  }

  pass(line: Uint8Array, out: Outgoing): void {
    this.#pass(line.subarray(0, line.length - 1), out, [newline])
  }

  last(line: Uint8Array, out: Outgoing): void {
    this.#pass(line, out, [])
  }

  #pass(line: Uint8Array, out: Outgoing, ending: number[]): void {
    const { plan } = this.#fields
    out.begin()
    const isHeader = this.#headerIsDue
    this.#headerIsDue = false
    if (!isHeader) out.rows++
    if (isHeader || this.#hidesNothing) out.add(line)
    else if (plan.length === 0) {
      if (line.length > 0) throw new MaskFailed('expected rows of no columns')
    } else {
      const fields = parseLine(line, this.#format)
      if (fields.length !== plan.length) throw new MaskFailed(`expected rows of ${plan.length} columns, got ${fields.length}`)
      for (const [column, field] of fields.entries()) {
        if (column > 0) out.add([this.#format.delimiter])
        out.add(this.#masked(field, column, out))
      }
    }
    out.add(ending)
    out.finish()
  }

  #masked(field: CopyField, column: number, out: Outgoing): Uint8Array {
    const { plan, typeOids, values } = this.#fields
    const mask = plan[column] ?? null
    if (!values.mayHide(mask) || (field.isNull && !mask?.isWhole)) return field.raw
    const masked = values.text(fieldText(field, this.#format), { oid: typeOids[column] ?? 0, isRow: false }, mask)
    if (!masked) return field.raw
    out.maskedCells++
    return formatField(masked.text, this.#format, field)
  }
}

const signature = [0x50, 0x47, 0x43, 0x4f, 0x50, 0x59, 0x0a, 0xff, 0x0d, 0x0a, 0x00] // PGCOPY\n\377\r\n\0
/** The signature, the flags, the length of what a later version may add. */
const headerBytes = signature.length + 8

/** Rows in binary format: a header, tuples, a trailer. */
class BinaryRows {
  readonly #fields: Fields
  readonly #rowBytesMax: number
  readonly #hidesNothing: boolean
  #awaits: 'header' | 'tuple' | 'nothing' = 'header'
  /** The row that is not whole yet is known to be at least so long. */
  #lengthMin = 0

  constructor(fields: Fields, rowBytesMax: number) {
    this.#fields = fields
    this.#rowBytesMax = rowBytesMax
    this.#hidesNothing = !mayHideAny(fields)
  }

  /** The index after the header, tuple or trailer that begins at `start`, -1 when it is not whole. */
  next(bytes: Uint8Array, start: number): number {
    const available = bytes.length - start
    if (available === 0 || available < this.#lengthMin) return -1
    if (this.#awaits === 'nothing') throw new MaskFailed('expected nothing behind the trailer of COPY')
    const view = new DataView(bytes.buffer, bytes.byteOffset + start, available)
    const length = this.#awaits === 'header' ? this.#headerLength(view) : this.#tupleLength(view)
    if (length > this.#rowBytesMax) throw new MaskFailed(`expected a row of COPY of at most ${this.#rowBytesMax} bytes`)
    this.#lengthMin = length > available ? length : 0
    return length > available ? -1 : start + length
  }

  pass(row: Uint8Array, out: Outgoing): void {
    const view = new DataView(row.buffer, row.byteOffset, row.length)
    out.begin()
    if (this.#awaits === 'header') {
      this.#awaits = 'tuple'
      out.add(row)
    } else if (view.getInt16(0) === -1) {
      this.#awaits = 'nothing'
      out.add(row)
    } else {
      out.rows++
      if (this.#hidesNothing) out.add(row)
      else this.#passTuple(row, view, out)
    }
    out.finish()
  }

  last(): void {
    throw new MaskFailed('expected a row of COPY to end')
  }

  #passTuple(row: Uint8Array, view: DataView, out: Outgoing): void {
    const { plan, typeOids, values } = this.#fields
    const count = view.getInt16(0)
    if (count !== plan.length) throw new MaskFailed(`expected rows of ${plan.length} columns, got ${count}`)
    out.add(row.subarray(0, 2))
    let at = 2
    for (let column = 0; column < count; column++) {
      const start = at + 4
      const end = start + Math.max(view.getInt32(at), 0)
      const isNull = view.getInt32(at) === -1
      const mask = plan[column] ?? null
      // Whether a value that is worked out from a masked one is NULL may tell something of it.
      const masked =
        isNull && !mask?.isWhole ? null : values.binary(row.subarray(start, end), { oid: typeOids[column] ?? 0, isRow: false }, mask)
      if (masked) {
        out.maskedCells++
        out.addInt32(masked.bytes === null ? -1 : masked.bytes.length)
        if (masked.bytes !== null) out.add(masked.bytes)
      } else out.add(row.subarray(at, end))
      at = end
    }
  }

  /** How long the header is, or will at least be. */
  #headerLength(view: DataView): number {
    if (view.byteLength < headerBytes) return headerBytes
    if (signature.some((byte, i) => view.getUint8(i) !== byte)) throw new MaskFailed('expected the signature of binary COPY')
    // The upper half are flags that a reader must know; PostgreSQL before 12 had one, for OIDs as a column.
    if (view.getInt32(signature.length) >>> 16 !== 0) throw new MaskFailed('expected no critical flags in binary COPY')
    return headerBytes + lengthAt(view, signature.length + 4)
  }

  /** How long the tuple or trailer is, or will at least be. */
  #tupleLength(view: DataView): number {
    if (view.byteLength < 2) return 2
    const count = view.getInt16(0)
    if (count < -1) throw new MaskFailed('expected a count of columns in binary COPY')
    let at = 2
    for (let column = 0; column < count; column++) {
      if (view.byteLength < at + 4) return at + 4
      at += 4 + (view.getInt32(at) === -1 ? 0 : lengthAt(view, at))
    }
    return at
  }
}

function lengthAt(view: DataView, at: number): number {
  const length = view.getInt32(at)
  if (length < 0) throw new MaskFailed('expected a length in binary COPY')
  return length
}

/** CopyData messages as they are made. */
class Outgoing {
  rows = 0
  maskedCells = 0
  #bytes = new Uint8Array(1024)
  #ranges: number[] = []
  #start = 0
  #end = 0

  begin(): void {
    this.#start = this.#end
    this.add([messageType.copyData, 0, 0, 0, 0])
  }

  add(bytes: ArrayLike<number>): void {
    const needed = this.#end + bytes.length
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length))
      grown.set(this.#bytes.subarray(0, this.#end))
      this.#bytes = grown
    }
    this.#bytes.set(bytes, this.#end)
    this.#end = needed
  }

  addInt32(value: number): void {
    this.add([(value >> 24) & 0xff, (value >> 16) & 0xff, (value >> 8) & 0xff, value & 0xff])
  }

  finish(): void {
    new DataView(this.#bytes.buffer).setInt32(this.#start + 1, this.#end - this.#start - 1)
    this.#ranges.push(this.#start + messageHeadBytes, this.#end)
  }

  take(): MaskedCopy {
    const bytes = this.#bytes.subarray(0, this.#end)
    return {
      content: { bytes, ranges: Int32Array.from(this.#ranges), count: this.#ranges.length / 2 },
      bytes,
      rows: this.rows,
      maskedCells: this.maskedCells,
    }
  }
}
