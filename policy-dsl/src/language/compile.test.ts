import { describe, expect, it } from 'vitest'
import { effects } from '../effects/registry.ts'
import { compileCondition } from '../evaluate/condition.ts'
import { corpus } from '../operations/postgres/corpus.ts'
import { postgresLanguage } from '../operations/postgres/language.ts'
import type { Expression, Rule, Ruleset } from '../ruleset.ts'
import { compile } from './compile.ts'
import { limits } from './limits.ts'
import { plantedMistakes } from './planted-mistakes.ts'
import { samplePolicy } from './sample-policy.ts'
import { testLiveSchema } from './test-live-schema.ts'

function compiled(source: string): Ruleset {
  const { ruleset, problems } = compile(source, { live: testLiveSchema })
  expect(problems).toEqual([])
  return ruleset!
}

function codes(source: string): string[] {
  return compile(source, { live: testLiveSchema }).problems.map(problem => problem.code)
}

function ruleOf(parts: string): Rule {
  return compiled(`rule('a', { ${parts} })`).rules[0]!
}

/** A condition, with its places left out. */
function condition(text: string): unknown {
  const when = ruleOf(`on: postgres(), when: op => ${text}, effect: forbid('no')`).when
  return JSON.parse(JSON.stringify(when, (key, value: unknown) => (key === 'at' ? undefined : value)))
}

function effectOf(text: string): unknown {
  return ruleOf(`on: postgres(), effect: ${text}`).effects[0]
}

const field = (...path: string[]): Expression => ({ is: 'field', path })
const literal = (value: string | number | boolean): Expression => ({ is: 'literal', value })

describe('compile', () => {
  it('makes a ruleset of a policy that uses the whole language', () => {
    const { rules, tests } = compiled(samplePolicy)
    expect(rules.map(rule => rule.name)).toHaveLength(8)
    expect(tests.map(test => test.target)).toEqual(['shop', null, 'shop', 'data-lake'])
  })

  it('makes only conditions that the evaluator understands', () => {
    const conditions = compiled(samplePolicy).rules.flatMap(({ when, unless }) => [when, unless].filter(one => one !== undefined))
    expect(conditions.length).toBeGreaterThan(8)
    for (const one of conditions) expect(() => compileCondition(one)).not.toThrow()
  })

  it('makes only arguments that the effects understand', () => {
    for (const { name, effects: used } of compiled(samplePolicy).rules) {
      for (const { effect, arguments: given } of used) expect(() => effects[effect]!.obligations(name, given)).not.toThrow()
    }
  })

  it.each(plantedMistakes)('finds $what', ({ source, compiler }) => {
    expect(codes(source)).toEqual([compiler])
  })

  it('tells of every planted mistake in one file at once', () => {
    const found = compile(plantedMistakes.map(({ source }) => source).join('\n'), { live: testLiveSchema }).problems
    expect(found.map(({ line, code }) => [line, code])).toEqual(plantedMistakes.map(({ compiler }, at) => [at + 1, compiler]))
  })

  it('is content with nothing, and with comments', () => {
    expect(compiled('').rules).toEqual([])
    expect(compiled('// a\n/* b */').rules).toEqual([])
  })

  it('knows where a rule stands', () => {
    const source = "\n// first\r\nrule('a', { on: any(), effect: forbid('no') })"
    const [rule] = compiled(source).rules
    expect(rule?.line).toBe(3)
    expect(source.slice(...rule!.at)).toBe("rule('a', { on: any(), effect: forbid('no') })")
  })

  it('knows every verb that the corpus of statements has', () => {
    const verbs = new Set(corpus.flatMap(([, ...operations]) => operations.map(one => /^[A-Z]+(?: [A-Z]+)*(?= |$)/.exec(one)?.[0] ?? one)))
    const known = new Set<string>(postgresLanguage.verbs)
    // What follows a verb may be in capitals too; then its first word is the verb.
    expect([...verbs].filter(verb => !known.has(verb) && !known.has(verb.split(' ')[0]!))).toEqual([])
  })
})

