import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileCondition } from '../evaluate/condition.ts'
import { effects } from '../effects/registry.ts'
import { brokenPolicies } from './broken-policies.ts'
import { compile } from './compile.ts'
import { generateTypes } from './generate-types.ts'
import { samplePolicy } from './sample-policy.ts'
import { testLiveSchema } from './test-live-schema.ts'

/** What must hold of whatever is compiled. */
function check(source: string): void {
  const { ruleset, problems } = compile(source, { live: testLiveSchema })
  expect(ruleset === null).toBe(problems.some(problem => problem.severity === 'error'))
  for (const { at, line, column, message } of problems) {
    expect(at[0]).toBeGreaterThanOrEqual(0)
    expect(at[1]).toBeGreaterThanOrEqual(at[0])
    expect(at[1]).toBeLessThanOrEqual(source.length)
    const before = source.slice(0, at[0]).split(/\r\n|[\n\r\u2028\u2029]/)
    expect([line, column]).toEqual([before.length, before.at(-1)!.length + 1])
    expect(message).not.toBe('')
  }
  for (const { name, when, unless, effects: used } of ruleset?.rules ?? []) {
    for (const condition of [when, unless]) if (condition) compileCondition(condition)
    for (const { effect, arguments: given } of used) effects[effect]!.obligations(name, given)
  }
}

/** The pieces that policies are made of, and many that they are not. */
const pieces =
  "rule( test( const let list( ' \" ` a op shop crm postgres any target( => . , ; : ( ) [ ] { } ${ ! && || ?? ? === == !== < <= > >= + - / /a/ /(/ .test( .includes( .some( .every( verb 'DELETE' tables principal run count( '10m' length forbid( mask( limit( requireApproval( on: when: unless: effect: mode: 1 0 -1 1e999 1n null undefined true __proto__ constructor async await function class new this ... // /* */ \n \u2028 \u202e \u0000 \ud800 as any <any> with".split(
    / /,
  )

const names = fc.constantFrom(
  'op.hasWhere',
  'op.verb',
  'op.tables',
  'op.text',
  "'DELETE'",
  "'a'",
  '1',
  'true',
  'shop.payments',
  'shop.customers.email',
  'op.principal',
  'op.delegation',
  'op',
  'x',
  'op.target.labels.env',
  "op.run.count('10m')",
  '/a/',
  'null',
  "['a', 'DELETE']",
  "op.time.hour('UTC')",
)

/** Expressions of the right shape, most of them of the wrong types. */
const { expression } = fc.letrec<{ expression: string }>(tie => ({
  expression: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    names,
    fc
      .tuple(tie('expression'), fc.constantFrom('===', '!==', '<', '&&', '||', '??', '+', '=='), tie('expression'))
      .map(([a, operator, b]) => `(${a} ${operator} ${b})`),
    tie('expression').map(one => `!${one}`),
    fc.tuple(tie('expression'), tie('expression'), tie('expression')).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
    fc
      .tuple(tie('expression'), fc.constantFrom('includes', 'startsWith', 'under', 'toLowerCase', 'test', 'foo'), tie('expression'))
      .map(([a, method, b]) => `${a}.${method}(${b})`),
    fc.tuple(tie('expression'), fc.constantFrom('some', 'every'), tie('expression')).map(([a, method, b]) => `${a}.${method}(x => ${b})`),
    fc
      .tuple(tie('expression'), fc.constantFrom('length', 'name', 'kind', 'groups', "['verb']"))
      .map(([a, member]) => (member.startsWith('[') ? `${a}${member}` : `${a}.${member}`)),
    fc.array(tie('expression'), { maxLength: 3 }).map(all => `[${all.join(', ')}]`),
  ),
}))

describe('whatever is compiled', () => {
  it('never throws for random text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 300 }), check), { numRuns: 300 })
  })

  it('never throws for random pieces of policies', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map(all => all.join(' ')),
        check,
      ),
      { numRuns: 1500 },
    )
  })

  it('never throws for random conditions', () => {
    const source = expression.map(one => `rule('a', { on: postgres(), when: op => ${one}, effect: forbid('no') })`)
    fc.assert(fc.property(source, check), { numRuns: 2000 })
  })

  it('never throws for policies that were changed at random', () => {
    const sources = fc.constantFrom(samplePolicy, samplePolicy, ...brokenPolicies.map(([, source]) => source))
    const change = fc.record({
      at: fc.double({ min: 0, max: 1, noNaN: true }),
      length: fc.nat(20),
      text: fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 5 }), fc.constant('')),
    })
    const changed = fc.tuple(sources, fc.array(change, { minLength: 1, maxLength: 4 })).map(([source, changes]) =>
      changes.reduce((text, { at, length, text: put }) => {
        const start = Math.floor(at * text.length)
        return text.slice(0, start) + put + text.slice(start + length)
      }, source),
    )
    fc.assert(fc.property(changed, check), { numRuns: 800 })
  })

  it('never throws for worlds in which things are called anything', () => {
    const name = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }),
      fc.constantFrom('__proto__', 'constructor', 'rule', 'class', 'toString'),
    )
    const columns = fc.array(fc.record({ name, type: name }), { maxLength: 3 })
    const schemas = fc.array(
      fc.record({ name, isDefault: fc.boolean(), tables: fc.array(fc.record({ name, columns }), { maxLength: 3 }) }),
      { maxLength: 2 },
    )
    const targets = fc.array(
      fc.record({
        name,
        protocol: fc.constantFrom('postgres', 'other', '__proto__'),
        labels: fc.dictionary(name, name, { maxKeys: 3 }),
        schemas: fc.option(schemas),
      }),
      { maxLength: 3 },
    )
    const world = fc.record({
      targets,
      groups: fc.array(name, { maxLength: 3 }),
      agents: fc.array(name, { maxLength: 3 }),
      approvers: fc.array(name, { maxLength: 3 }),
    })
    const check = (live: Parameters<typeof generateTypes>[0]): void => {
      expect(generateTypes(live)).toBe(generateTypes(live))
      compile(samplePolicy, { live })
    }
    fc.assert(fc.property(world, check), { numRuns: 100 })
  })
})
