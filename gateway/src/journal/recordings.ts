import { assert } from '../runtime/assert.ts'
import type { AppendFile, Clock, Disk, Machine, Timer } from '../runtime/machine.ts'

/** How long a written line may wait for the disk with standard durability. */
const syncWithinMs = 200

export interface RecordingsOptions {
  directory: string
  /** The disk refused to make written bytes durable: from here on nothing it says can be trusted. */
  onSyncFailed: (error: Error) => void
  /** A recording grew by a batch. */
  onGrown: (recording: { session: string; path: string; sizeBytes: number }) => void
}

/**
 * The files of the record: `<directory>/sessions/<yyyy-mm-dd>/<session>.cast`,
 * one a session, appended as it happens. A name in `<directory>/open/` tells
 * that a recording is being written; one that outlives the gateway is how
 * recovery finds what a crash left open.
 */
export class Recordings {
  readonly #disk: Disk
  readonly #clock: Clock
  readonly #options: RecordingsOptions
  readonly #dirty = new Set<RecordingFile>()
  readonly #days = new Set<string>()
  #timer: Timer | null = null

  constructor(machine: Machine, options: RecordingsOptions) {
    this.#disk = machine.disk
    this.#clock = machine.clock
    this.#options = options
    this.#disk.makeDirectory(`${options.directory}/sessions`)
    this.#disk.makeDirectory(`${options.directory}/open`)
  }

  /** Creates the file of a session that begins now. Throws the disk's error. */
  open(session: string, startedAtUs: number): RecordingFile {
    const day = new Date(startedAtUs / 1000).toISOString().slice(0, 10)
    const directory = `${this.#options.directory}/sessions/${day}`
    if (!this.#days.has(day)) {
      this.#disk.makeDirectory(directory)
      this.#days.add(day)
    }
    const path = `${directory}/${session}.cast`
    const marker = `${this.#options.directory}/open/${session}`
    this.#disk.append(marker, { exclusive: true }).close()
    const file = this.#disk.append(path, { exclusive: true })
    return new RecordingFile(file, {
      onDirty: recording => this.#markDirty(recording),
      onGrown: sizeBytes => this.#options.onGrown({ session, path, sizeBytes }),
      onClosed: () => this.#disk.remove(marker),
      onSyncFailed: this.#options.onSyncFailed,
    })
  }

  /** Makes everything written so far durable; for a gateway that stops. */
  async syncAll(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = null
    const dirty = [...this.#dirty]
    this.#dirty.clear()
    await Promise.all(dirty.map(file => file.durable()))
  }

  #markDirty(recording: RecordingFile): void {
    this.#dirty.add(recording)
    this.#timer ??= this.#clock.after(syncWithinMs, () => {
      this.#timer = null
      void this.syncAll()
    })
  }
}

interface FileHooks {
  onDirty: (file: RecordingFile) => void
  onGrown: (sizeBytes: number) => void
  onClosed: () => void
  onSyncFailed: (error: Error) => void
}

/** One recording being written. */
export class RecordingFile {
  readonly #file: AppendFile
  readonly #hooks: FileHooks
  #sizeBytes = 0
  #syncing: Promise<void> | null = null
  #queued: Promise<void> | null = null
  #state: 'open' | 'finishing' | 'closed' = 'open'

  constructor(file: AppendFile, hooks: FileHooks) {
    this.#file = file
    this.#hooks = hooks
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** In the kernel when it returns. Throws the disk's error; the recording then ends in a torn line that recovery sets aside. */
  write(bytes: Uint8Array): void {
    assert(this.#state === 'open', 'a closed recording takes no more lines')
    this.#file.write(bytes)
    this.#sizeBytes += bytes.length
    this.#hooks.onDirty(this)
    this.#hooks.onGrown(this.#sizeBytes)
  }

  /**
   * On disk when it resolves, and everything written before the call with it.
   * Callers that wait at the same time share one sync (group commit).
   */
  durable(): Promise<void> {
    if (this.#state === 'closed') return Promise.resolve()
    if (!this.#syncing) return this.#sync()
    // The sync under way may have begun before our bytes were written, so we
    // need the one after it; all who come until then share it.
    this.#queued ??= this.#syncing.then(() => {
      this.#queued = null
      return this.#state === 'closed' ? undefined : this.#sync()
    })
    return this.#queued
  }

  /** Writes the last lines, and closes once they are on disk. A disk that does not take them leaves the recording open for recovery. */
  finish(bytes: Uint8Array): void {
    try {
      this.write(bytes)
    } catch {
      // The last line tells only what recovery will say as well; the marker in
      // `open/` stays, so the next start closes this recording as interrupted.
      return this.abandon()
    }
    this.#state = 'finishing'
    void this.durable().then(() => {
      this.#close()
      this.#hooks.onClosed()
    })
  }

  /** Closes the file and leaves it marked as open: recovery will set its torn end aside. */
  abandon(): void {
    this.#close()
  }

  #close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    if (!this.#syncing) this.#file.close()
  }

  #sync(): Promise<void> {
    const syncing = this.#file.sync().then(
      () => {
        this.#syncing = null
        if (this.#state === 'closed') this.#file.close()
      },
      (error: unknown) => {
        // After an fsync error the page cache may lie about what is on disk, so
        // the gateway stops instead of trying again, and nobody who waits for
        // these bytes goes on.
        this.#hooks.onSyncFailed(error instanceof Error ? error : new Error(String(error)))
        return new Promise<never>(() => {})
      },
    )
    return (this.#syncing = syncing)
  }
}
