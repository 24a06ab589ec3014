import { describe, expect, it } from 'vitest'
import type { Rule } from '../ruleset.ts'
import { compareRulesets, isNothingLessStrict } from './compare.ts'
import {
  alert,
  approval,
  both,
  call,
  compare,
  either,
  equal,
  evidence,
  field,
  forbid,
  label,
  limit,
  mask,
  not,
  rule,
  ruleset,
  verb,
} from './test-rules.ts'

const prod = { labels: { env: ['prod'] } }
const unbounded = both(verb('DELETE', 'UPDATE'), not(field('hasWhere')))

function differences(before: Rule[], after: Rule[]) {
  return compareRulesets(ruleset(...before), ruleset(...after))
}

function isLooser(before: Rule[], after: Rule[]): boolean {
  return !isNothingLessStrict(differences(before, after))
}

describe('a difference', () => {
  it('says what is no longer denied, with a command', () => {
    const before = [rule('no bulk changes', { on: prod, when: unbounded, effect: forbid() })]
    const after = [rule('no bulk changes', { on: prod, when: both(verb('UPDATE'), not(field('hasWhere'))), effect: forbid() })]
    expect(differences(before, after)).toEqual([
      {
        kind: 'no-longer',
        of: 'deny',
        effect: 'forbid',
        rule: 'no bulk changes',
        line: 1,
        isLessStrict: true,
        isWitnessExact: true,
        witness: { verb: 'DELETE', hasWhere: 'false', 'target.labels.env': 'prod' },
        verdicts: { before: 'deny', after: 'allow' },
        message: 'no longer denied: verb = "DELETE", not hasWhere, on target labels env = "prod" (rule `no bulk changes`)',
      },
    ])
  })

  it('says what is newly denied', () => {
    const [difference, ...others] = differences([], [rule('drops', { when: verb('DROP'), effect: forbid() })])
    expect(others).toEqual([])
    expect(difference).toMatchObject({
      kind: 'newly',
      of: 'deny',
      isLessStrict: false,
      message: 'newly denied: verb = "DROP" (rule `drops`)',
      verdicts: { before: 'allow', after: 'deny' },
    })
  })

  it('tells a denial that became a hold once on each side', () => {
    const said = differences(
      [rule('drops', { when: verb('DROP'), effect: forbid() })],
      [rule('drops', { when: verb('DROP'), effect: approval() })],
    )
    expect(said.map(({ kind, of, verdicts }) => [kind, of, verdicts?.after])).toEqual([['no-longer', 'deny', 'hold']])
  })

  it('tells of other approvers, when the command is held in both', () => {
    const said = differences(
      [rule('a', { when: verb('DROP'), effect: approval('dba') })],
      [rule('a', { when: verb('DROP'), effect: approval('interns') })],
    )
    expect(said.map(({ message, isLessStrict }) => [message, isLessStrict])).toEqual([
      ['no longer held for dba: verb = "DROP" (rule `a`)', true],
      ['newly held for interns: verb = "DROP" (rule `a`)', false],
    ])
  })

  it('tells of one column that is no longer masked', () => {
    const said = differences([rule('pii', { effect: mask('email', 'ssn') })], [rule('pii', { effect: mask('ssn') })])
    expect(said.map(({ kind, message, isLessStrict }) => [kind, message, isLessStrict])).toEqual([
      ['no-longer', 'no longer masked (email, ssn: redact): any command (rule `pii`)', true],
      ['newly', 'newly masked (ssn: redact): any command (rule `pii`)', false],
    ])
  })

  it('is seen where only a group got out of a mask', () => {
    const before = [rule('pii', { when: equal('principal.kind', 'agent'), effect: mask('email') })]
    const after = [
      rule('pii', {
        when: equal('principal.kind', 'agent'),
        unless: call('principal.groups', 'includes', 'pii-readers'),
        effect: mask('email'),
      }),
    ]
    const [difference] = differences(before, after)
    expect(difference?.witness).toEqual({ 'principal.kind': 'agent', 'principal.groups': '["pii-readers"]' })
  })

  it('is not looked for in what is denied anyway', () => {
    const denied = rule('no drops', { when: verb('DROP'), effect: forbid() })
    expect(differences([denied, rule('m', { when: verb('DROP'), effect: mask('email') })], [denied])).toEqual([])
    expect(differences([denied, rule('a', { when: verb('DROP'), effect: alert() })], [denied])).toHaveLength(1)
  })

  it('says so when its example rests on something that was not looked into', () => {
    const window = { is: 'memory', counter: 'count', verb: 'DELETE', windowMs: 60_000 } as const
    const [difference] = differences([rule('m', { when: compare(window, '>', 5), effect: forbid() })], [])
    expect(difference).toMatchObject({ isWitnessExact: false, witness: { 'run.count("DELETE", 60 s)': '6' } })
  })

  it('counts as less strict when it could not be decided', () => {
    const said = compareRulesets(ruleset(rule('m', { when: unbounded, effect: forbid() })), ruleset(), { stepsMax: 1 })
    expect(said).toMatchObject([{ kind: 'not-decided', isLessStrict: true }])
    expect(isNothingLessStrict(said)).toBe(false)
  })
})

