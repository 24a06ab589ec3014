import type { RehearsalReport, RehearsedFlip } from '@steno/policy-dsl'
import type { Verdict } from '@steno/recordings'

/** What was decided, and what would be. */
export interface VerdictPair {
  before: Verdict
  after: Verdict
}

export type FlipBy = 'shape' | 'agent'

/** Commands that are decided otherwise and belong together. */
export interface FlipGroup {
  name: string
  flips: number
  newlyDenied: number
  newlyHeld: number
  newlyAllowed: number
  /** Those of them that the report lists. */
  listed: RehearsedFlip[]
}

/**
 * Groups the commands that are decided otherwise, what would be denied first.
 * Of one pair of verdicts only those that the report lists can be told apart,
 * so only these are counted.
 */
export function flipsOf({ flips, flipGroups }: RehearsalReport, by: FlipBy, pair: VerdictPair | null): FlipGroup[] {
  const listed = new Map<string, RehearsedFlip[]>()
  for (const flip of flips) {
    if (pair !== null && (flip.before !== pair.before || flip.after !== pair.after)) continue
    const name = by === 'shape' ? flip.shape : flip.principal
    listed.set(name, [...(listed.get(name) ?? []), flip])
  }
  const groups =
    pair === null
      ? flipGroups[by === 'shape' ? 'byShape' : 'byAgent'].map(group => ({ ...group, listed: listed.get(group.name) ?? [] }))
      : [...listed].map(([name, those]) => ({ name, flips: those.length, ...countsOf(pair.after, those.length), listed: those }))
  return groups.toSorted((a, b) => b.newlyDenied - a.newlyDenied || b.newlyHeld - a.newlyHeld || b.flips - a.flips)
}

function countsOf(after: Verdict, count: number): Pick<FlipGroup, 'newlyDenied' | 'newlyHeld' | 'newlyAllowed'> {
  return {
    newlyDenied: after === 'deny' ? count : 0,
    newlyHeld: after === 'hold' ? count : 0,
    newlyAllowed: after === 'allow' ? count : 0,
  }
}
