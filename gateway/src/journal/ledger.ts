import { hashLeaf, SaltPool } from '@steno/recordings'
import { sha256 } from '../runtime/crypto.ts'
import type { AppendFile, Disk, Machine } from '../runtime/machine.ts'
import { formatLedgerEntry, parseLedgerEntry, type LedgerEntry, type LedgerEvent } from './ledger-entry.ts'

export type { Actor, Agreed, LedgerEntry, LedgerEvent, RehearsedSummary } from './ledger-entry.ts'

/** The ledger cannot take an entry, so what it would have told of does not happen. */
export class LedgerFailed extends Error {
  readonly code = 'ledger_failed'

  constructor(cause: unknown) {
    super('the ledger cannot be written', { cause })
    this.name = 'LedgerFailed'
  }
}

/** A line of the ledger that is not what this version writes. The gateway does not start on it. */
export class LedgerDamaged extends Error {
  readonly code = 'ledger_damaged'

  constructor({ path, line, expected }: { path: string; line: number; expected: string }) {
    super(`${path}:${line}: ${expected}`)
    this.name = 'LedgerDamaged'
  }
}

export interface LedgerOptions {
  /** The data directory, which is there. */
  directory: string
  /** The disk refused to make written bytes durable: from here on nothing it says can be trusted. */
  onSyncFailed: (error: Error) => void
}

/** Where an entry stands. */
export interface LedgerPlace {
  /** Its line, from 0. */
  line: number
  /** The line's leaf hash. */
  hash: Uint8Array
}

/** Told of each entry once it is on disk, in their order. */
export type LedgerListener = (event: LedgerEvent, place: LedgerPlace) => void

export interface OpenedLedger {
  ledger: Ledger
  /** Everything that ever happened, in order: each entry's place in the array is its line. */
  entries: LedgerEntry[]
  /** Bytes of a torn last line, kept beside the ledger as `ledger.torn-<n>`. */
  tornBytes: number
}

/**
 * What happened to the gateway itself: `<data>/ledger.ndjson`, one JSON object
 * a line, only ever appended to. Its state in memory is rebuilt from it at each
 * start, so an operation counts only once its entry is on disk.
 */
export class Ledger {
  readonly #clock: Machine['clock']
  readonly #disk: Disk
  readonly #path: string
  readonly #file: AppendFile
  readonly #onSyncFailed: (error: Error) => void
  readonly #salts: SaltPool
  readonly #listeners: LedgerListener[] = []
  #sizeBytes: number
  #lines: number
  #syncing: Promise<void> | null = null
  #queued: Promise<void> | null = null
  #broken: LedgerFailed | null = null

  private constructor(machine: Machine, path: string, { lines, ...options }: LedgerOptions & { lines: number }) {
    this.#clock = machine.clock
    this.#disk = machine.disk
    this.#path = path
    this.#file = machine.disk.append(path, { exclusive: false })
    this.#sizeBytes = machine.disk.sizeBytes(path)
    this.#lines = lines
    this.#onSyncFailed = options.onSyncFailed
    this.#salts = new SaltPool(sizeBytes => machine.random(sizeBytes))
  }

  /** Reads the ledger and opens it for more. Throws `LedgerDamaged` for a line that is whole but wrong. */
  static open(machine: Machine, options: LedgerOptions): OpenedLedger {
    const path = `${options.directory}/ledger.ndjson`
    const tornBytes = machine.disk.exists(path) ? setTornLineAside(machine.disk, path) : 0
    const entries = machine.disk.exists(path) ? readLedger(machine.disk, options.directory) : []
    return { ledger: new Ledger(machine, path, { ...options, lines: entries.length }), entries, tornBytes }
  }

  get path(): string {
    return this.#path
  }

  /** Bytes of whole entries. */
  get sizeBytes(): number {
    return this.#sizeBytes
  }

  /** Calls back with each entry from here on. */
  onEntry(listener: LedgerListener): void {
    this.#listeners.push(listener)
  }

  /**
   * Writes one entry: in the kernel when it returns, on disk when the promise
   * resolves with its place. Throws `LedgerFailed` at once when the disk does
   * not take it, and then the ledger is as it was.
   */
  append(event: LedgerEvent): Promise<LedgerPlace> {
    if (this.#broken) throw this.#broken
    const entry: LedgerEntry = { atUs: this.#clock.nowUs(), ...event }
    const bytes = new TextEncoder().encode(`${formatLedgerEntry(entry, this.#salts.next())}\n`)
    try {
      this.#file.write(bytes)
    } catch (error) {
      this.#cutTornEntry()
      throw new LedgerFailed(error)
    }
    this.#sizeBytes += bytes.length
    const place: LedgerPlace = { line: this.#lines++, hash: hashLeaf(sha256, bytes.subarray(0, -1)) }
    return this.durable().then(() => {
      for (const tell of this.#listeners) tell(event, place)
      return place
    })
  }

  /** On disk when it resolves, and every entry with it that was written before the call. */
  durable(): Promise<void> {
    if (!this.#syncing) return this.#sync()
    // The sync under way may have begun before this entry was written; all who
    // come while it runs share the next one (group commit).
    this.#queued ??= this.#syncing.then(() => {
      this.#queued = null
      return this.#sync()
    })
    return this.#queued
  }

  /** Whether it takes nothing more until the gateway starts again. */
  get isBroken(): boolean {
    return this.#broken !== null
  }

  close(): void {
    this.#broken ??= new LedgerFailed(new Error('the gateway stops'))
    this.#file.close()
  }

  #sync(): Promise<void> {
    this.#syncing = this.#file.sync().then(
      () => {
        this.#syncing = null
      },
      (error: unknown) => {
        // After an fsync error the page cache may lie about what is on disk:
        // nothing more is acknowledged, and the gateway stops.
        this.#broken = new LedgerFailed(error)
        this.#onSyncFailed(error instanceof Error ? error : new Error(String(error)))
        throw this.#broken
      },
    )
    return this.#syncing
  }

  /** A write that failed half way must not leave half a line for the next entry to follow. */
  #cutTornEntry(): void {
    try {
      if (this.#disk.sizeBytes(this.#path) > this.#sizeBytes) this.#disk.truncate(this.#path, this.#sizeBytes)
    } catch (error) {
      this.#broken = new LedgerFailed(error)
    }
  }
}

/** Everything the ledger of a data directory holds, for whoever rebuilds something from it; a torn last line is left out. */
export function readLedger(disk: Disk, directory: string): LedgerEntry[] {
  const path = `${directory}/ledger.ndjson`
  if (!disk.exists(path)) return []
  const text = new TextDecoder().decode(disk.read(path))
  const lines = text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .slice(0, -1)
  return lines.map((line, at) => {
    const entry = parseLedgerEntry(line)
    if ('expected' in entry) throw new LedgerDamaged({ path, line: at + 1, expected: entry.expected })
    return entry
  })
}

/** Keeps a torn last line beside the ledger, as evidence, and cuts it. It was never acknowledged to anyone. */
function setTornLineAside(disk: Disk, path: string): number {
  const bytes = disk.read(path)
  const wholeBytes = bytes.lastIndexOf(0x0a) + 1
  const torn = bytes.subarray(wholeBytes)
  if (torn.length === 0) return 0
  let n = 1
  while (disk.exists(`${path.slice(0, -'.ndjson'.length)}.torn-${n}`)) n++
  disk.replace(`${path.slice(0, -'.ndjson'.length)}.torn-${n}`, torn)
  disk.truncate(path, wholeBytes)
  return torn.length
}
