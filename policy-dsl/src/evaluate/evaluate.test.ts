/// <reference types="node" />
import type { Operation, Verdict } from '@steno/recordings'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Judgement } from '../decision.ts'
import type { Effect, Obligations } from '../effects/effect.ts'
import type { Circumstances, Facts } from '../facts.ts'
import type { EffectUse, Expression, Rule, Ruleset, Selector } from '../ruleset.ts'
import { combine } from './combine.ts'
import { createEvaluator } from './evaluate.ts'

// Effects of our own, so that what an effect asks for is plain to see here.
const effect = (name: string, verdict: Verdict, obligations: (rule: string) => Obligations): Effect => ({
  name,
  verdict,
  signature: { documentation: '', parameters: [] },
  obligations,
})
const effects: Record<string, Effect> = {
  forbid: effect('forbid', 'deny', () => ({ reason: 'not here', hint: 'ask first' })),
  hold: effect('hold', 'hold', rule => ({ approval: { rule, by: ['dba'], withinMs: 1000, quorum: 1 } })),
  witness: effect('witness', 'hold', rule => ({ evidence: { rule, evidence: 'witnessed', withinMs: 1000 } })),
  mask: effect('mask', 'allow', rule => ({ mask: { rule, columns: [], matching: null, with: 'redact', predicates: 'refuse' } })),
  limit: effect('limit', 'allow', rule => ({ limit: { rule, rows: 1, bytes: null, perMinute: null, per: 'run', over: 'cut' } })),
  alert: effect('alert', 'allow', rule => ({ alert: { rule, message: 'look', severity: 'info' } })),
  broken: effect('broken', 'allow', () => {
    throw new Error('expected other arguments')
  }),
}

const verb: Expression = { is: 'field', path: ['verb'] }
const field = (...path: string[]): Expression => ({ is: 'field', path })
const text = (value: string): Expression => ({ is: 'literal', value })
const verbIs = (value: string): Expression => ({ is: 'compare', operator: '===', left: verb, right: text(value) })
const call = (on: Expression, method: string, ...args: Expression[]): Expression => ({ is: 'call', method, on, arguments: args })
const inTable = (name: string) => call(field('tables'), 'includesTable', text(name))
const reading = (name: string) => call(field('reads'), 'includesColumn', text(name))

let line = 0
const rule = (name: string, uses: string | string[], parts: Partial<Rule> = {}): Rule => ({
  name,
  line: ++line,
  at: [0, 1],
  on: {},
  effects: [uses].flat().map((use): EffectUse => ({ effect: use, arguments: {} })),
  mode: 'enforce',
  ...parts,
})
const rulesetOf = (...rules: Rule[]): Ruleset => ({ language: 1, rules, tests: [], hash: '' })
const operation = (parts: Partial<Operation> = {}): Operation => ({ verb: 'SELECT', tables: [], columns: [], ...parts })
const circumstances = (parts: Partial<Circumstances> = {}): Circumstances => ({
  principal: { kind: 'agent', name: 'agent', groups: ['readers'] },
  delegation: [{ kind: 'human', name: 'ada', groups: ['dba'] }],
  run: { id: 'r', attempt: 1, task: null, trigger: null, agentVersion: null, parent: null },
  session: { id: 's', application: null, clientAddress: '192.0.2.1', startedAtUs: 0, commands: 3 },
  target: { name: 'shop', protocol: 'postgres', labels: { env: 'prod' } },
  command: { kind: 'query', text: 'select 1', transaction: 'idle' },
  nowUs: Date.parse('2026-01-07T12:34:56Z') * 1000,
  memory: { sum: () => 0 },
  ...parts,
})
const facts = (operations: Partial<Operation>[] = [{}], parts: Partial<Circumstances> = {}): Facts => ({
  operations: operations.map(operation),
  circumstances: circumstances(parts),
})
const judge = (rules: Rule[], given = facts()) => createEvaluator(rulesetOf(...rules), effects).judge(given)
const holds = (when: Expression, op: Partial<Operation> = {}, parts: Partial<Circumstances> = {}) => {
  const judgement = judge([rule('it', 'alert', { when })], facts([op], parts))
  if (judgement.verdict === 'deny') throw new Error(judgement.by?.reason)
  return judgement.matched.length > 0
}

