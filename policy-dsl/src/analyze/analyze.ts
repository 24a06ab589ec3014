import type { Rule, Ruleset, Span } from '../ruleset.ts'
import { type AnalyzedRule, type KnownLogic, analyzedRulesOf, nearTo } from './analyzed-rule.ts'
import { factsOf, sayModel } from './describe.ts'
import { findDoubtfulPatterns } from './doubtful-patterns.ts'
import type { Formula } from './formula.ts'
import { covers, type Meaning } from './meaning.ts'
import type { Model } from './model.ts'
import { NotDecided } from './solve.ts'
import { Solver } from './solver.ts'

export type FindingKind =
  /** No command can match it. */
  | 'never-matches'
  /** Its condition leaves nothing out. */
  | 'always-matches'
  /** Its `unless` takes nothing away. */
  | 'unless-never-applies'
  /** Other rules already do at least as much for every command it matches. */
  | 'shadowed'
  /** It does exactly what another does. */
  | 'duplicate'
  /** It asks something of commands that another rule denies: for the author to know, no mistake. */
  | 'conflict'
  /** It looks for words where a field would say what happens. */
  | 'text-pattern'
  /** A path is compared as text. */
  | 'path-prefix'
  /** An exception for a table of that name in every schema. */
  | 'unqualified-table'
  /** It asks for a property that only some verbs have. */
  | 'unrestricted-verb'
  /** A question took too long. */
  | 'not-decided'

/** Something about a rule that its author would want to know. */
export interface Finding {
  kind: FindingKind
  rule: string
  line: number
  /** The rule, or the part of it that is meant. */
  at: Span
  message: string
  /** The other rules it is about. */
  others?: string[]
  /** A command that shows it, as facts. */
  witness?: Record<string, string>
}

/** How hard one question may be before it is given up. */
export const stepsMax = 50_000

/** So many questions are asked about one rule. */
const questionsMax = 400

/** What analyses of one policy after another know of its rules and of what was asked about them. */
export interface Notes {
  solver: Solver
  logic: KnownLogic
}

/** Notes with nothing in them. */
export function emptyNotes(): Notes {
  return { solver: new Solver(), logic: new Map() }
}

/**
 * Says what is odd about a ruleset. What it says of matching is proven: where
 * a proof is out of reach it is silent, or says that it is. It looks at
 * operations and at rules that can be evaluated; a rule that fails denies,
 * whatever is said of it here. Neither the order of the rules nor their layout
 * changes what is found.
 */
export function analyze(ruleset: Ruleset, limits: { stepsMax: number } = { stepsMax }, notes: Notes = emptyNotes()): Finding[] {
  const { solver } = notes
  const rules = analyzedRulesOf(ruleset, solver.atoms, notes.logic)
  const findings: Finding[] = []
  const alive: AnalyzedRule[] = []
  for (const subject of rules) {
    const about = new Report(subject, solver, limits)
    if (!findMatching(subject, about)) alive.push(subject)
    findDoubtfulPatterns(subject, { solver, stepsMax: limits.stepsMax, note: finding => about.note(finding) })
    findings.push(...about.findings)
  }
  for (const subject of alive) {
    const about = new Report(subject, solver, limits)
    const near = nearTo(subject, alive).filter(other => other.rule.mode === subject.rule.mode)
    const duplicates = findDuplicates(subject, near, about)
    const others = near.filter(other => !duplicates.has(other))
    const isShadowed = findShadowing(subject, others, about)
    if (!isShadowed && duplicates.size === 0) findConflicts(subject, others, about)
    findings.push(...about.findings)
  }
  return findings.toSorted((a, b) => a.line - b.line || a.at[0] - b.at[0] || compareText(a.rule, b.rule) || compareText(a.kind, b.kind))
}

