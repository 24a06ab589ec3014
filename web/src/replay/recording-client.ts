import type { Cell } from '@steno/recordings'
import type { RecordingProof } from '../proof/recording-proof.ts'
import type { FrameDetail, SearchHit } from './frame.ts'
import type { RecordingMessage, RecordingRequest } from './recording-messages.ts'
import type { RecordingUpdate } from './recording.ts'

/** A recording read by a worker of its own. */
export interface RecordingClient {
  follow(): void
  /** Finds out again what is proven of it. */
  prove(): void
  detail(index: number): Promise<FrameDetail>
  rows(at: { index: number; result: number; first: number; count: number }): Promise<Cell[][]>
  raw(index: number): Promise<string>
  /** Searches everything recorded; a new search ends the one before. */
  search(
    text: string,
    onHits: (found: { hits: SearchHit[]; searchedBytes: number; isDone: boolean }) => void,
    onFailure: (message: string) => void,
  ): void
  stopSearch(): void
  close(): void
}

export interface RecordingClientInput {
  url: string
  session: string
  onUpdate(update: RecordingUpdate): void
  onProof(proof: RecordingProof): void
  onFailure(message: string): void
}

/** Opens a recording in a worker. */
export function openRecording(input: RecordingClientInput): RecordingClient {
  const worker = new Worker(new URL('./recording-worker.ts', import.meta.url), { type: 'module' })
  const waiting = new Map<number, { take(message: RecordingMessage): void; refuse(error: Error): void }>()
  let lastId = 0
  let search: { id: number; onHits: Parameters<RecordingClient['search']>[1]; onFailure(message: string): void } | null = null

  worker.addEventListener('message', (event: MessageEvent<RecordingMessage>) => {
    const message = event.data
    if (message.type === 'update') input.onUpdate(message.update)
    else if (message.type === 'proof') input.onProof(message.proof)
    else if (message.type === 'failed') input.onFailure(message.message)
    else if (search && message.id === search.id) {
      if (message.type === 'hits') search.onHits(message)
      else if (message.type === 'refused') search.onFailure(message.message)
    } else {
      const asked = waiting.get(message.id)
      waiting.delete(message.id)
      if (message.type === 'refused') asked?.refuse(new Error(message.message))
      else asked?.take(message)
    }
  })
  worker.addEventListener('error', () => input.onFailure('the reader of the recording stopped'))

  const send = (request: RecordingRequest): void => worker.postMessage(request)
  function ask<T extends RecordingMessage['type']>(
    type: T,
    request: (id: number) => RecordingRequest,
  ): Promise<RecordingMessage & { type: T }> {
    const id = (lastId += 1)
    return new Promise((resolve, reject) => {
      waiting.set(id, {
        take: message =>
          message.type === type
            ? resolve(message as RecordingMessage & { type: T })
            : reject(new Error(`expected ${type}, got ${message.type}`)),
        refuse: reject,
      })
      send(request(id))
    })
  }

  send({ type: 'open', url: input.url, session: input.session })
  return {
    follow: () => send({ type: 'follow' }),
    prove: () => send({ type: 'prove' }),
    detail: async index => (await ask('detail', id => ({ type: 'detail', id, index }))).detail,
    rows: async at => (await ask('rows', id => ({ type: 'rows', id, ...at }))).rows,
    raw: async index => (await ask('raw', id => ({ type: 'raw', id, index }))).text,
    search(text, onHits, onFailure) {
      const id = (lastId += 1)
      search = { id, onHits, onFailure }
      send({ type: 'search', id, text })
    },
    stopSearch() {
      search = null
      send({ type: 'stop search' })
    },
    close: () => worker.terminate(),
  }
}
