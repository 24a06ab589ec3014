import type { Disk } from '../runtime/machine.ts'

const pieceBytes = 1 << 18

/** A file as it is now, a piece in memory at a time. Calls back between two of them. */
export function* piecesOf(disk: Disk, path: string, between: () => void = () => {}): Generator<Uint8Array, void, undefined> {
  const sizeBytes = disk.sizeBytes(path)
  for (let start = 0; start < sizeBytes;) {
    const piece = disk.readRange(path, { start, end: Math.min(sizeBytes, start + pieceBytes) })
    if (piece.length === 0) return
    start += piece.length
    yield piece
    between()
  }
}