describe('a judgement', () => {
  it('allows what no rule matches, with the same object every time', () => {
    const never = judge([rule('drops', 'forbid', { when: verbIs('DROP') })])
    expect(never).toEqual({ verdict: 'allow', by: null, matched: [], approvals: [], evidence: [], masks: [], limits: [], alerts: [] })
    expect(judge([])).toBe(never)
    expect(judge([rule('all', 'forbid')], facts([]))).toBe(never)
    expect(() => never.matched.push({ rule: '', effect: '', operation: 0 })).toThrow(TypeError)
  })
  it('is the strictest of all that match, whatever the order', () => {
    const rules = ['alert', 'mask', 'hold', 'forbid'].map(name => rule(name, name))
    for (const [count, verdict] of [
      [1, 'allow'],
      [2, 'allow'],
      [3, 'hold'],
      [4, 'deny'],
    ] as const) {
      for (const order of [rules.slice(0, count), rules.slice(0, count).toReversed()]) {
        const judgement = judge(order)
        expect(judgement.verdict).toBe(verdict)
        expect(judgement.by?.rule).toBe(rules[count - 1]?.name)
        expect(judgement.matched).toHaveLength(count)
      }
    }
  })
  it('says what decided, why, and how to comply', () => {
    const judgement = judge(
      [rule('look', 'alert'), rule('no deletes', 'forbid', { when: verbIs('DELETE') })],
      facts([{}, { verb: 'DELETE' }]),
    )
    expect(judgement.by).toMatchObject({
      rule: 'no deletes',
      effect: 'forbid',
      reason: 'not here',
      hint: 'ask first',
      operation: 1,
      clauses: [],
    })
    expect(judge([rule('held', 'hold')]).by).not.toHaveProperty('hint')
  })
  it('gathers what is asked for once a rule, not once an operation', () => {
    const judgement = judge([rule('many', ['mask', 'limit', 'limit', 'alert', 'hold'])], facts([{}, {}, {}]))
    expect(judgement).toMatchObject({ verdict: 'hold', masks: [{ rule: 'many' }], alerts: [{}], approvals: [{}] })
    expect(judgement.limits).toHaveLength(2)
    expect(judgement.matched.map(({ effect: name, operation: at }) => `${name} ${at}`)).toEqual([
      'mask 0',
      'limit 0',
      'limit 0',
      'alert 0',
      'hold 0',
    ])
  })
  it('gathers the evidence that rules and policies demand, beside the people', () => {
    const witnessed = judge([rule('first', 'witness'), rule('asked', 'hold'), rule('second', 'witness')])
    expect(witnessed).toMatchObject({ verdict: 'hold', by: { rule: 'first' }, approvals: [{ rule: 'asked' }] })
    expect(combine([witnessed, judge([rule('third', 'witness')])]).evidence.map(demand => demand.rule)).toEqual([
      'first',
      'second',
      'third',
    ])
    expect(judge([rule('watched', 'witness', { mode: 'observe' })])).toMatchObject({ verdict: 'allow', evidence: [] })
  })
  it('hands out obligations that nobody can change for the next command', () => {
    const evaluator = createEvaluator(rulesetOf(rule('hide', 'mask')), effects)
    const [mask] = evaluator.judge(facts()).masks
    expect(() => Object.assign(mask ?? {}, { with: 'null' })).toThrow(TypeError)
    expect(evaluator.judge(facts()).masks).toEqual([mask])
  })
  it('only writes down what an observed rule would do', () => {
    const observed = { mode: 'observe' } as const
    expect(judge([rule('watched', ['forbid', 'mask'], observed)])).toEqual({
      verdict: 'allow',
      by: null,
      matched: [
        { rule: 'watched', effect: 'forbid', operation: 0, isObserved: true },
        { rule: 'watched', effect: 'mask', operation: 0, isObserved: true },
      ],
      approvals: [],
      evidence: [],
      masks: [],
      limits: [],
      alerts: [],
    })
    expect(judge([rule('watched', 'forbid', { ...observed, when: field('nonsense') })])).toMatchObject({
      verdict: 'allow',
      matched: [{ rule: 'watched', effect: 'error', isObserved: true }],
    })
  })
  it('leaves out what `unless` excepts, for that operation alone', () => {
    const deletes = rule('deletes', 'forbid', { when: verbIs('DELETE'), unless: inTable('scratch') })
    expect(judge([deletes], facts([{ verb: 'DELETE', tables: ['scratch'] }])).verdict).toBe('allow')
    expect(
      judge(
        [deletes],
        facts([
          { verb: 'DELETE', tables: ['scratch'] },
          { verb: 'DELETE', tables: ['orders'] },
        ]),
      ).verdict,
    ).toBe('deny')
  })
})

