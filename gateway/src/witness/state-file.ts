import type { Disk } from '../runtime/machine.ts'

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

/** A log's state in a file of its own, which is one state or the next and never between them. */
export class StateFile {
  readonly #disk: Disk
  readonly path: string
  #state: LogState

  private constructor(disk: Disk, path: string, state: LogState) {
    this.#disk = disk
    this.path = path
    this.#state = state
  }

  /** Throws `StateDamaged`. */
  static open(disk: Disk, path: string): StateFile {
    return new StateFile(disk, path, disk.exists(path) ? readState(path, disk.read(path)) : empty)
  }

  get state(): LogState {
    return this.#state
  }

  /**
   * On disk when it resolves. When it rejects, the state here is as it was,
   * and the file is that or the new one: of both, nobody was answered anything
   * that the other contradicts. One at a time.
   */
  async save(state: LogState): Promise<void> {
    await this.#disk.replaceLater(this.path, new TextEncoder().encode(`${JSON.stringify(state)}\n`))
    this.#state = state
  }
}

const empty: LogState = { checkpoint: null, learned: [], retired: [] }

function readState(path: string, bytes: Uint8Array): LogState {
  const state = parseJson(new TextDecoder().decode(bytes))
  if (!isState(state)) throw new StateDamaged(path, 'expected the state of a log')
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