/** Collects what is found about one rule, and says once when a question was too hard. */
class Report {
  readonly findings: Finding[] = []
  readonly #subject: AnalyzedRule
  readonly #solver: Solver
  readonly #limits: { stepsMax: number }
  #questions = 0
  #isUndecided = false

  constructor(subject: AnalyzedRule, solver: Solver, limits: { stepsMax: number }) {
    this.#subject = subject
    this.#solver = solver
    this.#limits = limits
  }

  note(finding: Omit<Finding, 'rule' | 'line' | 'at'> & { at?: Span | undefined }): void {
    const { rule } = this.#subject
    this.findings.push({ ...finding, rule: rule.name, line: rule.line, at: finding.at ?? rule.at })
  }

  /** Whether the goals exclude each other; false also when that could not be decided. */
  isImpossible(goals: readonly Formula[], what: string): boolean {
    const model = this.example(goals, what)
    return model === null
  }

  /** A command for which the goals hold; null when there is none, undefined when that could not be decided. */
  example(goals: readonly Formula[], what: string): Model | null | undefined {
    return this.#decide(what, () => this.#solver.example(goals, this.#stepsMax()))
  }

  /** The rules that cover a condition together, as few as will do; null when not even all of them cover it. */
  coverOf(matches: Formula, rules: readonly AnalyzedRule[]): readonly AnalyzedRule[] | null {
    if (rules.length === 0) return null
    const what = 'whether other rules already do what this one does'
    const coverAmong = (some: readonly AnalyzedRule[]): AnalyzedRule[] | null => {
      const outside = some.map(one => one.matches)
      const answer = this.#decide(what, () => this.#solver.answer({ goals: [matches], outside }, this.#stepsMax()))
      return answer?.model === null ? some.filter((_, index) => answer.used.includes(index)) : null
    }
    let cover = coverAmong(rules)
    if (cover === null || cover.length < 2) return cover
    // One rule that is enough is better news than three.
    for (const one of rules) {
      const alone = coverAmong([one])
      if (alone !== null) return alone
    }
    for (const one of cover) cover = coverAmong(cover.filter(other => other !== one)) ?? cover
    return cover
  }

