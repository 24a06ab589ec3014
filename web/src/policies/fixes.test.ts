import { analyze, compile, emptyLiveSchema, outline, type LiveSchema } from '@steno/policy-dsl'
import { expect, it } from 'vitest'
import { fixesFor } from './fixes.ts'
import { marksOf } from './marks.ts'

const live: LiveSchema = { ...emptyLiveSchema, groups: ['etl', "o'brien"] }

/** The text after the first fix whose title fits, chosen where `|` stands. */
function fixed(marked: string, title: RegExp): string | undefined {
  const at = marked.indexOf('|')
  const source = marked.replace('|', '')
  const { ruleset, problems } = compile(source, { live })
  const marks = marksOf(source, { problems, findings: ruleset ? analyze(ruleset) : [], types: [] })
  const fixes = fixesFor({ source, marks, rules: outline(source).rules, live, start: at, end: at })
  const fix = fixes.find(one => title.test(one.title))
  return fix?.edits.toReversed().reduce((text, { start, end, text: put }) => text.slice(0, start) + put + text.slice(end), source)
}

const drop = `rule('a', { on: postgres(), when: op => op.verb === 'DROP', effect: forbid('no') })\n`
/** A fix leaves a text that compiles. */
const isWhole = (source: string | undefined) => compile(source ?? '(', { live }).problems.every(({ severity }) => severity !== 'error')

it('change a word to what was meant', () => {
  expect(fixed(drop.replace("'DROP'", "'DRO|PP'"), /^Change to/)).toBe(drop)
})

it('remove a rule that others shadow, and its line', () => {
  const shadowed = `rule('|b', {\n  on: postgres({}),\n  when: op => op.verb === 'DROP' && op.hasWhere,\n  effect: forbid('no'),\n})\n`
  expect(fixed(drop + shadowed, /^Remove the rule/)).toBe(drop)
})

it('remove an `unless` that makes no exception', () => {
  const rule = `rule('b', {\n  on: postgres(),\n  when: op => op.verb === 'DROP',\n  unless: op => op.verb === |'INSERT',\n  effect: forbid('no'),\n})\n`
  const after = fixed(rule, /^Remove `unless`/)
  expect(after).toBe(rule.replace("  unless: op => op.verb === |'INSERT',\n", ''))
  expect(isWhole(after)).toBe(true)
})

it('leave what another rule denies to the rule that holds it, by an exception there', () => {
  const hold = `rule('|b', { on: postgres(), when: op => op.verb === 'DROP' || op.verb === 'DELETE', effect: requireApproval({ by: 'dba', within: '5m' }) })\n`
  const after = fixed(drop + hold, /^Add `unless` to ‘a’/)
  expect(after).toContain("unless: op => op.verb === 'DROP' || op.verb === 'DELETE', effect: forbid('no')")
  expect(isWhole(after)).toBe(true)
})

it('add an exception for a group to a rule that has none, on a line of its own', () => {
  const rule = `rule('b', {\n  on: postgres(),\n  when: op => op.verb === |'DROP',\n  effect: forbid('no'),\n})\n`
  const after = fixed(rule, /o'brien/)
  expect(after).toContain("\n  unless: op => op.principal.groups.includes('o\\'brien'),\n  effect:")
  expect(isWhole(after)).toBe(true)
  expect(fixed(after!.replace('DROP', '|DROP'), /^Add `unless`/)).toBeUndefined()
})

it('offer nothing where nothing is wrong', () => {
  expect(fixed(`|// only a comment\n${drop}`, /./)).toBeUndefined()
})
