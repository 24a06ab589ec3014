import { describe, expect, it } from 'vitest'
import type { Expression, Rule } from '../ruleset.ts'
import { analyze, type FindingKind } from './analyze.ts'
import {
  alert,
  approval,
  both,
  call,
  compare,
  either,
  equal,
  field,
  forbid,
  label,
  limit,
  literal,
  mask,
  matches,
  not,
  rule,
  ruleset,
  verb,
} from './test-rules.ts'

const hour: Expression = { is: 'call', method: 'hour', on: field('time'), arguments: [literal('UTC')] }

function found(...rules: Rule[]): { kind: FindingKind; rule: string; others?: string[] }[] {
  return analyze(ruleset(...rules)).map(({ kind, rule: name, others }) => ({ kind, rule: name, ...(others && { others }) }))
}

/** What is found in a rule that stands alone. */
function foundWhen(when: Expression, unless?: Expression): FindingKind[] {
  return found(rule('alone', { when, ...(unless && { unless }), effect: forbid() })).map(({ kind }) => kind)
}

describe('a rule that never matches', () => {
  it.each<[string, Expression]>([
    ['two verbs at once', both(verb('DELETE'), verb('DROP'))],
    ['an hour after 9 and before 5', both(compare(hour, '>', 9), compare(hour, '<', 5))],
    ['an hour between two that follow each other', both(compare(hour, '>', 9), compare(hour, '<', 10))],
    ['an hour that no day has', compare(hour, '>=', 24)],
    ['every kind of principal excluded', both(...['human', 'service', 'agent'].map(kind => compare('principal.kind', '!==', kind)))],
    ['a transaction that does not exist', equal('transaction', 'broken')],
    ['a prefix that the value does not have', both(equal('object', 'shop'), call('object', 'startsWith', 'app'))],
    ['two prefixes', both(call('object', 'startsWith', 'app'), call('object', 'startsWith', 'shop'))],
    ['a part that must and must not be there', both(call('object', 'startsWith', 'shop_eu'), not(call('object', 'includes', 'shop')))],
    ['a pattern that the value does not match', both(equal('object', 'ls'), matches('object', '^(rm|dd)$'))],
    ['a directory inside another that is excluded', both(call('object', 'under', '/tmp/a'), not(call('object', 'under', '/tmp')))],
    ['a group in and not in', both(call('principal.groups', 'includes', 'dba'), not(call('principal.groups', 'includes', 'dba')))],
    [
      'a table in a schema, but in none',
      both(call('tables', 'includesTable', 'public.orders'), not(call('tables', 'includesTable', 'orders'))),
    ],
    [
      'a column of a table, but of none',
      both(call('reads', 'includesColumn', 'public.orders.total'), not(call('reads', 'includesColumn', 'total'))),
    ],
    [
      'a column of a table in some schema, but of none',
      both(call('writes', 'includesColumn', 'orders.total'), not(call('writes', 'includes', 'total'))),
    ],
    ['a name searched for in two ways', both(call('columns', 'includesColumn', 'total'), not(call('columns', 'includes', 'total')))],
    ['a flag and its opposite', both(field('hasWhere'), equal('hasWhere', false))],
    ['fewer than none', compare({ is: 'memory', counter: 'count', verb: 'DELETE', windowMs: 60_000 }, '<', 0)],
    ['false', literal(false)],
  ])('is found: %s', (_, when) => {
    expect(foundWhen(when)).toContain('never-matches')
  })

  it.each<[string, Expression]>([
    ['a long and a short prefix', both(call('object', 'startsWith', 'app-eu'), call('object', 'startsWith', 'app'))],
    ['two groups', both(call('principal.groups', 'includes', 'admin-eu'), not(call('principal.groups', 'includes', 'admin')))],
    [
      'a table in some schema, but not in that one',
      both(call('tables', 'includesTable', 'orders'), not(call('tables', 'includesTable', 'public.orders'))),
    ],
    [
      'a column of some table, but not of that one',
      both(call('reads', 'includesColumn', 'total'), not(call('reads', 'includesColumn', 'public.orders.total'))),
    ],
    ['a column read, but not written', both(call('reads', 'includesColumn', 'total'), not(call('writes', 'includesColumn', 'total')))],
    ['different windows of memory', both(compare(deletes(60_000), '>', 3), compare(deletes(120_000), '<', 9))],
    ['a pattern it does not understand', both(matches('object', '(?=x)'), equal('object', 'x'))],
    ['an hour at the edge', both(compare(hour, '>=', 9), compare(hour, '<', 10))],
    ['relative and absolute directories', both(call('object', 'under', '/tmp'), not(call('object', 'under', 'tmp')))],
  ])('is not one that only looks so: %s', (_, when) => {
    expect(foundWhen(when)).not.toContain('never-matches')
  })

  it('is one whose `unless` holds wherever `when` does, and says that it is `unless`', () => {
    const [finding] = analyze(
      ruleset(rule('r', { when: verb('DROP'), unless: { ...not(verb('DELETE')), at: [40, 60] } as Expression, effect: forbid() })),
    )
    expect(finding).toMatchObject({
      kind: 'never-matches',
      at: [40, 60],
      message: expect.stringMatching(/^`unless` holds for every command/),
    })
  })

  it('is one whose condition its own place rules out', () => {
    expect(
      found(rule('r', { on: { labels: { env: ['prod', 'staging'] } }, when: compare(label('env'), '===', 'dev'), effect: forbid() })),
    ).toEqual([{ kind: 'never-matches', rule: 'r' }])
  })

  it('is not said to be shadowed as well, nor to shadow', () => {
    const never = both(verb('DELETE'), verb('DROP'))
    expect(
      found(rule('never', { when: never, effect: forbid() }), rule('all deletes', { when: verb('DELETE'), effect: forbid() })),
    ).toEqual([{ kind: 'never-matches', rule: 'never' }])
  })
})

