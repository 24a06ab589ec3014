import type { Parameter } from '@steno/recordings'
import { Hono } from 'hono'
import { describeRoute, validator } from 'hono-openapi'
import { z } from 'zod'
import type { Approval, Reviewer } from '../approvals/index.ts'
import { isStoreAway } from '../index/is-store-away.ts'
import type { HeldCommand } from '../index/search.ts'
import { allow, type ApiEnv, type Caller } from './caller.ts'
import type { ApiDeps } from './deps.ts'
import { json, problems } from './describe.ts'
import { queryTime, toTimeUs } from './filter.ts'
import { Problem, refuseInvalid } from './problem.ts'
import {
  approval as approvalShape,
  approvalState,
  estimate as estimateShape,
  pageOf,
  reviewRequest,
  shapeHistory as historyShape,
} from './schemas.ts'

const name = z.string().min(1).max(200)

const listQuery = z.strictObject({
  state: z.enum([...approvalState.options, 'decided']).optional(),
  target: name.optional(),
  agent: name.optional().meta({ description: 'who asks, or anybody in the chain behind them' }),
  reviewer: name.optional().meta({ description: 'who voted' }),
  since: queryTime,
  until: queryTime,
  grant: z.enum(['open']).optional().meta({ description: 'only those that let commands of their shape pass now' }),
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z
    .string()
    .regex(/^apr_[0-9a-z]{26}$/, 'expected a cursor that a page gave')
    .optional(),
})

/** The most letters of text, and of bind values together, that stand in a list. */
const listedCharactersMax = 4000