describe('a condition', () => {
  it('reads fields by their path', () => {
    expect(condition('op.hasWhere')).toEqual(field('hasWhere'))
    expect(condition("op.principal.name === 'a'")).toEqual({
      is: 'compare',
      operator: '===',
      left: field('principal', 'name'),
      right: literal('a'),
    })
    expect(condition("op.target.labels['cost-center'] === '42'")).toMatchObject({ left: field('target', 'labels', 'cost-center') })
    expect(condition("op['verb'] === 'DROP'")).toMatchObject({ left: field('verb') })
  })

  it('reads a chain of one operator as one list, however it is put in parentheses', () => {
    const flat = { is: 'and', of: [field('hasWhere'), field('hasLimit'), field('isNested')] }
    expect(condition('op.hasWhere && op.hasLimit && op.isNested')).toEqual(flat)
    expect(condition('op.hasWhere && (op.hasLimit && op.isNested)')).toEqual(flat)
    expect(condition('op.hasWhere && (op.hasLimit || op.isNested)')).toEqual({
      is: 'and',
      of: [field('hasWhere'), { is: 'or', of: [field('hasLimit'), field('isNested')] }],
    })
  })

  it('names tables and columns by live references', () => {
    expect(condition('op.tables.includes(shop.payments)')).toMatchObject({
      method: 'includesTable',
      arguments: [literal('public.payments')],
    })
    expect(condition('op.tables.includes(shop.billing.invoices)')).toMatchObject({ arguments: [literal('billing.invoices')] })
    expect(condition("op.tables.includes(shop['order items'])")).toMatchObject({ arguments: [literal('public.order items')] })
    expect(condition("op.tables.includes(target('data-lake').events)")).toMatchObject({ arguments: [literal('public.events')] })
    expect(condition('op.reads.includes(shop.customers.email)')).toMatchObject({
      method: 'includesColumn',
      arguments: [literal('public.customers.email')],
    })
    expect(condition("op.writes.includes('customers.email')")).toMatchObject({
      method: 'includesColumn',
      arguments: [literal('customers.email')],
    })
    expect(condition('op.columns.includes(shop.customers.email)')).toMatchObject({
      method: 'includesColumn',
      arguments: [literal('email')],
    })
    expect(condition("op.functions.includes('now')")).toMatchObject({ method: 'includesFunction' })
    expect(condition('op.tables.some(table => table === shop.payments)')).toMatchObject({
      is: 'some',
      holds: { right: literal('public.payments') },
    })
  })

  it('takes any name of a target that could not be asked', () => {
    expect(condition('op.tables.includes(crm.anything)')).toMatchObject({ arguments: [literal('anything')] })
    expect(condition('op.tables.includes(crm.some.thing)')).toMatchObject({ arguments: [literal('some.thing')] })
    expect(condition('op.reads.includes(crm.any.thing)')).toMatchObject({ arguments: [literal('any.thing')] })
  })

  it('knows elements by how many quantifiers are between', () => {
    const inner = { is: 'compare', operator: '===', left: { is: 'item', depth: 1 }, right: { is: 'item', depth: 0 } }
    expect(condition('op.reads.some(a => op.writes.every(b => a === b))')).toMatchObject({ holds: { is: 'every', holds: inner } })
    expect(condition("op.delegation.some(by => by.kind === 'human')")).toMatchObject({
      holds: { left: { is: 'call', method: 'field', on: { is: 'item', depth: 0 }, arguments: [literal('kind')] } },
    })
  })

  it('lets an element hide a target, a constant and the operation of the same name', () => {
    expect(
      codes("const A = 'a'\nrule('a', { on: any(), when: op => op.object === A && op.tables.some(A => A === 'b'), effect: forbid('no') })"),
    ).toEqual([])
    expect(condition("op.principal.groups.some(shop => shop.startsWith('a'))")).toMatchObject({ holds: { on: { is: 'item', depth: 0 } } })
    expect(codes("rule('a', { on: any(), when: op => op.tables.some(op => op.hasWhere), effect: forbid('no') })")).toEqual([
      'unknown-field',
    ])
  })

  it('counts in windows of milliseconds', () => {
    expect(condition("op.run.count('DELETE', '10m') > 3")).toMatchObject({
      left: { is: 'memory', counter: 'count', verb: 'DELETE', windowMs: 600_000 },
    })
    expect(condition("op.run.count('30s') > 3")).toMatchObject({ left: { verb: null, windowMs: 30_000 } })
    expect(condition("op.run.rows('1d') > 3")).toMatchObject({ left: { counter: 'rows', windowMs: 86_400_000 } })
  })

  it('keeps patterns in RE2’s syntax', () => {
    expect(condition('/\\u0041\\/b/si.test(op.text)')).toEqual({
      is: 'matches',
      pattern: '\\x{0041}\\/b',
      flags: 'is',
      text: field('text'),
    })
  })

  it('takes constants for what they are', () => {
    const source =
      "const A = list('DROP', 'ALTER')\nconst N = -1\nrule('a', { on: any(), when: op => A.includes(op.verb) && op.statement > N, effect: forbid('no') })"
    expect(compiled(source).rules[0]?.when).toMatchObject({
      of: [{ on: { is: 'list', values: ['DROP', 'ALTER'] } }, { right: literal(-1) }],
    })
  })

  it('takes live references out of constants by what they are asked for', () => {
    const source =
      "const A = [shop.payments, 'billing.invoices']\nrule('a', { on: any(), when: op => op.tables.some(table => A.includes(table)), effect: forbid('no') })"
    expect(compiled(source).rules[0]?.when).toMatchObject({
      holds: { on: { is: 'list', values: ['public.payments', 'billing.invoices'] } },
    })
  })

  it('says nothing of comparisons that come out either way', () => {
    for (const text of [
      "op.verb === 'DELETE' || op.verb === 'DROP'",
      "op.verb !== 'DELETE' && op.verb !== 'DROP'",
      "(op.verb === 'DELETE' || op.verb === 'DROP') && op.verb !== 'DROP'",
      "!(op.verb === 'DELETE' && op.object === 'a') && op.verb === 'DELETE'",
      "(op.verb === 'DELETE' ? op.hasWhere : op.verb === 'DROP')",
      "op.tables.some(t => t === 'a') && op.tables.some(t => t === 'b')",
      "op.object === 'a' || op.object === 'b'",
      "op.time.weekday('UTC') === 'mon' && op.time.weekday('Europe/Berlin') === 'tue'",
    ]) {
      expect(condition(text)).toBeTruthy()
    }
  })
})