function deletes(windowMs: number): Expression {
  return { is: 'memory', counter: 'count', verb: 'DELETE', windowMs }
}

describe('a rule that matches more than it says', () => {
  it('always matches when its condition leaves nothing out', () => {
    expect(foundWhen(either(field('hasLimit'), equal('hasLimit', false)))).toContain('always-matches')
    expect(foundWhen(either(compare('statement', '<', 5), compare('statement', '>=', 5)))).toContain('always-matches')
    expect(foundWhen(either(compare(label('env'), '!==', 'prod'), compare(label('env'), '!==', 'dev')))).toContain('always-matches')
  })

  it('is left alone when it has no condition on purpose', () => {
    expect(found(rule('all of prod', { on: { labels: { env: ['prod'] } }, effect: forbid() }))).toEqual([])
  })

  it('has an `unless` that makes no exception', () => {
    expect(foundWhen(verb('DROP'), equal('verb', 'DELETE'))).toEqual(['unless-never-applies'])
  })
})

describe('a shadowed rule', () => {
  it('is covered by one that is as strict', () => {
    const wide = rule('wide', { when: verb('DELETE', 'DROP'), effect: forbid('a') })
    expect(found(wide, rule('narrow', { when: both(verb('DROP'), equal('object', 'x')), effect: forbid('b') }))).toEqual([
      { kind: 'shadowed', rule: 'narrow', others: ['wide'] },
    ])
  })

  it('is covered by two together', () => {
    const rules = [
      rule('agents', { when: equal('principal.kind', 'agent'), effect: forbid() }),
      rule('people and services', { when: both(verb('DROP'), compare('principal.kind', '!==', 'agent')), effect: forbid() }),
      rule('drops', { when: both(verb('DROP'), field('isOpaque')), effect: approval() }),
    ]
    expect(found(...rules)).toEqual([{ kind: 'shadowed', rule: 'drops', others: ['agents', 'people and services'] }])
  })

  it('names no more rules than it takes', () => {
    const rules = [
      rule('some', { when: both(verb('DROP'), field('hasWhere')), effect: forbid() }),
      rule('enough', { when: verb('DROP'), unless: equal('principal.name', 'root'), effect: forbid() }),
      rule('narrow', { when: both(verb('DROP'), equal('principal.name', 'x')), effect: forbid('b') }),
    ]
    expect(found(...rules)).toContainEqual({ kind: 'shadowed', rule: 'narrow', others: ['enough'] })
  })

  it('is not one that asks other people, masks otherwise, or is stricter', () => {
    const narrow = both(verb('DELETE'), field('hasWhere'))
    expect(
      found(rule('a', { when: verb('DELETE'), effect: approval('dba') }), rule('b', { when: narrow, effect: approval('sre') })),
    ).toEqual([])
    expect(found(rule('a', { when: verb('DELETE'), effect: mask('email') }), rule('b', { when: narrow, effect: mask('ssn') }))).toEqual([])
    expect(
      found(rule('a', { when: verb('DELETE'), effect: approval() }), rule('b', { when: narrow, effect: forbid() })).map(({ kind }) => kind),
    ).not.toContain('shadowed')
    expect(found(rule('a', { when: verb('DELETE'), effect: forbid() }), rule('b', { when: narrow, effect: alert() }))).toEqual([])
  })

  it('needs each of its effects covered', () => {
    const [wideMask, wideLimit] = [rule('m', { effect: mask('email') }), rule('l', { effect: limit(10) })]
    const narrow = rule('both', { when: verb('SELECT'), effect: [mask('email'), limit(10)] })
    expect(found(wideMask, narrow)).toEqual([])
    expect(found(wideMask, wideLimit, narrow)).toEqual([{ kind: 'shadowed', rule: 'both', others: ['l', 'm'] }])
  })

  it('is not shadowed by what is only observed', () => {
    const observed = rule('seen', { when: verb('DROP'), effect: forbid(), mode: 'observe' })
    expect(found(observed, rule('kept', { when: both(verb('DROP'), field('hasWhere')), effect: forbid('b') }))).toEqual([])
  })

  it('is not shadowed by a rule that looks elsewhere', () => {
    const prod = rule('prod', { on: { labels: { env: ['prod'] } }, when: verb('DROP'), effect: forbid() })
    expect(found(prod, rule('staging', { on: { labels: { env: ['staging', 'prod'] } }, when: verb('DROP'), effect: forbid('b') }))).toEqual(
      [{ kind: 'shadowed', rule: 'prod', others: ['staging'] }],
    )
  })

  it('is a duplicate when another says the same in other words; both are told', () => {
    const one = rule('one', { when: not(either(not(verb('DELETE')), field('hasWhere'))), effect: forbid() })
    const other = rule('other', { when: both(not(field('hasWhere')), verb('DELETE')), effect: forbid() })
    expect(found(one, other)).toEqual([
      { kind: 'duplicate', rule: 'one', others: ['other'] },
      { kind: 'duplicate', rule: 'other', others: ['one'] },
    ])
  })

  it('knows a list that is asked for one name after another', () => {
    const item: Expression = { is: 'item', depth: 0 }
    const among: Expression = { is: 'call', method: 'includes', on: { is: 'list', values: ['payments', 'orders'] }, arguments: [item] }
    expect(
      found(
        rule('a', { when: { is: 'some', list: field('tables'), holds: among }, effect: forbid() }),
        rule('b', {
          when: either(call('tables', 'includesTable', 'orders'), call('tables', 'includesTable', 'payments')),
          effect: forbid(),
        }),
      ),
    ).toMatchObject([{ kind: 'duplicate' }, { kind: 'duplicate' }])
  })

  it('sees through the same quantifier, written as `every` and as `not some`', () => {
    const isTemporary: Expression = { is: 'call', method: 'startsWith', on: { is: 'item', depth: 0 }, arguments: [literal('temp')] }
    const every = rule('every', { when: not({ is: 'every', list: field('tables'), holds: isTemporary }), effect: forbid() })
    const some = rule('some', { when: { is: 'some', list: field('tables'), holds: not(isTemporary) }, effect: forbid() })
    expect(found(every, some).map(({ kind }) => kind)).toEqual(['duplicate', 'duplicate'])
  })
})

