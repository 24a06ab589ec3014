import { canonicalJson } from '../language/canonical-json.ts'
import type { Rule, Ruleset } from '../ruleset.ts'
import type { Atoms } from './atoms.ts'
import { keyOfExpression } from './expression-key.ts'
import { type Formula, formulasOfRule, negate } from './formula.ts'
import { type Meaning, meaningOf } from './meaning.ts'
import { areApart, type Reach, reachOf } from './reach.ts'

/** A rule with what logic needs to know of it. */
export interface AnalyzedRule extends RuleLogic {
  rule: Rule
}

/** What a rule comes to, wherever it stands. */
export interface RuleLogic {
  /** The same for rules that were written with the same condition. */
  conditionKey: string
  /** The commands it looks at, and what it asks of them. */
  selector: Formula
  when: Formula | null
  unless: Formula | null
  /** The commands it matches, and those it does not. */
  matches: Formula
  misses: Formula
  reach: Reach
  meanings: Meaning[]
  /** What it does and says: two that deny for different reasons are not the same. */
  effectsKey: string
}

/** The logic of rules by their content: what has not changed is not worked out again. */
export type KnownLogic = Map<string, RuleLogic>

/** A ruleset's rules in an order of their own, so that where they stand changes nothing. */
export function analyzedRulesOf(ruleset: Ruleset, atoms: Atoms, known: KnownLogic = new Map()): AnalyzedRule[] {
  return ruleset.rules
    .map(rule => ({ rule, ...keysOf(rule) }))
    .toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.rule.line - b.rule.line))
    .map(({ rule, key, conditionKey, effectsKey }) => {
      let logic = known.get(key)
      if (logic === undefined) {
        logic = { conditionKey, effectsKey, ...logicOf(rule, atoms) }
        known.set(key, logic)
      }
      return { rule, ...logic }
    })
}

/** Texts of what a rule says, without where it says it: all of it, its condition, what it does. */
function keysOf({ name, mode, on, when, unless, effects }: Rule): { key: string; conditionKey: string; effectsKey: string } {
  const partKey = (part: Rule['when']) => (part === undefined ? '' : keyOfExpression(part))
  const conditionKey = `${canonicalJson(on)}\n${partKey(when)}\n${partKey(unless)}`
  const effectsKey = effects
    .map(use => canonicalJson(use))
    .toSorted()
    .join()
  return { key: `${conditionKey}\n${effectsKey}\n${mode}\n${name}`, conditionKey, effectsKey }
}

function logicOf(rule: Rule, atoms: Atoms): Omit<RuleLogic, 'conditionKey' | 'effectsKey'> {
  const formulas = formulasOfRule(rule, atoms)
  return {
    ...formulas,
    misses: negate(formulas.matches),
    reach: reachOf(formulas.matches, atoms),
    meanings: rule.effects.map(meaningOf),
  }
}

/** Those that some command may match together with this one. */
export function nearTo(one: AnalyzedRule, others: readonly AnalyzedRule[]): AnalyzedRule[] {
  return others.filter(other => other !== one && !areApart(one.reach, other.reach))
}
