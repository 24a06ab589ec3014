import { Recording } from './recording.ts'
import type { RecordingMessage, RecordingRequest } from './recording-messages.ts'
import { httpSource } from './recording-source.ts'

const reportEveryMs = 120

let recording: Recording | null = null
let searching: AbortController | null = null
const reading = new AbortController()

const tell = (message: RecordingMessage): void => self.postMessage(message)

self.addEventListener('message', (event: MessageEvent<RecordingRequest>) => {
  const request = event.data
  switch (request.type) {
    case 'open':
      recording = new Recording(httpSource(request.url))
      return void readOn()
    case 'follow':
      return void readOn()
    case 'detail':
      return void answer(request.id, async from => ({ type: 'detail', id: request.id, detail: await from.detail(request.index) }))
    case 'rows':
      return void answer(request.id, async from => ({ type: 'rows', id: request.id, rows: await from.rows(request) }))
    case 'raw':
      return void answer(request.id, async from => ({ type: 'raw', id: request.id, text: await from.raw(request.index) }))
    case 'stop search':
      searching?.abort()
      searching = null
      return
    case 'search':
      return void search(request)
  }
})

async function readOn(): Promise<void> {
  try {
    await recording?.readOn(update => tell({ type: 'update', update }), every(reportEveryMs), reading.signal)
  } catch (error) {
    tell({ type: 'failed', message: wordsOf(error) })
  }
}

async function answer(id: number, compute: (from: Recording) => Promise<RecordingMessage>): Promise<void> {
  try {
    if (recording) tell(await compute(recording))
  } catch (error) {
    tell({ type: 'refused', id, message: wordsOf(error) })
  }
}

async function search(request: RecordingRequest & { type: 'search' }): Promise<void> {
  searching?.abort()
  const stop = new AbortController()
  searching = stop
  try {
    let last = 0
    await recording?.search(
      request.text,
      (hits, searchedBytes) => {
        last = searchedBytes
        tell({ type: 'hits', id: request.id, hits, searchedBytes, isDone: false })
      },
      every(reportEveryMs),
      stop.signal,
    )
    if (!stop.signal.aborted) tell({ type: 'hits', id: request.id, hits: [], searchedBytes: last, isDone: true })
  } catch (error) {
    if (!stop.signal.aborted) tell({ type: 'refused', id: request.id, message: wordsOf(error) })
  }
}

/** True at first and then once per stretch of time. */
function every(ms: number): () => boolean {
  let lastMs = -Infinity
  return () => {
    const nowMs = performance.now()
    if (nowMs - lastMs < ms) return false
    lastMs = nowMs
    return true
  }
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
