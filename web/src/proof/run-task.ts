import type { ProofMessage, ProofTask, ProofTasks, VerifyProgress } from './proof-tasks.ts'

/** Does one task in a verifier of its own, which is fetched when it is asked for and ends with the task. Rejects with the reason, or when `signal` aborts. */
export function runTask<Task extends ProofTask>(
  task: Task,
  ask: ProofTasks[Task]['ask'],
  { onProgress, signal }: { onProgress?: (progress: VerifyProgress) => void; signal?: AbortSignal } = {},
): Promise<ProofTasks[Task]['answer']> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./proof-worker.ts', import.meta.url), { type: 'module' })
    const stop = (): void => {
      worker.terminate()
      signal?.removeEventListener('abort', abort)
    }
    const abort = (): void => {
      stop()
      reject(new DOMException('called off', 'AbortError'))
    }
    const fail = (reason: string): void => {
      stop()
      reject(new Error(reason))
    }
    if (signal?.aborted) return abort()
    signal?.addEventListener('abort', abort)
    worker.addEventListener('error', () => fail('the verifier could not be loaded, or stopped'))
    worker.addEventListener('message', (event: MessageEvent<ProofMessage>) => {
      const message = event.data
      if (message.type === 'progress') return onProgress?.(message.progress)
      if (message.type === 'failed') return fail(message.reason)
      stop()
      // A worker answers the task it was given.
      resolve(message.answer as ProofTasks[Task]['answer'])
    })
    worker.postMessage({ task, ask })
  })
}
