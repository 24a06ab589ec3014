import type { Cell } from '../model.ts'

/**
 * Rows of an answer as the bytes they came in, so that they reach the record
 * without becoming strings. Cells are counted row by row from 0.
 */
export interface RowBlock {
  /** How many rows. */
  count: number
  /** How many cells each row has. */
  columns: number
  bytes: Uint8Array
  /** Cell i is the text from `bytes[cells[2 * i]]` to before `bytes[cells[2 * i + 1]]`; a start of -1 is NULL. */
  cells: Int32Array
  /** Cells that are not the text in `bytes`: hex, cut or masked ones. */
  special?: ReadonlyMap<number, Cell>
}

/** Content as the bytes it came in, in pieces that follow each other: piece i is `bytes[ranges[2 * i]]` to before `bytes[ranges[2 * i + 1]]`. */
export interface ContentBlock {
  bytes: Uint8Array
  ranges: Int32Array
  /** How many pieces. */
  count: number
}
