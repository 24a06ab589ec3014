import type { Progress, RehearsalAsk, RehearsalReport } from '@steno/policy-dsl'
import { startThread } from '../runtime/thread.ts'

/** What a thread of rehearsal is started with. */
export interface RehearsalStart {
  ask: RehearsalAsk
  dataDirectory: string
  /** By their start, the earliest first. */
  sessions: string[]
}

/** What the thread tells: how far it is, and what came of it. */
export type RehearsalTold = { kind: 'progress'; progress: Progress } | { kind: 'report'; report: RehearsalReport }

/** A rehearsal that is under way. */
export interface Rehearsing {
  /** What comes of it. Rejects when it dies of something, or is stopped. */
  report: Promise<RehearsalReport>
  stop: () => void
}

/** What was asked for does not fit the memory that a rehearsal may take. */
export class RehearsalTooLarge extends Error {
  readonly code = 'rehearsal_too_large'

  constructor() {
    super('the rehearsal takes more memory than it may: ask for fewer sessions')
    this.name = 'RehearsalTooLarge'
  }
}

/** It was stopped before anything came of it. */
export class RehearsalStopped extends Error {
  readonly code = 'rehearsal_stopped'

  constructor() {
    super('the rehearsal was stopped')
    this.name = 'RehearsalStopped'
  }
}

/** Rehearses policies on the recordings of a gateway. */
export interface Rehearsals {
  /** Starts one; null when as many as there may be are under way. */
  start(how: { ask: RehearsalAsk; sessions: string[]; onProgress: (progress: Progress) => void }): Rehearsing | null
}

/** The file beside this one, as source or as what the compiler made of it. */
const ownProgram = new URL(import.meta.url.endsWith('.ts') ? './rehearsal-worker.ts' : './rehearsal-worker.js', import.meta.url)

/** A rehearsal takes a processor for as long as it lasts. */
const atOnceMax = 2
const memoryMbMax = 1024

/** Rehearsals in threads of their own, which the sessions do not feel. */
export class ThreadedRehearsals implements Rehearsals {
  readonly #dataDirectory: string
  readonly #program: URL
  readonly #running = new Set<Rehearsing>()

  constructor(dataDirectory: string, program = ownProgram) {
    this.#dataDirectory = dataDirectory
    this.#program = program
  }

  start({ ask, sessions, onProgress }: Parameters<Rehearsals['start']>[0]): Rehearsing | null {
    if (this.#running.size >= atOnceMax) return null
    const { promise: report, resolve, reject } = withResolvers<RehearsalReport>()
    const thread = startThread<RehearsalTold>({
      entry: this.#program,
      name: 'steno-rehearsal',
      data: { ask, sessions, dataDirectory: this.#dataDirectory } satisfies RehearsalStart,
      memoryMbMax,
      onReport: told => (told.kind === 'progress' ? onProgress(told.progress) : resolve(told.report)),
      onEnd: error => {
        this.#running.delete(rehearsing)
        reject(isOutOfMemory(error) ? new RehearsalTooLarge() : (error ?? new RehearsalStopped()))
      },
    })
    const rehearsing: Rehearsing = { report, stop: () => thread.stop() }
    this.#running.add(rehearsing)
    // Whoever stopped it does not wait for it any more.
    report.catch(() => {})
    return rehearsing
  }

  /** Stops what is under way, for a gateway that stops. */
  close(): void {
    for (const rehearsing of this.#running) rehearsing.stop()
  }
}

/** Whether a thread ended because it took more memory than it was given. Deno gives its threads no limit. */
export function isOutOfMemory(error: Error | null): boolean {
  return error !== null && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
}

function withResolvers<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (error: Error) => void } {
  let resolve: (value: T) => void = () => {}
  let reject: (error: Error) => void = () => {}
  const promise = new Promise<T>((onDone, onFailed) => {
    resolve = onDone
    reject = onFailed
  })
  return { promise, resolve, reject }
}
