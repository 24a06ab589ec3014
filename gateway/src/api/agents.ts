import { Hono } from 'hono'
import { describeRoute, validator } from 'hono-openapi'
import { actorOf, allow, type ApiEnv } from './caller.ts'
import type { ApiDeps } from './deps.ts'
import { json, problems } from './describe.ts'
import { refuseInvalid } from './problem.ts'
import { addedAgent, agent, agentRequest, listOf } from './schemas.ts'

/** Agents: local identities for those without an identity provider. */
export function agentsApi({ agents, runs }: ApiDeps) {
  const tags = ['agents']
  return new Hono<ApiEnv>()
    .get(
      '/',
      describeRoute({ tags, summary: 'All agents', responses: { 200: json('the agents', listOf(agent)), ...problems(401, 403) } }),
      allow('manage agents'),
      c => c.json({ items: agents.list() }),
    )
    .post(
      '/',
      describeRoute({
        tags,
        summary: 'Adds an agent',
        responses: { 201: json('the agent and its secret', addedAgent), ...problems(400, 401, 403, 409, 413, 503) },
      }),
      allow('manage agents'),
      validator('json', agentRequest, refuseInvalid),
      async c => c.json(await agents.add(c.req.valid('json'), actorOf(c.get('caller'))), 201, { 'cache-control': 'no-store' }),
    )
    .delete(
      '/:name',
      describeRoute({
        tags,
        summary: 'Removes an agent and ends its runs',
        responses: { 204: { description: 'it is gone' }, ...problems(401, 403, 404, 503) },
      }),
      allow('manage agents'),
      async c => {
        const by = actorOf(c.get('caller'))
        await agents.remove(c.req.param('name'), by)
        await runs.endAllOf(c.req.param('name'), by)
        return c.body(null, 204)
      },
    )
}
