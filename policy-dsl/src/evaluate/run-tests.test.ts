import type { Operation } from '@steno/recordings'
import { describe, expect, it } from 'vitest'
import type { EffectUse, Expression, PolicyTest, Rule, Ruleset, TestCircumstances } from '../ruleset.ts'
import { runTests, type TestWorld } from './run-tests.ts'

const always: Expression = { is: 'literal', value: true }
const text = (value: string): Expression => ({ is: 'literal', value })
const equals = (path: string[], value: string): Expression => ({
  is: 'compare',
  operator: '===',
  left: { is: 'field', path },
  right: text(value),
})
const forbid: EffectUse = { effect: 'forbid', arguments: { reason: 'not here' } }
const rule = (name: string, when: Expression, ...effects: EffectUse[]): Rule => ({
  name,
  line: 1,
  at: [0, 1],
  on: {},
  when,
  effects,
  mode: 'enforce',
})
const masking = (column: string, table: string | null = null, schema: string | null = null, target: string | null = null) =>
  rule('hide', always, {
    effect: 'mask',
    arguments: { columns: [{ target, schema, table, column }], with: 'redact' },
  })

/** A world with one target, whose statements say their verb and then the columns they read. */
const world: TestWorld = {
  operations: (_protocol, statement): Operation[] => {
    if (statement === '') return []
    if (statement === 'crash') throw new Error('expected a statement')
    const [verb = '', ...reads] = statement.split(' ')
    return [{ verb, tables: [], columns: [], reads }]
  },
  labelsOf: target => (target === 'shop' ? { env: 'prod' } : null),
}

const test = (
  statement: string,
  verdict: PolicyTest['verdict'],
  as: TestCircumstances = {},
  target: string | null = 'shop',
): PolicyTest => ({
  name: `${statement} → ${verdict}`,
  line: 7,
  at: [0, 1],
  target,
  protocol: 'postgres',
  statement,
  verdict,
  as,
})
const run = (rules: Rule[], one: PolicyTest, where = world) => {
  const ruleset: Ruleset = { language: 1, rules, tests: [one], hash: '' }
  const [outcome] = runTests(ruleset, where)
  return outcome
}
const noDeletes = rule('no deletes', equals(['verb'], 'DELETE'), forbid)

