import type { Report } from '@steno/recordings'
import { createSignal, type Accessor } from 'solid-js'
import type { VerifyProgress } from './proof-tasks.ts'

/** idle → running → done | failed → running … ; running → idle when it is called off. */
export type VerificationState =
  | { is: 'idle' }
  | { is: 'running'; progress: VerifyProgress | null }
  | { is: 'done'; report: Report; tookMs: number; atMs: number }
  | { is: 'failed'; reason: string }

/** Verifying everything here, once or again. */
export interface Verification {
  state: Accessor<VerificationState>
  start(): void
  cancel(): void
}

export interface VerificationInput {
  run(options: { onProgress: (progress: VerifyProgress) => void; signal: AbortSignal }): Promise<Report>
  nowMs: () => number
  onReport: (report: Report, atMs: number) => void
}

/** Gives a verification that has not begun. */
export function createVerification({ run, nowMs, onReport }: VerificationInput): Verification {
  const [state, setState] = createSignal<VerificationState>({ is: 'idle' })
  let running: AbortController | null = null

  async function start(): Promise<void> {
    if (running) return
    const mine = new AbortController()
    running = mine
    const beganMs = nowMs()
    setState({ is: 'running', progress: null })
    try {
      const report = await run({ signal: mine.signal, onProgress: progress => running === mine && setState({ is: 'running', progress }) })
      if (running !== mine) return
      const atMs = nowMs()
      setState({ is: 'done', report, tookMs: atMs - beganMs, atMs })
      onReport(report, atMs)
    } catch (error) {
      if (running === mine) setState({ is: 'failed', reason: error instanceof Error ? error.message : String(error) })
    } finally {
      if (running === mine) running = null
    }
  }

  return {
    state,
    start: () => void start(),
    cancel() {
      running?.abort()
      running = null
      if (state().is === 'running') setState({ is: 'idle' })
    },
  }
}
