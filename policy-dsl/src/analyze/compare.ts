import type { Verdict } from '@steno/recordings'
import type { Ruleset } from '../ruleset.ts'
import { emptyNotes, type Notes, stepsMax } from './analyze.ts'
import { type AnalyzedRule, analyzedRulesOf, nearTo } from './analyzed-rule.ts'
import { factsOf, sayModel } from './describe.ts'
import { type Formula, or } from './formula.ts'
import { covers, isAtLeastAsStrict, type Meaning, sayMeaning } from './meaning.ts'
import type { Model } from './model.ts'
import { NotDecided } from './solve.ts'
import type { Question, Solver } from './solver.ts'

/** Something that two versions of a policy do differently to some command. */
export interface Difference {
  /** `no-longer` was done before and is not after; `newly` the other way round; `not-decided` may be either. */
  kind: 'no-longer' | 'newly' | 'not-decided'
  /** What is done to the command. An obligation is one that lets it go on, or whose consent is asked. */
  of: 'deny' | 'hold' | 'obligation'
  effect: string
  /** The rule that did it, or now does, and its line in its own version. */
  rule: string
  line: number
  message: string
  /** Whether some command is freer than it was. An obligation that was replaced by a stricter one makes none freer. */
  isLessStrict: boolean
  /** A command for which it is so, as facts. */
  witness?: Record<string, string>
  /** False where the facts hang on something that was not looked into, so that there may be no such command. */
  isWitnessExact?: boolean
  /** What becomes of that command. */
  verdicts?: { before: Verdict; after: Verdict }
}

/**
 * Gives what a change of policy means: for denials, holds and each obligation,
 * what is newly covered and what no longer is, with an example. Names, order,
 * layout, reasons and equivalent rewriting make no difference, and neither
 * does what is only observed. Rules that fail when they are asked are not
 * looked into.
 */
export function compareRulesets(
  before: Ruleset,
  after: Ruleset,
  limits: { stepsMax: number } = { stepsMax },
  { solver, logic }: Notes = emptyNotes(),
): Difference[] {
  const enforced = (ruleset: Ruleset) => analyzedRulesOf(ruleset, solver.atoms, logic).filter(({ rule }) => rule.mode === 'enforce')
  const versions: Versions = { before: enforced(before), after: enforced(after), solver, stepsMax: limits.stepsMax }
  const lost = differencesOf('no-longer', versions)
  const gained = differencesOf('newly', versions)
  return [...lost, ...gained].toSorted((a, b) => rank(a) - rank(b) || a.line - b.line || compareText(a.message, b.message))
}

interface Versions {
  before: readonly AnalyzedRule[]
  after: readonly AnalyzedRule[]
  solver: Solver
  stepsMax: number
}

/** What the rules of one version do that the other's do not. */
function differencesOf(kind: 'no-longer' | 'newly', versions: Versions): Difference[] {
  const [had, has] = kind === 'no-longer' ? [versions.before, versions.after] : [versions.after, versions.before]
  const byCondition = new Map<string, AnalyzedRule[]>()
  for (const rule of has) byCondition.set(rule.conditionKey, [...(byCondition.get(rule.conditionKey) ?? []), rule])
  return had.flatMap(subject => {
    const unchanged = (byCondition.get(subject.conditionKey) ?? []).flatMap(({ meanings }) => meanings)
    const changed = subject.meanings.filter(meaning => !unchanged.some(one => covers(one, meaning)))
    if (changed.length === 0) return []
    const others = { own: nearTo(subject, had), theirs: nearTo(subject, has) }
    return changed
      .flatMap(meaning => changesOf(subject, meaning, others))
      .map(change => answer(kind, change, versions))
      .filter(difference => difference !== null)
  })
}

