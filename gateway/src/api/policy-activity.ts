import type { RuleHits } from '../index/search.ts'
import type { PublishedPolicy } from '../policies/index.ts'

/** How often the rules of one policy spoke. */
export interface PolicyActivity {
  policy: string
  commands: number
  denied: number
  held: number
  lastAt: string | null
  rules: { rule: string; commands: number; decided: number }[]
}

/**
 * What commands met, by the policies in force. The record names the policy that
 * decided; of what else matched it has the rule's name alone, which counts for
 * every policy that has a rule of that name.
 */
export function policyActivityOf(policies: readonly PublishedPolicy[], hits: readonly RuleHits[]): PolicyActivity[] {
  return policies.map(({ name, ruleset }) => {
    const rules = new Map(ruleset.rules.map(rule => [rule.name, { rule: rule.name, commands: 0, decided: 0 }]))
    const activity: PolicyActivity = { policy: name, commands: 0, denied: 0, held: 0, lastAt: null, rules: [...rules.values()] }
    for (const hit of hits) {
      const decided = hit.rule !== null && isOf(name, hit.policyVersion) ? rules.get(hit.rule) : undefined
      const spoke = new Set([decided, ...hit.matched.map(rule => rules.get(rule))])
      spoke.delete(undefined)
      if (spoke.size === 0) continue
      for (const rule of spoke) rule!.commands += hit.commands
      activity.commands += hit.commands
      if (activity.lastAt === null || hit.lastAt > activity.lastAt) activity.lastAt = hit.lastAt
      if (!decided) continue
      decided.decided += hit.commands
      if (hit.verdict === 'deny') activity.denied += hit.commands
      if (hit.verdict === 'hold') activity.held += hit.commands
    }
    return activity
  })
}

/** Whether a decision's version is one of this policy's; where several were asked, it is said of each of them. */
function isOf(name: string, policyVersion: string): boolean {
  return policyVersion.split(' ').some(version => version.slice(0, version.lastIndexOf('@')) === name)
}
