import type { MatchedRule, Verdict } from '@steno/recordings'
import type { Judgement, Match } from '../decision.ts'
import type { Effect, Obligations } from '../effects/effect.ts'
import { effects } from '../effects/registry.ts'
import type { Circumstances, Facts } from '../facts.ts'
import type { EffectUse, Rule, Ruleset, Selector, Span } from '../ruleset.ts'
import { compileCondition, type Condition } from './condition.ts'

/** A ruleset that can be asked. */
export interface Evaluator {
  readonly ruleset: Ruleset
  /** Whether any rule looks at commands that go there. */
  looksAt(target: Circumstances['target']): boolean
  /**
   * What the rules say of one command. Never throws for what a rule does: a
   * rule that cannot be evaluated denies. The judgement is shared: do not
   * change it. A target object is only looked at once: do not change that
   * either, make another.
   */
  judge(facts: Facts): Judgement
}

/** Stands in the place of an effect's name where a rule could not be evaluated. */
export const failedEvaluation = 'error'

/** What is said where no rule matched: one object for all. */
export const nothingMatched: Judgement = Object.freeze<Judgement>({
  verdict: 'allow',
  by: null,
  matched: frozenList(),
  approvals: frozenList(),
  evidence: frozenList(),
  masks: frozenList(),
  limits: frozenList(),
  alerts: frozenList(),
})

/**
 * Gives a ruleset as closures, made once. Rules are kept by what they look at
 * and by the verbs their conditions imply, so a command only meets rules that
 * can match it. Throws for a ruleset of another version of the language.
 */
export function createEvaluator(ruleset: Ruleset, knownEffects: Readonly<Record<string, Effect>> = effects): Evaluator {
  // A later version may mean something else by the same words.
  if (ruleset.language !== 1) throw new Error(`expected a ruleset of language 1, got \`${String(ruleset.language)}\``)
  const rules = ruleset.rules.map(rule => prepareRule(rule, knownEffects))
  const programFor = createProgramLookup(rules)
  return {
    ruleset,
    looksAt: target => programFor(target).rules.length > 0,
    judge: ({ operations, circumstances }) => {
      if (operations.length === 0) return nothingMatched
      const program = programFor(circumstances.target)
      if (program.rules.length === 0) return nothingMatched
      let draft: Draft | null = null
      for (let index = 0; index < operations.length; index++) {
        const operation = operations[index]
        if (operation === undefined) continue
        for (const rule of program.byVerb.get(operation.verb) ?? program.anyVerb) {
          try {
            if (rule.when !== null && !rule.when.holds(operation, circumstances)) continue
            if (rule.unless !== null && rule.unless.holds(operation, circumstances)) continue
            draft ??= openDraft()
            // An operation more of a rule that is in already changes nothing.
            if (index > 0 && draft.noted.includes(rule)) continue
            if (operations.length > 1) draft.noted = withOne(draft.noted, rule)
            for (const effect of rule.effects) note(draft, rule, effect, index)
          } catch (error) {
            draft ??= openDraft()
            if (draft.failed.includes(rule)) continue
            draft.failed = withOne(draft.failed, rule)
            note(draft, rule, failedEffect(rule.rule, messageOf(error)), index)
          }
        }
      }
      return draft === null ? nothingMatched : closeDraft(draft, { operations, circumstances })
    },
  }
}

/** A rule, ready. */
interface PreparedRule {
  rule: Rule
  isObserved: boolean
  looksAt(this: void, target: Circumstances['target']): boolean
  when: Condition | null
  unless: Condition | null
  effects: PreparedEffect[]
}

interface PreparedEffect {
  name: string
  verdict: Verdict
  strictness: number
  obligations: Obligations
  /** How a judgement names it where it matched the first operation, which is mostly the only one. */
  matched: MatchedRule
  /** Why it cannot be done; then it denies instead. */
  failure: string | null
}

/** Strictest last. Obligations stand between an alert and a hold. */
const strictness = { allow: 0, alert: 1, obligation: 2, hold: 3, deny: 4 }

