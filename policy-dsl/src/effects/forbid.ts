import type { Effect } from './effect.ts'
import { readOptionalText, readText } from './read-arguments.ts'

/** `forbid('reason', { hint? })`: the command does not run. */
export const forbid: Effect = {
  name: 'forbid',
  verdict: 'deny',
  signature: {
    documentation: 'The command does not run. Nothing that another rule says changes that.',
    parameters: [
      { name: 'reason', documentation: 'Why not. The asker and the record see it.', type: { type: 'string' } },
      {
        name: 'options',
        documentation: 'More for the asker.',
        isOptional: true,
        type: {
          type: 'object',
          properties: [{ name: 'hint', documentation: 'What to do instead.', isOptional: true, type: { type: 'string' } }],
        },
      },
    ],
  },
  obligations(_rule, args) {
    const hint = readOptionalText(args, 'hint')
    return { reason: readText(args, 'reason'), ...(hint === null ? {} : { hint }) }
  },
}
