import { RecordingError } from '@steno/recordings'
import type { Machine } from '../runtime/machine.ts'
import { Lru } from './lru.ts'
import type { CommandRow } from './rows.ts'
import { indexRuns } from './runs.ts'
import { applySchema, emptyIndex, isSqlState } from './schema.ts'
import { beginSession, readLine, type ReadOperations, type SessionState } from './session-reader.ts'
import { forgetSession, readProgress, readSession, writeBatch, type Sql } from './store.ts'
import { wholeLines } from './whole-lines.ts'

/** A recording and how far it is written. */
export interface Followed {
  session: string
  path: string
  sizeBytes: number
}

/** What has just become searchable. */
export interface Indexed {
  sessions: string[]
  /** `<session>.<number>` */
  commands: string[]
  runs: string[]
}

/** How far the index is behind the recordings. */
export interface Lag {
  bytes: number
  sessions: number
}

export interface IndexerParts {
  sql: Sql
  machine: Machine
  dataDirectory: string
  readOperations: ReadOperations
  /** Settles when the parsers behind `readOperations` can be asked. */
  parsersReady: () => Promise<void>
  onIndexed: (indexed: Indexed) => void
  onLag: (lag: Lag) => void
  /** The store cannot be reached, or a recording cannot be read. The indexer goes on by itself. */
  onProblem: (problem: string) => void
}

/** A transaction holds at most about this much of the recordings. */
const batchBytesMax = 4 << 20
const batchCommandsMax = 1000
/** Sessions whose state is kept between batches; others are read from the store again. */
const keptSessionsMax = 2000
const ledgerEveryMs = 500
const backoffMs = { first: 100, most: 5000 }

/**
 * Reads recordings into the store, from where it last stopped. What it has read
 * and how far are one transaction, so a crash of either side costs nothing but
 * time; and since its state is in the store, indexing anew gives the same rows.
 */
export class Indexer {
  readonly #parts: IndexerParts
  /** Recordings that have grown, in the order they wait. */
  readonly #waiting = new Map<string, { path: string; sizeBytes: number; indexedBytes: number }>()
  readonly #states = new Lru<string, SessionState>(keptSessionsMax)
  /** Recordings whose first line cannot be read; nothing of them is in the store. */
  readonly #unreadable = new Set<string>()
  readonly #settling: (() => void)[] = []
  readonly #ready: { promise: Promise<void>; resolve: () => void }
  #wake: (() => void) | null = null
  #isPrepared = false
  #mustEmpty = false
  #ledgerReadAtUs = -Infinity
  #isClosed = false
  #working: Promise<void> | null = null

  constructor(parts: IndexerParts) {
    this.#parts = parts
    this.#ready = Promise.withResolvers<void>()
  }

  /** Starts working. Settles when the store has its tables and everything on disk is known. */
  start(): Promise<void> {
    this.#working ??= this.#work()
    return this.#ready.promise
  }

