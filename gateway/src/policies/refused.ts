import type { Problem, TestOutcome } from '@steno/policy-dsl'

/** Why a policy was not published or removed: `code` is stable, the rest says what to do about it. */
export class PolicyRefused extends Error {
  readonly code: 'bad_name' | 'not_found' | 'not_allowed' | 'stale' | 'invalid' | 'tests_failed'
  /** What the compiler found wrong. */
  readonly problems: Problem[]
  /** The policy's own tests that failed. */
  readonly tests: TestOutcome[]

  constructor(
    code: PolicyRefused['code'],
    message: string,
    { problems = [], tests = [] }: { problems?: Problem[]; tests?: TestOutcome[] } = {},
  ) {
    super(message)
    this.name = 'PolicyRefused'
    this.code = code
    this.problems = problems
    this.tests = tests
  }
}
