import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { beforeAll, describe, expect, it } from 'vitest'
import { compile } from '../language/compile.ts'
import { samplePolicy } from '../language/sample-policy.ts'
import { testLiveSchema } from '../language/test-live-schema.ts'
import { operationReaders, type OperationReader } from '../operations/registry.ts'
import type { Ruleset } from '../ruleset.ts'
import { createEvaluator } from './evaluate.ts'
import { runTests } from './run-tests.ts'
import { sampleFacts } from './sample-rules.ts'

let reader: OperationReader | undefined

beforeAll(async () => {
  const wasm = createRequire(import.meta.url).resolve('libpg-query/wasm/libpg-query.wasm')
  reader = await operationReaders['postgres']?.({ loadWasm: () => readFile(wasm) })
})

function compiled(source: string): Ruleset {
  const { ruleset, problems } = compile(source, { live: testLiveSchema })
  if (ruleset === null) throw new Error(problems.map(problem => problem.message).join('\n'))
  return ruleset
}

describe('what the compiler makes of a policy that uses the whole language', () => {
  it('is understood, every rule of it', () => {
    const evaluator = createEvaluator(compiled(samplePolicy))
    const targets = testLiveSchema.targets.map(({ name, protocol, labels }) => ({ name, protocol, labels }))
    const matched = new Set<string>()
    for (const facts of sampleFacts(500)) {
      for (const target of targets) {
        const judgement = evaluator.judge({ ...facts, circumstances: { ...facts.circumstances, target } })
        for (const match of judgement.matched) if (match.effect !== 'error') matched.add(match.rule)
        // A table of no known schema is the one thing that cannot be told here.
        if (judgement.by?.effect === 'error') expect(judgement.by.reason).toContain('to be known, to compare it with')
      }
    }
    expect(matched.size).toBeGreaterThan(5)
  })
  it('shows the clauses of the source that held', () => {
    const evaluator = createEvaluator(compiled(samplePolicy))
    const [facts] = sampleFacts(1)
    if (!facts || !reader) throw new Error('expected samples and a reader')
    const target = { name: 'shop', protocol: 'postgres', labels: { env: 'prod' } }
    const { by } = evaluator.judge({
      operations: reader.operations('update orders set a = 1'),
      circumstances: { ...facts.circumstances, target },
    })
    expect(by?.rule).toBe('destructive SQL needs a DBA')
    expect(by?.clauses.map(([start, end]) => samplePolicy.slice(start, end))).toEqual(["op.verb === 'UPDATE'", '!op.hasWhere'])
  })
  it('runs its own tests', () => {
    const world = {
      operations: (_protocol: string, statement: string) => reader?.operations(statement) ?? [],
      labelsOf: (target: string) => testLiveSchema.targets.find(({ name }) => name === target)?.labels ?? null,
    }
    const source = `
      rule('deletes', { on: shop, when: op => op.verb === 'DELETE' && !op.hasWhere, effect: requireApproval({ by: 'dba', within: '15m' }) })
      rule('hidden', { on: shop, when: op => op.principal.kind === 'agent', effect: mask({ columns: [shop.customers.email], with: 'redact' }) })
      test('held', shop\`WITH gone AS (DELETE FROM orders RETURNING *) SELECT count(*) FROM gone\`, 'hold')
      test('let go', shop\`DELETE FROM orders WHERE id = 1\`, 'allow')
      test('masked', shop\`SELECT email FROM customers\`, 'allow', { masked: [shop.customers.email] })
      test('elsewhere', postgres\`DELETE FROM orders\`, 'allow')
      test('wrong', shop\`DELETE FROM orders\`, 'allow')
    `
    const outcomes = runTests(compiled(source), world)
    expect(outcomes.map(({ name, passed }) => [name, passed])).toEqual([
      ['held', true],
      ['let go', true],
      ['masked', true],
      ['elsewhere', true],
      ['wrong', false],
    ])
    expect(outcomes.at(-1)).toMatchObject({ line: 8, expected: 'allow', actual: 'hold', rule: 'deletes' })
  })
})
