import { analyze, compile } from '@steno/policy-dsl'
import { expect, it } from 'vitest'
import { marksLabel, marksOf } from './marks.ts'

const none = { problems: [], findings: [], types: [] }

it('stand where the text is wrong, with what would be right', () => {
  const source = "rule('a', { on: postgres(), when: op => op.verb === 'SELECTT', effect: forbid('no') })"
  const { problems } = compile(source)
  const [mark] = marksOf(source, { ...none, problems })
  expect(mark).toMatchObject({ severity: 'error', suggestion: "'SELECT'" })
  expect(source.slice(mark!.start, mark!.end)).toContain('SELECTT')
})

it('tell errors, and what only wants a look, apart', () => {
  const twice = "{ on: postgres(), when: op => op.verb === 'DROP', effect: forbid('no') })"
  const source = `rule('a', ${twice}\nrule('b', ${twice}`
  const { ruleset, problems } = compile(source)
  const marks = marksOf(source, { ...none, problems, findings: analyze(ruleset!) })
  expect(marks.map(({ severity }) => severity)).toContain('warning')
  expect(marks.find(({ code }) => code === 'duplicate')).toMatchObject({ rule: 'a', others: ['b'] })
  expect(marksLabel(marks)).toMatch(/^\d+ warnings?$/)
  expect(marksLabel([])).toBe('nothing wrong')
})

/** What TypeScript says, and where: at `word`. */
function typed(source: string, code: number, word: string, message = 'Something is wrong.') {
  return { code, start: source.indexOf(word), length: word.length, message }
}

it.each([
  ['the same word', "rule('m', { on: postgres(), when: op => op.tabels.length > 0, effect: forbid('no') })", 2551, 'tabels'],
  [
    'the name of the option',
    "rule('m', { on: postgres(), effect: requireApproval({ by: 'dba', within:\n '15 minutes' }) })",
    2322,
    'within',
  ],
  [
    'an option of several lines',
    "rule('m', { on: postgres(),\n  when: op =>\n    op.hasWhere ||\n    op.text, effect: forbid('no') })",
    2322,
    'when',
  ],
  ['how it is written', "rule('m', { on: postgres(),\n effect: forbid('no')", 1005, "'no'"],
])('say once what the compiler and TypeScript both say: %s', (_, source, code, word) => {
  const { problems } = compile(source)
  expect(problems.filter(({ severity }) => severity === 'error')).not.toEqual([])
  const marks = marksOf(source, { ...none, problems, types: [typed(source, code, word)] })
  expect(marks.filter(mark => mark.code.startsWith('type-'))).toEqual([])
})

it('say what TypeScript alone sees', () => {
  const source = "rule('m', {\n  on: postgres(),\n  effect: forbid('no'),\n})\nrule('n', { on: shopp, effect: forbid('no') })"
  const { problems } = compile(source)
  const said = marksOf(source, { ...none, problems, types: [typed(source, 2304, 'postgres', "Cannot find name 'postgres'.")] })
  expect(said).toContainEqual(expect.objectContaining({ code: 'type-2304', message: 'expected a name that is known here, got `postgres`' }))
})
