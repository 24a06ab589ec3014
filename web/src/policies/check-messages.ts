import type { Finding, LiveSchema, OutlinedRule, Problem } from '@steno/policy-dsl'

/** What the checker is asked: a text, and the world it is about. */
export interface CheckRequest {
  id: number
  source: string
  live: LiveSchema
}

/** What our own compiler and analysis say of a text. */
export interface Checked {
  id: number
  hash: string | null
  /** Every rule that can be read, also in a text that does not compile. */
  rules: CheckedRule[]
  problems: Problem[]
  findings: Finding[]
}

export interface CheckedRule extends OutlinedRule {
  mode: 'enforce' | 'observe'
}
