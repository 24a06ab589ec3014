import { startThread, type Thread } from '../runtime/thread.ts'
import type { AskedFile, KeptHead, TreeKeeper } from './tree-keeper.ts'

/** What the keeper's thread is asked. */
export type KeeperAsk = { kind: 'heads'; number: number; asked: readonly AskedFile[] } | { kind: 'forget'; id: string }

/** What it answers. */
export interface KeptHeads {
  number: number
  heads: KeptHead[]
}

// The file beside this one, as source or as what the compiler made of it.
const ownProgram = new URL(import.meta.url.endsWith('.ts') ? './tree-keeper-worker.ts' : './tree-keeper-worker.js', import.meta.url)

const memoryMbMax = 256
/** It makes hashes, and forgets nearly all of them at once. */
const youngMemoryMbMax = 4

/** Who waits for which heads. */
interface Waiting {
  asked: readonly AskedFile[]
  /** Threads that died over it. */
  deaths: number
  resolve: (heads: KeptHead[]) => void
  reject: (error: Error) => void
}

/** A keeper in a thread. One that dies is started again: the files still say everything. */
export class ThreadedTreeKeeper implements TreeKeeper {
  readonly #program: URL
  readonly #onProblem: (problem: string) => void
  readonly #waiting = new Map<number, Waiting>()
  #thread: Thread | null = null
  #number = 0
  #isClosed = false

  constructor(onProblem: (problem: string) => void, program = ownProgram) {
    this.#onProblem = onProblem
    this.#program = program
  }

  heads(asked: readonly AskedFile[]): Promise<KeptHead[]> {
    const number = ++this.#number
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { asked, deaths: 0, resolve, reject })
      this.#ask(number, asked)
    })
  }

  forget(id: string): void {
    this.#thread?.tell({ kind: 'forget', id } satisfies KeeperAsk)
  }

  close(): void {
    this.#isClosed = true
    this.#thread?.stop()
  }

  #ask(number: number, asked: readonly AskedFile[]): void {
    this.#thread ??= this.#start()
    this.#thread.tell({ kind: 'heads', number, asked } satisfies KeeperAsk)
  }

  #start(): Thread {
    return startThread<KeptHeads>({
      entry: this.#program,
      name: 'steno-trees',
      data: null,
      memoryMbMax,
      youngMemoryMbMax,
      onReport: ({ number, heads }) => {
        this.#waiting.get(number)?.resolve(heads)
        this.#waiting.delete(number)
      },
      onEnd: error => this.#onEnd(error),
    })
  }

  #onEnd(error: Error | null): void {
    this.#thread = null
    const reason = error ?? new Error('the thread that hashes recordings ended')
    if (!this.#isClosed) this.#onProblem(`the thread that hashes recordings died: ${reason.message}`)
    for (const [number, one] of this.#waiting) {
      one.deaths += 1
      // What kills one thread after the other is not asked for ever.
      if (this.#isClosed || one.deaths > 1) {
        this.#waiting.delete(number)
        one.reject(reason)
      } else this.#ask(number, one.asked)
    }
  }
}
