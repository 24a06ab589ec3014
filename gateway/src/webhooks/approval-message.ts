import type { Approval } from '../approvals/index.ts'

/** The most operations that a message names. */
const operationsMax = 20

/**
 * What endpoints are told of a request: who asks for what kind of thing, where,
 * and where to decide it. Neither text nor values, reasons or comments: what
 * stands in a chat stays there.
 */
export function approvalMessage(approval: Approval, url: string): object {
  const { id, state, because, request, ask, expiresAtUs, reviews, grant } = approval
  return {
    approval: id,
    url: `${url}/approvals?id=${encodeURIComponent(id)}`,
    state,
    ...(because === null ? {} : { because }),
    principal: request.principal.name,
    delegation: request.delegation.map(({ name }) => name),
    run: request.run,
    target: request.target,
    command: `${request.session}.${request.number}`,
    rules: [...new Set(request.demands.map(({ rule }) => rule))],
    by: [...new Set(request.demands.flatMap(demand => demand.by))],
    operations: (ask?.operations ?? []).slice(0, operationsMax).map(({ verb, tables }) => ({ verb, tables })),
    expiresAt: toTime(expiresAtUs),
    reviews: reviews.map(({ by, vote, at }) => ({ by, vote, at })),
    ...(grant ? { grantedUntil: toTime(grant.untilUs) } : {}),
  }
}

function toTime(us: number): string {
  return new Date(us / 1000).toISOString()
}
