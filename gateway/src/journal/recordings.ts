import type { EndReason } from '@steno/recordings'
import { assert } from '../runtime/assert.ts'
import type { AppendFile, Clock, Disk, Machine, Timer } from '../runtime/machine.ts'
import { SharedRun } from '../runtime/shared-run.ts'
import { endRecording, unmark, type ClosedRecording, type LeftRecording } from './recover.ts'

/** How long a written line may wait for the disk with standard durability. */
const syncWithinMs = 200

export interface RecordingsOptions {
  directory: string
  /** The disk refused to make written bytes durable: from here on nothing it says can be trusted. */
  onSyncFailed: (error: Error) => void
  /** A recording grew by a batch. */
  onGrown: (recording: { session: string; path: string; sizeBytes: number }) => void
  /** A recording has its end, and is on disk: resolves when it is sealed. It counts as open until then. */
  seal?: (closed: ClosedRecording) => Promise<void>
}

/**
 * The files of the record: `<directory>/sessions/<yyyy-mm-dd>/<session>.cast`,
 * one a session, appended as it happens. A name in `<directory>/open/` tells
 * that a recording is being written; one that outlives the gateway is how
 * recovery finds what a crash left open.
 */
export class Recordings {
  readonly #machine: Machine
  readonly #disk: Disk
  readonly #clock: Clock
  readonly #options: RecordingsOptions
  readonly #dirty = new Set<RecordingFile>()
  readonly #days = new Set<string>()
  /** Recordings of sessions that are over, and that the disk or the log would not let close. */
  readonly #left = new Map<string, ClosedRecording | LeftRecording>()
  readonly #closing = new Set<Promise<void>>()
  #syncing: Promise<unknown> = Promise.resolve()
  #timer: Timer | null = null

  constructor(machine: Machine, options: RecordingsOptions) {
    this.#machine = machine
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
    return new RecordingFile(path, file, {
      onDirty: recording => this.#markDirty(recording),
      onGrown: sizeBytes => this.#options.onGrown({ session, path, sizeBytes }),
      onClosing: (how, durable) => this.#track(this.#close({ session, path, ...how }, durable)),
      onDiscarded: () => this.#remove([path, marker]),
      onSyncFailed: this.#options.onSyncFailed,
    })
  }

  /** Makes everything durable that was written before the call. */
  async syncAll(): Promise<void> {
    this.#timer?.cancel()
    this.#timer = null
    const dirty = [...this.#dirty]
    this.#dirty.clear()
    // What an earlier call is still waiting for was written before this one.
    this.#syncing = Promise.all([this.#syncing, ...dirty.map(file => file.durable())])
    await this.#syncing
  }

  /** How many recordings of sessions that are over are not closed: a full disk leaves some. */
  get left(): number {
    return this.#left.size
  }

  /** Closes what could not be closed before, as recovery would. Rejects with what still stands in the way. */
  async closeLeft(): Promise<void> {
    for (const left of this.#left.values()) {
      const closed = isClosed(left) ? left : await endRecording(this.#machine, left)
      // What has its end now needs no second one, should the log not take its seal.
      this.#left.set(left.session, closed)
      await this.#seal(closed)
      this.#left.delete(left.session)
    }
  }

  /** Settles when no recording is being closed any more: each is sealed, or left. */
  async allClosed(): Promise<void> {
    await Promise.all(this.#closing)
  }

  /** Closes a recording once its lines are on disk. */
  async #close(ended: ClosedRecording | LeftRecording, durable: Promise<void>): Promise<void> {
    await durable
    // One that could not take its end is tried when there may be room.
    if (!isClosed(ended)) return void this.#left.set(ended.session, ended)
    try {
      await this.#seal(ended)
    } catch (error) {
      if (!isOfTheWorld(error)) throw error
      // Whoever tries it again hears why it was left.
      this.#left.set(ended.session, ended)
    }
  }

  async #seal(closed: ClosedRecording): Promise<void> {
    await this.#options.seal?.(closed)
    unmark(this.#disk, this.#options.directory, closed.session)
  }

  #track(closing: Promise<void>): void {
    this.#closing.add(closing)
    void closing.finally(() => this.#closing.delete(closing))
  }

  /** Takes away what never began. What the disk does not let go, recovery sees for what it is. */
  #remove(paths: string[]): void {
    for (const path of paths) {
      try {
        this.#disk.remove(path)
      } catch (error) {
        if (!isOfTheWorld(error)) throw error
      }
    }
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
  /** It takes no more lines. `durable` resolves when those it has are on disk. */
  onClosing: (
    how: Pick<ClosedRecording, 'sizeBytes' | 'reason'> | Pick<LeftRecording, 'wholeBytes' | 'commands' | 'reason'>,
    durable: Promise<void>,
  ) => void
  onDiscarded: () => void
  onSyncFailed: (error: Error) => void
}

/** One recording being written. */
export class RecordingFile {
  readonly path: string
  readonly #file: AppendFile
  readonly #hooks: FileHooks
  readonly #syncing = new SharedRun(() => this.#sync())
  #sizeBytes = 0
  #state: 'open' | 'finishing' | 'closed' = 'open'

  constructor(path: string, file: AppendFile, hooks: FileHooks) {
    this.path = path
    this.#file = file
    this.#hooks = hooks
  }

  /** Bytes of whole lines. */
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
    return this.#syncing.run()
  }

  /**
   * Writes the last lines, and closes once they are on disk. A disk that does
   * not take them leaves the recording without an end, with the `commands`
   * that it had before.
   */
  finish(bytes: Uint8Array, { reason, commands }: { reason: EndReason; commands: number }): void {
    try {
      this.write(bytes)
    } catch {
      // The last line tells only what is added when there is room, now or at the next start.
      return this.abandon(commands)
    }
    this.#end({ sizeBytes: this.#sizeBytes, reason })
  }

  /** Closes a file that did not take what was written last. `commands` are those it has. */
  abandon(commands: number): void {
    if (this.#state === 'open') this.#end({ wholeBytes: this.#sizeBytes, commands, reason: null })
  }

  /** Takes back a recording whose session does not begin. */
  discard(): void {
    this.#close()
    this.#hooks.onDiscarded()
  }

  #end(how: Parameters<FileHooks['onClosing']>[0]): void {
    this.#state = 'finishing'
    this.#hooks.onClosing(
      how,
      this.durable().then(() => this.#close()),
    )
  }

  #close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#file.close()
  }

  async #sync(): Promise<void> {
    // It was closed once all of it was on disk.
    if (this.#state === 'closed') return
    try {
      await this.#file.sync()
    } catch (error) {
      // After an fsync error the page cache may lie about what is on disk, so
      // the gateway stops instead of trying again, and nobody who waits for
      // these bytes goes on.
      this.#hooks.onSyncFailed(error instanceof Error ? error : new Error(String(error)))
      await new Promise<never>(() => {})
    }
  }
}

function isClosed(recording: ClosedRecording | LeftRecording): recording is ClosedRecording {
  return 'sizeBytes' in recording
}

/** Errors of disk and log have a code; what has none is our own mistake. */
function isOfTheWorld(error: unknown): boolean {
  return error instanceof Error && 'code' in error
}
