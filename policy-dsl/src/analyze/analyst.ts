import type { Ruleset } from '../ruleset.ts'
import { analyze, emptyNotes, type Finding, stepsMax } from './analyze.ts'
import { compareRulesets, type Difference } from './compare.ts'

/** Analyses one draft after another. */
export interface Analyst {
  analyze(ruleset: Ruleset): Finding[]
  compare(before: Ruleset, after: Ruleset): Difference[]
}

/** So many answers are remembered; a policy of sixty rules asks a few hundred questions. */
const answersMax = 20_000

/**
 * Gives an analyst that remembers what it was asked about rules, by their
 * content: what an author has not touched since the last draft costs nothing
 * again. It finds what `analyze` and `compareRulesets` find.
 */
export function createAnalyst(limits: { stepsMax: number } = { stepsMax }): Analyst {
  let notes = emptyNotes()
  const kept = () => {
    if (notes.solver.size > answersMax) notes = emptyNotes()
    return notes
  }
  return {
    analyze: ruleset => analyze(ruleset, limits, kept()),
    compare: (before, after) => compareRulesets(before, after, limits, kept()),
  }
}