describe('an effect', () => {
  it('is kept with its arguments by name', () => {
    expect(effectOf("forbid('no', { hint: 'ask' })")).toEqual({ effect: 'forbid', arguments: { reason: 'no', hint: 'ask' } })
    expect(effectOf("requireApproval({ by: 'dba', within: '15m' })")).toEqual({
      effect: 'requireApproval',
      arguments: { by: ['dba'], within: 900_000 },
    })
    expect(effectOf("limit({ rows: 10, over: 'cut' })")).toEqual({ effect: 'limit', arguments: { rows: 10, over: 'cut' } })
    expect(effectOf("alert('a', { severity: 'info' })")).toEqual({ effect: 'alert', arguments: { message: 'a', severity: 'info' } })
  })

  it('is kept with columns as far as they were said', () => {
    expect(
      effectOf("mask({ columns: [shop.customers.email, 'public.customers.ssn', 'customers.id', 'iban'], matching: /a/i, with: 'hash' })"),
    ).toEqual({
      effect: 'mask',
      arguments: {
        columns: [
          { target: 'shop', schema: 'public', table: 'customers', column: 'email' },
          { target: null, schema: 'public', table: 'customers', column: 'ssn' },
          { target: null, schema: null, table: 'customers', column: 'id' },
          { target: null, schema: null, table: null, column: 'iban' },
        ],
        matching: { pattern: 'a', flags: 'i' },
        with: 'hash',
      },
    })
  })

  it('may name anybody as an approver where nobody is known', () => {
    expect(compile("rule('a', { on: any(), effect: requireApproval({ by: 'whoever', within: '1h' }) })").problems).toEqual([])
  })

  it('is warned of a column in quotes that no target has, where all are known', () => {
    const live = { ...testLiveSchema, targets: testLiveSchema.targets.filter(target => target.schemas !== null) }
    const source = (column: string): string => `rule('a', { on: any(), effect: mask({ columns: ['${column}'], with: 'null' }) })`
    expect(compile(source('customers.emial'), { live }).problems).toMatchObject([
      { code: 'unknown-column', severity: 'warning', suggestion: "'customers.email'" },
    ])
    expect(compile(source('customers.email'), { live }).problems).toEqual([])
  })
})

