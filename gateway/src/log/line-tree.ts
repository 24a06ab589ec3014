import { CompactRange, hashLeafWithin } from '@steno/recordings'
import { sha256, sha256InPieces, type Sha256InPieces } from '../runtime/crypto.ts'
import type { Disk } from '../runtime/machine.ts'

const newline = 0x0a
const pieceBytes = 1 << 16
const leafPrefix = Uint8Array.of(0)

/** How far a file had come: the tree of its lines, and the bytes they are. */
export interface LineHead {
  size: number
  root: Uint8Array
  bytes: number
}

/** The tree of a growing file's lines (RFC 6962), read from the file as it grows. */
export class LineTree {
  readonly #range = new CompactRange(sha256)
  #bytes = 0

  get bytes(): number {
    return this.#bytes
  }

  head(): LineHead {
    return { size: this.#range.size, root: this.#range.root(), bytes: this.#bytes }
  }

  /** Takes in the lines up to `untilBytes`, which is the end of one, a piece at a time. Gives what is wrong with the file, or null. */
  grow(disk: Disk, path: string, untilBytes: number, piece = newPiece()): string | null {
    for (const { hash, endBytes } of linesOf(disk, path, { start: this.#bytes, end: untilBytes, into: piece })) {
      this.#range.append(hash)
      this.#bytes = endBytes
    }
    return this.#bytes === untilBytes ? null : `${path} ends after ${this.#bytes} of the ${untilBytes} bytes that were written`
  }
}

/** Room for a piece of a file. Whoever reads many files has one for all of them. */
export function newPiece(): Uint8Array {
  return new Uint8Array(pieceBytes)
}

/** The leaf hashes of a file's whole lines between two places, and where each line ends. The file is read through `into`. */
export function* linesOf(
  disk: Disk,
  path: string,
  { start, end, into = newPiece() }: { start: number; end: number; into?: Uint8Array },
): Generator<{ hash: Uint8Array; endBytes: number }> {
  // A line that does not end in its piece is hashed in pieces.
  let begun: Sha256InPieces | null = null
  for (let at = start; at < end;) {
    const piece = disk.readRange(path, { start: at, end: Math.min(end, at + into.length), into })
    if (piece.length === 0) return
    let lineStart = 0
    for (let lineEnd = piece.indexOf(newline); lineEnd >= 0; lineEnd = piece.indexOf(newline, lineStart)) {
      begun?.add(piece.subarray(lineStart, lineEnd))
      const hash = begun ? begun.digest() : hashLeafWithin(sha256, piece, lineStart, lineEnd)
      lineStart = lineEnd + 1
      yield { hash, endBytes: at + lineStart }
      begun = null
    }
    if (lineStart < piece.length) {
      if (begun === null) {
        begun = sha256InPieces()
        begun.add(leafPrefix)
      }
      begun.add(piece.subarray(lineStart))
    }
    at += piece.length
  }
}

/** The leaf hashes of all whole lines of a file's first bytes. */
export function* lineHashes(disk: Disk, { path, sizeBytes }: { path: string; sizeBytes: number }): Generator<Uint8Array> {
  for (const { hash } of linesOf(disk, path, { start: 0, end: sizeBytes })) yield hash
}
