import type { Finding, LiveSchema, Problem } from '@steno/policy-dsl'

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
  rules: { name: string; line: number; mode: 'enforce' | 'observe' }[]
  problems: Problem[]
  findings: Finding[]
}
