import type { Parameter } from '@steno/recordings'
import { Hono } from 'hono'
import { describeRoute, validator } from 'hono-openapi'
import { z } from 'zod'
import type { Approval, Reviewer } from '../approvals/index.ts'
import { allow, type ApiEnv, type Caller } from './caller.ts'
import type { ApiDeps } from './deps.ts'
import { json, problems } from './describe.ts'
import { Problem, refuseInvalid } from './problem.ts'
import { approval as approvalShape, approvalState, pageOf, reviewRequest } from './schemas.ts'

const listQuery = z.strictObject({
  state: approvalState.optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z
    .string()
    .regex(/^apr_[0-9a-z]{26}$/, 'expected a cursor that a page gave')
    .optional(),
})

/** The most letters of text, and of bind values together, that stand in a list. */
const listedCharactersMax = 4000

/** Approvals: commands that are held until people agree. */
export function approvalsApi({ approvals }: ApiDeps) {
  const tags = ['approvals']
  const view = (approval: Approval, caller: Caller) => {
    const reviewer = reviewerOf(caller)
    const objection = reviewer ? approvals.objection(approval.id, reviewer) : 'only people and API tokens may vote'
    const entitled: { canReview: boolean; cannotReview?: string } =
      objection === null ? { canReview: true } : { canReview: false, cannotReview: objection }
    return { ...viewOf(approval), ...entitled }
  }
  return new Hono<ApiEnv>()
    .get(
      '/',
      describeRoute({
        tags,
        summary: 'Commands that are held for consent, or were, newest first',
        responses: { 200: json('a page of approvals', pageOf(approvalShape)), ...problems(400, 401, 403) },
      }),
      allow('read trail'),
      validator('query', listQuery, refuseInvalid),
      c => {
        const { state, limit, cursor } = c.req.valid('query')
        const page = approvals.list({ state: state ?? null, limit, cursor: cursor ?? null })
        return c.json({ items: page.items.map(item => cutToList(view(item, c.get('caller')))), cursor: page.cursor })
      },
    )
    .get(
      '/:id',
      describeRoute({
        tags,
        summary: 'One approval, whole: everything to decide on',
        responses: { 200: json('the approval', approvalShape), ...problems(401, 403, 404) },
      }),
      allow('read trail'),
      c => {
        const found = approvals.get(c.req.param('id'))
        if (!found) throw new Problem(404, 'no approval of this id is remembered; its command’s recording tells how it ended')
        return c.json(view(found, c.get('caller')))
      },
    )
    .post(
      '/:id/reviews',
      describeRoute({
        tags,
        summary: 'Votes on an approval, once for each person',
        responses: { 200: json('the approval after the vote', approvalShape), ...problems(400, 401, 403, 404, 409, 413, 503) },
      }),
      allow('review approvals'),
      validator('json', reviewRequest, refuseInvalid),
      async c => {
        const reviewer = reviewerOf(c.get('caller'))
        if (!reviewer) throw new Problem(403, 'only people and API tokens may vote')
        const reviewed = await approvals.review(c.req.param('id'), c.req.valid('json'), reviewer)
        return c.json(view(reviewed, c.get('caller')))
      },
    )
}

/** The caller as somebody who votes; null for agents and runs, which never do. */
function reviewerOf(caller: Caller): Reviewer | null {
  return 'role' in caller ? { kind: caller.kind, name: caller.name, role: caller.role, groups: caller.groups } : null
}

function viewOf({ id, state, ask, demands, askedAtUs, expiresAtUs, decidedAtUs, reviews }: Approval) {
  const { session, text, parameters, operations, transaction, reason, policyVersion, digest } = ask
  const { run, principal, delegation, target } = session
  return {
    id,
    state,
    command: `${session.id}.${ask.number}`,
    session: session.id,
    run: run.id,
    attempt: run.attempt,
    principal: principal.name,
    delegation: delegation.map(({ name }) => name),
    task: run.task,
    trigger: run.trigger,
    agentVersion: run.agentVersion,
    target: target.name,
    labels: target.labels,
    protocol: target.protocol,
    text,
    parameters,
    isCut: false,
    operations,
    transaction,
    reason,
    rules: [...new Set(demands.map(({ rule }) => rule))],
    demands,
    policyVersion,
    digest,
    askedAt: toTime(askedAtUs),
    expiresAt: toTime(expiresAtUs),
    ...(decidedAtUs === null ? {} : { decidedAt: toTime(decidedAtUs) }),
    reviews,
  }
}

/** An approval as a list has it: what is long is cut, and it says so. */
function cutToList<Item extends { text: string; parameters: Parameter[]; isCut: boolean }>(item: Item): Item {
  const text = item.text.slice(0, listedCharactersMax)
  let left = listedCharactersMax
  const parameters = item.parameters.filter(parameter => (left -= JSON.stringify(parameter).length) >= 0)
  return { ...item, text, parameters, isCut: text.length < item.text.length || parameters.length < item.parameters.length }
}

function toTime(us: number): string {
  return new Date(us / 1000).toISOString()
}
