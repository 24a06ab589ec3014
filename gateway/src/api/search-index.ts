import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { z } from 'zod'
import type { IndexCheck } from '../index/index.ts'
import { allow, type ApiEnv } from './caller.ts'
import type { ApiDeps } from './deps.ts'
import { json, problems } from './describe.ts'
import { Problem } from './problem.ts'

const difference = z
  .strictObject({
    of: z.string().meta({ description: '`session <id>`, `command <id>.<number>` or `run <id>`' }),
    field: z.string().nullable().meta({ description: 'null where one of the two knows nothing of it at all' }),
    recorded: z.string().nullable().meta({ description: 'what the recording or the ledger says, as JSON and cut short; null for nothing' }),
    indexed: z.string().nullable(),
  })
  .meta({ id: 'IndexDifference' })

const checked = z
  .strictObject({
    sessions: z.int().min(0),
    commands: z.int().min(0),
    runs: z.int().min(0),
    differences: z.array(difference).meta({ description: 'the first of them' }),
    differing: z.int().min(0).meta({ description: 'how many there are in all' }),
  })
  .meta({ id: 'IndexCheck' })

const state = z
  .strictObject({
    behindBytes: z.int().min(0).meta({ description: 'bytes of recordings that search does not know yet' }),
    behindSessions: z.int().min(0),
    rebuilding: z.boolean(),
    checking: z.boolean(),
    checked: checked.nullable().meta({ description: 'what the last check found; null for none since the start, or one that failed' }),
  })
  .meta({ id: 'SearchIndex' })

/** The search index: how far it is, whether it says what the record says, and making it anew. */
export function searchIndexApi(deps: ApiDeps) {
  const tags = ['index']
  let rebuilding = false
  let checking = false
  let last: IndexCheck | null = null
  return new Hono<ApiEnv>()
    .get(
      '/',
      describeRoute({ tags, summary: 'How far the search index is', responses: { 200: json('its state', state), ...problems(401, 403) } }),
      allow('read trail'),
      async c => {
        const { bytes, sessions } = await deps.search.lag()
        return c.json({ behindBytes: bytes, behindSessions: sessions, rebuilding, checking, checked: last })
      },
    )
    .post(
      '/rebuild',
      describeRoute({
        tags,
        summary: 'Rebuilds the search index from the recordings and the ledger; sessions go on meanwhile',
        responses: { 202: json('it has begun', z.strictObject({ rebuilding: z.literal(true) })), ...problems(401, 403, 409) },
      }),
      allow('operate'),
      c => {
        if (rebuilding) throw new Problem(409, 'the index is being rebuilt already')
        rebuilding = true
        last = null
        deps
          .reindex()
          .catch((error: unknown) => deps.onError(error, { method: 'POST', path: c.req.path }))
          .finally(() => {
            rebuilding = false
          })
        return c.json({ rebuilding: true as const }, 202)
      },
    )
    .post(
      '/check',
      describeRoute({
        tags,
        summary: 'Holds the search index against the recordings and the ledger, and changes nothing',
        responses: { 202: json('it has begun', z.strictObject({ checking: z.literal(true) })), ...problems(401, 403, 409) },
      }),
      allow('read trail'),
      c => {
        if (checking) throw new Problem(409, 'the index is being checked already')
        checking = true
        last = null
        deps
          .checkIndex()
          .then(check => {
            last = check
          })
          .catch((error: unknown) => deps.onError(error, { method: 'POST', path: c.req.path }))
          .finally(() => {
            checking = false
          })
        return c.json({ checking: true as const }, 202)
      },
    )
}