describe('a rule that cannot be evaluated', () => {
  const deniedFor = (parts: Partial<Rule>, reason: string, uses: string | string[] = 'alert') => {
    const judgement = judge([rule('odd', uses, parts)])
    expect(judgement.verdict).toBe('deny')
    expect(judgement.by).toMatchObject({ rule: 'odd', effect: 'error' })
    expect(judgement.by?.reason).toContain('the rule `odd` could not be evaluated: ')
    expect(judgement.by?.reason).toContain(reason)
  }
  it.each<[string, Expression, string]>([
    ['an unknown kind', { is: 'while' } as unknown as Expression, 'expected a known expression, got `while`'],
    ['an unknown field', field('secrets'), 'expected a field, got `secrets`'],
    ['a field of every object', field('constructor'), 'expected a field, got `constructor`'],
    ['an unknown method', call(verb, 'constructor'), 'expected a method of string, got `constructor`'],
    ['a method of another type', call(field('tables'), 'startsWith', text('a')), 'expected a method of names'],
    ['arguments that do not fit', call(verb, 'startsWith', field('tables')), 'expected the arguments (string), got (names)'],
    ['a text where a condition stands', verb, 'expected true or false in'],
    [
      'values of two types',
      { is: 'compare', operator: '===', left: verb, right: { is: 'literal', value: 1 } },
      'expected two values of one type',
    ],
    ['an unknown comparison', { is: 'compare', operator: '==' as '===', left: verb, right: verb }, 'expected a comparison, got `==`'],
    ['a pattern that RE2 does not know', { is: 'matches', pattern: '(?=a)', flags: '', text: verb }, 'invalid'],
    ['a flag that we do not know', { is: 'matches', pattern: 'a', flags: 'y', text: verb }, 'expected the flags'],
    ['an element of nothing', { is: 'item', depth: 0 }, 'expected an element inside'],
    [
      'a time zone that nobody knows',
      { is: 'compare', operator: '<', left: call(field('time'), 'hour', text('Mars/Olympus')), right: { is: 'literal', value: 1 } },
      'Mars/Olympus',
    ],
  ])('denies for %s', (_, when, reason) => {
    deniedFor({ when }, reason)
    deniedFor({ unless: when }, reason)
    // Nothing beside it hides it: what is not understood is not understood.
    deniedFor({ when: { is: 'and', of: [verbIs('DROP'), when] } }, reason)
    deniedFor({ when: { is: 'or', of: [verbIs('SELECT'), when] } }, reason)
  })
  it('denies when its memory fails', () => {
    const when: Expression = {
      is: 'compare',
      operator: '>',
      left: { is: 'memory', counter: 'rows', verb: null, windowMs: 1000 },
      right: { is: 'literal', value: 9 },
    }
    const memory = {
      sum: () => {
        throw new Error('expected an instant')
      },
    }
    expect(judge([rule('odd', 'alert', { when })], facts([{}], { memory }))).toMatchObject({ verdict: 'deny', by: { effect: 'error' } })
  })
  it('denies for an effect that is unknown or does not understand its arguments', () => {
    deniedFor({}, 'expected a known effect, got `vanish`', 'vanish')
    deniedFor({}, 'expected a known effect, got `toString`', ['alert', 'toString'])
    deniedFor({}, 'expected other arguments', 'broken')
    expect(judge([rule('odd', 'vanish', { when: verbIs('DROP') })]).verdict).toBe('allow')
  })
  it('denies for a part of a rule or of a selector that we do not know, wherever the command goes', () => {
    deniedFor({ during: 'night' } as Partial<Rule>, 'expected a part of a rule, got `during`')
    deniedFor({ mode: 'sometimes' as 'observe' }, 'expected `enforce` or `observe`, got `sometimes`')
    deniedFor({ on: { targets: 'elsewhere' } as unknown as Selector }, 'expected a selector with lists')
    deniedFor({ on: { targets: ['elsewhere'], regions: ['eu'] } as Selector }, 'expected a part of a rule, got `regions`')
  })
  it('denies for a condition nested too deep, without exhausting the stack', () => {
    let when: Expression = verbIs('SELECT')
    for (let depth = 0; depth < 50_000; depth++) when = { is: 'not', of: when }
    deniedFor({ when }, 'levels deep')
  })
  it('still lets other rules be heard', () => {
    const judgement = judge([rule('odd', 'alert', { when: field('nonsense') }), rule('hide', 'mask')])
    expect(judgement).toMatchObject({ verdict: 'deny', masks: [{ rule: 'hide' }] })
  })
  it('is refused as a whole when its language is another', () => {
    expect(() => createEvaluator({ ...rulesetOf(), language: 2 as 1 })).toThrow('expected a ruleset of language 1, got `2`')
  })
})

describe('a selector', () => {
  const looksAt = (on: Selector, target: Partial<Circumstances['target']> = {}) =>
    createEvaluator(rulesetOf(rule('it', 'alert', { on })), effects).looksAt({ ...circumstances().target, ...target })
  it('looks at what fits all of its parts, and any value of each', () => {
    expect(looksAt({})).toBe(true)
    expect(looksAt({ protocols: ['ssh', 'postgres'], targets: ['shop'], labels: { env: ['prod', 'staging'] } })).toBe(true)
    expect(looksAt({ protocols: ['ssh'] })).toBe(false)
    expect(looksAt({ targets: ['other'] })).toBe(false)
    expect(looksAt({ labels: { env: ['dev'] } })).toBe(false)
    expect(looksAt({ labels: { env: ['prod'], team: ['a'] } })).toBe(false)
    expect(looksAt({ labels: { constructor: [''] } })).toBe(false)
    expect(looksAt({ targets: [] })).toBe(false)
  })
  it('keeps rules from commands that go elsewhere', () => {
    const rules = [rule('here', 'forbid', { on: { targets: ['shop'] } })]
    const target = { name: 'other', protocol: 'postgres', labels: {} }
    expect(judge(rules).verdict).toBe('deny')
    expect(judge(rules, facts([{}], { target })).verdict).toBe('allow')
  })
  it('tells targets apart that differ in a label alone, many of them in turn', () => {
    const evaluator = createEvaluator(rulesetOf(rule('it', 'alert', { on: { labels: { n: ['7', '2007'] } } })), effects)
    const seen = Array.from({ length: 3000 }, (_, index) => ({ name: 'a', protocol: 'b', labels: { n: String(index) } }))
    expect([...seen, ...seen].filter(target => evaluator.looksAt(target)).map(target => target.labels.n)).toEqual([
      '7',
      '2007',
      '7',
      '2007',
    ])
  })
})

