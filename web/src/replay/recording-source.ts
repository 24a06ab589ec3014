import type { ByteRange } from './frame.ts'

/** Where the bytes of a recording come from. */
export interface RecordingSource {
  /** Streams from a byte on to the end as it is now; `chunks` is empty when there is nothing more. */
  stream(from: number, stop: AbortSignal): Promise<{ totalBytes: number | null; chunks: AsyncIterable<Uint8Array> }>
  read(range: ByteRange): Promise<Uint8Array>
}

/** Why bytes did not come: what the server answered, in words. */
export class SourceError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.name = 'SourceError'
    this.status = status
  }
}

/** What is shown, and proven, is what the gateway has now, not a copy that the browser kept. */
const asItIs: RequestInit = { cache: 'no-store' }

/** Gives a recording as the API serves it, read in ranges. */
export function httpSource(url: string): RecordingSource {
  return {
    async stream(from, stop) {
      const response = await fetch(url, { ...asItIs, signal: stop, ...(from > 0 ? { headers: { range: `bytes=${from}-` } } : {}) })
      // RFC 9110 §15.5.17: nothing lies past the end yet.
      if (response.status === 416) return { totalBytes: from, chunks: nothing() }
      await demand(response, from > 0 ? 206 : 200)
      return { totalBytes: totalOf(response), chunks: chunksOf(response) }
    },
    async read(range) {
      if (range.to <= range.from) return new Uint8Array(0)
      const response = await fetch(url, { ...asItIs, headers: { range: `bytes=${range.from}-${range.to - 1}` } })
      await demand(response, 206)
      const bytes = new Uint8Array(await response.arrayBuffer())
      if (bytes.length !== range.to - range.from) {
        throw new SourceError(response.status, `expected ${range.to - range.from} bytes of the recording, got ${bytes.length}`)
      }
      return bytes
    },
  }
}

async function demand(response: Response, status: number): Promise<void> {
  if (response.status === status) return
  await response.body?.cancel()
  throw new SourceError(response.status, wordsFor(response.status, status))
}

function wordsFor(status: number, wanted: number): string {
  if (status === 401) return 'you are not signed in any more'
  if (status === 403) return 'your role may not read recordings'
  if (status === 404) return 'there is no recording under this address'
  if (status === 410) return 'the recording was removed'
  if (status === 200 && wanted === 206) return 'expected a part of the recording, got all of it'
  return `the server answered ${status}`
}

function totalOf(response: Response): number | null {
  const range = response.headers.get('content-range')?.match(/\/(\d+)$/)?.[1]
  if (range) return Number(range)
  // A compressed body's length says nothing about the recording's.
  if (response.headers.has('content-encoding')) return null
  const length = response.headers.get('content-length')
  return length === null ? null : Number(length)
}

async function* chunksOf(response: Response): AsyncIterable<Uint8Array> {
  const reader = response.body?.getReader()
  if (!reader) return
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}

async function* nothing(): AsyncIterable<Uint8Array> {}

/** Where the API serves a session's recording. */
export function recordingUrl(session: string): string {
  return `/api/sessions/${encodeURIComponent(session)}/recording`
}