function prepareRule(rule: Rule, knownEffects: Readonly<Record<string, Effect>>): PreparedRule {
  const isObserved = rule.mode === 'observe'
  // Until it is understood where it looks, it looks everywhere.
  let looksAt: PreparedRule['looksAt'] = () => true
  try {
    expectKnown(rule, ['name', 'line', 'at', 'on', 'when', 'unless', 'effects', 'mode'])
    looksAt = prepareSelector(rule.on)
    if (!isObserved && rule.mode !== 'enforce') throw new Error(`expected \`enforce\` or \`observe\`, got \`${String(rule.mode)}\``)
    const when = rule.when === undefined ? null : compileCondition(rule.when)
    const unless = rule.unless === undefined ? null : compileCondition(rule.unless)
    return { rule, isObserved, looksAt, when, unless, effects: rule.effects.map(use => prepareEffect(rule, use, knownEffects)) }
  } catch (error) {
    // What it says is not understood, so nothing of it is asked: it fails for every operation it looks at.
    const when: Condition = {
      verbs: null,
      trace: () => {},
      holds: () => {
        throw error
      },
    }
    return { rule, isObserved, looksAt, when, unless: null, effects: [] }
  }
}

/** A part that we do not know may have narrowed the rule, or widened it. */
function expectKnown(part: object, keys: string[]): void {
  const unknown = Object.keys(part).find(key => !keys.includes(key))
  if (unknown !== undefined) throw new Error(`expected a part of a rule, got \`${unknown}\``)
}

function prepareSelector(selector: Selector): PreparedRule['looksAt'] {
  expectKnown(selector, ['protocols', 'targets', 'labels'])
  const { protocols, targets } = selector
  const labels = Object.entries(selector.labels ?? {})
  for (const values of [protocols, targets, ...labels.map(([, values]) => values)]) {
    if (values !== undefined && !Array.isArray(values)) throw new Error('expected a selector with lists of values')
  }
  return target => {
    if (protocols && !protocols.includes(target.protocol)) return false
    if (targets && !targets.includes(target.name)) return false
    return labels.every(([label, values]) => {
      const value = Object.hasOwn(target.labels, label) ? target.labels[label] : undefined
      return value !== undefined && values.includes(value)
    })
  }
}

function prepareEffect(rule: Rule, use: EffectUse, knownEffects: Readonly<Record<string, Effect>>): PreparedEffect {
  const effect = Object.hasOwn(knownEffects, use.effect) ? knownEffects[use.effect] : undefined
  if (!effect) return failedEffect(rule, `expected a known effect, got \`${use.effect}\``)
  try {
    const obligations = effect.obligations(rule.name, use.arguments)
    for (const obligation of Object.values(obligations)) Object.freeze(obligation)
    const { name, verdict } = effect
    const matched = matchedBy(rule, { name, operation: 0 })
    return { name, verdict, strictness: strictnessOf(verdict, obligations), obligations, matched, failure: null }
  } catch (error) {
    return failedEffect(rule, messageOf(error))
  }
}

/** What stands in an effect's place when nobody can tell what it would be: the strictest there is. */
function failedEffect(rule: Rule, failure: string): PreparedEffect {
  const matched = matchedBy(rule, { name: failedEvaluation, operation: 0 })
  return { name: failedEvaluation, verdict: 'deny', strictness: strictness.deny, obligations: {}, matched, failure }
}

function matchedBy({ name: rule, mode }: Rule, { name: effect, operation }: { name: string; operation: number }): MatchedRule {
  return Object.freeze(mode === 'observe' ? { rule, effect, operation, isObserved: true } : { rule, effect, operation })
}

function strictnessOf(verdict: Verdict, obligations: Obligations): number {
  if (verdict !== 'allow') return strictness[verdict]
  if (obligations.mask || obligations.limit || obligations.approval || obligations.evidence) return strictness.obligation
  return obligations.alert ? strictness.alert : strictness.allow
}

/** The rules that look at one place. */
interface Program {
  rules: PreparedRule[]
  /** For each verb that some condition names, all rules that may match it, in the ruleset's order. */
  byVerb: Map<string, PreparedRule[]>
  /** For every other verb. */
  anyVerb: PreparedRule[]
}

/** So many different targets are remembered by what they say of themselves. */
const programsMax = 1024

