import type { EvidenceDemand } from '../decision.ts'
import type { Effect } from './effect.ts'
import { readOptionalCount, readWord } from './read-arguments.ts'

const kinds: EvidenceDemand['evidence'][] = ['witnessed']
const withinMsMin = 1000
const withinMsMax = 10 * 60 * 1000
const withinMsDefault = 10_000

/** `require({ evidence, within? })`: the command waits until others vouch for its record. */
export const requireEvidence: Effect = {
  name: 'require',
  verdict: 'hold',
  signature: {
    documentation:
      'The command waits until its record is evidence outside of the gateway, and then runs by itself. Without that, in time, it does not run.',
    parameters: [
      {
        name: 'options',
        documentation: 'What its record must be, and by when.',
        type: {
          type: 'object',
          properties: [
            {
              name: 'evidence',
              documentation: '`witnessed`: a quorum of the witnesses has signed a checkpoint of the log that covers the command.',
              type: { type: 'word', words: kinds },
            },
            {
              name: 'within',
              documentation: "How long the command waits for them: `'5s'`, `'1m'`; 10 seconds when not said.",
              isOptional: true,
              type: { type: 'duration', minMs: withinMsMin, maxMs: withinMsMax },
            },
          ],
        },
      },
    ],
  },
  obligations(rule, args) {
    const evidence = readWord(args, 'evidence', kinds)
    const withinMs = readOptionalCount(args, 'within') ?? withinMsDefault
    if (withinMs < withinMsMin || withinMs > withinMsMax) throw new RangeError('expected `within` to be a length of time')
    return { reason: 'its record must be witnessed before it runs', evidence: { rule, evidence, withinMs } }
  },
}
