import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import { describe, expect, it } from 'vitest'
import type { Judgement } from '../decision.ts'
import type { Ruleset } from '../ruleset.ts'
import { combine } from './combine.ts'
import { createEvaluator } from './evaluate.ts'
import { sampleFacts, sampleRules } from './sample-rules.ts'

/**
 * Every runtime, and the browser, must come to exactly these judgements. It
 * changes when the language's meaning changes or the samples do; say which in
 * the change. How an effect words what it asks for is not in it.
 */
const expectedSha256 = '672cab0c3c3ded73ddc1ab345e1090bb0876293f7b78e5b5c4f4e66de405348a'

const part = (ruleset: Ruleset, from: number, to?: number): Ruleset => ({ ...ruleset, rules: ruleset.rules.slice(from, to) })

function judgements(): Judgement[] {
  const ruleset = sampleRules()
  const evaluators = [ruleset, part(ruleset, 0, 20), part(ruleset, 20)].map(one => createEvaluator(one))
  return sampleFacts().flatMap(facts => {
    const [whole, ...parts] = evaluators.map(evaluator => evaluator.judge(facts))
    return [...(whole ? [whole] : []), ...parts, combine(parts)]
  })
}

function inShort({ verdict, by, matched, approvals, masks, limits, alerts }: Judgement): string {
  const askedFor = [approvals, masks, limits, alerts].map(list => list.map(({ rule }) => rule))
  return JSON.stringify([
    verdict,
    by && [by.rule, by.line, by.effect, by.operation, by.clauses],
    matched.map(match => [match.rule, match.effect, match.operation, match.isObserved ?? false]),
    askedFor,
  ])
}

describe('the verdict vectors', () => {
  it('are fifty rules and thousands of judgements of every kind', () => {
    expect(sampleRules().rules).toHaveLength(50)
    const all = judgements()
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
    const failures = new Set(judgements().flatMap(({ by }) => (by?.effect === 'error' ? [by.reason] : [])))
    expect([...failures]).toEqual([])
  })
  it('come out the same everywhere', () => {
    const text = judgements().map(inShort).join('\n')
    expect(bytesToHex(sha256(utf8ToBytes(text)))).toBe(expectedSha256)
  })
  it('are judged the same together and apart', () => {
    const ruleset = sampleRules()
    const [whole, first, second] = [ruleset, part(ruleset, 0, 20), part(ruleset, 20)].map(one => createEvaluator(one))
    for (const facts of sampleFacts(300)) {
      const apart = [first, second].flatMap(evaluator => (evaluator ? [evaluator.judge(facts)] : []))
      expect(combine(apart).verdict).toBe(whole?.judge(facts).verdict)
    }
  })
})
