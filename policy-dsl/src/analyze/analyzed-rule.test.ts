import { describe, expect, it } from 'vitest'
import { analyzedRulesOf } from './analyzed-rule.ts'
import { Atoms } from './atoms.ts'
import { print } from './describe.ts'
import { call, equal, forbid, rule, ruleset } from './test-rules.ts'

describe('a rule as analysis knows it', () => {
  const known = (...rules: Parameters<typeof ruleset>) => analyzedRulesOf(ruleset(...rules), new Atoms())
  const on = (line: string) => ({ labels: { line: [line] } })

  it('has the condition of another that was written elsewhere', () => {
    const [one, other] = known(
      rule('a', { on: on('1'), when: { ...equal('verb', 'DROP'), at: [1, 2] } as never, effect: forbid() }),
      rule('b', { on: on('1'), when: { ...equal('verb', 'DROP'), at: [3, 4] } as never, effect: forbid() }),
    )
    expect(one!.conditionKey).toBe(other!.conditionKey)
    expect(one!.matches).toEqual(other!.matches)
  })

  it('has not that of one whose label named `line` is another', () => {
    const [one, other] = known(rule('a', { on: on('1'), effect: forbid() }), rule('b', { on: on('2'), effect: forbid() }))
    expect(one!.conditionKey).not.toBe(other!.conditionKey)
  })

  it('has not the condition of one whose `when` is its `unless`', () => {
    const condition = equal('verb', 'DROP')
    const [one, other] = known(rule('a', { when: condition, effect: forbid() }), rule('b', { unless: condition, effect: forbid() }))
    expect(one!.conditionKey).not.toBe(other!.conditionKey)
  })

  it('does something else with another argument named `at`', () => {
    const doing = (at: string) => rule('a', { effect: { effect: 'forbid', arguments: { reason: 'no', at } } })
    const [one, other] = known(doing('1'), doing('2'))
    expect(one!.effectsKey).not.toBe(other!.effectsKey)
  })

  it('comes in an order that does not depend on where it stands', () => {
    const [a, b] = [rule('a', { on: on('1'), effect: forbid() }), rule('a', { on: on('2'), effect: forbid() })]
    const labels = (rules: (typeof a)[]) => known(...rules).map(one => one.rule.on.labels?.['line']?.[0])
    expect(labels([a, b])).toEqual(labels([b, a]))
  })
})

it('says a condition with the words of its author', () => {
  expect(print(call('reads', 'includesColumn', 'email'))).toBe('reads.includes("email")')
  expect(print(call('tables', 'includesTable', 'orders'))).toBe('tables.includes("orders")')
})
