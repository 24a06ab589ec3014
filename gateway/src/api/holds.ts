import { Hono } from 'hono'
import { describeRoute, validator } from 'hono-openapi'
import { isStoreAway } from '../index/is-store-away.ts'
import type { Hold } from '../retention/index.ts'
import { actorOf, allow, type ApiEnv } from './caller.ts'
import type { ApiDeps } from './deps.ts'
import { json, problems } from './describe.ts'
import { Problem, refuseInvalid } from './problem.ts'
import { hold as holdShape, holdRequest, liftQuery, listOf } from './schemas.ts'

/** Legal holds: what is under one is neither removed nor erased. */
export function holdsApi({ holds, recordings, search }: Pick<ApiDeps, 'holds' | 'recordings' | 'search'>) {
  const tags = ['holds']
  return new Hono<ApiEnv>()
    .get(
      '/',
      describeRoute({ tags, summary: 'All legal holds', responses: { 200: json('the holds', listOf(holdShape)), ...problems(401, 403) } }),
      allow('read trail'),
      c => c.json({ items: holds.list().map(viewOf) }),
    )
    .post(
      '/',
      describeRoute({
        tags,
        summary: 'Places a legal hold on a session, or on every session of a run; for admins and investigators',
        responses: { 201: json('the hold', holdShape), ...problems(400, 401, 403, 404, 409, 413, 503) },
      }),
      allow('place holds'),
      validator('json', holdRequest, refuseInvalid),
      async c => {
        const { session, run, reason } = c.req.valid('json')
        if (session !== undefined && !recordings.find(session)) throw new Problem(404, 'no recording of this session is here')
        if (run !== undefined && !(await isRun(run))) throw new Problem(404, 'no run of this id')
        const subject = session === undefined ? { run: run! } : { session }
        return c.json(viewOf(await holds.place(subject, { reason, by: actorOf(c.get('caller')) })), 201)
      },
    )
    .delete(
      '/:id',
      describeRoute({
        tags,
        summary: 'Lifts a legal hold; for admins',
        responses: { 200: json('the hold that was', holdShape), ...problems(400, 401, 403, 404, 503) },
      }),
      allow('lift holds'),
      validator('query', liftQuery, refuseInvalid),
      async c => {
        const lifted = await holds.lift(c.req.param('id'), { reason: c.req.valid('query').reason, by: actorOf(c.get('caller')) })
        return c.json(viewOf(lifted))
      },
    )

  async function isRun(id: string): Promise<boolean> {
    try {
      return (await search.run(id)) !== null
    } catch (error) {
      // Better a hold on nothing than none while search is away.
      if (isStoreAway(error)) return true
      throw error
    }
  }
}

function viewOf({ id, subject, reason, by, placedAtUs }: Hold) {
  return { id, ...subject, reason, by, placedAt: new Date(placedAtUs / 1000).toISOString() }
}
