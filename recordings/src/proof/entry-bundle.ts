import { ProofError } from './proof-error.ts'
import { tileWidth } from './tiles.ts'

/** The longest entry of a log: its length is written in two bytes. */
export const entryBytesMax = 0xffff

const lengthBytes = 2

/** Writes entries of a log one after the other, each with its length before it. */
export function formatEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(entries.reduce((sum, entry) => sum + lengthBytes + entry.length, 0))
  let at = 0
  for (const entry of entries) {
    if (entry.length > entryBytesMax) throw new TypeError(`expected an entry of at most ${entryBytesMax} bytes, got ${entry.length}`)
    bytes[at] = entry.length >> 8
    bytes[at + 1] = entry.length & 0xff
    bytes.set(entry, at + lengthBytes)
    at += lengthBytes + entry.length
  }
  return bytes
}

/** Reads a bundle of exactly `width` entries. They are views of the bytes. */
export function parseEntryBundle(bytes: Uint8Array, width: number): Uint8Array[] {
  const entries = wholeEntries(bytes)
  const sizeBytes = entries.reduce((sum, entry) => sum + lengthBytes + entry.length, 0)
  if (entries.length !== width || sizeBytes !== bytes.length) {
    throw new ProofError(
      'bundle_shape',
      `expected ${width} entries, got ${entries.length} and ${bytes.length - sizeBytes} bytes behind them`,
    )
  }
  return entries
}

/** The entries that are there whole, at most a full bundle, as views of the bytes; the last one of a file that grows may be torn. */
export function wholeEntries(bytes: Uint8Array): Uint8Array[] {
  const entries: Uint8Array[] = []
  for (let at = 0; entries.length < tileWidth && at + lengthBytes <= bytes.length;) {
    const start = at + lengthBytes
    const end = start + ((bytes[at]! << 8) | bytes[at + 1]!)
    if (end > bytes.length) break
    entries.push(bytes.subarray(start, end))
    at = end
  }
  return entries
}

/** How many bytes of a growing bundle its first `width` entries are: a partial bundle is its beginning. */
export function entryBundleSize(bytes: Uint8Array, width: number): number {
  const entries = wholeEntries(bytes).slice(0, width)
  if (entries.length < width) throw new ProofError('bundle_shape', `expected ${width} entries, got ${entries.length}`)
  return entries.reduce((sum, entry) => sum + lengthBytes + entry.length, 0)
}
