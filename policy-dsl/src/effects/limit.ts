import type { LimitObligation } from '../decision.ts'
import type { EffectArguments } from '../ruleset.ts'
import type { Effect } from './effect.ts'
import { readOptionalCount, readWord } from './read-arguments.ts'

const scopes: LimitObligation['per'][] = ['command', 'session', 'run', 'principal']
const consequences: LimitObligation['over'][] = ['cut', 'deny', 'hold']
const countMax = 1_000_000_000

/** `limit({ rows?, bytes?, perMinute?, per?, over })`: no more than this. */
export const limit: Effect = {
  name: 'limit',
  verdict: 'allow',
  signature: {
    documentation:
      'No more than this. What is over is cut off or denied; with `hold`, commands wait for people once it is used up, and their consent lifts it for that command.',
    parameters: [
      {
        name: 'options',
        documentation: 'How much, of what, and what happens over it.',
        type: {
          type: 'object',
          properties: [
            { name: 'rows', documentation: 'Rows that come back.', isOptional: true, type: { type: 'number', min: 0, max: countMax } },
            { name: 'bytes', documentation: 'Bytes that come back.', isOptional: true, type: { type: 'number', min: 0, max: countMax } },
            {
              name: 'perMinute',
              documentation: 'Commands in a minute. A text of several statements counts as so many.',
              isOptional: true,
              type: { type: 'number', min: 1, max: countMax },
            },
            {
              name: 'per',
              documentation: 'What is counted together. When not said, `command` for rows and bytes, `run` for commands in a minute.',
              isOptional: true,
              type: { type: 'word', words: scopes },
            },
            {
              name: 'over',
              documentation:
                'What happens over it. `cut` gives the first part of the answer, so it goes with rows and bytes only; `hold` holds what comes after, so it does not go with the rows and bytes of one command.',
              type: { type: 'word', words: consequences },
            },
          ],
        },
      },
    ],
    check,
  },
  obligations(rule, args) {
    const wrong = check(args)
    if (wrong !== null) throw new TypeError(wrong)
    const perMinute = readOptionalCount(args, 'perMinute')
    return {
      limit: {
        rule,
        rows: readOptionalCount(args, 'rows'),
        bytes: readOptionalCount(args, 'bytes'),
        perMinute,
        per: readWord(args, 'per', scopes, perMinute === null ? 'command' : 'run'),
        over: readWord(args, 'over', consequences),
      },
    }
  },
}

function check(args: EffectArguments): string | null {
  const ofAnswer = args['rows'] !== undefined || args['bytes'] !== undefined
  const ofTime = args['perMinute'] !== undefined
  if (!ofAnswer && !ofTime) return 'expected `rows`, `bytes` or `perMinute`'
  if (ofTime && args['over'] === 'cut') return 'expected `deny` or `hold` for `perMinute`, got `cut`: a command cannot be cut'
  if (ofTime && args['per'] === 'command') return 'expected `session`, `run` or `principal` for `perMinute`, got `command`'
  if (ofTime && ofAnswer && args['per'] === undefined)
    return 'expected `per`, or one limit for `rows` and `bytes` and another for `perMinute`'
  const isPerCommand = args['per'] === 'command' || args['per'] === undefined
  return ofAnswer && isPerCommand && args['over'] === 'hold'
    ? "expected `cut` or `deny` for the `rows` and `bytes` of one command, got `hold`: they are known when they come, and then nobody can be asked; with `per: 'run'` the commands that come after are held"
    : null
}
