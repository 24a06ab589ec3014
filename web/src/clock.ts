import { createSignal, onCleanup, type Accessor } from 'solid-js'

/** Gives the browser's time in milliseconds since 1970. The one place that asks for it. */
export function nowMs(): number {
  return Date.now()
}

/** Runs `act` once after `ms`; the function it gives back calls that off. */
export function after(ms: number, act: () => void): () => void {
  const timer = setTimeout(act, ms)
  return () => clearTimeout(timer)
}

/** Resolves after `ms`, or as soon as `signal` aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) return resolve()
    const calledOff = after(ms, done)
    function done(): void {
      calledOff()
      signal.removeEventListener('abort', done)
      resolve()
    }
    signal.addEventListener('abort', done)
  })
}

/** Gives a time that moves on every `everyMs`, for ages and running durations. */
export function createNow(everyMs: number): Accessor<number> {
  const [now, setNow] = createSignal(nowMs())
  const timer = setInterval(() => setNow(nowMs()), everyMs)
  onCleanup(() => clearInterval(timer))
  return now
}

/** Gives bytes that nobody can guess. The one place that asks for chance. */
export function randomBytes(sizeBytes: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(sizeBytes))
}