function answer(kind: 'no-longer' | 'newly', { subject, meaning, of, lost, looser }: Change, versions: Versions): Difference | null {
  const { solver } = versions
  const { name, line } = subject.rule
  const shared = { of, effect: meaning.effect, rule: name, line }
  const what = `${kind === 'newly' ? 'newly' : 'no longer'} ${of === 'hold' ? 'held' : sayMeaning(meaning)}`
  const ask = (question: Question) => solver.answer(question, versions.stepsMax).model
  const verdictBy = (rules: readonly AnalyzedRule[], model: Model) => strictest(rules.filter(({ matches }) => model.holds(matches)))
  try {
    const model = ask(lost)?.explained()
    if (model === undefined) return null
    return {
      kind,
      ...shared,
      message: `${what}: ${sayModel(model, solver.atoms)} (rule \`${name}\`)`,
      isLessStrict: kind === 'no-longer' && (looser === null || ask(looser) !== null),
      witness: factsOf(model, solver.atoms),
      isWitnessExact: model.isExact,
      verdicts: { before: verdictBy(versions.before, model), after: verdictBy(versions.after, model) },
    }
  } catch (error) {
    if (!(error instanceof NotDecided)) throw error
    const message = `it could not be decided in time whether some command is ${what} (rule \`${name}\`)`
    return { kind: 'not-decided', ...shared, message, isLessStrict: kind === 'no-longer' }
  }
}

/** Whether no command is freer than it was, apart from what these rules let go. What could not be decided counts as freer. */
export function isNothingLessStrict(differences: readonly Difference[], except: readonly string[] = []): boolean {
  return differences.every(({ isLessStrict, rule }) => !isLessStrict || except.includes(rule))
}

interface Change {
  subject: AnalyzedRule
  meaning: Meaning
  of: Difference['of']
  /** The commands that are treated differently in this respect. */
  lost: Question
  /** Those among them that are not treated as strictly in another way; null where that is the same. */
  looser: Question | null
}

/** A denied command is neither held nor masked, so what is not denied is looked at in both versions; an alert is raised all the same. */
function changesOf(subject: AnalyzedRule, meaning: Meaning, { own, theirs }: { own: AnalyzedRule[]; theirs: AnalyzedRule[] }): Change[] {
  const whereThey = (does: (one: Meaning) => boolean, rules = theirs) =>
    rules.filter(({ meanings }) => meanings.some(does)).map(({ matches }) => matches)
  const isDenial = (one: Meaning) => one.verdict === 'deny'
  const isHold = (one: Meaning) => one.verdict === 'hold'
  const isSame = (one: Meaning) => one.key === meaning.key
  const isAsStrict = (one: Meaning) => isAtLeastAsStrict(one, meaning)
  const goals = [subject.matches]
  const about = { subject, meaning }
  if (isDenial(meaning)) return [{ ...about, of: 'deny', lost: { goals, outside: whereThey(isDenial) }, looser: null }]
  const isAlert = meaning.obligations.alert !== undefined
  if (!isAlert && subject.meanings.some(isDenial)) return []
  const denied = isAlert ? [] : [...whereThey(isDenial, own), ...whereThey(isDenial)]
  const obligation = (among: Formula[]): Change => {
    const outside = [...denied, ...whereThey(isSame)]
    return {
      ...about,
      of: 'obligation',
      lost: { goals: among, outside },
      looser: { goals: among, outside: [...outside, ...whereThey(isAsStrict)] },
    }
  }
  if (meaning.verdict !== 'hold') return [obligation(goals)]
  return [
    { ...about, of: 'hold', lost: { goals, outside: [...denied, ...whereThey(isHold)] }, looser: null },
    obligation([...goals, or(whereThey(isHold))]),
  ]
}

const verdicts: Verdict[] = ['allow', 'hold', 'deny']

function strictest(rules: readonly AnalyzedRule[]): Verdict {
  return verdicts[Math.max(0, ...rules.flatMap(({ meanings }) => meanings.map(({ verdict }) => verdicts.indexOf(verdict))))] ?? 'allow'
}

/** What is freer first, then the most serious. */
function rank({ isLessStrict, of }: Difference): number {
  return (isLessStrict ? 0 : 3) + ['deny', 'hold', 'obligation'].indexOf(of)
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
