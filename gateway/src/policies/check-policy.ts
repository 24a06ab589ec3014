import type { Operation } from '@steno/recordings'
import { compile, runTests, type LiveSchema, type Problem, type Ruleset, type TestOutcome } from '@steno/policy-dsl'

/** What a policy is written for, and what reads the statements of its tests. */
export interface PolicyWorld {
  /** What names it may use; null when nothing is known, and then none is checked. */
  live: () => LiveSchema | null
  operations: ReadStatement
}

/** Everything a text would do. `target` is where a test sends it, null for a test of no target in particular. */
export type ReadStatement = (protocol: string, statement: string, target: string | null) => Operation[]

/** What can be said of a policy's source before it is in force. */
export interface CheckedPolicy {
  /** Null when the source has an error. */
  ruleset: Ruleset | null
  /** Errors and warnings of the compiler, in the order of the source. */
  problems: Problem[]
  /** What came of its own tests; empty when it does not compile. */
  tests: TestOutcome[]
}

/** Compiles a policy and runs its own tests. */
export function checkPolicy(source: string, { live, operations }: PolicyWorld): CheckedPolicy {
  const known = live()
  const { ruleset, problems } = compile(source, known ? { live: known } : {})
  if (!ruleset || problems.some(({ severity }) => severity === 'error')) return { ruleset: null, problems, tests: [] }
  const labels = new Map((known?.targets ?? []).map(target => [target.name, target.labels]))
  return { ruleset, problems, tests: runTests(ruleset, { operations, labelsOf: target => labels.get(target) ?? (known ? null : {}) }) }
}