describe('a field', () => {
  it('reads as nothing where it is absent', () => {
    for (const name of ['object', 'inside'])
      expect(holds({ is: 'compare', operator: '===', left: field(name), right: text('') })).toBe(true)
    for (const path of [
      ['run', 'task'],
      ['run', 'trigger'],
      ['run', 'agentVersion'],
      ['session', 'application'],
      ['target', 'labels', 'no'],
    ]) {
      expect(holds({ is: 'compare', operator: '===', left: field(...path), right: text('') })).toBe(true)
    }
    for (const name of ['reads', 'writes', 'functions']) {
      expect(holds({ is: 'compare', operator: '===', left: field(name, 'length'), right: { is: 'literal', value: 0 } })).toBe(true)
    }
    for (const name of ['hasLimit', 'isOpaque', 'isNested']) expect(holds(field(name))).toBe(false)
  })
  it('says that a condition is missing only where one belongs', () => {
    expect(holds(field('hasWhere'), { verb: 'SELECT' })).toBe(true)
    expect(holds(field('hasWhere'), { verb: 'DELETE' })).toBe(false)
    expect(holds(field('hasWhere'), { verb: 'UPDATE' })).toBe(false)
    expect(holds(field('hasWhere'), { verb: 'UPDATE', hasWhere: true })).toBe(true)
  })
  it('says what is nested', () => {
    expect(holds(field('isNested'), { inside: 'EXPLAIN' })).toBe(true)
  })
  it('reads only labels that the target itself carries', () => {
    expect(holds({ is: 'compare', operator: '===', left: field('target', 'labels', 'env'), right: text('prod') })).toBe(true)
    expect(holds({ is: 'compare', operator: '===', left: field('target', 'labels', 'toString'), right: text('') })).toBe(true)
  })
})

describe('a method', () => {
  const number = (value: number): Expression => ({ is: 'literal', value })
  const equals = (left: Expression, right: Expression): Expression => ({ is: 'compare', operator: '===', left, right })
  it('looks into texts', () => {
    expect(holds(call(verb, 'startsWith', text('SEL')))).toBe(true)
    expect(holds(call(verb, 'endsWith', text('ECT')))).toBe(true)
    expect(holds(call(verb, 'includes', text('LEC')))).toBe(true)
    expect(holds(call(verb, 'includes', text('lec')))).toBe(false)
    expect(holds(call(text('/tmp/../etc'), 'under', text('/tmp')))).toBe(false)
    expect(holds(call(text('/tmp/a'), 'under', text('/tmp')))).toBe(true)
    expect(holds(equals(call(text('ÄÉIK'), 'toLowerCase'), text('ÄÉik')))).toBe(true)
    expect(holds(equals(call(text('\u212a'), 'toLowerCase'), text('\u212a')))).toBe(true) // the Kelvin sign
    expect(holds(equals(call(verb, 'length'), number(6)))).toBe(true)
  })
  it('looks into lists', () => {
    expect(holds(call({ is: 'list', values: ['a', 'SELECT'] }, 'includes', verb))).toBe(true)
    expect(holds(call({ is: 'list', values: [1, 3] }, 'includes', field('session', 'commands')))).toBe(true)
    expect(holds(call({ is: 'list', values: [1, 2] }, 'includes', field('session', 'commands')))).toBe(false)
    expect(holds(equals(call(field('tables'), 'length'), number(2)), { tables: ['a', 'b'] })).toBe(true)
  })
  it.each([
    ['orders', ['orders'], true],
    ['orders', ['public.orders'], true],
    ['orders', ['reorders'], false],
    ['orders', ['orders.public'], false],
    ['public.orders', ['public.orders'], true],
    ['public.orders', ['audit.orders'], false],
    ['public.orders', ['customers'], false],
    ['public.orders', [], false],
    ['public.orders', ['orders', 'public.orders'], true],
  ])('finds the table `%s` in %j: %s', (name, tables, expected) => {
    expect(holds(inTable(name), { tables })).toBe(expected)
    expect(holds(call(field('tables'), 'includes', text(name)), { tables })).toBe(expected)
  })
  it('denies when it cannot tell which schema is meant', () => {
    expect(() => holds(inTable('public.orders'), { tables: ['orders'] })).toThrow('expected to know what `orders` is')
    expect(() => holds(inTable('public.orders'), { tables: ['orders', 'audit.orders'] })).toThrow('could not be evaluated')
  })
  it('reads the clock in a zone', () => {
    const time = (method: string, zone?: string) => call(field('time'), method, ...(zone === undefined ? [] : [text(zone)]))
    expect(holds(equals(time('hour', 'Asia/Kolkata'), number(18)))).toBe(true)
    expect(holds(equals(time('minute', 'Asia/Kolkata'), number(4)))).toBe(true)
    expect(holds(equals(time('weekday'), text('wed')))).toBe(true)
    expect(holds({ is: 'compare', operator: '<', left: time('date', 'UTC'), right: text('2026-02-01') })).toBe(true)
  })
  it('asks the memory', () => {
    const asked: unknown[] = []
    const memory = { sum: (...args: unknown[]) => (asked.push(args), 7) }
    const when = equals({ is: 'memory', counter: 'count', verb: 'DELETE', windowMs: 600_000 }, number(7))
    expect(holds(when, {}, { memory })).toBe(true)
    expect(asked).toContainEqual(['count', 'DELETE', 600_000])
  })
  it('looks at each element, also inside one another', () => {
    const group = call({ is: 'item', depth: 1 }, 'field', text('groups'))
    const shared: Expression = {
      is: 'some',
      list: field('delegation'),
      holds: { is: 'some', list: group, holds: call(field('principal', 'groups'), 'includes', { is: 'item', depth: 0 }) },
    }
    const inner: Expression = {
      ...shared,
      holds: {
        is: 'some',
        list: call({ is: 'item', depth: 0 }, 'field', text('groups')),
        holds: call(field('principal', 'groups'), 'includes', { is: 'item', depth: 0 }),
      },
    }
    const named = (method: string, ...args: Expression[]): Expression => ({
      is: 'some',
      list: field('delegation'),
      holds: equals(call({ is: 'item', depth: 0 }, method, ...args), text('ada')),
    })
    expect(holds(named('name'))).toBe(true)
    expect(holds(named('kind'))).toBe(false)
    expect(() => holds(named('field', text('secret')))).toThrow('expected a principal’s')
    expect(() => holds(shared)).toThrow('expected an element inside')
    expect(holds(inner)).toBe(false)
    expect(holds(inner, {}, { principal: { kind: 'agent', name: 'a', groups: ['x', 'dba'] } })).toBe(true)
    const outerName: Expression = {
      is: 'some',
      list: field('delegation'),
      holds: { is: 'every', list: field('tables'), holds: equals(call({ is: 'item', depth: 1 }, 'field', text('name')), text('ada')) },
    }
    expect(holds(outerName, { tables: ['a', 'b'] })).toBe(true)
    expect(holds({ is: 'every', list: field('tables'), holds: { is: 'literal', value: false } })).toBe(true)
    expect(holds({ is: 'some', list: field('tables'), holds: { is: 'literal', value: true } })).toBe(false)
  })
})

