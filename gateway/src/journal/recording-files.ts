import { idTimeMs } from '../runtime/id.ts'
import type { Disk } from '../runtime/machine.ts'

/** A recording as a file that can be read, whole or in part, also while it grows. */
export interface RecordingFileView {
  path: string
  sizeBytes: number
}

const dayMs = 86_400_000

/** Finds and reads the recordings of a data directory. */
export class RecordingFiles {
  readonly #disk: Disk
  readonly #directory: string

  constructor(disk: Disk, directory: string) {
    this.#disk = disk
    this.#directory = directory
  }

  /** The recording of a session, or null for what is no session's id or has none. An id is checked by its shape before it touches a path. */
  find(session: string): RecordingFileView | null {
    const madeAtMs = idTimeMs(session)
    if (madeAtMs === null || madeAtMs > 8.64e15 - dayMs) return null
    // The file lies under the day the session began, read from the same clock a
    // moment before the id was made: at midnight that may be the day before.
    for (const atMs of [madeAtMs, madeAtMs - dayMs]) {
      if (atMs < 0) continue
      const path = `${this.#directory}/sessions/${new Date(atMs).toISOString().slice(0, 10)}/${session}.cast`
      if (this.#disk.exists(path)) return { path, sizeBytes: this.#disk.sizeBytes(path) }
    }
    return null
  }

  read(file: RecordingFileView, range: { start: number; end: number }): Uint8Array {
    return this.#disk.readRange(file.path, range)
  }
}
