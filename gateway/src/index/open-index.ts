import { Worker } from 'node:worker_threads'
import type { Clock, Timer } from '../runtime/machine.ts'
import type { IndexCheck } from './check-index.ts'
import type { Followed, Forgotten, Indexed, Lag } from './indexer.ts'
import type { IndexerStart, Report, Request } from './messages.ts'
import { PgSearch } from './pg-search.ts'
import type { Search } from './search.ts'
import { connectStore, type StoreConnection } from './store.ts'

/** Rows are short-lived, and the thread has time: its heap is swept more often rather than grown. */
const youngMbMax = 8
/** Far more than it needs. V8 collects a heap that may grow less far more often, and so it stays small. */
const oldMbMax = 1024

export interface IndexOptions {
  connection: StoreConnection
  dataDirectory: string
  clock: Clock
  /** Something is wrong that an operator should know of; the index goes on by itself. */
  onProblem: (problem: string) => void
}

/** The index, being filled in a thread of its own. */
export interface Index {
  search: Search
  /** Settles when the store has its tables; searching before that fails. */
  ready: Promise<void>
  /** Says that a recording has grown. Costs next to nothing: calls are gathered and passed on a few times a second. */
  follow(recording: Followed): void
  /** Calls a listener with what has just become searchable; gives what stops that. */
  onIndexed(listener: (indexed: Indexed) => void): () => void
  /** How far the index was behind when the indexer last said so. */
  lag(): Lag
  /** Settles when everything followed so far, and all of the ledger, can be found. */
  settled(): Promise<void>
  /** Takes a session out of the index. Settles when it is out; rejects when the gateway stops before that. */
  forget(forgotten: Forgotten): Promise<void>
  /** Empties the index and fills it again from the recordings and the ledger; settles when it is full. */
  reindex(): Promise<void>
  /** Holds the index against the recordings and the ledger, and changes nothing. Rejects when the store cannot be read, or the gateway stops. */
  check(): Promise<IndexCheck>
  close(): Promise<void>
}

const passOnEveryMs = 50
const restartAfterMs = 1000
const searchConnections = 4

/**
 * Opens the index of a data directory. A store that is down, or an indexer that
 * dies of what it read, is tried again for as long as it takes: neither is felt
 * by the sessions.
 */
export function openIndex(options: IndexOptions): Index {
  const { connection, clock } = options
  const sql = connectStore(connection, { connections: searchConnections })
  const thread = new IndexerThread(options)
  const grown = new Map<string, Followed>()
  let timer: Timer | null = null
  const passOn = () => {
    timer?.cancel()
    timer = null
    if (grown.size > 0) thread.tell({ kind: 'follow', recordings: [...grown.values()] })
    grown.clear()
  }
  return {
    search: new PgSearch({ sql, nowUs: () => clock.nowUs(), lag: () => thread.lag }),
    ready: thread.ready,
    follow({ session, path, sizeBytes }) {
      grown.set(session, { session, path, sizeBytes })
      timer ??= clock.after(passOnEveryMs, passOn)
    },
    onIndexed(listener) {
      thread.listeners.add(listener)
      return () => void thread.listeners.delete(listener)
    },
    lag: () => thread.lag,
    settled() {
      passOn()
      return thread.ask({ kind: 'settle' })
    },
    forget: forgotten => thread.ask({ kind: 'forget', forgotten }),
    reindex: () => thread.ask({ kind: 'reindex' }),
    check: () => thread.check(),
    async close() {
      passOn()
      await thread.close()
      await sql.end({ timeout: 5 })
    },
  }
}

/** The thread that indexes, started again whenever it dies. */
class IndexerThread {
  readonly listeners = new Set<(indexed: Indexed) => void>()
  readonly ready: Promise<void>
  lag: Lag = { bytes: 0, sessions: 0 }
  readonly #options: IndexOptions
  readonly #asked = new Map<number, { request: Request; resolve: (check?: IndexCheck) => void; reject: (error: Error) => void }>()
  #worker: Worker
  #number = 0
  #isClosing = false
  #resolveReady: () => void = () => {}

  constructor(options: IndexOptions) {
    this.#options = options
    this.ready = new Promise(resolve => {
      this.#resolveReady = resolve
    })
    this.#worker = this.#start()
  }

  tell(request: Request): void {
    this.#worker.postMessage(request)
  }

  async ask(asked: { kind: 'settle' | 'reindex' | 'close' } | { kind: 'forget'; forgotten: Forgotten }): Promise<void> {
    await this.#ask({ ...asked, number: ++this.#number })
  }

  async check(): Promise<IndexCheck> {
    const check = await this.#ask({ kind: 'check', number: ++this.#number })
    if (!check) throw new Error('the gateway stops')
    return check
  }

  #ask(request: Request & { number: number }): Promise<IndexCheck | undefined> {
    return new Promise((resolve, reject) => {
      this.#asked.set(request.number, { request, resolve, reject })
      this.tell(request)
    })
  }

  async close(): Promise<void> {
    this.#isClosing = true
    await this.ask({ kind: 'close' })
    await this.#worker.terminate()
  }

  #start(): Worker {
    const { connection, dataDirectory, onProblem, clock } = this.#options
    // The file beside this one, as source or as what the compiler made of it.
    const entry = new URL(import.meta.url.endsWith('.ts') ? './indexer-worker.ts' : './indexer-worker.js', import.meta.url)
    const worker = new Worker(entry, {
      workerData: { connection, dataDirectory } satisfies IndexerStart,
      name: 'steno-indexer',
      resourceLimits: { maxYoungGenerationSizeMb: youngMbMax, maxOldGenerationSizeMb: oldMbMax },
    })
    worker.on('message', (report: Report) => this.#hear(report))
    worker.on('error', error => onProblem(`the indexer died: ${error instanceof Error ? error.message : String(error)}`))
    worker.on('exit', () => {
      if (this.#isClosing) return this.#answerAll()
      clock.after(restartAfterMs, () => {
        if (this.#isClosing) return
        this.#worker = this.#start()
        // It finds by itself what has grown meanwhile, but not who waits.
        for (const { request } of this.#asked.values()) this.tell(request)
      })
    })
    return worker
  }

  #hear(report: Report): void {
    switch (report.kind) {
      case 'ready':
        return this.#resolveReady()
      case 'indexed':
        for (const listener of this.listeners) listener(report.indexed)
        return
      case 'lag':
        this.lag = report.lag
        return
      case 'problem':
        return this.#options.onProblem(report.problem)
      case 'done':
        this.#asked.get(report.number)?.resolve(report.check)
        this.#asked.delete(report.number)
        return
      case 'failed':
        this.#asked.get(report.number)?.reject(new Error(report.reason))
        this.#asked.delete(report.number)
    }
  }

  #answerAll(): void {
    for (const { request, resolve, reject } of this.#asked.values()) {
      // Who waits for something to be gone must not believe it is.
      if (request.kind === 'forget') reject(new Error('the gateway stops'))
      else resolve()
    }
    this.#asked.clear()
  }
}
