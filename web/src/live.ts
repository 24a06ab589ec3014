import { useQueryClient, type QueryClient, type QueryFilters } from '@tanstack/solid-query'
import { createSignal, onCleanup } from 'solid-js'
import { api, connection, ProblemError } from './api.ts'
import { pause } from './clock.ts'
import { createEventReader, type ServerEvent } from './event-reader.ts'

type Listener = (event: ServerEvent) => void

const listeners = new Set<Listener>()
const [isLive, setIsLive] = createSignal(false)
let stop: (() => void) | null = null

export { isLive }

/**
 * Hears what happens at the gateway for as long as the calling component lives.
 * All listeners of a tab share one stream. `reset` says that something may have
 * been missed: what was read before must be read again.
 */
export function useEvents(listener: Listener): void {
  listeners.add(listener)
  stop ??= start()
  onCleanup(() => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    stop?.()
    stop = null
  })
}

/** Reads queries again when one of these things happens, or may have happened unheard. */
export function useFresh(types: readonly string[], filters: () => QueryFilters): void {
  const queries = useQueryClient()
  useEvents(({ type }) => {
    if (type === 'reset' || types.includes(type)) void readAgain(queries, filters())
  })
}

/** An answer that is on its way already may be from before it happened, and is not waited for. */
export async function readAgain(queries: QueryClient, filters: QueryFilters): Promise<void> {
  await queries.cancelQueries(filters)
  await queries.invalidateQueries(filters)
}

function tell(event: ServerEvent): void {
  for (const listener of listeners) listener(event)
}

function start(): () => void {
  const abort = new AbortController()
  void follow(abort.signal)
  return () => abort.abort()
}

/** The longest wait before the stream is tried again. */
const waitMsMax = 15_000

async function follow(signal: AbortSignal): Promise<void> {
  let lastEventId = ''
  let waitMs = 500
  while (!signal.aborted) {
    try {
      const response = await api.events(lastEventId, signal)
      const reader = createEventReader(event => {
        if (event.id) lastEventId = event.id
        tell(event)
      })
      setIsLive(true)
      // What a page read before the stream began may be older than the first event of it.
      if (lastEventId === '') tell({ id: '', type: 'reset', data: '' })
      for await (const text of readText(response)) {
        waitMs = 500
        reader.push(text)
      }
    } catch (error) {
      // Asking again with the same cookie would only be refused again.
      if (error instanceof ProblemError && (connection.isSignedOut() || error.status === 404)) break
    }
    setIsLive(false)
    await pause(waitMs, signal)
    waitMs = Math.min(waitMs * 2, waitMsMax)
  }
  setIsLive(false)
}

async function* readText(response: Response): AsyncGenerator<string> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  if (!reader) return
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    yield value
  }
}
