import { canonicalJson } from '../language/canonical-json.ts'
import { ruleWithoutPlaces } from '../language/without-places.ts'
import type { Rule, Ruleset } from '../ruleset.ts'
import { type Atoms, keyOfExpression } from './atoms.ts'
import { type Formula, formulaOfRule, negate } from './formula.ts'
import { type Meaning, meaningOf } from './meaning.ts'
import { areApart, type Reach, reachOf } from './reach.ts'

/** A rule with what logic needs to know of it. */
export interface AnalyzedRule {
  rule: Rule
  /** The commands it matches, and those it does not. */
  matches: Formula
  misses: Formula
  reach: Reach
  meanings: Meaning[]
  /** What it does and says: two that deny for different reasons are not the same. */
  effectsKey: string
}

/** A ruleset's rules in an order of their own, so that where they stand changes nothing. */
export function analyzedRulesOf(ruleset: Ruleset, atoms: Atoms): AnalyzedRule[] {
  return ruleset.rules
    .map(rule => ({ rule, key: canonicalJson(ruleWithoutPlaces(rule)) }))
    .toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.rule.line - b.rule.line))
    .map(({ rule }) => {
      const matches = formulaOfRule(rule, atoms)
      return {
        rule,
        matches,
        misses: negate(matches),
        reach: reachOf(matches, atoms),
        meanings: rule.effects.map(meaningOf),
        effectsKey: rule.effects
          .map(use => canonicalJson(use))
          .toSorted()
          .join(),
      }
    })
}

/** The same for rules that were written with the same condition. */
export function conditionKeyOf({ rule }: AnalyzedRule): string {
  return [canonicalJson(rule.on), ...[rule.when, rule.unless].map(part => (part === undefined ? '' : keyOfExpression(part)))].join('\n')
}

/** Those that some command may match together with this one. */
export function nearTo(one: AnalyzedRule, others: readonly AnalyzedRule[]): AnalyzedRule[] {
  return others.filter(other => other !== one && !areApart(one.reach, other.reach))
}
