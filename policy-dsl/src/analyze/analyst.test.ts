import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Rule, Span } from '../ruleset.ts'
import { createAnalyst } from './analyst.ts'
import { analyze } from './analyze.ts'
import { compareRulesets } from './compare.ts'
import { someRule } from './test-random-rules.ts'
import { both, either, equal, forbid, not, rule, ruleset, verb } from './test-rules.ts'

const someDrafts = fc.array(fc.array(fc.nat(7), { minLength: 1, maxLength: 5 }), { minLength: 2, maxLength: 6 })
const someRules = fc.array(someRule('some'), { minLength: 8, maxLength: 8 })

describe('an analyst', () => {
  it('finds in draft after draft what it would find in each alone', () => {
    fc.assert(
      fc.property(someRules, someDrafts, (rules, drafts) => {
        const analyst = createAnalyst()
        for (const chosen of drafts) expect(analyst.analyze(draftOf(rules, chosen))).toEqual(analyze(draftOf(rules, chosen)))
      }),
      { numRuns: 60 },
    )
  })

  it('finds the same differences, whatever it was asked before', () => {
    fc.assert(
      fc.property(someRules, someDrafts, (rules, drafts) => {
        const analyst = createAnalyst()
        for (const [index, chosen] of drafts.entries()) {
          const [before, after] = [draftOf(rules, drafts[index - 1] ?? [0]), draftOf(rules, chosen)]
          expect(analyst.compare(before, after)).toEqual(compareRulesets(before, after))
        }
      }),
      { numRuns: 60 },
    )
  })

  it('says where a rule stands now, not where it stood', () => {
    const standing = (at: Span) => rule('never', { when: not(either(verb('DROP'), not(verb('DROP'))), at), effect: forbid() })
    const analyst = createAnalyst()
    expect(analyst.analyze(ruleset(standing([10, 20])))).toMatchObject([{ line: 1, at: [10, 20] }])
    const other = rule('other', { when: equal('verb', 'GRANT'), effect: forbid() })
    expect(analyst.analyze(ruleset(other, standing([110, 120])))).toMatchObject([{ line: 2, at: [110, 120] }])
  })

  it('does not know the answer to a question that it gave up on', () => {
    const hard = ruleset(rule('one', { when: both(not(verb('DELETE')), not(verb('DROP'))), effect: forbid() }))
    const analyst = createAnalyst({ stepsMax: 0 })
    expect(analyst.analyze(hard)).toMatchObject([{ kind: 'not-decided' }])
    expect(analyst.analyze(hard)).toMatchObject([{ kind: 'not-decided' }])
  })
})

/** Rules of a policy: the same by their content, each time made anew. */
function draftOf(rules: readonly Rule[], chosen: readonly number[]) {
  return ruleset(...chosen.map((which, at) => ({ ...structuredClone(rules[which]!), name: `rule ${at}` })))
}