/** Approvals: commands that are held until people agree. */
export function approvalsApi({ approvals, estimates, search, machine }: ApiDeps) {
  const tags = ['approvals']
  const view = (approval: Approval, found: HeldCommand | undefined, caller: Caller) => {
    const reviewer = reviewerOf(caller)
    const objection = reviewer ? approvals.objection(approval.id, reviewer) : 'only people and API tokens may vote'
    const entitled: { canReview: boolean; cannotReview?: string } =
      objection === null ? { canReview: true } : { canReview: false, cannotReview: objection }
    return { ...viewOf(approval, found), ...entitled }
  }
  /** With what is in the recordings alone by now. */
  const views = async (found: Approval[], caller: Caller) => {
    const ids = found.filter(({ ask }) => ask === null).map(commandOf)
    const asked = ids.length === 0 ? new Map<string, HeldCommand>() : await search.heldCommands(ids).catch(noneWhileAway)
    return found.map(approval => view(approval, asked.get(commandOf(approval)), caller))
  }
  const known = (id: string): Approval => {
    const found = approvals.get(id)
    if (!found) throw new Problem(404, 'no approval of this id is remembered; its command’s recording tells how it ended')
    return found
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
      async c => {
        const { limit, cursor, since, until, grant, ...filter } = c.req.valid('query')
        const page = approvals.list(
          {
            ...filter,
            sinceUs: since === undefined ? undefined : toTimeUs('since', since, machine.clock),
            untilUs: until === undefined ? undefined : toTimeUs('until', until, machine.clock),
            isGranting: grant === 'open',
          },
          { limit, cursor: cursor ?? null },
        )
        return c.json({ items: (await views(page.items, c.get('caller'))).map(cutToList), cursor: page.cursor })
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
      async c => {
        const [found] = await views([known(c.req.param('id'))], c.get('caller'))
        return c.json(found!)
      },
    )
    .get(
      '/:id/history',
      describeRoute({
        tags,
        summary: 'What commands like it did before, at the same target',
        responses: { 200: json('how often, and how they ended', historyShape), ...problems(401, 403, 404, 503) },
      }),
      allow('read trail'),
      async c => {
        const approval = known(c.req.param('id'))
        const { target } = approval.request
        const text = approval.ask?.text ?? (await search.heldCommands([commandOf(approval)])).get(commandOf(approval))?.command.text
        if (text === undefined) throw new Problem(404, 'what it said is not here any more')
        return c.json(await search.shapeHistory({ text, target, beforeUs: approval.askedAtUs, except: commandOf(approval) }))
      },
    )
    .get(
      '/:id/estimate',
      describeRoute({
        tags,
        summary: 'What the target’s planner expects of it, while it waits; nothing is run',
        responses: { 200: json('the estimate, or why there is none', estimateShape), ...problems(401, 403, 404) },
      }),
      allow('review approvals'),
      async c => {
        const { id, ask, state } = known(c.req.param('id'))
        if (state !== 'pending' || ask === null) return c.json({ isPossible: false as const, because: 'it waits no more' })
        return c.json(await estimates.of(id, ask))
      },
    )
    .post(
      '/:id/reviews',
      describeRoute({
        tags,
        summary: 'Votes on an approval, once for each person: on this command alone, or on its shape for a while',
        responses: { 200: json('the approval after the vote', approvalShape), ...problems(400, 401, 403, 404, 409, 413, 503) },
      }),
      allow('review approvals'),
      validator('json', reviewRequest, refuseInvalid),
      async c => {
        const reviewed = await approvals.review(c.req.param('id'), c.req.valid('json'), reviewerIn(c.get('caller')))
        const [shown] = await views([reviewed], c.get('caller'))
        return c.json(shown!)
      },
    )
    .delete(
      '/:id/grant',
      describeRoute({
        tags,
        summary: 'Takes back what was granted to the shape; what runs goes on',
        responses: { 200: json('the approval without its grant', approvalShape), ...problems(401, 403, 404, 409, 503) },
      }),
      allow('review approvals'),
      async c => {
        const left = await approvals.takeBack(c.req.param('id'), reviewerIn(c.get('caller')))
        const [shown] = await views([left], c.get('caller'))
        return c.json(shown!)
      },
    )
}

/** Approvals are listed while search is away too, without what only recordings say. */
function noneWhileAway(error: unknown): Map<string, HeldCommand> {
  if (isStoreAway(error)) return new Map()
  throw error
}

function reviewerIn(caller: Caller): Reviewer {
  const reviewer = reviewerOf(caller)
  if (!reviewer) throw new Problem(403, 'only people and API tokens may vote')
  return reviewer
}

/** The caller as somebody who votes; null for agents and runs, which never do. */
function reviewerOf(caller: Caller): Reviewer | null {
  return 'role' in caller ? { kind: caller.kind, name: caller.name, role: caller.role, groups: caller.groups } : null
}

function commandOf({ request }: Approval): string {
  return `${request.session}.${request.number}`
}

function viewOf(approval: Approval, found: HeldCommand | undefined) {
  const { id, state, request, ask, demands, askedAtUs, expiresAtUs, decidedAtUs, because, grant, reviews } = approval
  const { session, principal, delegation, reason, policyVersion, digest } = request
  return {
    id,
    state,
    command: commandOf(approval),
    session,
    run: request.run,
    principal: principal.name,
    delegation: delegation.map(one => one.name),
    target: request.target,
    ...whatOf(approval, found),
    isCut: false,
    isMissing: ask === null && found === undefined,
    isAsSent: ask?.isAsSent ?? false,
    shape: ask?.shape ?? grant?.shape ?? null,
    reason,
    rules: [...new Set(demands.map(({ rule }) => rule))],
    demands,
    policyVersion,
    digest,
    askedAt: toTime(askedAtUs),
    expiresAt: toTime(expiresAtUs),
    ...(decidedAtUs === null ? {} : { decidedAt: toTime(decidedAtUs) }),
    ...(because === null ? {} : { because }),
    ...(grant === null ? {} : { grant: grantOf(grant) }),
    reviews,
  }
}

/** What was asked, from memory or from its recording, as far as it is in either. */
function whatOf({ ask }: Approval, found: HeldCommand | undefined) {
  const { attempt, task, trigger, agentVersion } = ask?.session.run ?? found?.run ?? unknownRun
  return {
    attempt,
    task,
    trigger,
    agentVersion,
    labels: ask?.session.target.labels ?? found?.labels ?? {},
    protocol: ask?.session.target.protocol ?? found?.command.protocol ?? '',
    text: ask?.text ?? found?.command.text ?? '',
    parameters: ask?.parameters ?? found?.command.parameters ?? [],
    operations: ask?.operations ?? found?.command.operations ?? [],
    transaction: ask?.transaction ?? 'idle',
  }
}

const unknownRun = { attempt: 1, task: null, trigger: null, agentVersion: null }

function grantOf({ shape, by, atUs, untilUs, passed, ended }: NonNullable<Approval['grant']>) {
  const over = ended && { because: ended.because, by: ended.by, at: toTime(ended.atUs) }
  return { shape, by, at: toTime(atUs), until: toTime(untilUs), passed, ended: over }
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
