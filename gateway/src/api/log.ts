import { Hono, type Context } from 'hono'
import { describeRoute } from 'hono-openapi'
import { findLeaves, lineHashes, type GatewayLog } from '../log/index.ts'
import { actorOf, allow, type ApiEnv } from './caller.ts'
import type { ApiDeps } from './deps.ts'
import { json, problems } from './describe.ts'
import { Problem } from './problem.ts'
import { logState, newLogKey, sessionLeaves } from './schemas.ts'

const tags = ['log']
/** What a log once says of a size it says for ever. */
const forEver = 'public, max-age=31536000, immutable'

/** An answer that is not JSON, for `describeRoute`. */
function bytes(description: string, type: string) {
  return { description, content: { [type]: { schema: { type: 'string' as const, format: 'binary' } } } }
}

/** The gateway's log, for everybody: what C2SP's tlog-tiles asks of a log, and nothing about anybody in clear. */
export function logFilesApi({ log }: Pick<ApiDeps, 'log'>) {
  return new Hono<ApiEnv>()
    .get(
      '/checkpoint',
      describeRoute({
        tags,
        summary: 'The newest signed checkpoint of the log (c2sp.org/tlog-checkpoint), with its cosignatures',
        security: [],
        responses: { 200: bytes('a signed note', 'text/plain'), ...problems(404) },
      }),
      c => {
        if (log.published === null) throw new Problem(404, 'nothing is published yet')
        return c.body(Uint8Array.from(log.published.note), 200, {
          'content-type': 'text/plain; charset=utf-8',
          'cache-control': 'no-cache',
        })
      },
    )
    .get(
      '/tile/:level/:place{.+}',
      describeRoute({
        tags,
        summary: 'A tile of the log, or a bundle of its entries (c2sp.org/tlog-tiles)',
        security: [],
        responses: { 200: bytes('hashes, or entries with their lengths', 'application/octet-stream'), ...problems(404) },
      }),
      c => sendForEver(c, log.read(c.req.path.slice(1))),
    )
    .get(
      '/handover/:leaf',
      describeRoute({
        tags,
        summary: 'The proof that the key before that of a `key` leaf agreed to it: a tlog-proof under a checkpoint that both signed',
        security: [],
        responses: { 200: bytes('a tlog-proof', 'text/plain'), ...problems(404) },
      }),
      c => sendForEver(c, handoverOf(log, c.req.param('leaf'))),
    )
}

/** What of the log's surroundings is for those who may read the trail, and changing its key. */
export function logApi({
  log,
  witnessing,
  epochs,
  epochLists,
  ledger,
  machine,
}: Pick<ApiDeps, 'log' | 'witnessing' | 'epochs' | 'epochLists' | 'ledger' | 'machine'>) {
  return new Hono<ApiEnv>()
    .get(
      '/',
      describeRoute({
        tags,
        summary: 'How the log does',
        responses: { 200: json('its name, its key, and how far it is', logState), ...problems(401, 403) },
      }),
      allow('read trail'),
      c =>
        c.json({
          origin: log.origin,
          vkey: log.vkey,
          size: log.size,
          published: log.published?.checkpoint.size ?? 0,
          unanchoredSeconds: epochs.unanchoredSeconds,
          isWitnessed: witnessing?.isWitnessed ?? null,
          witnesses: witnessing?.status ?? [],
        }),
    )
    .get(
      '/epochs/:number',
      describeRoute({
        tags,
        summary: 'The list behind an epoch’s leaf: how far each open recording, and the ledger, had come',
        responses: { 200: bytes('a line each: id, size, root', 'text/plain'), ...problems(401, 403, 404) },
      }),
      allow('read trail'),
      c => {
        const number = wholeNumber(c.req.param('number'))
        const list = number === null ? null : epochLists.bytes(number)
        if (!list) throw new Problem(404, 'no list of this epoch; those of the last hour are kept')
        return c.body(Uint8Array.from(list), 200, { 'content-type': 'text/plain; charset=utf-8' })
      },
    )
    .get(
      '/ledger',
      describeRoute({
        tags,
        summary: 'The leaf hashes of the ledger’s lines, 32 bytes each',
        responses: { 200: bytes('hashes', 'application/octet-stream'), ...problems(401, 403) },
      }),
      allow('read trail'),
      c => c.body(streamOf(lineHashes(machine.disk, ledger)), 200, { 'content-type': 'application/octet-stream' }),
    )
    .get(
      '/sessions/:session',
      describeRoute({
        tags,
        summary: 'Which leaves of the log name a session, or a key of the log',
        responses: { 200: json('their indexes', sessionLeaves), ...problems(401, 403) },
      }),
      allow('read trail'),
      async c => c.json({ leaves: await findLeaves(log, c.req.param('session'), machine.clock) }),
    )
    .post(
      '/rotate-key',
      describeRoute({
        tags,
        summary: 'Changes the key that signs the log; the old one is destroyed once both have signed a checkpoint',
        responses: { 200: json('the key that signs from here on', newLogKey), ...problems(401, 403, 503) },
      }),
      allow('operate'),
      async c => {
        await ledger.append({ kind: 'log key change', replaces: log.vkey, by: actorOf(c.get('caller')) })
        return c.json({ vkey: await log.rotateKey() })
      },
    )
}

function sendForEver(c: Context, bytes: Uint8Array | null): Response {
  if (!bytes) throw new Problem(404, 'the log has no such file')
  return c.body(Uint8Array.from(bytes), 200, { 'content-type': 'application/octet-stream', 'cache-control': forEver })
}

function handoverOf(log: GatewayLog, leaf: string): Uint8Array | null {
  const index = wholeNumber(leaf)
  return index === null ? null : log.handover(index)
}

/** A number as it is written in one way only. */
function wholeNumber(text: string): number | null {
  return /^(?:0|[1-9]\d{0,14})$/.test(text) ? Number(text) : null
}

const hashesAPiece = 1024

/** Hashes as they are asked for: a client that is slow makes nobody wait. */
function streamOf(hashes: Iterator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    pull(controller) {
      const piece: number[] = []
      for (let i = 0; i < hashesAPiece; i++) {
        const next = hashes.next()
        if (next.done) break
        piece.push(...next.value)
      }
      if (piece.length === 0) return controller.close()
      controller.enqueue(Uint8Array.from(piece))
    },
  })
}
