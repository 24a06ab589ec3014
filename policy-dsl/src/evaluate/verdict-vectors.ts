import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { Judgement } from '../decision.ts'
import { compile } from '../language/compile.ts'
import { samplePolicy } from '../language/sample-policy.ts'
import { testLiveSchema } from '../language/test-live-schema.ts'
import { catalogueCorpus, corpus, deepCorpus, hiddenCorpus } from '../operations/postgres/corpus.ts'
import { createParser } from '../operations/postgres/parser.ts'
import type { LoadWasm } from '../operations/postgres/syntax.ts'
import { shop, workshop } from '../operations/postgres/test-catalogue.ts'
import type { Ruleset } from '../ruleset.ts'
import { combine } from './combine.ts'
import { createEvaluator } from './evaluate.ts'
import { sampleFacts, sampleRules } from './sample-rules.ts'

/** What the law says of many commands, as one hash each. */
export interface VerdictVectors {
  /** Fifty rules and a thousand commands of every kind, together and in parts. */
  judgements: string
  /** A policy compiled from its source, and every statement of the corpora from its text: operations and verdict. */
  statements: string
}

/**
 * Every runtime, and the browser, must come to exactly these. They change when
 * the language's meaning changes, what is known of statements, or the samples;
 * say which in the change. How an effect words what it asks for is not in them.
 */
export const expectedVectors: VerdictVectors = {
  judgements: '672cab0c3c3ded73ddc1ab345e1090bb0876293f7b78e5b5c4f4e66de405348a',
  statements: 'b5144042261099d1e0d39c93abd9082a1702eccfb45d135fb8b040e7edfd7d4a',
}

/** Works out the vectors where this runs. */
export async function verdictVectors({ loadWasm }: { loadWasm: LoadWasm }): Promise<VerdictVectors> {
  return { judgements: hashOf(vectorJudgements().map(inShort)), statements: hashOf(await statementLines(loadWasm)) }
}

/** The judgements that are hashed. */
export function vectorJudgements(): Judgement[] {
  const ruleset = sampleRules()
  const part = (from: number, to?: number): Ruleset => ({ ...ruleset, rules: ruleset.rules.slice(from, to) })
  const evaluators = [ruleset, part(0, 20), part(20)].map(one => createEvaluator(one))
  return sampleFacts().flatMap(facts => {
    const [whole, ...parts] = evaluators.map(evaluator => evaluator.judge(facts))
    return [...(whole ? [whole] : []), ...parts, combine(parts)]
  })
}

async function statementLines(loadWasm: LoadWasm): Promise<string[]> {
  const parser = await createParser({ loadWasm })
  const { ruleset, problems } = compile(samplePolicy, { live: testLiveSchema })
  if (ruleset === null) throw new Error(problems.map(({ message }) => message).join('\n'))
  const evaluator = createEvaluator(ruleset)
  const targets = testLiveSchema.targets.map(({ name, protocol, labels }) => ({ name, protocol, labels }))
  const [facts] = sampleFacts(1)
  if (facts === undefined) throw new Error('expected sample facts')
  const linesOf = (lines: readonly [text: string, ...rest: string[]][], catalogue?: typeof shop) =>
    lines.flatMap(([text]) => {
      const operations = parser.understand(text, catalogue && { catalogue })
      const command = { ...facts.circumstances.command, text }
      const judgements = targets.map(target => evaluator.judge({ operations, circumstances: { ...facts.circumstances, target, command } }))
      return [JSON.stringify(operations), ...judgements.map(inShort)]
    })
  return [ruleset.hash, ...linesOf(corpus), ...linesOf(deepCorpus), ...linesOf(catalogueCorpus, shop), ...linesOf(hiddenCorpus, workshop)]
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

function hashOf(lines: readonly string[]): string {
  return bytesToHex(sha256(utf8ToBytes(lines.join('\n'))))
}
