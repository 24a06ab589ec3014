import { entryBundleSize, formatEntryBundle, hashBytes, tilePath, tileWidth } from '@steno/recordings'
import type { Disk } from '../runtime/machine.ts'
import { GrowingFile } from './growing-file.ts'

/**
 * The files of a log, as c2sp.org/tlog-tiles lays them out: `tile/entries/<N>`
 * holds 256 entries, `tile/<L>/<N>` 256 hashes. A partial tile is no file of
 * its own but the beginning of the full one, which grows.
 */
export class LogFiles {
  readonly directory: string
  readonly #disk: Disk
  readonly #open = new Map<string, GrowingFile>()
  /** What was written since the last sync. */
  readonly #dirty = new Set<GrowingFile>()
  /** What takes nothing more; closed once it is on disk. */
  readonly #full = new Set<GrowingFile>()
  #syncing: Promise<unknown> = Promise.resolve()

  constructor(disk: Disk, directory: string) {
    this.#disk = disk
    this.directory = directory
  }

  /** Writes the entry that has this index: in the kernel when it returns. Throws the disk's error, and then it is not there. */
  appendEntry(index: number, entry: Uint8Array): void {
    const path = this.#path('entries', Math.floor(index / tileWidth))
    this.#append(path, formatEntryBundle([entry]), { from: index % tileWidth, count: 1 })
  }

  /** Writes hashes of a level from the place `index` on; all of them are of one tile. */
  appendHashes(level: number, index: number, hashes: readonly Uint8Array[]): void {
    const bytes = new Uint8Array(hashes.length * hashBytes)
    hashes.forEach((hash, i) => bytes.set(hash, i * hashBytes))
    this.#append(this.#path(level, Math.floor(index / tileWidth)), bytes, { from: index % tileWidth, count: hashes.length })
  }

  /** Has the bundles of entries written by another gateway synced with the next sync. They are cut to whole entries by then. */
  distrust({ from, to }: { from: number; to: number }): void {
    for (let bundle = Math.floor(from / tileWidth); bundle * tileWidth < to; bundle++) {
      const path = this.#path('entries', bundle)
      const file = this.#open.get(path) ?? this.#create(path)
      this.#dirty.add(file)
      if ((bundle + 1) * tileWidth <= to) this.#full.add(file)
    }
  }

  /** On disk when it resolves, all that was written before the call. Once it rejected, nothing here can be relied on. */
  async sync(): Promise<void> {
    const dirty = [...this.#dirty]
    this.#dirty.clear()
    // What an earlier call is still waiting for was written before this one.
    this.#syncing = Promise.all([this.#syncing, ...dirty.map(file => file.sync())])
    await this.#syncing
    for (const file of dirty) {
      // One that was filled meanwhile has not been synced to its end.
      if (this.#dirty.has(file) || !this.#full.delete(file)) continue
      this.#open.delete(file.path)
      file.close()
    }
  }

  /** The first `width` hashes of a tile, one after the other; fewer where the file has fewer. */
  tile(level: number, index: number, width: number): Uint8Array {
    const path = this.#path(level, index)
    return this.#disk.exists(path) ? this.#disk.readRange(path, { start: 0, end: width * hashBytes }) : new Uint8Array(0)
  }

  /** A bundle as its file has it; it may end in a torn entry. */
  wholeBundle(index: number): Uint8Array {
    const path = this.#path('entries', index)
    return this.#disk.exists(path) ? this.#disk.read(path) : new Uint8Array(0)
  }

  /** The bundle of the first `width` entries of a file. Throws `ProofError` where it has fewer. */
  bundle(index: number, width: number): Uint8Array {
    const bytes = this.wholeBundle(index)
    return bytes.subarray(0, entryBundleSize(bytes, width))
  }

  /** Cuts a tile to so many bytes; what is not there stays so. For recovery, before anything is appended. */
  cut(level: number | 'entries', index: number, sizeBytes: number): void {
    const path = this.#path(level, index)
    if (!this.#disk.exists(path)) return
    if (sizeBytes === 0) this.#disk.remove(path)
    else if (this.#disk.sizeBytes(path) > sizeBytes) this.#disk.truncate(path, sizeBytes)
  }

  has(level: number | 'entries', index: number): boolean {
    return this.#disk.exists(this.#path(level, index))
  }

  close(): void {
    for (const file of this.#open.values()) file.close()
    this.#open.clear()
  }

  #append(path: string, bytes: Uint8Array, { from, count }: { from: number; count: number }): void {
    // A loss of power may have kept a file far behind the end of the log, with
    // none before it: recovery does not see it, and it is nobody's.
    if (from === 0 && !this.#open.has(path) && this.#disk.exists(path)) this.#disk.remove(path)
    const file = this.#open.get(path) ?? this.#create(path)
    file.write(bytes)
    this.#dirty.add(file)
    if (from + count === tileWidth) this.#full.add(file)
  }

  #create(path: string): GrowingFile {
    this.#disk.makeDirectory(path.slice(0, path.lastIndexOf('/')))
    const file = new GrowingFile(this.#disk, path)
    this.#open.set(path, file)
    return file
  }

  #path(level: number | 'entries', index: number): string {
    return `${this.directory}/${tilePath(level, index)}`
  }
}
