import type { RehearsalReport } from '@steno/policy-dsl'

/** What a rehearsal found, as a version keeps it. */
export interface RehearsedSummary {
  commands: number
  newlyDenied: number
  newlyHeld: number
  newlyAllowed: number
  from: string | null
  to: string | null
}

/** Counts what would be decided otherwise. What was held or denied and would be allowed is one number: what gets less strict. */
export function rehearsedSummary({
  commands,
  matrix,
  from,
  to,
}: Pick<RehearsalReport, 'commands' | 'matrix' | 'from' | 'to'>): RehearsedSummary {
  return {
    commands,
    newlyDenied: matrix.allow.deny + matrix.hold.deny,
    newlyHeld: matrix.allow.hold + matrix.deny.hold,
    newlyAllowed: matrix.hold.allow + matrix.deny.allow,
    from,
    to,
  }
}
