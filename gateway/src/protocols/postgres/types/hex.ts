import { toHex } from '../../../runtime/bytes.ts'

/** Bytes that have no text form here, as a cell of the record. */
export function hexCell(bytes: Uint8Array): { hex: string } {
  return { hex: toHex(bytes) }
}
