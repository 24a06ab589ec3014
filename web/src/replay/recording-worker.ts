import type { ProverMessage, ProverRequest } from '../proof/recording-proof-messages.ts'
import { Recording } from './recording.ts'
import type { RecordingMessage, RecordingRequest } from './recording-messages.ts'
import { httpSource, type RecordingSource } from './recording-source.ts'

const reportEveryMs = 120

let recording: Recording | null = null
let source: RecordingSource | null = null
let session = ''
/** Whether the bytes that are read go to the prover as well. */
let isProving = false
let searching: AbortController | null = null
const reading = new AbortController()

const tell = (message: RecordingMessage): void => self.postMessage(message)

self.addEventListener('message', (event: MessageEvent<RecordingRequest>) => {
  const request = event.data
  switch (request.type) {
    case 'open':
      source = httpSource(request.url)
      session = request.session
      recording = new Recording(source, bytes => isProving && sendBytes(bytes))
      return void readFirst(recording)
    case 'prove':
      return void proveAgain()
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

/** In a thread of its own, which is fetched when there is something to prove. */
function startProver(): Worker {
  const worker = new Worker(new URL('../proof/recording-proof-worker.ts', import.meta.url), { type: 'module' })
  worker.addEventListener('message', (event: MessageEvent<ProverMessage>) => tell({ type: 'proof', proof: event.data.proof }))
  worker.addEventListener('error', () =>
    tell({ type: 'proof', proof: { is: 'not known', reason: 'the verifier could not be loaded, or stopped' } }),
  )
  return worker
}
let prover: Worker | null = null

function sendProver(request: ProverRequest): void {
  prover ??= startProver()
  prover.postMessage(request)
}

function sendBytes(bytes: Uint8Array): void {
  sendProver({ type: 'bytes', bytes })
}

/** What is read first is proven as it comes. */
async function readFirst(from: Recording): Promise<void> {
  sendProver({ type: 'begin', session })
  isProving = true
  await readOn()
  isProving = false
  // Behind a line that breaks the format nothing is read, but all of it is hashed.
  if (from.isRefused) return proveAgain()
  sendProver({ type: 'end' })
}

async function proveAgain(): Promise<void> {
  if (!source) return
  sendProver({ type: 'begin', session })
  try {
    const { chunks } = await source.stream(0, reading.signal)
    for await (const chunk of chunks) sendBytes(chunk)
    sendProver({ type: 'end' })
  } catch (error) {
    tell({ type: 'proof', proof: { is: 'not known', reason: wordsOf(error) } })
  }
}

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
