import { CompactRange, hashBytes, tileWidth, type Sha256 } from '@steno/recordings'
import type { LogFiles } from './log-files.ts'

interface Level {
  /** How many hashes it has, those among them that are not written yet. */
  size: number
  /** Those of its last tile, while that is not full. */
  partial: Uint8Array[]
}

/** Makes tiles of leaf hashes: 256 hashes of a level are one of the next. They are written when that is asked for, a write a tile. */
export class TileWriter {
  readonly #sha256: Sha256
  readonly #files: LogFiles
  readonly #levels: Level[] = []
  readonly #unwritten: { level: number; index: number; hash: Uint8Array }[] = []

  /** Goes on where the tiles of a tree of `size` leaves end. */
  constructor(sha256: Sha256, files: LogFiles, size: number) {
    this.#sha256 = sha256
    this.#files = files
    for (let level = 0, hashes = size; hashes > 0; level++, hashes = Math.floor(hashes / tileWidth)) {
      const width = hashes % tileWidth
      const tile = files.tile(level, Math.floor(hashes / tileWidth), width)
      this.#levels.push({ size: hashes, partial: Array.from({ length: width }, (_, i) => tile.slice(i * hashBytes, (i + 1) * hashBytes)) })
    }
  }

  append(leafHash: Uint8Array): void {
    let hash = leafHash
    for (let level = 0; ; level++) {
      const row = (this.#levels[level] ??= { size: 0, partial: [] })
      this.#unwritten.push({ level, index: row.size, hash })
      row.size += 1
      row.partial.push(hash)
      if (row.partial.length < tileWidth) return
      const range = new CompactRange(this.#sha256)
      for (const one of row.partial) range.append(one)
      hash = range.root()
      row.partial = []
    }
  }

  /** Hands everything to the kernel. Throws the disk's error; what was not written is the next time. */
  flush(): void {
    const waiting = this.#unwritten.splice(0)
    // Level by level, each from its first hash on: those of one tile are one write.
    waiting.sort((a, b) => a.level - b.level || a.index - b.index)
    let done = 0
    try {
      while (done < waiting.length) {
        const { level, index } = waiting[done]!
        const tile = Math.floor(index / tileWidth)
        let end = done + 1
        while (end < waiting.length && waiting[end]!.level === level && Math.floor(waiting[end]!.index / tileWidth) === tile) end++
        this.#files.appendHashes(
          level,
          index,
          waiting.slice(done, end).map(({ hash }) => hash),
        )
        done = end
      }
    } finally {
      this.#unwritten.unshift(...waiting.slice(done))
    }
  }
}
