import type { Operation, Verdict } from '@steno/recordings'
import type { ColumnPattern, Judgement } from '../decision.ts'
import type { Facts, Memory } from '../facts.ts'
import type { PolicyTest, Ruleset } from '../ruleset.ts'
import { isColumn } from './names.ts'
import { createEvaluator } from './evaluate.ts'

/** Wednesday noon, UTC: when a test happens that does not say when. */
export const testInstant = '2026-01-07T12:00:00Z'

/** How one `test(…)` of a policy went. */
export interface TestOutcome {
  name: string
  line: number
  passed: boolean
  expected: Verdict
  /** Null where it could not be asked: an unknown target, a time that is none. */
  actual: Verdict | null
  /** The rule that decided. */
  rule: string | null
  /** What is wrong; for a passed test, what decided. */
  message: string
}

/** What tests need to know of the world. */
export interface TestWorld {
  operations(protocol: string, statement: string, target: string | null): Operation[]
  /** Null for a target that does not exist. */
  labelsOf(target: string): Record<string, string> | null
}

/** Runs a policy's own tests, in order. The same policy in the same world gives the same outcomes, whatever the time. */
export function runTests(ruleset: Ruleset, options: TestWorld): TestOutcome[] {
  const evaluator = createEvaluator(ruleset)
  return ruleset.tests.map(test => {
    const { name, line, verdict: expected } = test
    try {
      const facts = factsOf(test, options)
      const judgement = evaluator.judge(facts)
      const objection = objectionTo(judgement, test, facts)
      const message = objection ?? judgement.by?.reason ?? 'no rule matched'
      return { name, line, passed: objection === null, expected, actual: judgement.verdict, rule: judgement.by?.rule ?? null, message }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      return { name, line, passed: false, expected, actual: null, rule: null, message }
    }
  })
}

/** A run that did nothing before. */
const emptyMemory: Memory = { sum: () => 0 }

function factsOf(test: PolicyTest, world: TestWorld): Facts {
  const { as } = test
  const known = test.target === null ? {} : world.labelsOf(test.target)
  if (known === null) throw new Error(`expected a target that exists, got \`${test.target}\``)
  const nowUs = instant(as.at ?? testInstant)
  return {
    operations: world.operations(test.protocol, test.statement, test.target),
    circumstances: {
      principal: { kind: as.kind ?? 'agent', name: as.name ?? 'agent', groups: as.groups ?? [] },
      delegation: [],
      run: { id: 'test', attempt: 1, task: as.task ?? null, trigger: null, agentVersion: null, parent: null },
      session: { id: 'test', application: null, clientAddress: '192.0.2.1', startedAtUs: nowUs, commands: 0 },
      target: { name: test.target ?? '', protocol: test.protocol, labels: { ...known, ...as.labels } },
      command: { kind: 'query', text: test.statement, transaction: 'idle' },
      nowUs,
      memory: emptyMemory,
    },
  }
}

/** Without an offset a time would mean another instant on another machine. */
const timestamp = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/

function instant(text: string): number {
  const ms = timestamp.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isNaN(ms)) throw new Error(`expected a time like \`${testInstant}\`, got \`${text}\``)
  return ms * 1000
}

/** What is not as the test says, or null. */
function objectionTo(judgement: Judgement, test: PolicyTest, facts: Facts): string | null {
  if (judgement.verdict !== test.verdict) {
    const why = judgement.by === null ? 'no rule matched' : `\`${judgement.by.rule}\`: ${judgement.by.reason}`
    return `expected ${test.verdict}, got ${judgement.verdict} (${why})`
  }
  // What is read is not known of every protocol; where it is, a column that is not read would always pass.
  const reads = facts.operations.flatMap(operation => operation.reads ?? [])
  for (const column of test.as.masked ?? []) {
    if (reads.length > 0 && !reads.some(path => isColumn(path, column) !== false)) {
      return `expected \`${column}\` to come back masked, but the statement does not read it`
    }
    const isMasked = judgement.masks.some(mask => mask.columns.some(pattern => hides(pattern, column, facts)))
    if (!isMasked) return `expected \`${column}\` to come back masked, got it as it is`
  }
  return null
}

/** Whether a rule's pattern covers the column wherever the test's name for it may lead. A bare name is any table's, so any table's pattern counts. */
function hides(pattern: ColumnPattern, named: string, facts: Facts): boolean {
  const [column, table, schema] = named.split('.').toReversed()
  const { target } = facts.circumstances
  return (
    pattern.column === column &&
    (pattern.target === null || pattern.target === target.name) &&
    (pattern.table === null || table === undefined || pattern.table === table) &&
    (pattern.schema === null || schema === undefined || pattern.schema === schema)
  )
}
