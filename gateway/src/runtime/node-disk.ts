import {
  closeSync,
  existsSync,
  fdatasync,
  fstatSync,
  fsync,
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
import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { assert } from './assert.ts'
import type { AppendFile, Disk } from './machine.ts'
import { lockDirectory } from './node-lock.ts'
import { hasCode } from './system-error.ts'

/** This machine's file system. What Steno writes is readable by its own account alone. */
export function nodeDisk(): Disk {
  return {
    append: (path, { exclusive }) => new NodeAppendFile(path, exclusive),
    read: path => readFileSync(path),
    readRange(path, { start, end, into }) {
      return withFile(path, 'r', file => {
        const sizeBytes = Math.max(0, Math.min(end, fstatSync(file).size) - start)
        const bytes = into ? into.subarray(0, sizeBytes) : new Uint8Array(sizeBytes)
        assert(bytes.length === sizeBytes, 'what is read fits where it goes')
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
      const first = mkdirSync(path, { recursive: true, mode: 0o700 })
      if (first === undefined) return
      // A directory is on disk when its name is, and the name is its parent's.
      for (let made = path; made.length >= first.length; made = dirname(made)) syncDirectory(dirname(made))
    },
    replace(path, content) {
      const beside = `${path}.new`
      withFile(beside, 'w', file => {
        for (const piece of content instanceof Uint8Array ? [content] : content) writeWhole(file, piece)
        fsyncSync(file)
      })
      renameSync(beside, path)
      syncDirectory(dirname(path))
    },
    async replaceLater(path, content) {
      const beside = `${path}.new`
      const file = await open(beside, 'w', 0o600)
      try {
        await file.writeFile(content)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(beside, path)
      await syncDirectoryLater(dirname(path))
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
    discard: path => unlinkSync(path),
    destroy(path) {
      withFile(path, 'r+', file => {
        writeWhole(file, new Uint8Array(fstatSync(file).size))
        fsyncSync(file)
      })
      unlinkSync(path)
      syncDirectory(dirname(path))
    },
    lock: lockDirectory,
  }
}

class NodeAppendFile implements AppendFile {
  readonly #path: string
  readonly #file: number
  #isNameSynced = false
  #syncing = 0
  #isClosed = false

  constructor(path: string, exclusive: boolean) {
    this.#path = path
    this.#file = openSync(path, exclusive ? 'ax' : 'a', 0o600)
  }

  write(bytes: Uint8Array): void {
    this.#mustBeOpen()
    writeWhole(this.#file, bytes)
  }

  async sync(): Promise<void> {
    this.#mustBeOpen()
    this.#syncing += 1
    try {
      await new Promise<void>((resolve, reject) =>
        fdatasync(this.#file, error => (error === null || error === undefined ? resolve() : reject(error))),
      )
      // A file is on disk only when its name is, and the name is the directory's.
      // Whoever made the file may have died before that.
      if (!this.#isNameSynced) await syncDirectoryLater(dirname(this.#path))
      this.#isNameSynced = true
    } finally {
      this.#syncing -= 1
      this.#closeWhenIdle()
    }
  }

  close(): void {
    this.#mustBeOpen()
    this.#isClosed = true
    this.#closeWhenIdle()
  }

  // The system gives a closed file's number to the next one opened: whatever is
  // done with it later, or is still under way, would be done to another file.
  #mustBeOpen(): void {
    assert(!this.#isClosed, 'a file that is closed is not used any more')
  }

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

async function syncDirectoryLater(path: string): Promise<void> {
  const file = openSync(path, 'r')
  try {
    await new Promise<void>((resolve, reject) => fsync(file, error => (error ? reject(error) : resolve())))
  } finally {
    closeSync(file)
  }
}