describe('a conflict', () => {
  it('comes with a command that one rule holds and another denies', () => {
    const held = rule('ask', { when: both(verb('DELETE'), not(field('hasWhere'))), effect: approval() })
    const denied = rule('never in prod', { on: { labels: { env: ['prod'] } }, when: verb('DELETE', 'DROP'), effect: forbid() })
    expect(analyze(ruleset(held, denied))).toMatchObject([
      {
        kind: 'conflict',
        rule: 'ask',
        others: ['never in prod'],
        witness: { verb: 'DELETE', hasWhere: 'false', 'target.labels.env': 'prod' },
        message:
          'some commands that this rule holds are denied by `never in prod`: verb = "DELETE", not hasWhere, on target labels env = "prod"',
      },
    ])
  })

  it('is none where no command meets both', () => {
    expect(found(rule('ask', { when: verb('DELETE'), effect: approval() }), rule('no', { when: verb('DROP'), effect: forbid() }))).toEqual(
      [],
    )
  })
})

describe('a doubtful pattern', () => {
  it('looks for words in the text', () => {
    expect(foundWhen(matches('text', '(?i)delete'))).toEqual(['text-pattern'])
    expect(foundWhen(call('text', 'includes', 'salary'))).toEqual(['text-pattern'])
    expect(
      foundWhen({
        is: 'call',
        method: 'includes',
        on: { is: 'call', method: 'toLowerCase', on: field('text'), arguments: [] },
        arguments: [literal('drop table')],
      }),
    ).toEqual(['text-pattern'])
    expect(foundWhen(call('principal.name', 'includes', 'salary'))).toEqual([])
  })

  it('is told which field to ask instead', () => {
    const [finding] = analyze(
      ruleset(rule('r', { when: { ...matches('text', 'DELETE(?!.*WHERE)'), at: [7, 9] } as Expression, effect: forbid() })),
    )
    expect(finding).toMatchObject({ at: [7, 9], message: expect.stringContaining('`op.verb` and `op.hasWhere`') })
  })

  it('excepts a table of that name in every schema', () => {
    expect(foundWhen(verb('DELETE'), call('tables', 'includesTable', 'scratch'))).toEqual(['unqualified-table'])
    expect(foundWhen(both(verb('DELETE'), not(call('tables', 'includesTable', 'scratch'))))).toEqual(['unqualified-table'])
    expect(
      foundWhen(verb('DELETE'), {
        is: 'every',
        list: field('tables'),
        holds: { is: 'compare', operator: '===', left: { is: 'item', depth: 0 }, right: literal('scratch') },
      }),
    ).toEqual(['unqualified-table'])
  })

  it('excepts a function of that name in every schema, which anybody may make', () => {
    const item: Expression = { is: 'item', depth: 0 }
    const among = (...names: string[]): Expression => ({
      is: 'every',
      list: field('functions'),
      holds: { is: 'call', method: 'includes', on: { is: 'list', values: names }, arguments: [item] },
    })
    expect(foundWhen(verb('SELECT'), among('lower', 'now'))).toEqual(['unqualified-function', 'unqualified-function'])
    expect(foundWhen(verb('SELECT'), among('pg_catalog.lower'))).toEqual([])
    expect(foundWhen(call('functions', 'includesFunction', 'dblink'))).toEqual([])
  })

  it('may name a table alone where that only catches more, and with its schema anywhere', () => {
    expect(foundWhen(call('tables', 'includesTable', 'payments'))).toEqual([])
    expect(foundWhen(verb('DELETE'), not(call('tables', 'includesTable', 'payments')))).toEqual([])
    expect(foundWhen(verb('DELETE'), call('tables', 'includesTable', 'public.scratch'))).toEqual([])
  })

  it('asks for a condition without saying of which verb', () => {
    expect(foundWhen(not(field('hasWhere')))).toEqual(['unrestricted-verb'])
    expect(foundWhen(either(verb('DROP'), not(field('hasWhere'))))).toEqual(['unrestricted-verb'])
    expect(foundWhen(both(equal('principal.kind', 'agent'), not(field('hasLimit'))))).toEqual(['unrestricted-verb'])
  })

  it('may ask for it where the verbs are named, next to it or around it', () => {
    expect(foundWhen(both(verb('DELETE', 'UPDATE'), not(field('hasWhere'))))).toEqual([])
    expect(foundWhen(either(verb('DROP'), both(verb('DELETE'), not(field('hasWhere')))))).toEqual([])
    expect(foundWhen(both(verb('SELECT'), not(field('hasLimit'))))).toEqual([])
    expect(foundWhen(field('hasWhere'))).toEqual([])
  })

  it('compares a path as text', () => {
    expect(foundWhen(verb('COPY'), call('object', 'startsWith', '/tmp'))).toEqual(['path-prefix'])
    expect(foundWhen(verb('COPY'), call('object', 'under', '/tmp'))).toEqual([])
  })
})

