import { Hono, type Context } from 'hono'
import { describeRoute, validator } from 'hono-openapi'
import { z } from 'zod'
import { actorOf, allow, type ApiEnv } from './caller.ts'
import type { ApiDeps } from './deps.ts'
import { json, problems } from './describe.ts'
import { pageQuery, toFilter } from './filter.ts'
import { Problem, refuseInvalid } from './problem.ts'
import { parseRange } from './range.ts'
import { pageOf, session, sessionDetail } from './schemas.ts'
import type { RecordingFileView } from '../journal/recording-files.ts'

const recordingType = 'application/x-asciicast'
/** How much of a recording is in memory at once while it is sent. */
const pieceBytes = 256 * 1024

/** Sessions: search them, replay them, end them. */
export function sessionsApi(deps: ApiDeps) {
  const tags = ['sessions']
  return new Hono<ApiEnv>()
    .get(
      '/',
      describeRoute({
        tags,
        summary: 'Sessions, newest first',
        responses: { 200: json('a page of sessions', pageOf(session)), ...problems(400, 401, 403) },
      }),
      allow('read trail'),
      validator('query', pageQuery, refuseInvalid),
      async c => {
        const { limit, cursor, ...filter } = c.req.valid('query')
        return c.json(await deps.search.sessions(toFilter(filter, deps.machine.clock), { limit, cursor: cursor ?? null }))
      },
    )
    .get(
      '/:id',
      describeRoute({ tags, summary: 'One session', responses: { 200: json('the session', sessionDetail), ...problems(401, 403, 404) } }),
      allow('read trail'),
      async c => {
        const found = await deps.search.session(c.req.param('id'))
        if (!found) throw noSession()
        return c.json(found)
      },
    )
    .get(
      '/:id/recording',
      describeRoute({
        tags,
        summary: 'The recording of a session: an asciicast v3 file, as far as it is written; ranges are supported',
        responses: {
          200: { description: 'the whole file', content: { [recordingType]: { schema: { type: 'string' } } } },
          206: { description: 'the range that was asked for', content: { [recordingType]: { schema: { type: 'string' } } } },
          304: { description: 'unchanged' },
          ...problems(401, 403, 404, 416, 503),
        },
      }),
      allow('read trail'),
      validator('query', z.strictObject({ download: z.string().max(10).optional() }), refuseInvalid),
      async c => {
        const id = c.req.param('id')
        const file = deps.recordings.find(id)
        if (!file) throw noSession()
        await deps.readers.note(id, actorOf(c.get('caller')))
        return sendRecording(c, deps, { id, file, isDownload: c.req.valid('query').download !== undefined })
      },
    )
    .post(
      '/:id/terminate',
      describeRoute({
        tags,
        summary: 'Ends an open session',
        responses: { 202: json('it is ending', z.strictObject({ id: z.string() })), ...problems(401, 403, 404, 503) },
      }),
      allow('terminate'),
      async c => {
        const id = c.req.param('id')
        if (!deps.sessions.openSessions.has(id)) throw new Problem(404, 'no open session of this id')
        await deps.ledger.append({ kind: 'terminate', session: id, by: actorOf(c.get('caller')) })
        deps.sessions.terminate(id)
        return c.json({ id }, 202)
      },
    )
}

function sendRecording(
  c: Context,
  { recordings, erasures }: ApiDeps,
  { id, file, isDownload }: { id: string; file: RecordingFileView; isDownload: boolean },
): Response {
  // Only ever appended to and erased from, so its length and the number of erasures say which version of it this is.
  const etag = `"${id}-${file.sizeBytes}-${erasures.countOf(id)}"`
  const headers: Record<string, string> = {
    'content-type': recordingType,
    'accept-ranges': 'bytes',
    'cache-control': 'private, no-cache',
    etag,
    ...(isDownload ? { 'content-disposition': `attachment; filename="${id}.cast"` } : {}),
  }
  if (c.req.header('if-none-match') === etag) return c.body(null, 304, headers)
  const ifRange = c.req.header('if-range')
  const asked = ifRange === undefined || ifRange === etag ? parseRange(c.req.header('range'), file.sizeBytes) : 'whole'
  if (asked === 'outside') {
    throw new Problem(416, `the recording has ${file.sizeBytes} bytes`, { headers: { 'content-range': `bytes */${file.sizeBytes}`, etag } })
  }
  const { start, end } = asked === 'whole' ? { start: 0, end: file.sizeBytes } : asked
  headers['content-length'] = String(end - start)
  if (asked !== 'whole') headers['content-range'] = `bytes ${start}-${end - 1}/${file.sizeBytes}`
  const status = asked === 'whole' ? 200 : 206
  if (c.req.method === 'HEAD') return c.body(null, status, headers)
  let at = start
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (at >= end) return controller.close()
      const piece = recordings.read(file, { start: at, end: Math.min(end, at + pieceBytes) })
      if (piece.length === 0) return controller.error(new Error('the recording is shorter than it was'))
      at += piece.length
      controller.enqueue(piece)
    },
  })
  return c.body(body, status, headers)
}

function noSession(): Problem {
  return new Problem(404, 'no session of this id')
}
