import { formatCheckpoint, isSameHash, parseCheckpoint, ProofError, type Checkpoint } from '@steno/recordings'
import type { Disk } from '../runtime/machine.ts'
import { LogRefused } from './log-refused.ts'

/**
 * Remembers the newest tree that a log may have signed, apart from the log's
 * own files: whoever restores those from a backup does not restore this.
 * INVARIANT: what was signed is never larger than what is here.
 */
export interface HeadStore {
  /** Where it is, for people. */
  readonly place: string
  read(): Promise<Checkpoint | null>
  /** Puts `to` in the place of `from`, on disk when it resolves. Rejects with `HeadMoved` when another is there, else with the disk's error. */
  swap(from: Checkpoint | null, to: Checkpoint): Promise<void>
}

/** Another head is there than the one that was to be replaced: somebody else signs for this log. */
export class HeadMoved extends Error {
  readonly code = 'head_moved'

  constructor(place: string) {
    super(`another gateway signs for this log: \`${place}\` has changed`)
    this.name = 'HeadMoved'
  }
}

/** A head store that is a file with the text of a checkpoint. The data directory's lock makes its writer the only one. */
export class FileHeadStore implements HeadStore {
  readonly place: string
  readonly #disk: Disk

  constructor(disk: Disk, path: string) {
    this.#disk = disk
    this.place = path
  }

  async read(): Promise<Checkpoint | null> {
    if (!this.#disk.exists(this.place)) return null
    const text = new TextDecoder().decode(this.#disk.read(this.place))
    try {
      // A checkpoint that was copied here to put a lost head back still has its signatures.
      const { origin, size, root } = parseCheckpoint(text.split('\n\n')[0]!.replace(/\n?$/, '\n'))
      return { origin, size, root }
    } catch (error) {
      if (!(error instanceof ProofError)) throw error
      throw new LogRefused('head_damaged', `${this.place}: ${error.message}; put it back from a copy`)
    }
  }

  async swap(from: Checkpoint | null, to: Checkpoint): Promise<void> {
    if (!isSameHead(await this.read(), from)) throw new HeadMoved(this.place)
    await this.#disk.replaceLater(this.place, new TextEncoder().encode(formatCheckpoint(to)))
  }
}

/** Whether two heads are of one log and one tree. */
export function isSameHead(a: Checkpoint | null, b: Checkpoint | null): boolean {
  if (a === null || b === null) return a === b
  return a.origin === b.origin && a.size === b.size && isSameHash(a.root, b.root)
}
