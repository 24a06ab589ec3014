import { Hono } from 'hono'
import { describeRoute, validator } from 'hono-openapi'
import { z } from 'zod'
import { allow, type ApiEnv } from './caller.ts'
import type { ApiDeps } from './deps.ts'
import { json, problems } from './describe.ts'
import { filterQuery, pageQuery, toFilter } from './filter.ts'
import { Problem, refuseInvalid } from './problem.ts'
import { command, histogram, pageOf } from './schemas.ts'

const histogramQuery = filterQuery.extend({ buckets: z.coerce.number().int().min(1).max(500).default(60) })
const dayUs = 86_400_000_000

/** Commands: everything that was asked of any target. */
export function commandsApi(deps: ApiDeps) {
  const tags = ['commands']
  return new Hono<ApiEnv>()
    .get(
      '/',
      describeRoute({
        tags,
        summary: 'Commands, newest first',
        responses: { 200: json('a page of commands', pageOf(command)), ...problems(400, 401, 403) },
      }),
      allow('read trail'),
      validator('query', pageQuery, refuseInvalid),
      async c => {
        const { limit, cursor, ...filter } = c.req.valid('query')
        return c.json(await deps.search.commands(toFilter(filter, deps.machine.clock), { limit, cursor: cursor ?? null }))
      },
    )
    .get(
      '/histogram',
      describeRoute({
        tags,
        summary: 'Commands over time, the last day when no times are given',
        responses: { 200: json('equal steps from `since` to `until`', histogram), ...problems(400, 401, 403) },
      }),
      allow('read trail'),
      validator('query', histogramQuery, refuseInvalid),
      async c => {
        const { buckets, ...query } = c.req.valid('query')
        const filter = toFilter(query, deps.machine.clock)
        const untilUs = filter.untilUs ?? deps.machine.clock.nowUs()
        const sinceUs = filter.sinceUs ?? untilUs - dayUs
        if (sinceUs >= untilUs)
          throw new Problem(400, 'since: expected a time before `until`', {
            faults: [{ at: 'since', message: 'expected a time before `until`' }],
          })
        return c.json(await deps.search.histogram(filter, { sinceUs, untilUs, buckets }))
      },
    )
    .get(
      '/:id',
      describeRoute({ tags, summary: 'One command', responses: { 200: json('the command', command), ...problems(401, 403, 404) } }),
      allow('read trail'),
      async c => {
        const found = await deps.search.command(c.req.param('id'))
        if (!found) throw new Problem(404, 'no command of this id')
        return c.json(found)
      },
    )
}
