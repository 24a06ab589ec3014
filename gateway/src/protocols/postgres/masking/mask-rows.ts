import type { MaskKey } from '@steno/policy-dsl'
import type { Cell, Column, RowBlock } from '@steno/recordings'
import { type as messageType } from '../wire/backend.ts'
import type { CellMask, Detector } from './cell-mask.ts'
import { MaskFailed } from './mask-failed.ts'
import { ValueMasker, type MaskedBytes } from './value-masker.ts'

const utf8 = new TextEncoder()
const lenient = new TextDecoder('utf-8', { ignoreBOM: true })
const nothing = new Uint8Array(0)
/** A DataRow's type, its length, its number of cells. */
const rowHeadBytes = 7
const cellHeadBytes = 4

export interface RowMaskerOptions {
  columns: Column[]
  /** As `ResultShape` has them: none is all text, one is for all, else one each. */
  formats: number[]
  /** One for each column. */
  plan: (CellMask | null)[]
  detectors: Detector[]
  key: MaskKey
}

/** Masks the rows of one result, for the client and for the record alike. */
export class RowMasker {
  readonly #options: RowMaskerOptions
  readonly #values: ValueMasker

  constructor(options: RowMaskerOptions) {
    const { columns, plan } = options
    if (columns.length !== plan.length) throw new MaskFailed(`expected masks for ${columns.length} columns, got ${plan.length}`)
    this.#options = options
    this.#values = new ValueMasker(options)
  }

  /**
   * Gives a block as `RowDecoder.take` does, with the same rows and as many
   * cells. Where a cell is masked, the bytes are new and hold nothing of what
   * came. Throws `MaskFailed` when the rows are not of this result.
   */
  mask(block: RowBlock, bytes: Uint8Array): { block: RowBlock; bytes: Uint8Array; maskedCells: number } {
    if (block.count === 0) return { block, bytes, maskedCells: 0 }
    const { plan } = this.#options
    if (block.columns !== plan.length) throw new MaskFailed(`expected rows of ${plan.length} columns, got ${block.columns}`)
    const masked = this.#masked(block)
    if (masked.size === 0) return { block, bytes, maskedCells: 0 }
    return { ...rewrite(block, masked), maskedCells: masked.size }
  }

  #masked({ count, columns, cells, bytes }: RowBlock): Map<number, MaskedBytes> {
    const { columns: described, plan, formats } = this.#options
    const masked = new Map<number, MaskedBytes>()
    for (let column = 0; column < columns; column++) {
      const { typeOid, tableOid, attribute } = described[column]!
      // A column of a table without a number in it is the table's whole row.
      const type = { oid: typeOid, isRow: tableOid !== 0 && attribute === 0 }
      const isBinary = (formats.length === 1 ? formats[0] : formats[column]) === 1
      const mask = plan[column] ?? null
      if (!this.#values.mayHide(mask)) continue
      for (let cell = column; cell < count * columns; cell += columns) {
        const start = cells[2 * cell]!
        // Whether a value that is worked out from a masked one is NULL may tell something of it.
        if (start < 0 && !mask?.isWhole) continue
        const value = start < 0 ? nothing : bytes.subarray(start, cells[2 * cell + 1]!)
        const after = isBinary ? this.#values.binary(value, type, mask) : encoded(this.#values.text(lenient.decode(value), type, mask))
        if (after) masked.set(cell, after)
      }
    }
    return masked
  }
}

function encoded(masked: { text: string | null; rule: string } | null): MaskedBytes | null {
  return masked && { ...masked, bytes: masked.text === null ? null : utf8.encode(masked.text) }
}

/** The same rows in bytes of their own, with what was masked in its place. */
function rewrite(block: RowBlock, masked: Map<number, MaskedBytes>): { block: RowBlock; bytes: Uint8Array } {
  const { count, columns } = block
  const cells = new Int32Array(2 * count * columns)
  const special = new Map<number, Cell>(block.special)
  const out = new Uint8Array(sizeOf(block, masked))
  const view = new DataView(out.buffer)
  let at = 0
  for (let row = 0, cell = 0; row < count; row++) {
    const start = at
    at += rowHeadBytes
    for (let column = 0; column < columns; column++, cell++) {
      const value = valueOf(block, masked, cell)
      view.setInt32(at, value === null ? -1 : value.length)
      at += cellHeadBytes
      cells[2 * cell] = value === null ? -1 : at
      if (value !== null) out.set(value, at)
      at += value?.length ?? 0
      cells[2 * cell + 1] = value === null ? -1 : at
      const replaced = masked.get(cell)
      if (replaced) special.set(cell, { masked: replaced.text, rule: replaced.rule })
    }
    out[start] = messageType.dataRow
    view.setInt32(start + 1, at - start - 1)
    view.setInt16(start + 5, columns)
  }
  return { block: { count, columns, bytes: out, cells, special }, bytes: out }
}

function sizeOf(block: RowBlock, masked: Map<number, MaskedBytes>): number {
  let size = block.count * (rowHeadBytes + cellHeadBytes * block.columns)
  for (let cell = 0; cell < block.count * block.columns; cell++) size += valueOf(block, masked, cell)?.length ?? 0
  return size
}

function valueOf({ bytes, cells }: RowBlock, masked: Map<number, MaskedBytes>, cell: number): Uint8Array | null {
  const replaced = masked.get(cell)
  if (replaced) return replaced.bytes
  const start = cells[2 * cell]!
  return start < 0 ? null : bytes.subarray(start, cells[2 * cell + 1]!)
}
