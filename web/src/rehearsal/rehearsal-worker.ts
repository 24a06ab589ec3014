import type { PastRecording } from '@steno/policy-dsl'
import wasmUrl from 'libpg-query/wasm/libpg-query.wasm?url'
import { randomBytes } from '../clock.ts'
import { httpSource, recordingUrl, SourceError } from '../replay/recording-source.ts'
import { loadRecordings } from './loaded-recordings.ts'
import { createPastParser } from './past-parser.ts'
import type { RehearsalMessage, RehearsalRequest } from './rehearsal-messages.ts'
import { rehearseLoaded } from './rehearse-loaded.ts'

const parser = createPastParser(() =>
  httpSource(wasmUrl)
    .stream(0, new AbortController().signal)
    .then(({ chunks }) => joined(chunks)),
)
let recordings: PastRecording[] = []
let loading = new AbortController()

self.addEventListener('message', (event: MessageEvent<RehearsalRequest>) => {
  const request = event.data
  switch (request.is) {
    case 'load':
      return void load(request)
    case 'rehearse':
      return void rehearse(request)
  }
})

async function load({ id, sessions }: Extract<RehearsalRequest, { is: 'load' }>): Promise<void> {
  loading.abort()
  const mine = new AbortController()
  loading = mine
  // Before anything new is held in memory.
  recordings = []
  try {
    const loaded = await loadRecordings(sessions, {
      read: readRecording,
      parser,
      onProgress: progress => mine === loading && tell({ is: 'loading', id, progress }),
      stop: mine.signal,
    })
    if (mine !== loading) return
    recordings = loaded.recordings
    tell({ is: 'loaded', id, progress: loaded.progress })
  } catch (error) {
    if (mine === loading) tell({ is: 'unloadable', id, reason: reasonOf(error) })
  }
}

const isGone = new Set([404, 410])

async function readRecording(session: string, stop: AbortSignal): Promise<AsyncIterable<Uint8Array> | null> {
  try {
    return (await httpSource(recordingUrl(session)).stream(0, stop)).chunks
  } catch (error) {
    if (error instanceof SourceError && isGone.has(error.status)) return null
    throw error
  }
}

async function rehearse({ id, ask }: Extract<RehearsalRequest, { is: 'rehearse' }>): Promise<void> {
  try {
    const outcome = await rehearseLoaded(ask, {
      recordings,
      monotonicUs: () => performance.now() * 1000,
      random: randomBytes,
    })
    tell({ is: 'rehearsed', id, outcome })
  } catch (error) {
    tell({ is: 'failed', id, reason: reasonOf(error) })
  }
}

function tell(message: RehearsalMessage): void {
  self.postMessage(message)
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

async function joined(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  return new Uint8Array(await new Blob(all as BlobPart[]).arrayBuffer())
}
