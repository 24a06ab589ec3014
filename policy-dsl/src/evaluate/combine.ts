import type { Judgement } from '../decision.ts'
import { nothingMatched } from './evaluate.ts'

/**
 * What several policies say together of one command: the strictest verdict,
 * and what all of them ask for. None at all allows.
 */
export function combine(judgements: Judgement[]): Judgement {
  const said = judgements.filter(judgement => judgement.matched.length > 0 || judgement.by !== null)
  const [first, ...others] = said
  if (first === undefined) return nothingMatched
  if (others.length === 0) return first
  let decisive = first
  for (const judgement of others) if (isStricter(judgement, decisive)) decisive = judgement
  return {
    verdict: decisive.verdict,
    by: decisive.by,
    matched: said.flatMap(judgement => judgement.matched),
    approvals: said.flatMap(judgement => judgement.approvals),
    evidence: said.flatMap(judgement => judgement.evidence),
    masks: said.flatMap(judgement => judgement.masks),
    limits: said.flatMap(judgement => judgement.limits),
    alerts: said.flatMap(judgement => judgement.alerts),
  }
}

/** Among equally strict ones the first operation decides, then the order in which the policies were given. */
function isStricter(one: Judgement, other: Judgement): boolean {
  const difference = strictness(one) - strictness(other)
  if (difference !== 0) return difference > 0
  return (one.by?.operation ?? Number.POSITIVE_INFINITY) < (other.by?.operation ?? Number.POSITIVE_INFINITY)
}

function strictness(judgement: Judgement): number {
  if (judgement.verdict !== 'allow') return judgement.verdict === 'deny' ? 4 : 3
  if (judgement.masks.length > 0 || judgement.limits.length > 0) return 2
  return judgement.alerts.length > 0 ? 1 : 0
}

/** The same with what one rule asks for twice asked for once: a command may be judged for several identities. */
export function withoutRepeats(judgement: Judgement): Judgement {
  const { matched, approvals, evidence, masks, limits, alerts } = judgement
  return {
    ...judgement,
    matched: distinct(matched),
    approvals: distinct(approvals),
    evidence: distinct(evidence),
    masks: distinct(masks),
    limits: distinct(limits),
    alerts: distinct(alerts),
  }
}

function distinct<T>(values: T[]): T[] {
  return [...new Map(values.map(value => [JSON.stringify(value), value])).values()]
}