describe('the clauses that are shown', () => {
  const at = (start: number): { at: [number, number] } => ({ at: [start, start + 1] })
  const clausesOf = (when: Expression) =>
    judge([rule('it', 'forbid', { when })], facts([{ verb: 'DELETE' }])).by?.clauses.map(([start]) => start)
  const isDelete: Expression = { ...verbIs('DELETE'), ...at(1) } as Expression
  const isUpdate: Expression = { ...verbIs('UPDATE'), ...at(2) } as Expression
  const hasNoWhere: Expression = { is: 'not', of: field('hasWhere'), ...at(3) }
  it('are those that held', () => {
    expect(clausesOf({ is: 'and', of: [{ is: 'or', of: [isUpdate, isDelete], ...at(9) }, hasNoWhere], ...at(8) })).toEqual([1, 3])
    expect(clausesOf({ is: 'choose', when: isDelete, yes: hasNoWhere, no: isUpdate })).toEqual([1, 3])
    expect(clausesOf({ is: 'choose', when: isUpdate, yes: isUpdate, no: isDelete })).toEqual([1])
    expect(clausesOf({ is: 'not', of: isUpdate, ...at(4) })).toEqual([4])
    expect(clausesOf({ is: 'and', of: [{ is: 'literal', value: true }], ...at(8) })).toEqual([8])
  })
})

describe('several policies', () => {
  const said = (...uses: string[]) => judge(uses.map(use => rule(use, use)))
  it('combine to the strictest, with everything they ask for', () => {
    const combined = combine([said('mask'), judge([]), said('hold', 'alert'), said('limit')])
    expect(combined).toMatchObject({ verdict: 'hold', by: { rule: 'hold' }, masks: [{}], approvals: [{}], limits: [{}], alerts: [{}] })
    expect(combined.matched).toHaveLength(4)
    expect(combine([said('alert'), said('mask')]).by?.rule).toBe('mask')
    expect(combine([said('hold'), said('forbid')]).verdict).toBe('deny')
  })
  it('combine to what one says where the others say nothing', () => {
    const one = said('mask')
    expect(combine([judge([]), one])).toBe(one)
    expect(combine([])).toBe(judge([]))
  })
  it('decide by the first operation among equals, then by the order they were given in', () => {
    const late = judge([rule('late', 'forbid', { when: verbIs('DELETE') })], facts([{}, { verb: 'DELETE' }]))
    const early = judge([rule('early', 'forbid')])
    expect(combine([late, early]).by?.rule).toBe('early')
    expect(combine([said('hold'), judge([rule('other', 'hold')])]).by?.rule).toBe('hold')
  })
})

// What follows holds the evaluator to the plainest reading of its language: no
// closures, no buckets, one function that does what the words say.

