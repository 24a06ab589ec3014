import type { MaskKind } from '@steno/policy-dsl'
import { MaskFailed } from './mask-failed.ts'

/** How the values of one column of an answer are hidden. */
export interface CellMask {
  rule: string
  with: MaskKind
  /** The values are computed from a masked column: nothing of them may show, not even in a transformed way. */
  isWhole: boolean
}

/** A pattern that is hidden wherever it stands, in RE2's syntax. */
export interface Detector {
  rule: string
  pattern: string
  flags: string
  with: MaskKind
}

/** From what shows most to what shows least. */
const kindsByStrictness: MaskKind[] = ['last4', 'partial', 'token', 'hash', 'redact', 'null']

/** Two plans for the same columns as one that hides whatever either of them hides, at least as strictly. */
export function mergePlans(a: (CellMask | null)[], b: (CellMask | null)[]): (CellMask | null)[] {
  if (a.length !== b.length) throw new MaskFailed(`expected masks for ${a.length} columns, got ${b.length}`)
  return a.map((mask, column) => mergeMasks(mask, b[column] ?? null))
}

/** The stricter of two masks for one column; among equals the rule whose name comes first. */
export function mergeMasks(a: CellMask | null, b: CellMask | null): CellMask | null {
  if (a === null || b === null) return a ?? b
  const [first, second] = isStricter(a, b) ? [a, b] : [b, a]
  return { ...first, isWhole: first.isWhole || second.isWhole }
}

function isStricter(a: CellMask, b: CellMask): boolean {
  const difference = kindsByStrictness.indexOf(a.with) - kindsByStrictness.indexOf(b.with)
  if (difference !== 0) return difference > 0
  return a.isWhole === b.isWhole ? a.rule <= b.rule : a.isWhole
}
