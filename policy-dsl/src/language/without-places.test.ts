import { describe, expect, it } from 'vitest'
import type { Expression, PolicyTest, Rule, Span } from '../ruleset.ts'
import { canonicalJson } from './canonical-json.ts'
import { rulesetHash } from './ruleset-hash.ts'
import { expressionWithoutPlaces, ruleWithoutPlaces } from './without-places.ts'

/** One of every kind of expression that can have a place, all of them at one. */
function expressionAt(at: Span): Expression {
  const label: Expression = { is: 'field', path: ['target', 'labels', 'line'] }
  const equal: Expression = { is: 'compare', operator: '===', left: label, right: { is: 'literal', value: 'at' }, at }
  const call: Expression = {
    is: 'call',
    method: 'startsWith',
    on: { is: 'item', depth: 0 },
    arguments: [{ is: 'literal', value: 'a' }],
    at,
  }
  const some: Expression = { is: 'some', list: { is: 'field', path: ['tables'] }, holds: call, at }
  const matches: Expression = { is: 'matches', pattern: 'a', flags: '', text: label, at }
  return {
    is: 'and',
    at,
    of: [
      { is: 'not', of: equal, at },
      { is: 'choose', when: some, yes: matches, no: { is: 'or', of: [some], at } },
    ],
  }
}

const ruleAt = (line: number, labels: Record<string, string[]>, argument: string): Rule => ({
  name: 'a',
  line,
  at: [line, line + 1],
  on: { labels },
  when: expressionAt([line, line + 2]),
  effects: [{ effect: 'forbid', arguments: { line: argument, nested: { at: argument } } }],
  mode: 'enforce',
})
const testAt = (line: number, time: string): PolicyTest => ({
  name: 'a',
  line,
  at: [line, line + 1],
  target: null,
  protocol: 'postgres',
  statement: 'SELECT 1',
  verdict: 'allow',
  as: { at: time },
})
const [noon, night] = ['2026-01-07T12:00:00Z', '2026-01-07T00:00:00Z']

describe('places', () => {
  it('are nothing that is said', () => {
    expect(expressionWithoutPlaces(expressionAt([1, 2]))).toEqual(expressionWithoutPlaces(expressionAt([3, 4])))
    expect(JSON.stringify(expressionWithoutPlaces(expressionAt([1, 2])))).not.toContain('"at":')
    expect(ruleWithoutPlaces(ruleAt(1, {}, 'x'))).toEqual(ruleWithoutPlaces(ruleAt(2, {}, 'x')))
    expect(rulesetHash([ruleAt(1, {}, 'x')], [testAt(3, noon)])).toBe(rulesetHash([ruleAt(2, {}, 'x')], [testAt(4, noon)]))
  })

  it('are not what is data by the same name: a label, an argument, the time of a test', () => {
    const one = ruleAt(1, { line: ['1'], at: ['a'] }, 'x')
    for (const other of [
      ruleAt(1, { line: ['2'], at: ['a'] }, 'x'),
      ruleAt(1, { line: ['1'], at: ['b'] }, 'x'),
      ruleAt(1, { line: ['1'], at: ['a'] }, 'y'),
    ]) {
      expect(canonicalJson(ruleWithoutPlaces(other))).not.toBe(canonicalJson(ruleWithoutPlaces(one)))
      expect(rulesetHash([other], [])).not.toBe(rulesetHash([one], []))
    }
    expect(rulesetHash([], [testAt(1, noon)])).not.toBe(rulesetHash([], [testAt(1, night)]))
  })
})

describe('one text for one value', () => {
  it('has its keys in order, and nothing that is undefined', () => {
    expect(canonicalJson({ b: [1, { d: undefined, c: 'x' }], a: null })).toBe('{"a":null,"b":[1,{"c":"x"}]}')
    expect(canonicalJson([undefined])).toBe('[null]')
  })
})
