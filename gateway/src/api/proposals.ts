import { createAnalyst, type Difference } from '@steno/policy-dsl'
import { Hono } from 'hono'
import { describeRoute, validator } from 'hono-openapi'
import type { z } from 'zod'
import { personOf } from '../identity/index.ts'
import type { Proposal, ProposalReviewer, Proposals } from '../policies/index.ts'
import { allow, type ApiEnv, type Caller } from './caller.ts'
import type { ApiDeps } from './deps.ts'
import { json, problems } from './describe.ts'
import { analysisStepsMax } from './policy-analysis.ts'
import { Problem, refuseInvalid } from './problem.ts'
import { listOf, policyProposal, policyProposalReview } from './schemas.ts'

/** Changes to policies that wait for a second person. */
export function proposalsApi({ proposals, policies }: ApiDeps) {
  const tags = ['policies']
  const analyst = createAnalyst({ stepsMax: analysisStepsMax })

  /** What would be decided differently; null where there is nothing to compare, or what it names is not known any more. */
  function differencesOf({ name, base, source }: Proposal): Difference[] | null {
    const before = base === null ? null : policies.version(name, base)
    const after = source === null ? null : policies.check(source).ruleset
    return before && after ? analyst.compare(before.ruleset, after) : null
  }

  return new Hono<ApiEnv>()
    .get(
      '/',
      describeRoute({
        tags,
        summary: 'Changes to policies that wait for a second person, or did, the newest first',
        responses: { 200: json('the proposals', listOf(policyProposal)), ...problems(401, 403) },
      }),
      allow('read policies'),
      c => c.json({ items: proposals.list().map(proposal => viewOfProposal(proposal, { caller: c.get('caller'), proposals })) }),
    )
    .get(
      '/:id',
      describeRoute({
        tags,
        summary: 'One proposal, whole: everything to agree to',
        responses: { 200: json('the proposal', policyProposal), ...problems(401, 403, 404) },
      }),
      allow('read policies'),
      c => {
        const found = proposals.get(c.req.param('id'))
        if (!found) throw new Problem(404, 'no proposal of this id is remembered; the ledger tells how it ended')
        return c.json({ ...viewOfProposal(found, { caller: c.get('caller'), proposals }), differences: differencesOf(found) })
      },
    )
    .post(
      '/:id/reviews',
      describeRoute({
        tags,
        summary: 'Agrees to a proposal, which puts it in force, or ends it',
        description: 'Its author can only take it back. Agreeing names the digest of what was shown.',
        responses: {
          200: json('the proposal after it', policyProposal),
          ...problems(400, 401, 403, 404, 409, 413, 422, 503),
        },
      }),
      allow('review policies'),
      validator('json', policyProposalReview, refuseInvalid),
      async c => {
        const caller = c.get('caller')
        const reviewer = reviewerOf(caller)
        if (!reviewer) throw new Problem(403, 'only people and API tokens may agree to proposals')
        const id = c.req.param('id')
        const review = c.req.valid('json')
        const after =
          review.vote === 'accept'
            ? await proposals.accept(id, { digest: review.digest, comment: review.comment ?? '' }, reviewer)
            : await proposals.close(id, review.comment, reviewer)
        return c.json(viewOfProposal(after, { caller, proposals }))
      },
    )
}

/** A proposal as one caller sees it. */
export function viewOfProposal(
  { proposedAtUs, closed, ...proposal }: Proposal,
  { caller, proposals }: { caller: Caller; proposals: Proposals },
): z.infer<typeof policyProposal> {
  const reviewer = reviewerOf(caller)
  const objection = objectionTo(proposal, { reviewer, proposals })
  return {
    ...proposal,
    proposedAt: toTime(proposedAtUs),
    closed: closed && { by: closed.by, comment: closed.comment, at: toTime(closed.atUs) },
    reviewers: [...proposals.reviewers],
    canReview: objection === null,
    ...(objection === null ? {} : { cannotReview: objection }),
    isOwn: reviewer !== null && personOf(reviewer.name) === personOf(proposal.by.name),
  }
}

function objectionTo(
  { id, state }: Pick<Proposal, 'id' | 'state'>,
  { reviewer, proposals }: { reviewer: ProposalReviewer | null; proposals: Proposals },
): string | null {
  if (!reviewer) return 'only people and API tokens may agree to proposals'
  if (state !== 'pending' && state !== 'overtaken') return `it is over: it was ${state}`
  return proposals.objection(id, reviewer)
}

/** The caller as somebody who decides; null for agents and runs, which never do. */
function reviewerOf(caller: Caller): ProposalReviewer | null {
  return 'role' in caller ? { kind: caller.kind, name: caller.name, role: caller.role, groups: caller.groups } : null
}

function toTime(us: number): string {
  return new Date(us / 1000).toISOString()
}