function naive(rules: Rule[], given: Facts) {
  const found: { strictness: number; operation: number; rule: number; verdict: Verdict; effect: string }[] = []
  const isSeen = new Set<string>()
  for (const [at, op] of given.operations.entries()) {
    for (const [index, one] of rules.entries()) {
      const { targets, labels } = one.on
      if (targets && !targets.includes(given.circumstances.target.name)) continue
      if (labels && !Object.entries(labels).every(([name, values]) => values.includes(given.circumstances.target.labels[name] ?? '')))
        continue
      let uses: string[]
      try {
        if (mentionsNonsense(one)) throw new Error('nonsense')
        const holdsHere = one.when === undefined || ask(one.when, op, given.circumstances, []) === true
        uses =
          holdsHere && (one.unless === undefined || ask(one.unless, op, given.circumstances, []) === false)
            ? one.effects.map(use => use.effect)
            : []
      } catch {
        uses = ['error']
      }
      for (const [place, use] of uses.entries()) {
        const key = JSON.stringify([index, use === 'error' ? 'error' : place])
        if (isSeen.has(key)) continue
        isSeen.add(key)
        const isKnown = Object.hasOwn(effects, use) && use !== 'broken'
        const verdict = isKnown ? (effects[use]?.verdict ?? 'deny') : 'deny'
        const strictness = { deny: 4, hold: 3, allow: use === 'alert' ? 1 : 2 }[verdict]
        found.push({ strictness, operation: at, rule: index, verdict, effect: isKnown ? use : 'error' })
      }
    }
  }
  const enforced = found.filter(one => rules[one.rule]?.mode === 'enforce')
  const [strictest] = enforced.toSorted((a, b) => b.strictness - a.strictness || a.operation - b.operation || a.rule - b.rule)
  const named = (effectName: string) => enforced.filter(one => one.effect === effectName).map(one => rules[one.rule]?.name)
  return {
    verdict: strictest?.verdict ?? 'allow',
    by: strictest ? [rules[strictest.rule]?.name, strictest.effect, strictest.operation] : null,
    matched: found.map(one => [rules[one.rule]?.name, one.effect, one.operation, rules[one.rule]?.mode === 'observe']),
    asked: { hold: named('hold'), mask: named('mask'), limit: named('limit'), alert: named('alert') },
  }
}

function inShort(judgement: Judgement) {
  const names = (list: { rule: string }[]) => list.map(one => one.rule)
  return {
    verdict: judgement.verdict,
    by: judgement.by && [judgement.by.rule, judgement.by.effect, judgement.by.operation],
    matched: judgement.matched.map(one => [one.rule, one.effect, one.operation, one.isObserved ?? false]),
    asked: {
      hold: names(judgement.approvals),
      mask: names(judgement.masks),
      limit: names(judgement.limits),
      alert: names(judgement.alerts),
    },
  }
}

function mentionsNonsense(part: unknown): boolean {
  return JSON.stringify(part).includes('nonsense')
}

// oxlint-disable-next-line typescript/no-explicit-any -- untyped on purpose: it shares nothing with what it checks
type Any = any

function ask(expression: Expression, op: Operation, around: Circumstances, items: Any[]): Any {
  const again = (part: Expression, more = items) => ask(part, op, around, more)
  switch (expression.is) {
    case 'literal':
      return expression.value
    case 'list':
      return expression.values
    case 'item':
      return items[items.length - 1 - expression.depth]
    case 'not':
      return !again(expression.of)
    case 'and':
      return expression.of.every(part => again(part))
    case 'or':
      return expression.of.some(part => again(part))
    case 'choose':
      return again(expression.when) ? again(expression.yes) : again(expression.no)
    case 'some':
      return again(expression.list).some((item: Any) => again(expression.holds, [...items, item]))
    case 'every':
      return again(expression.list).every((item: Any) => again(expression.holds, [...items, item]))
    case 'memory':
      return around.memory.sum(expression.counter, expression.verb, expression.windowMs)
    case 'matches':
      return new RegExp(expression.pattern, expression.flags).test(again(expression.text))
    case 'compare': {
      const [left, right] = [again(expression.left), again(expression.right)]
      return {
        '===': left === right,
        '!==': left !== right,
        '<': left < right,
        '<=': left <= right,
        '>': left > right,
        '>=': left >= right,
      }[expression.operator]
    }
    case 'field': {
      const path = expression.path.join('.')
      if (path === 'isNested') return op.inside !== undefined
      if (path === 'hasWhere') return op.hasWhere ?? !['UPDATE', 'DELETE'].includes(op.verb)
      if (path === 'hasLimit') return op.hasLimit ?? false
      if (path === 'reads') return op.reads ?? []
      if (path === 'object') return op.object ?? ''
      if (path === 'run.task') return around.run.task ?? ''
      if (expression.path[1] === 'labels') return around.target.labels[expression.path[2] ?? ''] ?? ''
      const from: Any = expression.path[0] === 'verb' || expression.path[0] === 'tables' ? op : around
      return expression.path.reduce((value, name) => value[name], from)
    }
    case 'call': {
      const on = again(expression.on)
      const args = expression.arguments.map(argument => again(argument))
      if (expression.method === 'length') return on.length
      if (expression.method === 'field') return on[args[0]]
      if (expression.method === 'includesColumn') return naiveIncludesColumn(on, args[0])
      if (expression.method !== 'includesTable') return on[expression.method](...args)
      const [name] = args
      const last = name.split('.').at(-1)
      if (!name.includes('.')) return on.some((table: string) => table.split('.').at(-1) === name)
      if (on.includes(name)) return true
      if (on.some((table: string) => table === last)) throw new Error('which schema?')
      return false
    }
  }
}