/** A session has one target object for all its commands; history has one for each, but few different ones. */
function createProgramLookup(rules: PreparedRule[]): (target: Circumstances['target']) => Program {
  const byObject = new WeakMap<Circumstances['target'], Program>()
  const byContent = new Map<string, Program>()
  let last: { target: Circumstances['target']; program: Program } | null = null
  return target => {
    if (last !== null && last.target === target) return last.program
    let program = byObject.get(target)
    if (!program) {
      const content = JSON.stringify([
        target.name,
        target.protocol,
        Object.keys(target.labels)
          .toSorted(byText)
          .map(label => [label, target.labels[label]]),
      ])
      program = byContent.get(content) ?? makeProgram(rules.filter(rule => rule.looksAt(target)))
      if (byContent.size >= programsMax) byContent.clear()
      byContent.set(content, program)
      byObject.set(target, program)
    }
    last = { target, program }
    return program
  }
}

/** By UTF-16 units, as everywhere. */
function byText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}

function makeProgram(rules: PreparedRule[]): Program {
  const verbs = new Set(rules.flatMap(({ when }) => [...(when?.verbs ?? [])]))
  const mayMatch = (verb: string | null) =>
    rules.filter(({ when }) => when === null || when.verbs === null || (verb !== null && when.verbs.has(verb)))
  return { rules, byVerb: new Map([...verbs].map(verb => [verb, mayMatch(verb)])), anyVerb: mayMatch(null) }
}

/** A judgement in the making. */
interface Draft extends Judgement {
  strictest: { strictness: number; verdict: Verdict; rule: PreparedRule; effect: PreparedEffect; operation: number } | null
  /** Rules whose effects are in already, and those whose failure is. */
  noted: PreparedRule[]
  failed: PreparedRule[]
}

const noRules = frozenList<PreparedRule>()

function openDraft(): Draft {
  const { verdict, by, matched, approvals, evidence, masks, limits, alerts } = nothingMatched
  return { verdict, by, matched, approvals, evidence, masks, limits, alerts, strictest: null, noted: noRules, failed: noRules }
}

function note(draft: Draft, prepared: PreparedRule, effect: PreparedEffect, operation: number): void {
  draft.matched = withOne(draft.matched, operation === 0 ? effect.matched : matchedBy(prepared.rule, { name: effect.name, operation }))
  if (prepared.isObserved) return
  const { approval, evidence, mask, limit, alert } = effect.obligations
  if (approval) draft.approvals = withOne(draft.approvals, approval)
  if (evidence) draft.evidence = withOne(draft.evidence, evidence)
  if (mask) draft.masks = withOne(draft.masks, mask)
  if (limit) draft.limits = withOne(draft.limits, limit)
  if (alert) draft.alerts = withOne(draft.alerts, alert)
  // Among equals the first stays: operations come in order, and rules in order for each.
  if (draft.strictest === null || effect.strictness > draft.strictest.strictness) {
    draft.strictest = { strictness: effect.strictness, verdict: effect.verdict, rule: prepared, effect, operation }
  }
}

/** The list with one more. Most lists stay empty and are one shared list; the first to be in one makes a list of its own. */
function withOne<T>(list: T[], one: T): T[] {
  if (list.length === 0) return [one]
  list.push(one)
  return list
}

function closeDraft(draft: Draft, facts: Facts): Judgement {
  const { matched, approvals, evidence, masks, limits, alerts, strictest } = draft
  const by = strictest === null ? null : describeMatch(strictest, facts)
  return { verdict: strictest?.verdict ?? 'allow', by, matched, approvals, evidence, masks, limits, alerts }
}

function describeMatch({ rule: prepared, effect, operation }: NonNullable<Draft['strictest']>, facts: Facts): Match {
  const { rule, when } = prepared
  const { hint, reason } = effect.obligations
  const match: Match = {
    rule: rule.name,
    line: rule.line,
    effect: effect.name,
    reason: effect.failure === null ? (reason ?? rule.name) : `the rule \`${rule.name}\` could not be evaluated: ${effect.failure}`,
    operation,
    clauses: effect.failure === null ? clausesThatHeld(when, facts, operation) : [],
  }
  return hint === undefined ? match : { ...match, hint }
}

/** Asked once more, now with an eye on each clause; what fails this time is only not shown. */
function clausesThatHeld(when: Condition | null, { operations, circumstances }: Facts, index: number): Span[] {
  const clauses: Span[] = []
  const operation = operations[index]
  if (when === null || operation === undefined) return clauses
  try {
    when.trace(operation, circumstances, clauses)
  } catch {
    return clauses
  }
  return clauses
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function frozenList<T>(): T[] {
  const list: T[] = []
  Object.freeze(list)
  return list
}
