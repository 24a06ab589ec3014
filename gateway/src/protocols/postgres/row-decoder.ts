import type { Cell, Column, RowBlock } from '@steno/recordings'
import { sha256 } from '../../runtime/crypto.ts'
import { withoutPasswords, type SecretColumn } from './masking/told-secrets.ts'
import type { Limits } from '../protocol.ts'
import { binaryToText } from './types/binary.ts'
import { toHex } from '../../runtime/bytes.ts'
import { RowCollector } from './wire/backend.ts'
import type { MessageReader } from './wire/message-reader.ts'

/** The columns of a result, where they were described, and the format codes its rows come in. */
export interface ResultShape {
  columns: Column[]
  /** None: all text. One: for all columns. Else one each (chapter 54.7, Bind). */
  formats: number[]
  /** Where an answer may hold passwords that the target keeps: how the record has its columns. */
  secrets: SecretColumn[] | null
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true })

/** Gathers DataRow messages that lie side by side into one block for the record, with what is not plain text decoded. */
export class RowDecoder {
  readonly #limits: Limits
  readonly #collector = new RowCollector()
  #shape: ResultShape | null = null
  #bytes: Uint8Array | null = null
  #start = 0
  #end = 0
  #rowCount = 0

  constructor(limits: Limits) {
    this.#limits = limits
  }

  get hasRows(): boolean {
    return this.#bytes !== null
  }

  /** Rows since the result began. */
  get rowCount(): number {
    return this.#rowCount
  }

  startResult(): void {
    this.#rowCount = 0
  }

  /** Gives false when the row does not follow the last one directly: take first. */
  append(message: MessageReader, shape: ResultShape): boolean {
    if (this.#bytes === null) {
      this.#bytes = message.bytes
      this.#start = message.start
      this.#shape = shape
      this.#collector.reset(message.bytes)
    } else if (this.#bytes !== message.bytes || this.#end !== message.start) return false
    this.#collector.append(message)
    this.#end = message.end
    this.#rowCount++
    return true
  }

  take(): { block: RowBlock; bytes: Uint8Array } {
    const bytes = this.#bytes!
    const { count, columns, cells } = this.#collector
    const block: RowBlock = { count, columns, bytes, cells }
    const special = this.#special(block)
    this.#bytes = null
    return { block: special ? { ...block, special } : block, bytes: bytes.subarray(this.#start, this.#end) }
  }

  /** Cells that the record holds in another form than they came: binary values, values over the limit, passwords. */
  #special(block: RowBlock): Map<number, Cell> | null {
    const { formats, columns, secrets } = this.#shape!
    const hasBinary = formats.includes(1)
    const mayHaveLong = this.#end - this.#start > this.#limits.valueBytesMax
    if (!hasBinary && !mayHaveLong && secrets === null) return null
    const special = new Map<number, Cell>()
    for (let cell = 0; cell < block.count * block.columns; cell++) {
      const start = block.cells[2 * cell]!
      if (start < 0) continue
      const column = cell % block.columns
      const value = block.bytes.subarray(start, block.cells[2 * cell + 1]!)
      const isBinary = (formats.length === 1 ? formats[0] : formats[column]) === 1
      const decoded = isBinary ? binaryToText(columns[column]?.typeOid ?? 0, value) : null
      const masked = secrets && withoutPasswords(typeof decoded === 'string' ? decoded : utf8.decode(value), secrets[column] ?? null)
      if (masked !== null) special.set(cell, { masked, rule: 'secrets' })
      else if (decoded !== null) special.set(cell, this.#cut(value, decoded))
      else if (value.length > this.#limits.valueBytesMax) special.set(cell, this.#cut(value, utf8.decode(value)))
    }
    return special.size > 0 ? special : null
  }

  #cut(value: Uint8Array, cell: Cell): Cell {
    const { valueBytesMax } = this.#limits
    if (value.length <= valueBytesMax) return cell
    const text = typeof cell === 'string' ? cell : toHex(value)
    return { cut: text.slice(0, valueBytesMax), lengthBytes: value.length, sha256: toHex(sha256(value)) }
  }
}