  facts(model: Model): { witness: Record<string, string>; said: string } {
    const example = model.explained()
    return { witness: factsOf(example, this.#solver.atoms), said: sayModel(example, this.#solver.atoms) }
  }

  /** Where one question was too hard the others will be, so they are not given as long. */
  #stepsMax(): number {
    return this.#isUndecided ? Math.ceil(this.#limits.stepsMax / 50) : this.#limits.stepsMax
  }

  #decide<Answer>(what: string, question: () => Answer): Answer | undefined {
    if (++this.#questions > questionsMax) return this.#giveUp(what)
    try {
      return question()
    } catch (error) {
      if (error instanceof NotDecided) return this.#giveUp(what)
      throw error
    }
  }

  #giveUp(what: string): undefined {
    if (!this.#isUndecided) this.note({ kind: 'not-decided', message: `it could not be decided in time ${what}` })
    this.#isUndecided = true
  }
}

/** Whether it never matches; says so, or that it matches too much. */
function findMatching({ rule, selector, when, unless, matches, misses }: AnalyzedRule, about: Report): boolean {
  if (about.isImpossible([matches], 'whether this rule can match')) {
    const isExcepted = unless !== null && when !== null && about.example([selector, when], 'why this rule cannot match')
    const at = isExcepted ? rule.unless : rule.when
    const message = isExcepted
      ? '`unless` holds for every command that `when` lets through, so this rule never matches'
      : 'no command can meet this condition, so this rule never matches'
    about.note({ kind: 'never-matches', message, at: placeOf(at) })
    return true
  }
  if ((when !== null || unless !== null) && about.isImpossible([selector, misses], 'whether this rule always matches')) {
    const message = 'its condition holds for every command it looks at, so it may as well have none'
    about.note({ kind: 'always-matches', message, at: placeOf(rule.when ?? rule.unless) })
    return false
  }
  const isIdle =
    unless !== null && about.isImpossible([selector, ...(when === null ? [] : [when]), unless], 'whether `unless` makes an exception')
  if (isIdle) {
    about.note({
      kind: 'unless-never-applies',
      message: '`unless` never holds where the rest of this rule does, so it makes no exception',
      at: placeOf(rule.unless),
    })
  }
  return false
}

function placeOf(expression: Rule['when']): Span | undefined {
  return expression !== undefined && 'at' in expression ? expression.at : undefined
}

function findDuplicates(subject: AnalyzedRule, near: readonly AnalyzedRule[], about: Report): Set<AnalyzedRule> {
  const same = near.filter(
    other =>
      other.effectsKey === subject.effectsKey &&
      about.isImpossible([subject.matches, other.misses], 'whether another rule says the same') &&
      about.isImpossible([other.matches, subject.misses], 'whether another rule says the same'),
  )
  if (same.length > 0) {
    const others = namesOf(same)
    about.note({ kind: 'duplicate', message: `it matches the same commands and does the same as ${listed(others)}`, others })
  }
  return new Set(same)
}

function findShadowing(subject: AnalyzedRule, near: readonly AnalyzedRule[], about: Report): boolean {
  const shadowing = new Set<AnalyzedRule>()
  if (subject.meanings.length === 0) return false
  for (const meaning of subject.meanings) {
    const stronger = near.filter(other => other.meanings.some(one => covers(one, meaning)))
    const covering = about.coverOf(subject.matches, stronger)
    if (covering === null) return false
    for (const one of covering) shadowing.add(one)
  }
  const others = namesOf(shadowing)
  about.note({ kind: 'shadowed', message: sayShadowed(subject.meanings, others), others })
  return true
}

function sayShadowed(meanings: readonly Meaning[], others: readonly string[]): string {
  const verdicts = meanings.map(({ verdict }) => verdict)
  const verdict = verdicts.includes('deny') ? 'denied' : verdicts.includes('hold') ? 'held or denied' : 'treated so, or denied,'
  const together = others.length > 1 ? ' together' : ''
  return `every command it matches is already ${verdict} by ${listed(others)}${together}, so it changes nothing`
}

/** One note for each rule that others overrule in part, with the first example. */
function findConflicts(subject: AnalyzedRule, near: readonly AnalyzedRule[], about: Report): void {
  const isOverruled = subject.meanings.some(({ verdict, obligations }) => verdict === 'hold' || obligations.mask !== undefined)
  if (!isOverruled || subject.rule.mode === 'observe' || subject.meanings.some(isDenial)) return
  const overruling: { other: AnalyzedRule; example: Model }[] = []
  for (const other of near) {
    if (!other.meanings.some(isDenial)) continue
    const example = about.example([subject.matches, other.matches], 'whether other rules deny what this one is about')
    if (example) overruling.push({ other, example })
  }
  const [first] = overruling
  if (first === undefined) return
  const others = namesOf(overruling.map(({ other }) => other))
  const { witness, said } = about.facts(first.example)
  const word = subject.meanings.some(({ verdict }) => verdict === 'hold') ? 'holds' : 'masks'
  about.note({
    kind: 'conflict',
    message: `some commands that this rule ${word} are denied by ${listed(others)}: ${said}`,
    others,
    witness,
  })
}

function isDenial({ verdict }: Meaning): boolean {
  return verdict === 'deny'
}

function namesOf(rules: Iterable<AnalyzedRule>): string[] {
  return [...rules].map(({ rule }) => rule.name).toSorted(compareText)
}

function listed(names: readonly string[]): string {
  const quoted = names.slice(0, 3).map(name => `\`${name}\``)
  if (names.length > 3) quoted.push(`${names.length - 3} more`)
  const last = quoted.pop() ?? ''
  return quoted.length === 0 ? last : `${quoted.join(', ')} and ${last}`
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
