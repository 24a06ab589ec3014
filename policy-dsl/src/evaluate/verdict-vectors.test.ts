import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import type { Ruleset } from '../ruleset.ts'
import { combine } from './combine.ts'
import { createEvaluator } from './evaluate.ts'
import { sampleFacts, sampleRules } from './sample-rules.ts'
import { expectedVectors, vectorJudgements, verdictVectors } from './verdict-vectors.ts'

const loadWasm = () => readFile(createRequire(import.meta.url).resolve('libpg-query/wasm/libpg-query.wasm'))

describe('the verdict vectors', () => {
  it('are fifty rules and thousands of judgements of every kind', () => {
    expect(sampleRules().rules).toHaveLength(50)
    const all = vectorJudgements()
    expect(all).toHaveLength(4000)
    for (const verdict of ['allow', 'hold', 'deny']) expect(all.filter(one => one.verdict === verdict).length).toBeGreaterThan(200)
    expect(all.filter(one => one.by === null).length).toBeGreaterThan(100)
    const rules = new Set(all.flatMap(one => one.matched.map(match => match.rule)))
    expect(
      sampleRules()
        .rules.map(rule => rule.name)
        .filter(name => !rules.has(name)),
    ).toEqual([])
  })
  it('hold only failures that the samples mean to have', () => {
    const failures = new Set(vectorJudgements().flatMap(({ by }) => (by?.effect === 'error' ? [by.reason] : [])))
    expect([...failures]).toEqual([])
  })
  it('come out the same everywhere', async () => {
    expect(await verdictVectors({ loadWasm })).toEqual(expectedVectors)
  })
  it('are judged the same together and apart', () => {
    const ruleset = sampleRules()
    const part = (from: number, to?: number): Ruleset => ({ ...ruleset, rules: ruleset.rules.slice(from, to) })
    const [whole, first, second] = [ruleset, part(0, 20), part(20)].map(one => createEvaluator(one))
    for (const facts of sampleFacts(300)) {
      const apart = [first, second].flatMap(evaluator => (evaluator ? [evaluator.judge(facts)] : []))
      expect(combine(apart).verdict).toBe(whole?.judge(facts).verdict)
    }
  })
})
