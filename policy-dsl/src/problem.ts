import type { Span } from './ruleset.ts'

/** Something wrong, or worth a look, in a policy's source. */
export interface Problem {
  /** Stable, for tests and quick fixes: `unknown-field`, `not-in-language`. */
  code: string
  severity: 'error' | 'warning'
  /** Lower case, without a full stop, what was expected first. */
  message: string
  at: Span
  /** From 1, as editors count. */
  line: number
  column: number
  /** What to write in the place of `at`, where one thing is likely meant. */
  suggestion?: string
}
