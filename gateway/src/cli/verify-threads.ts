import { availableParallelism } from 'node:os'
import type { JudgeRecording, SessionAnchors, SessionReport } from '@steno/recordings'
import { startThread, type Thread } from '../runtime/thread.ts'

/** What a thread is asked. */
export interface JudgeAsk {
  number: number
  session: string
  anchors: SessionAnchors
}

/** What it answers; null where no recording is. */
export interface Judged {
  number: number
  report: SessionReport | null
}

// The file beside this one, as source or as what the compiler made of it.
const program = new URL(import.meta.url.endsWith('.ts') ? './verify-worker.ts' : './verify-worker.js', import.meta.url)

const threadsMax = 16
const memoryMbMax = 1024

interface Waiting {
  thread: number
  resolve: (report: SessionReport | null) => void
  reject: (error: Error) => void
}

/** Threads that read the recordings of a data directory, one for each processor. */
export class VerifyThreads {
  readonly atOnce = Math.min(threadsMax, availableParallelism())
  readonly #folder: string
  readonly #idle: number[] = []
  readonly #threads: Thread[] = []
  readonly #waiting = new Map<number, Waiting>()
  #number = 0

  constructor(folder: string) {
    this.#folder = folder
  }

  // INVARIANT: nobody asks for more than `atOnce` at once, so there is an idle thread or room for one.
  readonly judge: JudgeRecording = (session, anchors) => {
    const number = this.#number++
    const thread = this.#idle.pop() ?? this.#start()
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { thread, resolve, reject })
      this.#threads[thread]!.tell({ number, session, anchors } satisfies JudgeAsk)
    })
  }

  stop(): void {
    for (const thread of this.#threads) thread.stop()
  }

  #start(): number {
    const at = this.#threads.length
    const thread = startThread<Judged>({
      entry: program,
      name: `steno-verify-${at}`,
      data: this.#folder,
      memoryMbMax,
      onReport: ({ number, report }) => {
        this.#idle.push(at)
        this.#waiting.get(number)!.resolve(report)
        this.#waiting.delete(number)
      },
      onEnd: error => this.#onEnd(at, error ?? new Error('a thread that reads recordings ended')),
    })
    this.#threads.push(thread)
    return at
  }

  #onEnd(thread: number, error: Error): void {
    for (const waiting of this.#waiting.values()) if (waiting.thread === thread) waiting.reject(error)
  }
}
