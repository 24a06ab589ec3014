import { RecordingError } from '@steno/recordings'
import type { Machine } from '../runtime/machine.ts'
import { Lru } from '../runtime/lru.ts'
import { IndexChecker, type IndexCheck } from './check-index.ts'
import type { CommandRow } from './rows.ts'
import { purgeStore } from './purge-store.ts'
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

/** A session that the index shall know nothing more of, or only what its recording says now. */
export interface Forgotten {
  session: string
  /** Where the recording is that it is read anew from; null when there is none. */
  path: string | null
  /** Whether nothing of it may be left in the store's files either, where the store lets us see to that. */
  isErased: boolean
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
  /** Settles when the parsers behind `readOperations` can be asked; void when they can be now. */
  parsersReady: () => void | Promise<void>
  /** For how many milliseconds the indexer was kept waiting for a processor since this was last asked. */
  waitedMs: () => number
  /** Another process of the store's works for the indexer from here on. */
  onStoreProcess: (process: number) => void
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
/** Behind by more than this while sessions write on, the indexer stands back after each batch, for so many times as long as it was kept waiting. */
const lagYieldBytes = 1 << 20
const yieldTimes = 50
const yieldMsMax = 5000
/** So often a check waits for a recording to be indexed before it says that it is not. */
const checkWaitsMax = 3
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
  readonly #ready: Promise<void>
  #resolveReady: () => void = () => {}
  #settling: (() => void)[] = []
  readonly #checks: { resolve: (check: IndexCheck) => void; reject: (error: unknown) => void }[] = []
  #checking: Checking | null = null
  readonly #forgetting: (Forgotten & { resolve: () => void })[] = []
  #wake: (cause: Cause) => void = () => {}
  #isPrepared = false
  #mustEmpty = false
  #ledgerReadAtUs = -Infinity
  #isClosed = false
  #lastProblem = ''
  #storeProcess = 0
  #working: Promise<void> | null = null
  /** When a session last wrote. */
  #grewAtUs = -Infinity

