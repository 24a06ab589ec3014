import fc from 'fast-check'
import type { Expression, Rule } from '../ruleset.ts'
import { alert, approval, both, call, compare, either, equal, field, forbid, label, limit, matches, not, rule } from './test-rules.ts'

const atom = fc.constantFrom<Expression>(
  equal('verb', 'DELETE'),
  equal('verb', 'DROP'),
  compare('verb', '!==', 'DROP'),
  field('hasWhere'),
  equal('hasWhere', false),
  ...['human', 'service', 'agent'].map(kind => equal('principal.kind', kind)),
  call('principal.name', 'startsWith', 'app-'),
  call('principal.name', 'endsWith', '-prod'),
  equal('principal.name', 'app-prod'),
  matches('principal.name', '^app-'),
  call('principal.groups', 'includes', 'dba'),
  compare(label('env'), '===', 'prod'),
  compare(label('env'), '!==', 'staging'),
  compare('statement', '<', 1),
  compare('statement', '>', 1),
  equal('statement', 1),
  call('tables', 'includesTable', 'orders'),
  call('tables', 'includesTable', 'public.orders'),
)

const condition: fc.Arbitrary<Expression> = fc.letrec<{ any: Expression }>(tie => ({
  any: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    atom,
    tie('any').map(of => not(of)),
    fc.tuple(tie('any'), tie('any')).map(of => both(...of)),
    fc.tuple(tie('any'), tie('any')).map(of => either(...of)),
    fc.tuple(tie('any'), tie('any'), tie('any')).map(([when, yes, no]): Expression => ({ is: 'choose', when, yes, no })),
  ),
})).any

/** Rules over the fields of a world small enough to try every command in it. */
export const someRule = (name: string): fc.Arbitrary<Rule> =>
  fc
    .record({
      env: fc.option(fc.subarray(['prod', 'staging'], { minLength: 1 }), { nil: undefined }),
      when: fc.option(condition, { nil: undefined }),
      unless: fc.option(atom, { nil: undefined, freq: 2 }),
      effect: fc.constantFrom(forbid(), approval('dba'), approval('sre'), limit(5), alert()),
    })
    .map(({ env, when, unless, effect }) =>
      rule(name, { ...(env && { on: { labels: { env } } }), ...(when && { when }), ...(unless && { unless }), effect }),
    )
