import type { Verdict } from '@steno/recordings'
import type { ColumnPattern, LimitObligation, MaskObligation } from '../decision.ts'
import type { Obligations } from '../effects/effect.ts'
import { effects } from '../effects/registry.ts'
import { canonicalJson } from '../language/canonical-json.ts'
import type { EffectUse } from '../ruleset.ts'

/** What an effect comes to, whatever words and defaults it was written with. */
export interface Meaning {
  effect: string
  verdict: Verdict
  obligations: Obligations
  /** The same for the same obligations, whoever asks for them. */
  key: string
}

/** What a use of an effect means. What cannot be understood denies, as it does when it is evaluated. */
export function meaningOf(use: EffectUse): Meaning {
  const effect = Object.hasOwn(effects, use.effect) ? effects[use.effect] : undefined
  try {
    if (effect === undefined) throw new Error(`expected a known effect, got \`${use.effect}\``)
    const { approval, evidence, mask, limit, alert } = effect.obligations('', use.arguments)
    const obligations = {
      ...(approval && { approval }),
      ...(evidence && { evidence }),
      ...(mask && { mask }),
      ...(limit && { limit }),
      ...(alert && { alert }),
    }
    return { effect: use.effect, verdict: effect.verdict, obligations, key: canonicalJson([effect.verdict, obligations]) }
  } catch {
    return { effect: use.effect, verdict: 'deny', obligations: {}, key: canonicalJson(['deny', {}]) }
  }
}

/**
 * Whether one makes another needless where both match: it is the same, or it
 * denies and the other only asks something of a command that runs. Two
 * approvals are asked for both, two masks are put on both; an alert is raised
 * for a denied command too.
 */
export function covers(one: Meaning, other: Meaning): boolean {
  if (one.key === other.key) return true
  return one.verdict === 'deny' && other.obligations.alert === undefined
}

/** Whether a command is no freer under the one than under the other, obligation by obligation. */
export function isAtLeastAsStrict(one: Meaning, other: Meaning): boolean {
  if (covers(one, other)) return true
  const { approval, evidence, mask, limit, alert } = other.obligations
  if (approval && !(one.obligations.approval && isApprovalAsStrict(one.obligations.approval, approval))) return false
  // How long the command waits for it is no question of strictness.
  if (evidence && one.obligations.evidence?.evidence !== evidence.evidence) return false
  if (mask && !(one.obligations.mask && isMaskAsStrict(one.obligations.mask, mask))) return false
  if (limit && !(one.obligations.limit && isLimitAsStrict(one.obligations.limit, limit))) return false
  if (alert && one.obligations.alert?.severity !== alert.severity) return false
  return one.verdict === other.verdict
}

type Approval = NonNullable<Obligations['approval']>

/** By the same people or fewer, and as many of them. How long they have is no question of strictness. */
function isApprovalAsStrict(one: Approval, other: Approval): boolean {
  return one.quorum >= other.quorum && one.by.every(group => other.by.includes(group))
}

const predicates: MaskObligation['predicates'][] = ['allow', 'equality', 'refuse']

function isMaskAsStrict(one: MaskObligation, other: MaskObligation): boolean {
  if (one.with !== other.with || predicates.indexOf(one.predicates) < predicates.indexOf(other.predicates)) return false
  if (other.matching !== null && canonicalJson(one.matching) !== canonicalJson(other.matching)) return false
  return other.columns.every(column => one.columns.some(wider => isAsWide(wider, column)))
}

function isAsWide(one: ColumnPattern, other: ColumnPattern): boolean {
  const isAny = (name: 'target' | 'schema' | 'table') => one[name] === null || one[name] === other[name]
  return one.column === other.column && isAny('target') && isAny('schema') && isAny('table')
}

function isLimitAsStrict(one: LimitObligation, other: LimitObligation): boolean {
  const isLower = (name: 'rows' | 'bytes' | 'perMinute') => {
    const [ours, theirs] = [one[name], other[name]]
    return theirs === null || (ours !== null && ours <= theirs)
  }
  return (
    one.per === other.per && (one.over === other.over || one.over === 'deny') && isLower('rows') && isLower('bytes') && isLower('perMinute')
  )
}

/** What it does to a command, as the end of a sentence: `masked (email, ssn: redact)`. */
export function sayMeaning({ effect, verdict, obligations }: Meaning): string {
  if (verdict === 'deny') return 'denied'
  const { approval, evidence, mask, limit, alert } = obligations
  const said = [
    approval && `held for ${approval.by.join(' or ')}${approval.quorum > 1 ? ` (${approval.quorum} of them)` : ''}`,
    evidence && `held until it is ${evidence.evidence}`,
    mask &&
      `masked (${[...mask.columns.map(sayColumn), ...(mask.matching ? [`/${mask.matching.pattern}/${mask.matching.flags}`] : [])].join(', ')}: ${mask.with})`,
    limit && `limited (${sayLimit(limit)})`,
    alert && `announced (${JSON.stringify(alert.message)})`,
  ].filter(part => part !== undefined)
  return said.length > 0 ? said.join(' and ') : verdict === 'hold' ? 'held' : `under \`${effect}\``
}

function sayColumn({ target, schema, table, column }: ColumnPattern): string {
  return [target, schema, table, column].filter(name => name !== null).join('.')
}

function sayLimit({ rows, bytes, perMinute, per, over }: LimitObligation): string {
  const amounts = [
    rows !== null && `${rows} rows`,
    bytes !== null && `${bytes} bytes`,
    perMinute !== null && `${perMinute} commands a minute`,
  ]
  return `${amounts.filter(amount => amount !== false).join(', ')} per ${per}, then ${over}`
}