  constructor(parts: IndexerParts) {
    this.#parts = parts
    this.#ready = new Promise(resolve => {
      this.#resolveReady = resolve
    })
  }

  /** Starts working. Settles when the store has its tables and everything on disk is known. */
  start(): Promise<void> {
    this.#working ??= this.#work()
    return this.#ready
  }

  /** Says that a recording has grown to a size. */
  follow({ session, path, sizeBytes }: Followed): void {
    this.#grewAtUs = this.#parts.machine.clock.monotonicUs()
    const known = this.#waiting.get(session)
    if (known) known.sizeBytes = Math.max(known.sizeBytes, sizeBytes)
    else if (!this.#unreadable.has(session))
      this.#waiting.set(session, { path, sizeBytes, indexedBytes: this.#states.get(session)?.session.indexed_bytes ?? 0 })
    this.#wake('growth')
  }

  /** Empties the index and fills it again from the recordings. Settles when it is full. */
  reindex(): Promise<void> {
    this.#mustEmpty = true
    this.#isPrepared = false
    return this.settled()
  }

  /** Holds the store against the recordings and the ledger, a session between two transactions. Changes nothing. */
  check(): Promise<IndexCheck> {
    return new Promise((resolve, reject) => {
      this.#checks.push({ resolve, reject })
      this.#ledgerReadAtUs = -Infinity
      this.#wake('request')
    })
  }

  /** Takes a session out of the store. Settles when it is out; reading it anew comes later. */
  forget(forgotten: Forgotten): Promise<void> {
    return new Promise(resolve => {
      this.#forgetting.push({ ...forgotten, resolve })
      this.#ledgerReadAtUs = -Infinity
      this.#wake('request')
    })
  }

  /** Settles when everything it knows of is in the store. */
  settled(): Promise<void> {
    return new Promise(resolve => {
      this.#settling.push(resolve)
      this.#ledgerReadAtUs = -Infinity
      this.#wake('request')
    })
  }

  /** Stops after the transaction under way. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#wake('request')
    await this.#working
  }

  async #work(): Promise<void> {
    let waitMs = backoffMs.first
    while (!this.#isClosed) {
      try {
        if (!this.#isPrepared) await this.#prepare()
        const beganAtUs = this.#parts.machine.clock.monotonicUs()
        const isBusy = await this.#step()
        waitMs = backoffMs.first
        this.#lastProblem = ''
        this.#reportLag()
        const waitedMs = this.#parts.waitedMs()
        if (!isBusy) await this.#rest()
        else if (this.#isOutrun(beganAtUs)) await this.#sleep(Math.min(yieldTimes * waitedMs, yieldMsMax), { untilGrowth: false })
      } catch (error) {
        this.#reportOnce(`the index waits: ${error instanceof Error ? error.message || error.name : String(error)}`)
        this.#reportLag()
        await this.#sleep(waitMs, { untilGrowth: false })
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
    this.#resolveReady()
  }

  /** Looks at what lies on disk, for what grew while nobody followed. */
  async #findRecordings(): Promise<void> {
    const known = await readProgress(this.#parts.sql)
    for (const { session, path, sizeBytes } of this.#recordings()) {
      const progress = known.get(session)
      const indexedBytes = progress?.indexedBytes ?? 0
      if (sizeBytes < indexedBytes) await forgetSession(this.#parts.sql, session)
      if (!progress || sizeBytes < indexedBytes || (sizeBytes > indexedBytes && !progress.isDone)) {
        this.#waiting.set(session, { path, sizeBytes, indexedBytes: Math.min(indexedBytes, sizeBytes) })
      }
    }
  }

  /** The recordings there are. */
  #recordings(): Followed[] {
    const { disk } = this.#parts.machine
    const directory = `${this.#parts.dataDirectory}/sessions`
    return disk.list(directory).flatMap(day =>
      disk.list(`${directory}/${day}`).flatMap(name => {
        if (!name.endsWith('.cast')) return []
        const path = `${directory}/${day}/${name}`
        return [{ session: name.slice(0, -'.cast'.length), path, sizeBytes: disk.sizeBytes(path) }]
      }),
    )
  }

  /** Does one transaction's worth of work. Gives false when there was none. */
  async #step(): Promise<boolean> {
    await this.#forget()
    const runs = await this.#indexLedger()
    const batch: Reading[] = []
    try {
      await this.#readBatch(batch)
      await this.#write(batch)
    } catch (error) {
      // What was read is not in the store, so it is read again from where the store is.
      for (const { path, state } of batch) {
        const { session } = state
        this.#states.delete(session.id)
        this.#waiting.set(session.id, { path, sizeBytes: session.indexed_bytes, indexedBytes: 0 })
      }
      throw error
    }
    if (batch.length > 0 || (runs && runs.length > 0)) {
      this.#parts.onIndexed({
        sessions: batch.map(({ state }) => state.session.id),
        commands: batch.flatMap(({ commands }) => commands.map(({ session, number }) => `${session}.${number}`)),
        runs: runs ?? [],
      })
    }
    await this.#checkOne()
    return this.#waiting.size > 0 || runs !== null || this.#checking !== null
  }

  /** Goes on with a check that somebody waits for, by one session. */
  async #checkOne(): Promise<void> {
    const [first] = this.#checks
    if (!first) return
    try {
      this.#checking ??= await this.#beginCheck()
      const { checker, left } = this.#checking
      const next = left.shift()
      if (next) return await this.#checkSession(this.#checking, next)
      await checker.runs()
      first.resolve(checker.result)
    } catch (error) {
      first.reject(error)
    }
    this.#checks.shift()
    this.#checking = null
  }

  async #beginCheck(): Promise<Checking> {
    const checker = new IndexChecker(this.#parts)
    const recordings = new Map(this.#recordings().map(({ session, path, sizeBytes }) => [session, { path, sizeBytes }]))
    const sessions = new Set([...recordings.keys(), ...(await checker.indexedSessions())])
    return { checker, left: Array.from(sessions, session => ({ session, path: null, sizeBytes: 0, ...recordings.get(session), waits: 0 })) }
  }

  /** What was written before the check began is indexed first; what is not indexed after that is said. */
  async #checkSession({ checker, left }: Checking, one: Checked): Promise<void> {
    const { session, path, sizeBytes, waits } = one
    // Removed meanwhile, it goes from the index by and by.
    if (path !== null && !this.#parts.machine.disk.exists(path)) return
    const isWaiting = this.#waiting.has(session)
    if (path !== null && (isWaiting || waits < checkWaitsMax) && ((await checker.indexedBytes(session)) ?? 0) < sizeBytes) {
      if (!isWaiting) this.follow({ session, path, sizeBytes })
      left.push({ ...one, waits: waits + (isWaiting ? 0 : 1) })
      return
    }
    await checker.session(session, { path, sizeBytes })
  }

  async #forget(): Promise<void> {
    const { sql, machine, onProblem } = this.#parts
    for (let first = this.#forgetting[0]; first; first = this.#forgetting[0]) {
      const { session, path, isErased, resolve } = first
      this.#states.delete(session)
      this.#waiting.delete(session)
      this.#unreadable.delete(session)
      await forgetSession(sql, session)
      if (isErased) for (const problem of await purgeStore(sql)) onProblem(problem)
      if (path !== null && machine.disk.exists(path))
        this.#waiting.set(session, { path, sizeBytes: machine.disk.sizeBytes(path), indexedBytes: 0 })
      this.#forgetting.shift()
      resolve()
    }
  }

  /** Gives null when there was nothing to read. */
  async #indexLedger(): Promise<string[] | null> {
    const { sql, machine, dataDirectory } = this.#parts
    if (machine.clock.monotonicUs() - this.#ledgerReadAtUs < ledgerEveryMs * 1000) return null
    this.#ledgerReadAtUs = machine.clock.monotonicUs()
    const runs = await indexRuns(sql, machine.disk, dataDirectory)
    if (runs !== null) this.#ledgerReadAtUs = -Infinity
    return runs
  }

  async #readBatch(batch: Reading[]): Promise<void> {
    let bytesLeft = batchBytesMax
    let commandsLeft = batchCommandsMax
    // As it is now: what goes back into the queue below belongs to another transaction.
    const waiting = Array.from(this.#waiting)
    for (const [session, { path, sizeBytes }] of waiting) {
      if (bytesLeft <= 0 || commandsLeft <= 0) return
      const state = this.#states.get(session) ?? (await readSession(this.#parts.sql, session))
      const reading = await this.#read({ session, path, state, bytesMax: bytesLeft, commandsMax: commandsLeft })
      this.#waiting.delete(session)
      if (!reading) continue
      batch.push(reading)
      bytesLeft -= reading.bytes
      commandsLeft -= reading.commands.length
      // It goes to the end of the queue: one long recording keeps nobody waiting.
      if (reading.isCutShort) this.#waiting.set(session, { path, sizeBytes, indexedBytes: reading.state.session.indexed_bytes })
    }
  }

  /** Reads on in one recording. Gives null when it has no whole line more, or none that can be read. */
  async #read(from: {
    session: string
    path: string
    state: SessionState | null
    bytesMax: number
    commandsMax: number
  }): Promise<Reading | null> {
    const { machine, readOperations, parsersReady } = this.#parts
    let { state } = from
    if (state?.session.damage) return null
    const changed = new Map<number, CommandRow>()
    let bytes = 0
    let isCutShort = false
    try {
      for (const line of wholeLines(machine.disk, from.path, state?.session.indexed_bytes ?? 0)) {
        isCutShort = bytes >= from.bytesMax || changed.size >= from.commandsMax
        if (isCutShort) break
        const wait = parsersReady()
        if (wait) await wait
        if (!state) state = beginSession(line, from.path)
        else for (const command of readLine(state, line, readOperations)) changed.set(command.number, command)
        bytes += line.length + 1
      }
    } catch (error) {
      this.#states.delete(from.session)
      this.#parts.onProblem(
        `the recording of session ${from.session} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      )
      // A disk that fails, or a file that is gone, is not the recording's fault: it is tried again when it grows, or at the next start.
      if (!(error instanceof RecordingError)) return null
      if (!state) {
        this.#unreadable.add(from.session)
        return null
      }
      state.session.damage = error.message
      return { path: from.path, state, commands: [...changed.values()], bytes, isCutShort: false }
    }
    if (!state || bytes === 0) return null
    this.#states.set(from.session, state)
    return { path: from.path, state, commands: [...changed.values()], bytes, isCutShort }
  }

  async #write(batch: Reading[]): Promise<void> {
    if (batch.length === 0) return
    try {
      const process = await writeBatch(this.#parts.sql, {
        sessions: batch.map(({ state }) => state.session),
        commands: batch.flatMap(({ commands }) => commands),
      })
      if (process !== this.#storeProcess) this.#parts.onStoreProcess(process)
      this.#storeProcess = process
    } catch (error) {
      if (!isSqlState(error, '22')) throw error
      // The store will never take one of these: one at a time, the others get through.
      if (batch.length > 1) for (const reading of batch) await this.#write([reading])
      else await this.#giveUp(batch[0]!.state, error)
    }
  }

  async #giveUp({ session }: SessionState, error: unknown): Promise<void> {
    const damage = `the store refuses it: ${error instanceof Error ? error.message : String(error)}`
    this.#parts.onProblem(`the recording of session ${session.id} cannot be indexed: ${damage}`)
    this.#states.delete(session.id)
    this.#waiting.delete(session.id)
    this.#unreadable.add(session.id)
    await this.#parts.sql`update steno_index.sessions set damage = ${damage} where id = ${session.id}`
  }

  /** A store that is down for a day is one line in the log, not one every five seconds. */
  #reportOnce(problem: string): void {
    if (problem !== this.#lastProblem) this.#parts.onProblem(problem)
    this.#lastProblem = problem
  }

  #reportLag(): void {
    this.#parts.onLag({ bytes: this.#lagBytes(), sessions: this.#waiting.size })
  }

  /**
   * Whether sessions write on while much of what they wrote is not read yet, and
   * nobody asked for anything. They go first: the index takes what they leave of
   * the machine, and catches up when they rest.
   */
  #isOutrun(sinceUs: number): boolean {
    const isAsked = this.#settling.length + this.#checks.length + this.#forgetting.length > 0
    return !isAsked && this.#grewAtUs >= sinceUs && this.#lagBytes() > lagYieldBytes
  }

  #lagBytes(): number {
    let bytes = 0
    for (const { sizeBytes, indexedBytes } of this.#waiting.values()) bytes += Math.max(0, sizeBytes - indexedBytes)
    return bytes
  }

  /** Nothing to do: those who wait for that are told, and the next growth or the ledger's turn ends the rest. */
  async #rest(): Promise<void> {
    if (!this.#isPrepared || this.#ledgerReadAtUs === -Infinity) return
    for (const resolve of this.#settling.splice(0)) resolve()
    await this.#sleep(ledgerEveryMs, { untilGrowth: true })
  }

  async #sleep(delayMs: number, { untilGrowth }: { untilGrowth: boolean }): Promise<void> {
    if (this.#isClosed) return
    await new Promise<void>(resolve => {
      const timer = this.#parts.machine.clock.after(delayMs, resolve)
      this.#wake = cause => {
        if (cause === 'growth' && !untilGrowth) return
        timer.cancel()
        resolve()
      }
    })
    this.#wake = () => {}
  }
}

/** What ends a rest. */
type Cause = 'growth' | 'request'

/** A check that is under way. */
interface Checking {
  checker: IndexChecker
  left: Checked[]
}

interface Checked {
  session: string
  path: string | null
  /** How large the recording was when the check began. */
  sizeBytes: number
  waits: number
}

/** What was read of one recording for one transaction. */
interface Reading {
  path: string
  state: SessionState
  commands: CommandRow[]
  bytes: number
  /** There is more, for another transaction. */
  isCutShort: boolean
}
