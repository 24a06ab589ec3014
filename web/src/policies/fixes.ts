import type { LiveSchema, OutlinedRule } from '@steno/policy-dsl'
import { quoted } from './live-names.ts'
import type { TextMark } from './marks.ts'

/** One change to a text that an author can choose. */
export interface Fix {
  title: string
  /** `quickfix` mends what a mark says; `refactor` is offered without one. */
  kind: 'quickfix' | 'refactor'
  isPreferred: boolean
  edits: { start: number; end: number; text: string }[]
  /** What it mends. */
  mark: TextMark | null
}

/** Where fixes are asked for, and what they can be made from. */
export interface FixContext {
  source: string
  marks: readonly TextMark[]
  rules: readonly OutlinedRule[]
  live: LiveSchema
  /** The selection. */
  start: number
  end: number
}

/** Rules that these findings are about do nothing. */
const idle = new Set(['shadowed', 'duplicate', 'never-matches'])

/** So many groups are offered by name. */
const groupsMax = 3

/** Gives what can be done about the text where the cursor is, the likeliest first. */
export function fixesFor(context: FixContext): Fix[] {
  const { marks, start, end } = context
  const near = marks.filter(mark => mark.start <= end && start <= mark.end)
  return [...near.flatMap(mark => fixesOf(mark, context)), ...exceptions(context)]
}

function fixesOf(mark: TextMark, context: FixContext): Fix[] {
  const { source, rules } = context
  const fix = (title: string, edits: Fix['edits'], isPreferred = false): Fix => ({ title, kind: 'quickfix', isPreferred, edits, mark })
  if (mark.suggestion !== null)
    return [fix(`Change to ${mark.suggestion}`, [{ start: mark.start, end: mark.end, text: mark.suggestion }], true)]
  const rule = rules.find(({ name }) => name === mark.rule)
  if (!rule) return []
  if (idle.has(mark.code)) return [fix(`Remove the rule ‘${rule.name}’`, [removal(source, rule.at)])]
  if (mark.code === 'unless-never-applies' && rule.parts['unless'])
    return [fix('Remove `unless`', [withoutPart(source, rule.parts['unless'].at)], true)]
  if (mark.code === 'always-matches' && rule.parts['when']) return [fix('Remove `when`', [withoutPart(source, rule.parts['when'].at)])]
  if (mark.code === 'conflict') return mark.others.flatMap(other => exceptionFor(rule, other, context).map(edit => fix(edit.title, [edit])))
  return []
}

/** What one rule holds or masks and another denies can be left to the first, by an exception in the other. */
function exceptionFor(rule: OutlinedRule, other: string, { source, rules }: FixContext) {
  const denying = rules.find(({ name }) => name === other)
  const when = rule.parts['when']?.value
  if (!denying || !when || denying.parts['unless'] || !denying.parts['effect']) return []
  return [
    { ...insertUnless(source, denying, source.slice(...when)), title: `Add \`unless\` to ‘${other}’ for what ‘${rule.name}’ is about` },
  ]
}

/** A rule without an exception can have one. */
function exceptions({ source, rules, live, start, end }: FixContext): Fix[] {
  const rule = rules.find(({ at }) => at[0] <= start && end <= at[1])
  if (!rule || rule.parts['unless'] || !rule.parts['effect']) return []
  return live.groups.slice(0, groupsMax).map(group => ({
    title: `Add \`unless\` for the group ‘${group}’`,
    kind: 'refactor',
    isPreferred: false,
    edits: [insertUnless(source, rule, `op => op.principal.groups.includes(${quoted(group)})`)],
    mark: null,
  }))
}

function insertUnless(source: string, rule: OutlinedRule, condition: string): Fix['edits'][number] {
  const start = rule.parts['effect']!.at[0]
  const indent = /(?:^|\n)([ \t]*)$/.exec(source.slice(0, start))?.[1]
  // On a line of its own where the effect is.
  return { start, end: start, text: `unless: ${condition},${indent === undefined ? ' ' : `\n${indent}`}` }
}

/** A part with the comma behind it, and its line when nothing else stands there. */
function withoutPart(source: string, [from, to]: readonly [number, number]): Fix['edits'][number] {
  const behind = /^\s*,/.exec(source.slice(to))?.[0].length ?? 0
  return removal(source, [from, to + behind])
}

function removal(source: string, [from, to]: readonly [number, number]): Fix['edits'][number] {
  const before = /[ \t]*$/.exec(source.slice(0, from))![0].length
  const after = /^[ \t]*/.exec(source.slice(to))![0].length
  const isAlone = /(?:^|\n)$/.test(source.slice(0, from - before)) && /^(?:\r?\n|$)/.test(source.slice(to + after))
  if (!isAlone) return { start: from, end: to + after, text: '' }
  const line = /^\r?\n/.exec(source.slice(to + after))?.[0].length ?? 0
  return { start: from - before, end: to + after + line, text: '' }
}
