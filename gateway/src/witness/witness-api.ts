import { Hono, type Context } from 'hono'
import { refused, type Reply } from './reply.ts'
import type { Witness } from './witness.ts'

/** More than 63 hashes and 16 signatures of any kind, which a witness must take. */
const bodyBytesMax = 128 * 1024

/** A witness over HTTP, below whatever prefix it is mounted at. Open to all: what counts is who signed. */
export function witnessApi(witness: Pick<Witness, 'addCheckpoint' | 'replaceKey' | 'latest'>): Hono {
  const answering = (answer: (body: Uint8Array) => Promise<Reply>) => async (c: Context) => {
    const body = await readBody(c.req.raw)
    return write(c, body === null ? refused(413, `expected at most ${bodyBytesMax} bytes`) : await answer(body))
  }
  return new Hono()
    .post(
      '/add-checkpoint',
      answering(body => witness.addCheckpoint(body)),
    )
    .post(
      '/replace-key',
      answering(body => witness.replaceKey(body)),
    )
    .get('/:originHash/checkpoint', c => {
      const checkpoint = witness.latest(c.req.param('originHash'))
      return write(
        c,
        checkpoint === null ? refused(404, 'this witness has signed nothing of the log') : { status: 200, type: plain, body: checkpoint },
      )
    })
}

const plain = 'text/plain; charset=utf-8'

function write(c: Context, { status, type, body }: Reply): Response {
  return c.body(body, status, { 'content-type': type, 'cache-control': 'no-store' })
}

/** A body as it comes, with or without its length said before; null for one that is too long. The server bounds the time. */
async function readBody(request: Request): Promise<Uint8Array | null> {
  if (Number(request.headers.get('content-length') ?? 0) > bodyBytesMax) return null
  const pieces: Uint8Array[] = []
  let sizeBytes = 0
  const reader = request.body?.getReader()
  for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
    sizeBytes += read.value.length
    if (sizeBytes > bodyBytesMax) {
      await reader?.cancel()
      return null
    }
    pieces.push(read.value)
  }
  const body = new Uint8Array(sizeBytes)
  let at = 0
  for (const piece of pieces) {
    body.set(piece, at)
    at += piece.length
  }
  return body
}
