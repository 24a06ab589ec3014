import type { Disk } from '../runtime/machine.ts'

const pieceBytes = 1 << 18

/**
 * The whole lines of a file from an offset on, without their newlines, a piece
 * of the file in memory at a time. A last line that has no newline yet is left.
 */
export function* wholeLines(disk: Disk, path: string, from: number): Generator<Uint8Array, void, undefined> {
  const newline = 0x0a
  let rest = new Uint8Array(0)
  for (let offset = from; ;) {
    // A line longer than a piece is read in ever larger ones, so that it is joined only a few times.
    const piece = disk.readRange(path, { start: offset, end: offset + Math.max(pieceBytes, rest.length) })
    if (piece.length === 0) return
    offset += piece.length
    const bytes = rest.length === 0 ? piece : joined(rest, piece)
    let lineStart = 0
    for (let end = bytes.indexOf(newline, rest.length); end >= 0; end = bytes.indexOf(newline, lineStart)) {
      yield bytes.subarray(lineStart, end)
      lineStart = end + 1
    }
    rest = bytes.slice(lineStart)
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(first.length + second.length)
  whole.set(first)
  whole.set(second, first.length)
  return whole
}
