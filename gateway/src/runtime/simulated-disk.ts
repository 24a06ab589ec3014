import { assert } from './assert.ts'
import { LockHeld } from './lock-held.ts'
import type { AppendFile, Clock, Disk, Lock } from './machine.ts'
import { SystemError } from './system-error.ts'

interface File {
  bytes: Uint8Array
  /** How much of it a loss of power would leave. */
  syncedBytes: number
}

/** A disk in memory, with faults that a test plans. Paths are absolute and use `/`. */
export class SimulatedDisk implements Disk {
  readonly #files = new Map<string, File>()
  /** Names that were made or discarded, in that order, whose directories were not synced since. */
  #unsyncedNames: { path: string; before: File | null }[] = []
  readonly #directories = new Set(['/'])
  readonly #locks = new Map<string, string>()
  readonly #clock: Clock
  readonly #chance: () => number
  #roomBytes = Number.POSITIVE_INFINITY
  #writeCode = 'ENOSPC'
  #syncCode: string | null = null
  #isReadOnly = false
  #waits = 0
  /** How long the disk takes to sync. */
  syncMs = 0

  constructor({ clock, chance }: { clock: Clock; chance: () => number }) {
    this.#clock = clock
    this.#chance = chance
  }

  /** So many more bytes are written, to the byte; the write that passes them is torn and throws the code. */
  failWritesAfter(roomBytes: number, code: 'ENOSPC' | 'EIO' = 'ENOSPC'): void {
    this.#roomBytes = roomBytes
    this.#writeCode = code
  }

  failSyncs(code = 'EIO'): void {
    this.#syncCode = code
  }

  becomeReadOnly(): void {
    this.#isReadOnly = true
  }

  /** Ends every fault. */
  heal(): void {
    this.#roomBytes = Number.POSITIVE_INFINITY
    this.#syncCode = null
    this.#isReadOnly = false
  }

