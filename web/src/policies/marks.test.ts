import { compile, analyze } from '@steno/policy-dsl'
import { expect, it } from 'vitest'
import { marksLabel, marksOf } from './marks.ts'

it('stand where the text is wrong, with what would be right', () => {
  const source = "rule('a', { on: postgres(), when: op => op.verb === 'SELECTT', effect: forbid('no') })"
  const { problems } = compile(source)
  const [mark] = marksOf({ problems, findings: [] })
  expect(mark).toMatchObject({ severity: 'error', suggestion: expect.stringContaining('SELECT') as string })
  expect(source.slice(mark!.start, mark!.end)).toContain('SELECTT')
})

it('tell errors, and what only wants a look, apart', () => {
  const twice = "{ on: postgres(), when: op => op.verb === 'DROP', effect: forbid('no') })"
  const { ruleset, problems } = compile(`rule('a', ${twice}\nrule('b', ${twice}`)
  const marks = marksOf({ problems, findings: analyze(ruleset!) })
  expect(marks.map(({ severity }) => severity)).toContain('warning')
  expect(marksLabel(marks)).toMatch(/^\d+ warnings?$/)
  expect(marksLabel([])).toBe('nothing wrong')
})
