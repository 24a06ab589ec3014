import type { Progress, RehearsalReport } from '@steno/policy-dsl'
import { createSignal, type Accessor } from 'solid-js'

/** idle → running → done | failed; running → idle when it is cancelled; and from each of them back to running. */
export type FullState =
  | { is: 'idle' }
  | { is: 'running'; progress: Progress | null }
  | { is: 'done'; source: string; report: RehearsalReport }
  | { is: 'failed'; reason: string }

/** A rehearsal in the gateway, on everything it recorded. */
export interface FullRehearsal {
  state: Accessor<FullState>
  start(source: string): void
  /** Ends it, there too. */
  cancel(): void
  /** Forgets what came of it, which was of other history. */
  clear(): void
}

/** Gives a rehearsal that has not begun. */
export function createFullRehearsal(
  run: (source: string, options: { onProgress: (progress: Progress) => void; signal: AbortSignal }) => Promise<RehearsalReport>,
): FullRehearsal {
  const [state, setState] = createSignal<FullState>({ is: 'idle' })
  let running: AbortController | null = null

  async function start(source: string): Promise<void> {
    if (running) return
    const mine = new AbortController()
    running = mine
    setState({ is: 'running', progress: null })
    try {
      const report = await run(source, {
        signal: mine.signal,
        onProgress: progress => running === mine && setState({ is: 'running', progress }),
      })
      if (running === mine) setState({ is: 'done', source, report })
    } catch (error) {
      if (running === mine) setState({ is: 'failed', reason: error instanceof Error ? error.message : String(error) })
    } finally {
      if (running === mine) running = null
    }
  }

  function cancel(): void {
    running?.abort()
    running = null
    if (state().is === 'running') setState({ is: 'idle' })
  }

  return {
    state,
    start: source => void start(source),
    cancel,
    clear() {
      cancel()
      setState({ is: 'idle' })
    },
  }
}
