import { Hono } from 'hono'
import { describeRoute, validator } from 'hono-openapi'
import { actorOf, allow, type ApiEnv } from './caller.ts'
import type { ApiDeps } from './deps.ts'
import { json, problems } from './describe.ts'
import { refuseInvalid } from './problem.ts'
import { createdToken, listOf, token, tokenRequest } from './schemas.ts'

/** API tokens for automation, each with a role. */
export function tokensApi({ tokens }: ApiDeps) {
  const tags = ['tokens']
  return new Hono<ApiEnv>()
    .get(
      '/',
      describeRoute({ tags, summary: 'All API tokens', responses: { 200: json('the tokens', listOf(token)), ...problems(401, 403) } }),
      allow('manage tokens'),
      c => c.json({ items: tokens.list() }),
    )
    .post(
      '/',
      describeRoute({
        tags,
        summary: 'Creates an API token',
        responses: { 201: json('the token and its secret', createdToken), ...problems(400, 401, 403, 409, 413, 503) },
      }),
      allow('manage tokens'),
      validator('json', tokenRequest, refuseInvalid),
      async c => c.json(await tokens.create(c.req.valid('json'), actorOf(c.get('caller'))), 201, { 'cache-control': 'no-store' }),
    )
    .delete(
      '/:name',
      describeRoute({
        tags,
        summary: 'Removes an API token',
        responses: { 204: { description: 'it is gone' }, ...problems(401, 403, 404, 503) },
      }),
      allow('manage tokens'),
      async c => {
        await tokens.remove(c.req.param('name'), actorOf(c.get('caller')))
        return c.body(null, 204)
      },
    )
}
