import { formatBase64, hashLeaf, parseHeader } from '@steno/recordings'
import type { Log, OpenedSession, Receipt, RefusedCommand } from '../guard/log.ts'
import type { ClosedRecording } from '../journal/recover.ts'
import { assert } from '../runtime/assert.ts'
import { sha256 } from '../runtime/crypto.ts'
import type { Disk } from '../runtime/machine.ts'
import type { GatewayLog } from './gateway-log.ts'
import type { LineHead } from './line-tree.ts'
import type { LogState } from './log-state.ts'
import type { TreeKeeper } from './tree-keeper.ts'

/** A recording is not what was written to it, so nothing is said for it. */
export class RecordingDamaged extends Error {
  readonly code = 'recording_damaged'

  constructor(problem: string) {
    super(problem)
    this.name = 'RecordingDamaged'
  }
}

/** A session that is in the log and not sealed. */
export interface OpenInLog {
  path: string
  /** Bytes of whole lines that its recording has now. */
  readonly sizeBytes: number
  /** How far it was known at the last epoch. */
  head: LineHead
}

export interface SessionLogOptions {
  disk: Disk
  log: GatewayLog
  keeper: TreeKeeper
  state: Pick<LogState, 'sessions' | 'unsealed'>
  onProblem: (problem: string) => void
}

/** What the log says of sessions: that they opened, what was refused in them, and how they ended. */
export class SessionLog implements Log {
  readonly #disk: Disk
  readonly #log: GatewayLog
  readonly #keeper: TreeKeeper
  readonly #onProblem: (problem: string) => void
  readonly #open = new Map<string, OpenInLog>()
  /** What another gateway opened and did not seal; empty once `resume` is over. */
  readonly #unsealed: Set<string>
  #sessions: number

  constructor({ disk, log, keeper, state, onProblem }: SessionLogOptions) {
    this.#disk = disk
    this.#log = log
    this.#keeper = keeper
    this.#sessions = state.sessions
    this.#unsealed = state.unsealed
    this.#onProblem = onProblem
  }

  /** Sessions that are in the log and not sealed. */
  get unsealed(): ReadonlyMap<string, OpenInLog> {
    return this.#open
  }

  next(): ReturnType<Log['next']> {
    const published = this.#log.published
    assert(published !== null, 'a checkpoint is published before a session opens')
    const { origin, size, root } = published.checkpoint
    return { number: this.#sessions + 1, log: { origin, size, root: formatBase64(root) } }
  }

  open({ session, header, file }: OpenedSession): Receipt {
    const root = hashLeaf(sha256, header)
    const index = this.#append(session, root, this.#sessions + 1)
    this.#open.set(session, {
      path: file.path,
      get sizeBytes() {
        return file.sizeBytes
      },
      head: { size: 1, root, bytes: header.length + 1 },
    })
    return { session, index, origin: this.#log.origin }
  }

  durable(): Promise<void> {
    return this.#log.durable()
  }

  deny({ session, line, text, reason }: RefusedCommand): void {
    this.#log.append({ kind: 'deny', session, line, hash: formatBase64(hashLeaf(sha256, text)), reason })
  }

  /** Says how a session ended: its recording has its end, and is on disk. Rejects when that cannot be written; then it is not sealed. */
  async seal({ session, path, sizeBytes, reason }: ClosedRecording): Promise<void> {
    const [kept] = await this.#keeper.heads([{ id: session, path, sizeBytes }])
    if (!kept || 'problem' in kept) throw new RecordingDamaged(kept?.problem ?? `${path} was not read`)
    const { size, root, bytes } = kept.head
    this.#log.append({ kind: 'seal', session, size, root: formatBase64(root), bytes, reason })
    this.#open.delete(session)
    this.#keeper.forget(session)
  }

  /**
   * Seals what another gateway left open. A loss of power may have taken the
   * leaf of a session and left its recording: then its leaf comes first, in
   * the order of the sessions' numbers.
   */
  async resume(recordings: readonly ClosedRecording[]): Promise<void> {
    const headed = recordings.map(recording => ({ ...recording, ...this.#readHeader(recording.path) }))
    headed.sort((a, b) => a.number - b.number)
    for (const { header, number, ...recording } of headed) {
      const { session } = recording
      if (!this.#unsealed.delete(session)) {
        // One whose number is in the log was sealed before its mark was taken away.
        if (number <= this.#sessions) continue
        if (number !== this.#sessions + 1)
          this.#onProblem(`${number - this.#sessions - 1} sessions before ${session} are gone: neither the log nor the disk has them`)
        this.#append(session, hashLeaf(sha256, header), number)
      }
      await this.seal(recording)
    }
  }

  #append(session: string, header: Uint8Array, number: number): number {
    const index = this.#log.append({ kind: 'open', session, number, header: formatBase64(header) })
    this.#sessions = number
    return index
  }

  /** The first line, and the session's number in this log; 0 for a recording that is in none, or in another. */
  #readHeader(path: string): { header: Uint8Array; number: number } {
    const header = firstLine(this.#disk, path)
    const { number, log } = parseHeader(new TextDecoder().decode(header)).steno
    return { header, number: log?.origin === this.#log.origin ? (number ?? 0) : 0 }
  }
}

const pieceBytes = 64 * 1024

function firstLine(disk: Disk, path: string): Uint8Array {
  for (let end = pieceBytes; ; end *= 2) {
    const bytes = disk.readRange(path, { start: 0, end })
    const newline = bytes.indexOf(0x0a)
    if (newline >= 0) return bytes.subarray(0, newline)
    assert(bytes.length === end, 'a closed recording has a whole first line')
  }
}
