import type { Notice } from '@steno/recordings'
import type { Ruling } from '../../guard/index.ts'

/** What the target is sent in place of a refused statement: it fails there as any failing statement does, so transaction and pipeline behave alike. */
export const refusedText = 'refused by steno'
export const refusedStatement = 'steno_refused'

/** A refusal as PostgreSQL says `insufficient_privilege`, with the rule and the way out; one that was cancelled as `query_canceled`. */
export function refusalOf(ruling: Ruling): Notice {
  const { decision } = ruling
  const { rule = 'unnamed', policyVersion } = decision
  if (ruling.verdict === 'deny' && ruling.isWithdrawn)
    return { severity: 'ERROR', code: '57014', message: 'canceling statement due to user request', detail: `rule: ${rule}` }
  return {
    severity: 'ERROR',
    code: '42501',
    message: decision.reason ?? 'refused by policy',
    detail: `rule: ${rule}${policyVersion === 'built in' ? '' : ` (policy ${policyVersion})`}`,
    hint: (ruling.verdict === 'deny' ? ruling.hint : null) ?? 'do it another way, or ask whoever keeps the policy',
  }
}
