import type { Alert } from '../decision.ts'
import type { Effect } from './effect.ts'
import { readText, readWord } from './read-arguments.ts'

const severities: Alert['severity'][] = ['info', 'warning', 'critical']

/** `alert('message', { severity? })`: somebody is told. */
export const alert: Effect = {
  name: 'alert',
  verdict: 'allow',
  signature: {
    documentation: 'The command goes on, and whoever watches is told.',
    parameters: [
      { name: 'message', documentation: 'What they are told.', type: { type: 'string' } },
      {
        name: 'options',
        documentation: 'How much it matters.',
        isOptional: true,
        type: {
          type: 'object',
          properties: [
            { name: 'severity', documentation: '`warning` when not said.', isOptional: true, type: { type: 'word', words: severities } },
          ],
        },
      },
    ],
  },
  obligations(rule, args) {
    return { alert: { rule, message: readText(args, 'message'), severity: readWord(args, 'severity', severities, 'warning') } }
  },
}
