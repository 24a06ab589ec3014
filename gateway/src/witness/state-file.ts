import type { AppendFile, Disk } from '../runtime/machine.ts'

/** What a witness must never forget of one log. */
export interface LogState {
  /** The newest checkpoint that it cosigned, as its monitors get it; null before the first. */
  checkpoint: string | null
  /** Keys that the log itself named in place of others, and those they took the place of. */
  learned: string[]
  retired: string[]
}

/** What stands in a state file is not what a witness writes. The witness does not start on it: it might sign a second history. */
export class StateDamaged extends Error {
  readonly code = 'state_damaged'

  constructor(path: string, expected: string) {
    super(`${path}: ${expected}`)
    this.name = 'StateDamaged'
  }
}

/** So large a file is begun anew. */
const sizeBytesMax = 256 * 1024

/**
 * A log's state in a file of its own: a line for each, the last whole one
 * counts. A torn line was never acted on, for what it tells of is answered
 * only once it is on disk.
 */
export class StateFile {
  readonly #disk: Disk
  readonly #path: string
  #state: LogState
  #file: AppendFile | null = null
  #sizeBytes = 0

  private constructor(disk: Disk, path: string, state: LogState) {
    this.#disk = disk
    this.#path = path
    this.#state = state
  }

  /** Throws `StateDamaged`. */
  static open(disk: Disk, path: string): StateFile {
    return new StateFile(disk, path, disk.exists(path) ? readState(path, disk.read(path)) : empty)
  }

  get state(): LogState {
    return this.#state
  }

  /** On disk when it resolves. When it rejects the state is as it was, and it may be tried again. One at a time. */
  async save(state: LogState): Promise<void> {
    const line = new TextEncoder().encode(`${JSON.stringify(state)}\n`)
    try {
      if (this.#file === null || this.#sizeBytes > sizeBytesMax) this.#beginAnew(line)
      else {
        this.#file.write(line)
        await this.#file.sync()
        this.#sizeBytes += line.length
      }
    } catch (error) {
      // What of it is on disk nobody knows, and nobody was told: the next one
      // writes and syncs a whole new file instead of trusting this one.
      this.close()
      throw error
    }
    this.#state = state
  }

  close(): void {
    this.#file?.close()
    this.#file = null
  }

  #beginAnew(line: Uint8Array): void {
    this.close()
    this.#disk.replace(this.#path, line)
    this.#file = this.#disk.append(this.#path, { exclusive: false })
    this.#sizeBytes = line.length
  }
}

const empty: LogState = { checkpoint: null, learned: [], retired: [] }

function readState(path: string, bytes: Uint8Array): LogState {
  const lines = new TextDecoder().decode(bytes).split('\n').slice(0, -1)
  const last = lines.at(-1)
  if (last === undefined) return empty
  const state: unknown = parseJson(last)
  if (!isState(state)) throw new StateDamaged(path, 'expected the state of a log in its last whole line')
  return state
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function isState(value: unknown): value is LogState {
  if (typeof value !== 'object' || value === null) return false
  const { checkpoint, learned, retired } = value as Partial<Record<keyof LogState, unknown>>
  return (checkpoint === null || typeof checkpoint === 'string') && isTexts(learned) && isTexts(retired)
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(one => typeof one === 'string')
}