describe('a selector', () => {
  it('keeps only what it selects by', () => {
    expect(ruleOf("on: any(), effect: forbid('no')").on).toEqual({})
    expect(ruleOf("on: postgres(), effect: forbid('no')").on).toEqual({ protocols: ['postgres'] })
    expect(ruleOf("on: postgres({ env: ['prod', 'staging'], owner: 'payments' }), effect: forbid('no')").on).toEqual({
      protocols: ['postgres'],
      labels: { env: ['prod', 'staging'], owner: ['payments'] },
    })
    expect(ruleOf("on: target(['shop', 'crm']), effect: forbid('no')").on).toEqual({ targets: ['shop', 'crm'] })
    expect(ruleOf("on: shop, effect: forbid('no')").on).toEqual({ targets: ['shop'] })
  })

  it('may name any target and label where none is known', () => {
    expect(compile("rule('a', { on: target('x'), effect: forbid('no') })").problems).toEqual([])
    expect(compile("rule('a', { on: postgres({ x: 'y' }), effect: forbid('no') })").problems).toEqual([])
  })
})

describe('a test', () => {
  it('keeps its statement as it is written', () => {
    expect(compiled("test('a', shop`SELECT '\\\\d' -- \\`\n`, 'deny', { masked: [shop.customers.email, 'ssn'] })").tests[0]).toMatchObject({
      target: 'shop',
      protocol: 'postgres',
      statement: "SELECT '\\d' -- `\n",
      verdict: 'deny',
      as: { masked: ['customers.email', 'ssn'] },
    })
  })
})

describe('the hash', () => {
  const rule = "rule('a', { on: any(), when: op => op.hasWhere && !op.hasLimit, effect: forbid('no') })"

  it('stays the same whatever the layout, the comments and the names of constants', () => {
    const { hash } = compiled(rule)
    expect(hash).toMatch(/^[0-9a-f]{64}$/)
    expect(compiled(`// a comment\n\n${rule.replaceAll(', ', ',\n')}`).hash).toBe(hash)
    expect(compiled(`const A = 'no'\n${rule.replace("'no'", 'A')}`).hash).toBe(hash)
    expect(compiled(rule.replaceAll('op', 'x')).hash).toBe(hash)
  })

  it('changes with everything that is said', () => {
    const changed = [
      rule.replace("'a'", "'b'"),
      rule.replace('&&', '||'),
      rule.replace('!', ''),
      rule.replace("'no'", "'never'"),
      rule.replace('any()', 'postgres()'),
      rule.replace('when', 'unless'),
      rule.replace(' })', ", mode: 'observe' })"),
      `${rule}\ntest('a', postgres\`SELECT 1\`, 'deny')`,
      `${rule}\ntest('a', postgres\`SELECT 1\`, 'deny', { at: '2026-01-07T12:00:00Z' })`,
      `${rule}\ntest('a', postgres\`SELECT 1\`, 'deny', { at: '2026-01-07T13:00:00Z' })`,
    ]
    expect(new Set([rule, ...changed].map(source => compiled(source).hash)).size).toBe(changed.length + 1)
  })

  it('counts labels that are called like a place', () => {
    const hashOf = (labels: string): string => compile(`rule('a', { on: any(${labels}), effect: forbid('no') })`).ruleset!.hash
    expect(hashOf("{ line: 'a' }")).not.toBe(hashOf("{ line: 'b' }"))
    expect(hashOf("{ at: 'a' }")).not.toBe(hashOf("{ at: 'b' }"))
  })
})

