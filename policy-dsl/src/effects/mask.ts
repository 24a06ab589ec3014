import type { MaskKind, MaskObligation } from '../decision.ts'
import type { EffectArguments } from '../ruleset.ts'
import type { Effect } from './effect.ts'
import { readColumns, readOptionalRegex, readWord } from './read-arguments.ts'

const kinds: MaskKind[] = ['redact', 'hash', 'last4', 'null', 'partial', 'token']
const predicates: MaskObligation['predicates'][] = ['refuse', 'equality', 'allow']

/** `mask({ columns?, matching?, with, predicates? })`: values come back hidden. */
export const mask: Effect = {
  name: 'mask',
  verdict: 'allow',
  signature: {
    documentation:
      'The answer comes back with these values hidden, however they were asked for. Where that cannot be done the command does not run.',
    parameters: [
      {
        name: 'options',
        documentation: 'What is hidden, and how.',
        type: {
          type: 'object',
          properties: [
            {
              name: 'columns',
              documentation: 'Columns whose values are hidden.',
              isOptional: true,
              type: { type: 'list', of: { type: 'column' }, min: 1 },
            },
            {
              name: 'matching',
              documentation: 'A pattern for values that are hidden wherever they stand.',
              isOptional: true,
              type: { type: 'regex' },
            },
            {
              name: 'with',
              documentation:
                'What stands in their place: `redact` a fixed text, `hash` one that is the same for the same value, `last4` all but the last four characters hidden, `null` nothing, `partial` the shape alone, `token` a stand-in that can be told apart.',
              type: { type: 'word', words: kinds },
            },
            {
              name: 'predicates',
              documentation:
                'What may be asked about a hidden column without reading it: `refuse` nothing, `equality` whether it is one value, `allow` anything. `refuse` when not said.',
              isOptional: true,
              type: { type: 'word', words: predicates },
            },
          ],
        },
      },
    ],
    check,
  },
  obligations(rule, args) {
    const columns = readColumns(args, 'columns')
    const matching = readOptionalRegex(args, 'matching')
    const wrong = check(args)
    if (wrong !== null) throw new TypeError(wrong)
    return {
      mask: {
        rule,
        columns,
        matching,
        with: readWord(args, 'with', kinds),
        predicates: readWord(args, 'predicates', predicates, 'refuse'),
      },
    }
  },
}

function check(args: EffectArguments): string | null {
  if (readColumns(args, 'columns').length > 0) return null
  if (args['matching'] === undefined) return 'expected `columns` or `matching`'
  // What a pattern would find is not known before it is there, so a condition on it cannot be told from another.
  return args['predicates'] === undefined ? null : 'expected `columns` with `predicates`: what may be asked is known of columns alone'
}