  /** Says that a recording has grown to a size. */
  follow({ session, path, sizeBytes }: Followed): void {
    const known = this.#waiting.get(session)
    if (known) known.sizeBytes = Math.max(known.sizeBytes, sizeBytes)
    else if (!this.#unreadable.has(session)) this.#waiting.set(session, { path, sizeBytes, indexedBytes: this.#states.get(session)?.session.indexed_bytes ?? 0 })
    this.#wakeUp()
  }

  /** Empties the index and fills it again from the recordings. Settles when it is full. */
  reindex(): Promise<void> {
    this.#mustEmpty = true
    this.#isPrepared = false
    return this.settled()
  }

  /** Settles when everything it knows of is in the store. */
  settled(): Promise<void> {
    return new Promise((resolve) => {
      this.#settling.push(resolve)
      this.#ledgerReadAtUs = -Infinity
      this.#wakeUp()
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#wakeUp()
    await this.#working
  }

  async #work(): Promise<void> {
    let waitMs = backoffMs.first
    while (!this.#isClosed) {
      try {
        if (!this.#isPrepared) await this.#prepare()
        const isBusy = await this.#step()
        waitMs = backoffMs.first
        this.#reportLag()
        if (!isBusy) await this.#rest()
      } catch (error) {
        this.#parts.onProblem(`the index waits for its store: ${error instanceof Error ? error.message || error.name : String(error)}`)
        this.#reportLag()
        await this.#sleep(waitMs)
        waitMs = Math.min(waitMs * 2, backoffMs.most)
      }
    }
  }

  async #prepare(): Promise<void> {
    await applySchema(this.#parts.sql)
    if (this.#mustEmpty) await emptyIndex(this.#parts.sql)
    this.#mustEmpty = false
    this.#states.clear()
    this.#unreadable.clear()
    await this.#findRecordings()
    this.#isPrepared = true
    this.#ready.resolve()
  }

  /** Looks at what lies on disk, for what grew while nobody followed. */
  async #findRecordings(): Promise<void> {
    const { disk } = this.#parts.machine
    const known = await readProgress(this.#parts.sql)
    const directory = `${this.#parts.dataDirectory}/sessions`
    for (const day of disk.list(directory)) {
      for (const name of disk.list(`${directory}/${day}`)) {
        if (!name.endsWith('.cast')) continue
        const session = name.slice(0, -'.cast'.length)
        const path = `${directory}/${day}/${name}`
        const sizeBytes = disk.sizeBytes(path)
        const progress = known.get(session)
        const indexedBytes = progress?.indexedBytes ?? 0
        if (sizeBytes < indexedBytes) await forgetSession(this.#parts.sql, session)
        if (!progress || sizeBytes < indexedBytes || (sizeBytes > indexedBytes && !progress.isDone)) {
          this.#waiting.set(session, { path, sizeBytes, indexedBytes: Math.min(indexedBytes, sizeBytes) })
        }
      }
    }
  }

  /** Does one transaction's worth of work. Gives false when there was none. */
  async #step(): Promise<boolean> {
    const runs = await this.#indexLedger()
    const batch = await this.#readBatch()
    if (batch.states.length > 0) await this.#write(batch)
    if (runs.length > 0 || batch.states.length > 0) {
      this.#parts.onIndexed({
        sessions: batch.states.map(({ session }) => session.id),
        commands: batch.commands.map(({ session, number }) => `${session}.${number}`),
        runs,
      })
    }
    return this.#waiting.size > 0 || runs.length > 0
  }

  async #indexLedger(): Promise<string[]> {
    const { sql, machine, dataDirectory } = this.#parts
    if (machine.clock.monotonicUs() - this.#ledgerReadAtUs < ledgerEveryMs * 1000) return []
    const runs = await indexRuns(sql, machine.disk, dataDirectory)
    if (runs === null) this.#ledgerReadAtUs = machine.clock.monotonicUs()
    return runs ?? []
  }

  async #readBatch(): Promise<{ states: SessionState[]; commands: CommandRow[] }> {
    const states: SessionState[] = []
    const commands: CommandRow[] = []
    let bytes = 0
    for (const [session, { path, sizeBytes }] of this.#waiting) {
      if (bytes >= batchBytesMax || commands.length >= batchCommandsMax) break
      this.#waiting.delete(session)
      const read = await this.#readSession({ session, path, sizeBytes }, batchBytesMax - bytes, batchCommandsMax - commands.length)
      if (!read) continue
      states.push(read.state)
      commands.push(...read.commands)
      bytes += read.bytes
      // It goes to the end of the queue: one long recording keeps nobody waiting.
      if (read.isCutShort) this.#waiting.set(session, { path, sizeBytes, indexedBytes: read.state.session.indexed_bytes })
    }
    return { states, commands }
  }

  async #readSession({ session, path }: Followed, bytesMax: number, commandsMax: number) {
    const { sql, machine, readOperations, parsersReady } = this.#parts
    let state = this.#states.get(session) ?? (await readSession(sql, session))
    if (state?.session.damage) return null
    const changed = new Map<number, CommandRow>()
    let bytes = 0
    let isCutShort = false
    try {
      for (const line of wholeLines(machine.disk, path, state?.session.indexed_bytes ?? 0)) {
        if (bytes >= bytesMax || changed.size >= commandsMax) {
          isCutShort = true
          break
        }
        bytes += line.length + 1
        await parsersReady()
        if (!state) state = beginSession(line, path)
        else for (const command of readLine(state, line, readOperations)) changed.set(command.number, command)
      }
    } catch (error) {
      const damage = error instanceof RecordingError || error instanceof TypeError ? error.message : null
      if (damage === null) throw error
      this.#parts.onProblem(`the recording of session ${session} cannot be read: ${damage}`)
      if (!state) return void this.#unreadable.add(session)
      state.session.damage = damage
    }
    if (!state || bytes === 0) return null
    this.#states.set(session, state)
    return { state, commands: [...changed.values()], bytes, isCutShort }
  }

  async #write({ states, commands }: { states: SessionState[]; commands: CommandRow[] }): Promise<void> {
    try {
      await writeBatch(this.#parts.sql, { sessions: states.map(({ session }) => session), commands })
    } catch (error) {
      // What was read is not in the store, so it is read again from where the store is.
      for (const { session } of states) {
        this.#states.delete(session.id)
        this.#waiting.set(session.id, { path: session.path, sizeBytes: session.indexed_bytes, indexedBytes: 0 })
      }
      if (!isSqlState(error, '22')) throw error
      // The store will never take this; one session at a time, the others get through.
      if (states.length > 1) return void (await this.#writeEach(states))
      await this.#giveUp(states[0]!, error)
    }
  }

  async #writeEach(states: SessionState[]): Promise<void> {
    for (const { session } of states) {
      const read = await this.#readSession({ session: session.id, path: session.path, sizeBytes: session.indexed_bytes }, batchBytesMax, batchCommandsMax)
      if (read) await this.#write({ states: [read.state], commands: read.commands })
    }
  }

  async #giveUp({ session }: SessionState, error: unknown): Promise<void> {
    const damage = `the store refuses it: ${error instanceof Error ? error.message : String(error)}`
    this.#parts.onProblem(`the recording of session ${session.id} cannot be indexed: ${damage}`)
    this.#waiting.delete(session.id)
    this.#unreadable.add(session.id)
    await this.#parts.sql`update steno_index.sessions set damage = ${damage} where id = ${session.id}`
  }

  #reportLag(): void {
    let bytes = 0
    for (const { sizeBytes, indexedBytes } of this.#waiting.values()) bytes += Math.max(0, sizeBytes - indexedBytes)
    this.#parts.onLag({ bytes, sessions: this.#waiting.size })
  }

  /** Nothing to do: those who wait for that are told, and the next growth or the ledger's turn ends the rest. */
  async #rest(): Promise<void> {
    for (const resolve of this.#settling.splice(0)) resolve()
    await this.#sleep(ledgerEveryMs)
  }

  async #sleep(delayMs: number): Promise<void> {
    if (this.#isClosed || (this.#waiting.size > 0 && delayMs === ledgerEveryMs)) return
    await new Promise<void>((resolve) => {
      const timer = this.#parts.machine.clock.after(delayMs, resolve)
      this.#wake = () => {
        timer.cancel()
        resolve()
      }
    })
    this.#wake = null
  }

  #wakeUp(): void {
    this.#wake?.()
  }
}