describe('the limits', () => {
  const many = (count: number, one: (at: number) => string, between = '\n'): string =>
    Array.from({ length: count }, (_, at) => one(at)).join(between)
  const rule = (when: string): string => `rule('a', { on: any(), when: op => ${when}, effect: forbid('no') })`

  it('hold for the source', () => {
    expect(codes(`//${' '.repeat(limits.sourceCharacters - 2)}`)).toEqual([])
    expect(codes(`//${' '.repeat(limits.sourceCharacters - 1)}`)).toEqual(['limit'])
  })

  it('hold for rules', () => {
    const rules = (count: number): string => many(count, at => `rule('${at}', { on: any(), effect: forbid('no') })`)
    expect(codes(rules(limits.rules))).toEqual([])
    expect(codes(rules(limits.rules + 1))).toEqual(['limit'])
  })

  it('hold for the parts of expressions', () => {
    // A list of n texts is n + 7 parts with what stands around it.
    expect(codes(rule(`[${many(19_900, () => "'a'", ',')}].includes(op.object)`))).toEqual([])
    expect(codes(rule(`[${many(20_001, () => "'a'", ',')}].includes(op.object)`))).toEqual(['limit'])
  })

  it('hold for depth, but not for long chains', () => {
    expect(codes(rule(`${'!'.repeat(90)}op.hasWhere`))).toEqual([])
    expect(codes(rule(`${'!'.repeat(101)}op.hasWhere`))).toEqual(['limit'])
    expect(codes(rule(many(1000, () => 'op.hasWhere', ' || ')))).toEqual([])
  })

  it('hold for depth that the parser itself cannot go down', () => {
    for (const deep of [
      '('.repeat(50_000),
      '['.repeat(50_000),
      '!'.repeat(100_000),
      'a=>'.repeat(50_000),
      '`${'.repeat(50_000),
      '{'.repeat(50_000),
    ]) {
      const { ruleset, problems } = compile(deep)
      expect(ruleset).toBeNull()
      expect(problems.length).toBeGreaterThan(0)
    }
  })

  it('hold for quantifiers inside each other', () => {
    const nested = (depth: number): string => `${many(depth, at => `op.tables.some(t${at} => `, '')}op.hasWhere${')'.repeat(depth)}`
    expect(codes(rule(nested(limits.quantifierDepth)))).toEqual([])
    expect(codes(rule(nested(limits.quantifierDepth + 1)))).toEqual(['limit'])
  })

  it('hold for regular expressions', () => {
    const regexes = (count: number): string => rule(many(count, at => `/${at}/.test(op.text)`, ' || '))
    expect(codes(regexes(limits.regexes))).toEqual([])
    expect(codes(regexes(limits.regexes + 1))).toEqual(['limit'])
  })

  it('hold for how much is told, and spare the work of guessing what was meant', () => {
    expect(compile(many(1000, () => ';')).problems).toHaveLength(limits.problems)
    const constants = many(500, at => `const ${'a'.repeat(50)}${at} = 'x'`)
    const unknown = rule(many(3000, at => `${'b'.repeat(50)}${at}`, ' || '))
    expect(compile(`${constants}\n${unknown}`).problems).toHaveLength(limits.problems)
  })
})
