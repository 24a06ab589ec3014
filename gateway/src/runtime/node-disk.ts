import {
  closeSync,
  existsSync,
  fdatasync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import type { AppendFile, Disk } from './machine.ts'
import { lockDirectory } from './node-lock.ts'
import { hasCode } from './system-error.ts'

/** This machine's file system. What Steno writes is readable by its own account alone. */
export function nodeDisk(): Disk {
  return {
    append: (path, { exclusive }) => new NodeAppendFile(path, exclusive),
    read: path => readFileSync(path),
    readRange(path, { start, end }) {
      return withFile(path, 'r', file => {
        const bytes = new Uint8Array(Math.max(0, Math.min(end, fstatSync(file).size) - start))
        let filled = 0
        while (filled < bytes.length) {
          const count = readSync(file, bytes, filled, bytes.length - filled, start + filled)
          if (count === 0) return bytes.subarray(0, filled)
          filled += count
        }
        return bytes
      })
    },
    sizeBytes: path => statSync(path).size,
    exists: path => existsSync(path),
    list(path) {
      try {
        return readdirSync(path).toSorted()
      } catch (error) {
        if (hasCode(error, 'ENOENT')) return []
        throw error
      }
    },
    makeDirectory(path) {
      mkdirSync(path, { recursive: true, mode: 0o700 })
    },
    replace(path, content) {
      const beside = `${path}.new`
      withFile(beside, 'w', file => {
        writeWhole(file, content)
        fsyncSync(file)
      })
      renameSync(beside, path)
      syncDirectory(dirname(path))
    },
    truncate(path, sizeBytes) {
      withFile(path, 'r+', file => {
        ftruncateSync(file, sizeBytes)
        fsyncSync(file)
      })
    },
    remove(path) {
      unlinkSync(path)
      syncDirectory(dirname(path))
    },
    lock: lockDirectory,
  }
}

class NodeAppendFile implements AppendFile {
  readonly #path: string
  readonly #file: number
  #isNew: boolean
  #syncing = 0
  #isClosed = false

  constructor(path: string, exclusive: boolean) {
    this.#path = path
    this.#isNew = exclusive || !existsSync(path)
    this.#file = openSync(path, exclusive ? 'ax' : 'a', 0o600)
  }

  write(bytes: Uint8Array): void {
    writeWhole(this.#file, bytes)
  }

  async sync(): Promise<void> {
    this.#syncing += 1
    try {
      await new Promise<void>((resolve, reject) =>
        fdatasync(this.#file, error => (error === null || error === undefined ? resolve() : reject(error))),
      )
      // A new file is on disk only when its name is, and the name is the directory's.
      if (this.#isNew) syncDirectory(dirname(this.#path))
      this.#isNew = false
    } finally {
      this.#syncing -= 1
      this.#closeWhenIdle()
    }
  }

  close(): void {
    this.#isClosed = true
    this.#closeWhenIdle()
  }

  // The system gives a closed file's number to the next one opened: a sync
  // that is still under way would then be another file's.
  #closeWhenIdle(): void {
    if (this.#isClosed && this.#syncing === 0) closeSync(this.#file)
  }
}

/** `write` may take less than it was given, and says why only when asked for the rest. */
function writeWhole(file: number, bytes: Uint8Array): void {
  let written = 0
  while (written < bytes.length) written += writeSync(file, bytes, written, bytes.length - written)
}

function withFile<T>(path: string, flags: string, use: (file: number) => T): T {
  const file = openSync(path, flags, 0o600)
  try {
    return use(file)
  } finally {
    closeSync(file)
  }
}

function syncDirectory(path: string): void {
  withFile(path, 'r', fsyncSync)
}
