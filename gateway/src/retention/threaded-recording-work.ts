import { ErasureError, type ErasureErrorCode } from '@steno/recordings'
import { startThread } from '../runtime/thread.ts'
import type { RecordingWork } from './recording-work.ts'

/** One thing that the thread is asked, by the name it has in `RecordingWork`. */
export interface WorkAsk {
  task: Exclude<keyof RecordingWork, 'close'>
  args: unknown[]
}

/** What came of it. */
export type WorkDone = { done: unknown } | { failed: { message: string; erasure: ErasureErrorCode | null } }

// The file beside this one, as source or as what the compiler made of it.
const ownProgram = new URL(import.meta.url.endsWith('.ts') ? './recording-worker.ts' : './recording-worker.js', import.meta.url)

const memoryMbMax = 1024

/** A thread for each thing to do, one at a time: they are rare, and none shall be in another's way. */
export class ThreadedRecordingWork implements RecordingWork {
  readonly #program: URL
  readonly #stops = new Set<() => void>()
  #last: Promise<unknown> = Promise.resolve()
  #isClosed = false

  constructor(program = ownProgram) {
    this.#program = program
  }

  readonly plan: RecordingWork['plan'] = (...args) => this.#ask({ task: 'plan', args })
  readonly linesToErase: RecordingWork['linesToErase'] = (...args) => this.#ask({ task: 'linesToErase', args })
  readonly rewrite: RecordingWork['rewrite'] = (...args) => this.#ask({ task: 'rewrite', args })
  readonly findExpired: RecordingWork['findExpired'] = (...args) => this.#ask({ task: 'findExpired', args })

  close(): void {
    this.#isClosed = true
    for (const stop of this.#stops) stop()
  }

  /** INVARIANT: a task's arguments and result are plain data, as the structured clone takes them. */
  #ask<T>(ask: WorkAsk): Promise<T> {
    const next = () => this.#run(ask)
    const done = this.#last.then(next, next)
    this.#last = done
    return done as Promise<T>
  }

  #run(ask: WorkAsk): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) return reject(new Error('the gateway stops'))
      const thread = startThread<WorkDone>({
        entry: this.#program,
        name: 'steno-recordings',
        data: ask,
        memoryMbMax,
        onReport: report => {
          if ('done' in report) return resolve(report.done)
          const { message, erasure } = report.failed
          reject(erasure === null ? new Error(message) : new ErasureError(erasure, message))
        },
        onEnd: error => {
          this.#stops.delete(stop)
          reject(error ?? new Error('the thread that reads recordings ended'))
        },
      })
      const stop = () => thread.stop()
      this.#stops.add(stop)
    })
  }
}