/** Part by part from the end: what neither says is no difference, but leaves open which column it is. */
function naiveIncludesColumn(entries: readonly string[], name: string): boolean {
  const asked = name.split('.').toReversed()
  const fitting = entries.filter(entry => {
    if (entry === '*') return true
    const parts = entry.split('.').toReversed()
    return asked.every((part, at) => parts[at] === undefined || parts[at] === part || (at === 0 && parts[at] === '*'))
  })
  if (fitting.some(entry => !entry.endsWith('*') && entry.split('.').length >= asked.length)) return true
  if (fitting.length > 0) throw new Error('which column?')
  return false
}

const verbs = ['SELECT', 'DELETE', 'UPDATE', 'DROP', 'UNPARSED']
const words = [...verbs, '', 'a', 'orders', 'public.orders', 'customers', 'S', 'prod', 'dba']

const { condition } = fc.letrec<{ condition: Expression; leaf: Expression; string: Expression; number: Expression }>(tie => ({
  string: fc.oneof(
    {
      weight: 4,
      arbitrary: fc.constantFrom<Expression>(
        verb,
        field('object'),
        field('principal', 'kind'),
        field('principal', 'name'),
        field('run', 'task'),
        field('target', 'labels', 'env'),
      ),
    },
    { weight: 4, arbitrary: fc.constantFrom(...words).map(text) },
    { weight: 1, arbitrary: tie('string').map(on => call(on, 'toLowerCase')) },
  ),
  number: fc.oneof(
    fc.nat(4).map((value): Expression => ({ is: 'literal', value })),
    fc.constantFrom<Expression>(field('session', 'commands'), call(field('tables'), 'length'), call(field('reads'), 'length')),
    // 13: the memory fails.
    fc.record({
      is: fc.constant('memory' as const),
      counter: fc.constant('count' as const),
      verb: fc.constantFrom(...verbs, null),
      windowMs: fc.constantFrom(1000, 2000, 13),
    }),
  ),
  leaf: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...verbs).map(verbIs) },
    { weight: 3, arbitrary: fc.subarray(verbs).map(values => call({ is: 'list', values }, 'includes', verb)) },
    { weight: 2, arbitrary: fc.constantFrom<Expression>(field('hasWhere'), field('hasLimit'), field('isNested')) },
    { weight: 2, arbitrary: fc.constantFrom('orders', 'public.orders', 'audit.orders', 'customers').map(inTable) },
    { weight: 2, arbitrary: fc.constantFrom('total', 'orders.total', 'public.orders.total', 'id').map(reading) },
    { weight: 1, arbitrary: fc.boolean().map((value): Expression => ({ is: 'literal', value })) },
    {
      weight: 1,
      arbitrary: fc.record({
        is: fc.constant('matches' as const),
        pattern: fc.constantFrom('^S', 'e', 'orders$', '(E|T)+'),
        flags: fc.constantFrom('', 'i'),
        text: tie('string'),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        is: fc.constant('compare' as const),
        operator: fc.constantFrom('===', '!==', '<', '<=', '>', '>='),
        left: tie('string'),
        right: tie('string'),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        is: fc.constant('compare' as const),
        operator: fc.constantFrom('===', '!==', '<', '<=', '>', '>='),
        left: tie('number'),
        right: tie('number'),
      }),
    },
    {
      weight: 2,
      arbitrary: fc
        .tuple(tie('string'), fc.constantFrom('startsWith', 'endsWith', 'includes'), tie('string'))
        .map(([on, method, part]) => call(on, method, part)),
    },
    { weight: 1, arbitrary: fc.constantFrom<Expression>(field('nonsense'), call(verb, 'nonsense')) },
  ) as fc.Arbitrary<Expression>,
  condition: fc.oneof(
    { maxDepth: 4 },
    tie('leaf'),
    fc.record({ is: fc.constantFrom('and' as const, 'or' as const), of: fc.array(tie('condition'), { minLength: 1, maxLength: 4 }) }),
    fc.record({ is: fc.constant('not' as const), of: tie('condition') }),
    fc.record({ is: fc.constant('choose' as const), when: tie('condition'), yes: tie('condition'), no: tie('condition') }),
    fc.record({
      is: fc.constantFrom('some' as const, 'every' as const),
      list: fc.constantFrom(field('tables'), field('reads'), field('principal', 'groups')),
      holds: tie('condition'),
    }),
    fc
      .tuple(fc.constantFrom('some' as const, 'every' as const), tie('string'), fc.constantFrom('===' as const, '!==' as const))
      .map(([is, right, operator]): Expression => ({
        is,
        list: field('delegation'),
        holds: {
          is: 'some',
          list: call({ is: 'item', depth: 0 }, 'field', text('groups')),
          holds: {
            is: 'or',
            of: [
              { is: 'compare', operator, left: { is: 'item', depth: 0 }, right },
              { is: 'compare', operator, left: call({ is: 'item', depth: 1 }, 'field', text('name')), right },
            ],
          },
        },
      })),
  ),
}))

const anyRule = fc
  .record(
    {
      on: fc.constantFrom<Selector>(
        {},
        {},
        { targets: ['shop'] },
        { targets: ['other'] },
        { labels: { env: ['prod', 'dev'] } },
        { labels: { env: ['dev'] } },
      ),
      when: condition,
      unless: condition,
      uses: fc.array(fc.constantFrom('forbid', 'hold', 'mask', 'limit', 'alert', 'alert', 'mask', 'broken', 'vanish'), {
        minLength: 1,
        maxLength: 3,
      }),
      mode: fc.constantFrom('enforce' as const, 'enforce' as const, 'observe' as const),
    },
    { requiredKeys: ['on', 'uses', 'mode'] },
  )
  .map(
    ({ uses, ...parts }) =>
      (name: string) =>
        rule(name, uses, parts),
  )
