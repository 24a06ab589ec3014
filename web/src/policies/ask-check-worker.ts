import type { Checked, CheckRequest } from './check-messages.ts'

/** Our own compiler and analysis, in a thread of their own. */
export interface CheckWorker {
  ask(question: Omit<CheckRequest, 'id'>): Promise<Checked>
  close(): void
}

/** Starts the worker; a question it cannot be asked, because its script did not arrive, is rejected. */
export function askCheckWorker(): CheckWorker {
  const worker = new Worker(new URL('./check-worker.ts', import.meta.url), { type: 'module' })
  const waiting = new Map<number, { resolve(checked: Checked): void; reject(error: Error): void }>()
  let lastId = 0
  let broken: Error | null = null
  worker.addEventListener('message', ({ data }: MessageEvent<Checked>) => {
    waiting.get(data.id)?.resolve(data)
    waiting.delete(data.id)
  })
  worker.addEventListener('error', ({ message }) => {
    broken = new Error(message || 'the compiler did not arrive')
    for (const { reject } of waiting.values()) reject(broken)
    waiting.clear()
  })
  return {
    ask: question =>
      new Promise((resolve, reject) => {
        if (broken) return reject(broken)
        const id = ++lastId
        waiting.set(id, { resolve, reject })
        worker.postMessage({ ...question, id })
      }),
    close: () => worker.terminate(),
  }
}
