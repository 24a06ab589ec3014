import { Hono } from 'hono'
import { describeRoute, validator } from 'hono-openapi'
import type { Actor } from '../journal/ledger.ts'
import type { Erasure } from '../retention/index.ts'
import { actorOf, allow, type ApiEnv } from './caller.ts'
import type { ApiDeps } from './deps.ts'
import { json, problems } from './describe.ts'
import { Problem, refuseInvalid } from './problem.ts'
import { erasure as erasureShape, erasureRefusal, erasureRequest, listOf } from './schemas.ts'

/** Erasures: lines of a recording that are to go for good. One asks for it, and another approves. */
export function erasuresApi({ erasures }: Pick<ApiDeps, 'erasures'>) {
  const tags = ['erasures']
  const view = (erasure: Erasure, caller: Actor) => {
    const objection = erasures.objection(erasure.id, caller)
    return { ...viewOf(erasure), ...(objection === null ? { canApprove: true } : { canApprove: false, cannotApprove: objection }) }
  }
  return new Hono<ApiEnv>()
    .get(
      '/',
      describeRoute({
        tags,
        summary: 'All erasures, newest first',
        responses: { 200: json('the erasures', listOf(erasureShape)), ...problems(401, 403) },
      }),
      allow('read trail'),
      c => c.json({ items: erasures.list().map(erasure => view(erasure, actorOf(c.get('caller')))) }),
    )
    .get(
      '/:id',
      describeRoute({ tags, summary: 'One erasure', responses: { 200: json('the erasure', erasureShape), ...problems(401, 403, 404) } }),
      allow('read trail'),
      c => {
        const found = erasures.get(c.req.param('id'))
        if (!found) throw new Problem(404, 'no erasure of this id')
        return c.json(view(found, actorOf(c.get('caller'))))
      },
    )
    .post(
      '/',
      describeRoute({
        tags,
        summary: 'Asks that a command or lines of a closed recording be erased; for admins and investigators',
        description: 'More lines may go than were named: the answer says which. Nothing changes until somebody else approves.',
        responses: { 201: json('the erasure', erasureShape), ...problems(400, 401, 403, 404, 409, 413, 503) },
      }),
      allow('erase'),
      validator('json', erasureRequest, refuseInvalid),
      async c => {
        const asked = c.req.valid('json')
        const { session, reason, ...wanted } = asked
        const by = actorOf(c.get('caller'))
        return c.json(view(await erasures.request({ session, wanted, reason }, by), by), 201)
      },
    )
    .post(
      '/:id/approve',
      describeRoute({
        tags,
        summary: 'Approves an erasure that somebody else asked for, which then is carried out; for admins and investigators',
        responses: { 202: json('the erasure, which is being carried out', erasureShape), ...problems(401, 403, 404, 409, 503) },
      }),
      allow('erase'),
      async c => {
        const by = actorOf(c.get('caller'))
        return c.json(view(await erasures.approve(c.req.param('id'), by), by), 202)
      },
    )
    .post(
      '/:id/refuse',
      describeRoute({
        tags,
        summary: 'Refuses an erasure, or takes it back; for admins and investigators',
        responses: { 200: json('the erasure', erasureShape), ...problems(400, 401, 403, 404, 409, 413, 503) },
      }),
      allow('erase'),
      validator('json', erasureRefusal, refuseInvalid),
      async c => {
        const by = actorOf(c.get('caller'))
        return c.json(view(await erasures.refuse(c.req.param('id'), { reason: c.req.valid('json').reason, by }), by))
      },
    )
}

function viewOf({ id, session, lines, commands, reason, state, requestedBy, requestedAtUs, decidedBy, decidedAtUs, doneAtUs }: Erasure) {
  return {
    id,
    session,
    lines,
    commands,
    reason,
    state,
    requestedBy,
    requestedAt: toTime(requestedAtUs),
    ...(decidedBy === null || decidedAtUs === null ? {} : { decidedBy, decidedAt: toTime(decidedAtUs) }),
    ...(doneAtUs === null ? {} : { doneAt: toTime(doneAtUs) }),
  }
}

function toTime(us: number): string {
  return new Date(us / 1000).toISOString()
}