describe('no difference', () => {
  it.each<[string, Rule[], Rule[]]>([
    [
      'a name, a reason and a place',
      [rule('a', { when: unbounded, effect: forbid('x') })],
      [rule('other', { effect: alert() }), rule('b', { when: unbounded, effect: forbid('y') })].slice(1),
    ],
    [
      'order',
      [rule('a', { when: verb('DROP'), effect: forbid() }), rule('b', { effect: limit(5) })],
      [rule('b', { effect: limit(5) }), rule('a', { when: verb('DROP'), effect: forbid() })],
    ],
    [
      'De Morgan',
      [rule('a', { when: unbounded, effect: forbid() })],
      [rule('a', { when: not(either(both(not(verb('DELETE')), not(verb('UPDATE'))), field('hasWhere'))), effect: forbid() })],
    ],
    [
      '`unless` written into `when`',
      [rule('a', { when: verb('DROP'), unless: equal('object', 'x'), effect: forbid() })],
      [rule('a', { when: both(verb('DROP'), compare('object', '!==', 'x')), effect: forbid() })],
    ],
    [
      'the place written into `when`',
      [rule('a', { on: prod, effect: forbid() })],
      [rule('a', { when: equal('target.labels.env', 'prod'), effect: forbid() })],
    ],
    [
      'one rule split in two',
      [rule('a', { when: unbounded, effect: forbid() })],
      ['UPDATE', 'DELETE'].map(name => rule(name, { when: both(verb(name), not(field('hasWhere'))), effect: forbid() })),
    ],
    [
      'a test that others cover',
      [
        rule('a', { when: both(verb('DROP'), compare('statement', '!==', 7)), effect: forbid() }),
        rule('b', { when: compare('statement', '>', 5), effect: forbid() }),
      ],
      [rule('a', { when: verb('DROP'), effect: forbid() }), rule('b', { when: compare('statement', '>', 5), effect: forbid() })],
    ],
    [
      'a default written out',
      [rule('a', { effect: mask('email') })],
      [rule('a', { effect: { effect: 'mask', arguments: { ...mask('email').arguments, predicates: 'refuse' } } })],
    ],
    ['a rule that only observes', [], [rule('a', { effect: forbid(), mode: 'observe' })]],
  ])('is made by %s', (_, before, after) => {
    expect(differences(before, after)).toEqual([])
    expect(differences(after, before)).toEqual([])
  })
})

describe('nothing is less strict', () => {
  it('holds for what only adds, and for an approval that became a denial', () => {
    expect(
      isLooser(
        [rule('a', { when: verb('DROP'), effect: approval() })],
        [rule('a', { when: verb('DROP'), effect: forbid() }), rule('b', { effect: mask('ssn') })],
      ),
    ).toBe(false)
  })

  it('holds for a limit that is lower, a mask that is wider, a quorum that is higher', () => {
    expect(isLooser([rule('a', { effect: limit(100) })], [rule('a', { effect: limit(10) })])).toBe(false)
    expect(isLooser([rule('a', { effect: mask('ssn') })], [rule('a', { effect: mask('ssn', 'email') })])).toBe(false)
    expect(isLooser([rule('a', { effect: approval('dba') })], [rule('a', { effect: approval('dba', 2) })])).toBe(false)
    expect(isLooser([rule('a', { effect: evidence(5000) })], [rule('a', { effect: evidence(60_000) })])).toBe(false)
    expect(isLooser([rule('a', { effect: evidence() })], [rule('a', { effect: forbid() })])).toBe(false)
  })

  it('does not hold the other way round', () => {
    expect(isLooser([rule('a', { effect: limit(10) })], [rule('a', { effect: limit(100) })])).toBe(true)
    expect(isLooser([rule('a', { effect: mask('ssn', 'email') })], [rule('a', { effect: mask('ssn') })])).toBe(true)
    expect(isLooser([rule('a', { effect: approval('dba', 2) })], [rule('a', { effect: approval('dba') })])).toBe(true)
    expect(isLooser([rule('a', { effect: evidence() })], [rule('a', { effect: approval('dba') })])).toBe(true)
    expect(isLooser([rule('a', { effect: approval('dba') })], [rule('a', { effect: evidence() })])).toBe(true)
    expect(isLooser([rule('a', { effect: forbid() })], [rule('a', { effect: approval() })])).toBe(true)
    expect(isLooser([rule('a', { effect: forbid() })], [rule('a', { effect: forbid(), mode: 'observe' })])).toBe(true)
  })

  it('does not hold when a stricter rule covers only some of it', () => {
    expect(isLooser([rule('a', { effect: limit(100) })], [rule('a', { when: verb('SELECT'), effect: limit(10) })])).toBe(true)
  })

  it('leaves out the rules that are excepted, and no others', () => {
    const said = differences(
      [rule('a', { when: verb('DROP'), effect: forbid() }), rule('b', { when: equal('principal.kind', 'agent'), effect: forbid() })],
      [],
    )
    expect(isNothingLessStrict(said, ['a'])).toBe(false)
    expect(isNothingLessStrict(said, ['a', 'b'])).toBe(true)
  })

  it('is not fooled by a label that is not there', () => {
    expect(
      isLooser(
        [rule('a', { when: compare(label('env'), '!==', 'prod'), effect: forbid() })],
        [rule('a', { on: { labels: { env: ['', 'dev', 'staging'] } }, effect: forbid() })],
      ),
    ).toBe(true)
  })
})