describe('analyze', () => {
  const rules = [
    rule('agents', { when: equal('principal.kind', 'agent'), effect: forbid() }),
    rule('others', { when: both(verb('DROP'), compare('principal.kind', '!==', 'agent')), effect: forbid() }),
    rule('drops', { when: both(verb('DROP'), call('object', 'startsWith', 'app')), effect: approval() }),
    rule('one', { when: both(verb('DELETE'), not(field('hasWhere'))), effect: approval() }),
    rule('same', { when: both(not(field('hasWhere')), verb('DELETE')), effect: approval() }),
    rule('never', { when: both(verb('DELETE'), verb('DROP')), effect: mask('email') }),
  ]
  const withoutPlaces = (given: Rule[]) =>
    analyze(ruleset(...given))
      .map(({ line: _line, at: _at, ...finding }) => JSON.stringify(finding))
      .toSorted()

  it('finds the same in any order of rules', () => {
    const inOrder = withoutPlaces(rules)
    expect(inOrder).toHaveLength(4)
    for (let turn = 1; turn < rules.length; turn++) expect(withoutPlaces([...rules.slice(turn), ...rules.slice(0, turn)])).toEqual(inOrder)
    expect(withoutPlaces(rules.toReversed())).toEqual(inOrder)
  })

  it('says that it does not know, rather than guess, when a question is too hard', () => {
    const undecided = analyze(ruleset(...rules), { stepsMax: 0 })
    expect(undecided.every(({ kind }) => kind === 'not-decided')).toBe(true)
    expect(undecided.map(({ rule: name }) => name)).toContain('never')
  })

  it('gives up on a question made to be hard', () => {
    // Pigeons in holes: no small proof exists for the method used here.
    const [pigeons, holes] = [9, 8]
    const sits = (pigeon: number, hole: number) => call('principal.groups', 'includes', `p${pigeon} h${hole}`)
    const all = [...Array(pigeons).keys()]
    const each = [...Array(holes).keys()]
    const when = both(
      ...all.map(pigeon => either(...each.map(hole => sits(pigeon, hole)))),
      ...each.flatMap(hole => all.flatMap(a => all.filter(b => b < a).map(b => not(both(sits(a, hole), sits(b, hole)))))),
    )
    expect(foundWhen(when)).toEqual(['not-decided'])
  })
})
