import { Hono } from 'hono'
import { describeRoute } from 'hono-openapi'
import { z } from 'zod'
import { allow, type ApiEnv } from './caller.ts'
import type { ApiDeps } from './deps.ts'
import { json, problems } from './describe.ts'
import { Problem } from './problem.ts'

const state = z
  .strictObject({
    behindBytes: z.int().min(0).meta({ description: 'bytes of recordings that search does not know yet' }),
    behindSessions: z.int().min(0),
    rebuilding: z.boolean(),
  })
  .meta({ id: 'SearchIndex' })

/** The search index: how far it is, and making it anew. */
export function searchIndexApi(deps: ApiDeps) {
  const tags = ['index']
  let rebuilding = false
  return new Hono<ApiEnv>()
    .get(
      '/',
      describeRoute({ tags, summary: 'How far the search index is', responses: { 200: json('its state', state), ...problems(401, 403) } }),
      allow('read trail'),
      async c => {
        const { bytes, sessions } = await deps.search.lag()
        return c.json({ behindBytes: bytes, behindSessions: sessions, rebuilding })
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
        deps
          .reindex()
          .catch((error: unknown) => deps.onError(error, { method: 'POST', path: c.req.path }))
          .finally(() => {
            rebuilding = false
          })
        return c.json({ rebuilding: true as const }, 202)
      },
    )
}