const anyRules = fc.array(anyRule, { maxLength: 8 }).map(makers => makers.map((make, index) => make(`rule ${index}`)))

const anyOperation = fc.record(
  {
    verb: fc.constantFrom(...verbs, 'COPY'),
    tables: fc.subarray(['orders', 'public.orders', 'audit.orders', 'customers', 'public.customers']),
    columns: fc.constant([]),
    object: fc.constantFrom(...words),
    reads: fc.subarray(
      ['orders', 'a', 'total', 'public.orders.total', 'other.orders.total', 'public.orders.*', 'public.customers.id', '*'],
      {
        maxLength: 4,
      },
    ),
    hasWhere: fc.boolean(),
    hasLimit: fc.boolean(),
    inside: fc.constantFrom('EXPLAIN', 'DO'),
  },
  { requiredKeys: ['verb', 'tables', 'columns'] },
) as fc.Arbitrary<Operation>
const anyFacts = fc
  .record({
    operations: fc.array(anyOperation, { maxLength: 4 }),
    kind: fc.constantFrom('human' as const, 'agent' as const),
    groups: fc.subarray(['dba', 'a', 'prod']),
    task: fc.constantFrom(null, 'a'),
    name: fc.constantFrom('shop', 'other'),
    labels: fc.constantFrom({ env: 'prod' }, { env: 'dev' }, {}) as fc.Arbitrary<Record<string, string>>,
    commands: fc.nat(4),
    sum: fc.nat(4),
  })
  .map(({ operations, kind, groups, task, name, labels, commands, sum }): Facts => {
    const plain = circumstances()
    const memory = {
      sum: (_: unknown, asked: string | null, windowMs: number) => {
        if (windowMs === 13) throw new Error('no memory')
        return asked === null ? sum + 1 : sum
      },
    }
    return {
      operations,
      circumstances: {
        ...plain,
        principal: { kind, name: 'a', groups },
        run: { ...plain.run, task },
        session: { ...plain.session, commands },
        target: { name, protocol: 'postgres', labels },
        memory,
      },
    }
  })

/** What is tried at random is tried more often in `npm test` than at each change. */
const runs = process.env['STENO_THOROUGH'] === undefined ? 200 : 1000

describe('any ruleset, for any command', () => {
  it('says what the plainest reading says', () => {
    const seen = { deny: 0, hold: 0, allow: 0, errors: 0, none: 0 }
    fc.assert(
      fc.property(anyRules, fc.array(anyFacts, { minLength: 1, maxLength: 5 }), (rules, commands) => {
        const evaluator = createEvaluator(rulesetOf(...rules), effects)
        for (const given of commands) {
          const judgement = evaluator.judge(given)
          expect(inShort(judgement)).toEqual(naive(rules, given))
          seen[judgement.verdict]++
          if (judgement.by?.effect === 'error') seen.errors++
          if (judgement.by === null) seen.none++
        }
      }),
      { numRuns: 3 * runs },
    )
    // The cases above mean little if they are all alike.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(runs / 10)
  })
  it('says the same whatever the order of its rules', () => {
    fc.assert(
      fc.property(anyRules, fc.infiniteStream(fc.nat()), anyFacts, (rules, chance, given) => {
        const order = new Map(rules.map(one => [one, chance.next().value]))
        const shuffled = rules.toSorted((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0))
        const sorted = (judgement: Judgement) => {
          const { verdict, matched, asked } = inShort(judgement)
          const { strictness } = { strictness: judgement.by?.operation }
          return {
            verdict,
            strictness,
            matched: matched.map(String).toSorted(),
            asked: Object.values(asked).map(names => names.toSorted()),
          }
        }
        expect(sorted(judge(shuffled, given))).toEqual(sorted(judge(rules, given)))
      }),
      { numRuns: runs },
    )
  })
  it('is a verdict, whatever stands where a condition should', () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), fc.anything(), (garbage, on, uses) => {
        for (const parts of [
          { when: garbage },
          { unless: { is: 'not', of: garbage } },
          { on },
          { effects: uses },
          { effects: [{ effect: garbage, arguments: uses }] },
        ]) {
          const judgement = judge([rule('garbage', 'alert', parts as Partial<Rule>)], facts([{}]))
          expect(['allow', 'deny']).toContain(judgement.verdict)
          if (judgement.verdict === 'deny') expect(judgement.by?.effect).toBe('error')
        }
      }),
      { numRuns: runs },
    )
  })
  it('is never made less strict by one rule more', () => {
    fc.assert(
      fc.property(anyRules, anyRule, anyFacts, (rules, more, given) => {
        const rank = { allow: 0, hold: 1, deny: 2 }
        const [before, after] = [judge(rules, given), judge([more('one more'), ...rules], given)]
        expect(rank[after.verdict]).toBeGreaterThanOrEqual(rank[before.verdict])
        for (const mask of before.masks) expect(after.masks).toContainEqual(mask)
      }),
      { numRuns: runs },
    )
  })
})
