import { expect, it } from 'vitest'
import { outline } from './outline.ts'

const source = `const few = 10
rule('a', {
  on: postgres(),
  when: op => op.hasWhere,
  effect: forbid('no'),
})
rule('b', { on: postgres(), effect: limit({ rows: few, over: 'cut' }) })
`
const text = ([start, end]: readonly [number, number]) => source.slice(start, end)

it('says where the rules and their parts stand', () => {
  const { rules, constants } = outline(source)
  expect(rules.map(({ name, line }) => [name, line])).toEqual([
    ['a', 2],
    ['b', 7],
  ])
  expect(Object.keys(rules[0]!.parts)).toEqual(['on', 'when', 'effect'])
  expect(text(rules[0]!.parts['when']!.at)).toBe('when: op => op.hasWhere')
  expect(text(rules[0]!.parts['when']!.value)).toBe('op => op.hasWhere')
  expect(text(rules[1]!.at)).toMatch(/^rule\('b'.*\)$/)
  expect(constants.map(({ name, at }) => [name, text(at)])).toEqual([['few', 'few']])
})

it('finds whole rules beside a broken one', () => {
  expect(outline(`${source}rule('c', { on: `).rules.map(({ name }) => name)).toEqual(['a', 'b'])
})

it('leaves out what has no name that can be read', () => {
  expect(outline('rule(name, {})\nrule()\nrule(...all)\nother()').rules).toEqual([])
})
