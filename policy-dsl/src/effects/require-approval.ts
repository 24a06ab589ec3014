import type { Effect } from './effect.ts'
import { readOptionalCount, readTexts } from './read-arguments.ts'

const quorumMax = 5
const withinMsMin = 1000
const withinMsMax = 7 * 24 * 60 * 60 * 1000

/** `requireApproval({ by, within, quorum? })`: the command waits for people. */
export const requireApproval: Effect = {
  name: 'requireApproval',
  verdict: 'hold',
  signature: {
    documentation: 'The command waits until people have agreed to exactly what it is. Without them, in time, it does not run.',
    parameters: [
      {
        name: 'options',
        documentation: 'Who is asked, and for how long.',
        type: {
          type: 'object',
          properties: [
            {
              name: 'by',
              documentation: 'The group or role that is asked, or several: any of them may agree.',
              type: { type: 'oneOrMany', of: { type: 'name', of: 'approvers' } },
            },
            {
              name: 'within',
              documentation: "How long the command waits: `'15m'`, `'1h'`.",
              type: { type: 'duration', minMs: withinMsMin, maxMs: withinMsMax },
            },
            {
              name: 'quorum',
              documentation: 'How many people must agree; 1 when not said.',
              isOptional: true,
              type: { type: 'number', min: 1, max: quorumMax },
            },
          ],
        },
      },
    ],
  },
  obligations(rule, args) {
    const by = readTexts(args, 'by')
    const withinMs = readOptionalCount(args, 'within')
    const quorum = readOptionalCount(args, 'quorum') ?? 1
    if (withinMs === null || withinMs < withinMsMin || withinMs > withinMsMax)
      throw new RangeError('expected `within` to be a length of time')
    if (quorum < 1 || quorum > quorumMax) throw new RangeError(`expected \`quorum\` to be from 1 to ${quorumMax}`)
    return { reason: `needs the approval of ${by.join(' or ')}`, approval: { rule, by, withinMs, quorum } }
  },
}