describe('a policy’s own test', () => {
  it('passes when the verdict is as it says', () => {
    expect(run([noDeletes], test('DELETE', 'deny'))).toEqual({
      name: 'DELETE → deny',
      line: 7,
      passed: true,
      expected: 'deny',
      actual: 'deny',
      rule: 'no deletes',
      message: 'not here',
    })
    expect(run([noDeletes], test('SELECT', 'allow'))).toMatchObject({
      passed: true,
      actual: 'allow',
      rule: null,
      message: 'no rule matched',
    })
    expect(run([noDeletes], test('', 'allow'))).toMatchObject({ passed: true })
  })
  it('fails when it is another, and says what decided', () => {
    expect(run([noDeletes], test('DELETE', 'hold'))).toMatchObject({
      passed: false,
      actual: 'deny',
      rule: 'no deletes',
      message: 'expected hold, got deny (`no deletes`: not here)',
    })
    expect(run([noDeletes], test('SELECT', 'deny'))).toMatchObject({ passed: false, message: 'expected deny, got allow (no rule matched)' })
    expect(run([rule('odd', equals(['nonsense'], ''), forbid)], test('SELECT', 'allow'))?.message).toContain('could not be evaluated')
  })
  it('fails, and does not throw, when it cannot be asked', () => {
    expect(run([noDeletes], test('DELETE', 'deny', {}, 'nowhere'))).toMatchObject({
      passed: false,
      actual: null,
      message: 'expected a target that exists, got `nowhere`',
    })
    expect(run([noDeletes], test('crash', 'deny'))).toMatchObject({ passed: false, actual: null, message: 'expected a statement' })
    for (const at of ['yesterday', '2026-01-07T12:00:00', '2026-13-07T12:00:00Z', '2026-01-07']) {
      expect(run([noDeletes], test('DELETE', 'deny', { at }))).toMatchObject({
        passed: false,
        message: `expected a time like \`2026-01-07T12:00:00Z\`, got \`${at}\``,
      })
    }
  })
  it('is asked by an agent named agent, on a Wednesday noon, unless it says otherwise', () => {
    const hourIs = (hour: number): Expression => ({
      is: 'compare',
      operator: '===',
      left: { is: 'call', method: 'hour', on: { is: 'field', path: ['time'] }, arguments: [text('UTC')] },
      right: { is: 'literal', value: hour },
    })
    const denied = (when: Expression, as?: TestCircumstances, target?: string | null) =>
      run([rule('it', when, forbid)], test('SELECT', 'deny', as, target))?.passed
    expect(denied(equals(['principal', 'kind'], 'agent'))).toBe(true)
    expect(denied(equals(['principal', 'name'], 'agent'))).toBe(true)
    expect(denied(equals(['run', 'task'], ''))).toBe(true)
    expect(denied(hourIs(12))).toBe(true)
    expect(denied(equals(['target', 'labels', 'env'], 'prod'))).toBe(true)
    expect(denied(equals(['target', 'labels', 'env'], ''), {}, null)).toBe(true)
    expect(denied(equals(['principal', 'kind'], 'human'), { kind: 'human' })).toBe(true)
    expect(denied(equals(['principal', 'name'], 'ada'), { name: 'ada' })).toBe(true)
    expect(denied(equals(['run', 'task'], 'clean'), { task: 'clean' })).toBe(true)
    expect(denied(hourIs(22), { at: '2026-01-07T23:30:00.5+01:00' })).toBe(true)
    expect(denied(equals(['target', 'labels', 'env'], 'dev'), { labels: { env: 'dev' } })).toBe(true)
    const inGroup: Expression = {
      is: 'call',
      method: 'includes',
      on: { is: 'field', path: ['principal', 'groups'] },
      arguments: [text('dba')],
    }
    expect(denied(inGroup)).toBe(false)
    expect(denied(inGroup, { groups: ['dba'] })).toBe(true)
  })
})

describe('a column that must come back masked', () => {
  const outcome = (rules: Rule[], statement: string, ...masked: string[]) => run(rules, test(statement, 'allow', { masked }))
  it.each([
    ['email', 'SELECT public.customers.email'],
    ['customers.email', 'SELECT public.customers.email'],
    ['public.customers.email', 'SELECT public.customers.email'],
    ['customers.email', 'SELECT email'],
    ['customers.email', 'SELECT *'],
    ['customers.email', 'SELECT public.customers.*'],
    ['customers.email', 'SELECT'],
  ])('%s is, in `%s`', (column, statement) => {
    expect(outcome([masking('email')], statement, column)).toMatchObject({ passed: true })
    expect(outcome([masking('email', 'customers', 'public', 'shop')], statement, column)).toMatchObject({ passed: true })
  })
  it('fails when nothing hides it', () => {
    const message = 'expected `customers.email` to come back masked, got it as it is'
    for (const rules of [[], [masking('phone')], [masking('email', 'orders')], [masking('email', 'customers', null, 'elsewhere')]]) {
      expect(outcome(rules, 'SELECT customers.email', 'customers.email')).toMatchObject({ passed: false, message })
    }
    expect(outcome([masking('email')], 'SELECT email phone', 'email', 'phone')).toMatchObject({
      passed: false,
      message: 'expected `phone` to come back masked, got it as it is',
    })
  })
  it('fails when the statement does not read it at all', () => {
    expect(outcome([masking('email')], 'SELECT customers.phone', 'email')?.message).toBe(
      'expected `email` to come back masked, but the statement does not read it',
    )
    expect(outcome([masking('email')], 'SELECT orders.email', 'customers.email')).toMatchObject({ passed: false })
    expect(outcome([masking('email')], 'SELECT public.orders.*', 'customers.email')).toMatchObject({ passed: false })
    expect(outcome([masking('email')], 'SELECT public.customers.id public.customers.name', 'email')).toMatchObject({ passed: false })
  })
})
