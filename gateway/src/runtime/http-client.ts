/** Asks somebody over HTTP. Rejects when nobody answers, when `signal` is aborted, and when the answer is longer than `answerBytesMax`. */
export type AskHttp = (request: HttpRequest) => Promise<HttpAnswer>

export interface HttpRequest {
  method: 'GET' | 'POST'
  url: string
  headers?: Record<string, string>
  body?: Uint8Array
  answerBytesMax: number
  signal: AbortSignal
}

export interface HttpAnswer {
  status: number
  /** The media type, without parameters. */
  type: string
  body: Uint8Array
}

/** HTTP by the runtime's own client, which keeps connections open. It goes where it is told and nowhere else: no redirects. */
export const askHttp: AskHttp = async ({ method, url, headers = {}, body, answerBytesMax, signal }) => {
  const answer = await fetch(url, { method, headers, redirect: 'error', signal, ...(body ? { body: Uint8Array.from(body) } : {}) })
  return readAnswer(answer, answerBytesMax)
}

/** An answer as far as it is wanted. */
export async function readAnswer(answer: Response, answerBytesMax: number): Promise<HttpAnswer> {
  const pieces: Uint8Array[] = []
  let sizeBytes = 0
  const reader = answer.body?.getReader()
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
    sizeBytes += read.value.length
    if (sizeBytes > answerBytesMax) {
      await reader?.cancel()
      throw new Error(`expected an answer of at most ${answerBytesMax} bytes`)
    }
    pieces.push(read.value)
  }
  const body = new Uint8Array(sizeBytes)
  let at = 0
  for (const piece of pieces) {
    body.set(piece, at)
    at += piece.length
  }
  const type = (answer.headers.get('content-type') ?? '').split(';')[0]!.trim().toLowerCase()
  return { status: answer.status, type, body }
}