  /**
   * The disk after a loss of power, by seed: each file keeps what was synced
   * and some of the rest, which may end in zeros where the length came to the
   * disk before the bytes did. Of names that were made or discarded and not
   * synced, the last are as they were: file systems with a journal keep their order.
   */
  losePower(): void {
    const kept = Math.floor(this.#chance() * (this.#unsyncedNames.length + 1))
    for (const { path, before } of this.#unsyncedNames.slice(kept).toReversed()) {
      if (before === null) this.#files.delete(path)
      else this.#files.set(path, before)
    }
    this.#unsyncedNames = []
    for (const file of this.#files.values()) {
      const unsynced = file.bytes.length - file.syncedBytes
      const kept = file.syncedBytes + Math.floor(this.#chance() * (unsynced + 1))
      const length = this.#chance() < 0.2 ? kept + Math.floor(this.#chance() * (file.bytes.length - kept + 1)) : kept
      file.bytes = file.bytes.slice(0, length).fill(0, kept)
      file.syncedBytes = length
    }
  }

  /** Whether somebody waits for it. */
  get isBusy(): boolean {
    return this.#waits > 0
  }

  /** Takes as long as a sync. */
  async takeTime(): Promise<void> {
    if (this.syncMs === 0) return
    this.#waits++
    await new Promise<void>(resolve => this.#clock.after(this.syncMs, resolve))
    this.#waits--
  }

  append(path: string, { exclusive }: { exclusive: boolean }): AppendFile {
    this.#mayWrite(path)
    if (exclusive && this.#files.has(path)) throw new SystemError('EEXIST', `file already exists, open '${path}'`)
    const file = this.#files.get(path) ?? this.#create(path)
    let isOpen = true
    const mustBeOpen = () => assert(isOpen, 'a file that is closed is not used any more')
    return {
      write: bytes => {
        mustBeOpen()
        this.#mayWrite(path)
        this.#write(file, bytes)
      },
      sync: async () => {
        mustBeOpen()
        const sizeBytes = file.bytes.length
        await this.takeTime()
        this.#maySync()
        file.syncedBytes = Math.max(file.syncedBytes, Math.min(sizeBytes, file.bytes.length))
        this.#syncDirectory(path)
      },
      close: () => {
        mustBeOpen()
        isOpen = false
      },
    }
  }

  read(path: string): Uint8Array {
    return this.#file(path).bytes.slice()
  }

  readRange(path: string, { start, end, into }: { start: number; end: number; into?: Uint8Array }): Uint8Array {
    const bytes = this.#file(path).bytes.slice(start, end)
    into?.set(bytes)
    return into?.subarray(0, bytes.length) ?? bytes
  }

  sizeBytes(path: string): number {
    return this.#file(path).bytes.length
  }

  exists(path: string): boolean {
    return this.#files.has(path) || this.#directories.has(path)
  }

  list(path: string): string[] {
    return [...this.#files.keys(), ...this.#directories]
      .filter(name => name !== '/' && directoryOf(name) === path)
      .map(name => name.slice(name.lastIndexOf('/') + 1))
      .toSorted()
  }

  makeDirectory(path: string): void {
    this.#mayWrite(path)
    if (this.#files.has(path)) throw new SystemError('EEXIST', `file already exists, mkdir '${path}'`)
    for (let name = path; !this.#directories.has(name); name = directoryOf(name)) this.#directories.add(name)
  }

  replace(path: string, content: Uint8Array | Iterable<Uint8Array>): void {
    this.#mayWrite(path)
    const beside = this.#create(`${path}.new`)
    for (const piece of content instanceof Uint8Array ? [content] : content) this.#write(beside, piece)
    this.#maySync()
    beside.syncedBytes = beside.bytes.length
    this.#files.set(path, beside)
    this.#files.delete(`${path}.new`)
    this.#syncDirectory(path)
  }

  async replaceLater(path: string, content: Uint8Array): Promise<void> {
    this.#mayWrite(path)
    const beside = this.#create(`${path}.new`)
    this.#write(beside, content)
    await this.takeTime()
    this.#maySync()
    beside.syncedBytes = beside.bytes.length
    this.#files.set(path, beside)
    this.#files.delete(`${path}.new`)
    this.#syncDirectory(path)
  }

  truncate(path: string, sizeBytes: number): void {
    this.#mayWrite(path)
    const file = this.#file(path)
    const bytes = new Uint8Array(sizeBytes)
    bytes.set(file.bytes.subarray(0, sizeBytes))
    file.bytes = bytes
    this.#maySync()
    file.syncedBytes = sizeBytes
  }

  remove(path: string): void {
    this.#mayWrite(path)
    this.#file(path)
    this.#files.delete(path)
    this.#syncDirectory(path)
  }

  discard(path: string): void {
    this.#mayWrite(path)
    this.#unsyncedNames.push({ path, before: this.#file(path) })
    this.#files.delete(path)
  }

  destroy(path: string): void {
    this.remove(path)
  }

  async lock(path: string, holder: string): Promise<Lock> {
    this.makeDirectory(path)
    const owner = this.#locks.get(path)
    if (owner !== undefined) throw new LockHeld(path, owner)
    this.#locks.set(path, holder)
    return {
      release: async () => {
        this.#locks.delete(path)
      },
    }
  }

  #create(path: string): File {
    if (!this.#directories.has(directoryOf(path))) throw new SystemError('ENOENT', `no such file or directory, open '${path}'`)
    const file = { bytes: new Uint8Array(0), syncedBytes: 0 }
    this.#files.set(path, file)
    this.#unsyncedNames.push({ path, before: null })
    return file
  }

  #syncDirectory(path: string): void {
    this.#unsyncedNames = this.#unsyncedNames.filter(name => directoryOf(name.path) !== directoryOf(path))
  }

  #file(path: string): File {
    const file = this.#files.get(path)
    if (file === undefined) throw new SystemError('ENOENT', `no such file or directory, open '${path}'`)
    return file
  }

  #write(file: File, bytes: Uint8Array): void {
    const taken = bytes.subarray(0, this.#roomBytes)
    this.#roomBytes -= taken.length
    const { length } = file.bytes
    file.bytes = withRoom(file.bytes, length + taken.length)
    file.bytes.set(taken, length)
    if (taken.length < bytes.length) throw new SystemError(this.#writeCode, 'write')
  }

  #mayWrite(path: string): void {
    if (this.#isReadOnly) throw new SystemError('EROFS', `read-only file system, open '${path}'`)
  }

  #maySync(): void {
    if (this.#syncCode !== null) throw new SystemError(this.#syncCode, 'fsync')
  }
}

/** The same bytes, longer, in a buffer that doubles: appending a line costs what the line does. */
function withRoom(bytes: Uint8Array, length: number): Uint8Array {
  if (length <= bytes.buffer.byteLength) return new Uint8Array(bytes.buffer, 0, length)
  const grown = new Uint8Array(Math.max(1024, 2 * length))
  grown.set(bytes)
  return grown.subarray(0, length)
}

function directoryOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf('/')))
}
