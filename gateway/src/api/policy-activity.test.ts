import { compile } from '@steno/policy-dsl'
import { describe, expect, it } from 'vitest'
import type { RuleHits } from '../index/search.ts'
import type { PublishedPolicy } from '../policies/index.ts'
import { policyActivityOf } from './policy-activity.ts'

function policy(name: string, ...rules: string[]): PublishedPolicy {
  const source = rules.map(rule => `rule('${rule}', { on: postgres(), effect: forbid('no') })`).join('\n')
  const { ruleset, problems } = compile(source)
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  return {
    name,
    source,
    version: `${name}@000000000000`,
    ruleset: ruleset!,
    publishedAtUs: 0,
    by: { kind: 'token', name: 'pen' },
    reason: null,
    rehearsed: null,
    agreed: null,
  }
}

const hit = (given: Partial<RuleHits>): RuleHits => ({
  policyVersion: 'guard@0123456789ab',
  rule: null,
  matched: [],
  verdict: 'allow',
  commands: 1,
  lastAt: '2026-01-01T00:00:00.000000Z',
  ...given,
})

const counts = (policies: PublishedPolicy[], hits: RuleHits[]) =>
  policyActivityOf(policies, hits).map(({ policy: name, commands, rules }) => [
    name,
    commands,
    ...rules.map(({ rule, commands: of, decided }) => `${rule} ${of}/${decided}`),
  ])

describe('how often rules spoke', () => {
  it('counts what decided for the policy that the record names, whichever version it was', () => {
    const two = [policy('guard', 'no drops'), policy('other', 'no drops')]
    expect(counts(two, [hit({ rule: 'no drops', verdict: 'deny', commands: 3 })])).toEqual([
      ['guard', 3, 'no drops 3/3'],
      ['other', 0, 'no drops 0/0'],
    ])
  })

  it('counts what only matched for every policy that has a rule of that name', () => {
    const two = [policy('guard', 'mask', 'no drops'), policy('other', 'mask')]
    const versions = 'guard@0123456789ab other@0123456789ab'
    expect(counts(two, [hit({ policyVersion: versions, matched: ['mask'], commands: 2 })])).toEqual([
      ['guard', 2, 'mask 2/0', 'no drops 0/0'],
      ['other', 2, 'mask 2/0'],
    ])
  })

  it('counts a command once for its policy, however many of its rules spoke', () => {
    const [one] = policyActivityOf(
      [policy('guard', 'a', 'b')],
      [
        hit({ rule: 'a', matched: ['a', 'b'], verdict: 'hold', commands: 5 }),
        hit({ matched: ['b'], commands: 1, lastAt: '2026-01-02T00:00:00.000000Z' }),
      ],
    )
    expect(one).toEqual({
      policy: 'guard',
      commands: 6,
      denied: 0,
      held: 5,
      lastAt: '2026-01-02T00:00:00.000000Z',
      rules: [
        { rule: 'a', commands: 5, decided: 5 },
        { rule: 'b', commands: 6, decided: 0 },
      ],
    })
  })

  it('does not take a longer name for a shorter one', () => {
    expect(counts([policy('guard', 'x')], [hit({ rule: 'x', policyVersion: 'guard-2@0123456789ab' })])).toEqual([['guard', 0, 'x 0/0']])
  })
})
