import type { RehearsalReport } from '@steno/policy-dsl'
import { countLabel, countOf } from '../ui/labels.ts'

/** A line above a rule. */
export interface RuleLens {
  /** From 1. */
  line: number
  text: string
}

/** What a policy's text would have done to a part of history. */
export interface Rehearsed {
  report: Pick<RehearsalReport, 'rules' | 'isTruncated' | 'commands'>
  /** What the policy is called in the report. */
  policy: string
  /** Which part: `7 days`; null for all there is. */
  window: string | null
  /** The text was changed since. */
  isOld: boolean
}

/** Gives what each rule would have done, as the line above it. A rule that is newer than the rehearsal has to wait. */
export function ruleLenses(
  rules: readonly { name: string; line: number; mode: 'enforce' | 'observe' }[],
  rehearsed: Rehearsed | null,
): RuleLens[] {
  if (rehearsed === null) return []
  const { report, policy } = rehearsed
  const known = new Map(report.rules.filter(rule => rule.policy === policy).map(rule => [rule.rule, rule]))
  return rules.map(({ name, line, mode }) => {
    const hits = known.get(name)
    if (!hits) return { line, text: 'not rehearsed yet' }
    const parts = [
      `${mode === 'observe' ? 'would have fired' : 'fired'} ${countLabel(hits.matched)} ${hits.matched === 1 ? 'time' : 'times'} in ${span(rehearsed)}`,
      `${countLabel(hits.newlyDenied)} newly denied`,
      ...(hits.newlyHeld > 0 ? [`${countLabel(hits.newlyHeld)} newly held`] : []),
      ...(hits.newlyAllowed > 0 ? [`${countLabel(hits.newlyAllowed)} newly allowed`] : []),
      `${countOf(hits.agentsAffected, 'agent')} affected`,
    ]
    return { line, text: `${parts.join(' · ')}${rehearsed.isOld ? ' …' : ''}` }
  })
}

/** What was looked at; where that is not the whole window, which part of it. */
function span({ report, window }: Rehearsed): string {
  if (report.isTruncated) return `the newest ${countOf(report.commands, 'command')}`
  return window ?? 'all that was recorded'
}
