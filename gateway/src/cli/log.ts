import type { z } from 'zod'
import { logState, newLogKey } from '../api/schemas.ts'
import { UsageError } from './cli-error.ts'
import { createClient } from './client.ts'
import { readArgs, type CliCommand } from './command-line.ts'
import { safeText } from './safe-text.ts'
import { understood } from './understood.ts'

/** `steno log`: the gateway's log and its key. */
export const logCommand: CliCommand = {
  name: 'log',
  summary: 'say how the gateway’s log does, or change its key',
  usage: 'show | rotate-key',
  help: `  show         its name, its key, how far it is, and who witnesses it
  rotate-key   has another key sign from here on; a checkpoint that both have
               signed says so, and the old key is destroyed
  --json       answers as JSON

  Whoever verifies follows the log from key to key; a key that was written down
  somewhere (\`steno verify --key\`) goes on to be good.`,
  async run(args, shell) {
    const { values, positionals } = readArgs(args, { json: { type: 'boolean' } })
    const [what, ...more] = positionals
    if (more.length > 0) throw new UsageError(`expected nothing more, got \`${more[0]}\` too`)
    const client = createClient(shell)
    switch (what) {
      case 'show': {
        const state = understood(logState, await client.ask('GET', '/api/log'))
        shell.out(values.json ? `${JSON.stringify(state)}\n` : writeState(state))
        return 0
      }
      case 'rotate-key': {
        const changed = understood(newLogKey, await client.ask('POST', '/api/log/rotate-key'))
        shell.out(values.json ? `${JSON.stringify(changed)}\n` : `${changed.vkey}\n`)
        return 0
      }
      default:
        throw new UsageError('expected show or rotate-key')
    }
  },
}

function writeState({ origin, vkey, size, published, unanchoredSeconds, isWitnessed, witnesses }: z.infer<typeof logState>): string {
  const rows = [
    ['name', origin],
    ['key', vkey],
    ['leaves', `${size}, of which the newest checkpoint has ${published}`],
    ['unanchored', unanchoredSeconds === 0 ? 'nothing' : `up to ${unanchoredSeconds.toFixed(1)} s`],
    ...(isWitnessed === null ? [] : [['witnessed', isWitnessed ? 'a quorum has signed the newest checkpoint' : 'NOT by a quorum']]),
    ...witnesses.map(({ name, url, state, reason }) => [
      'witness',
      `${name} at ${url}: ${state === 'signed' ? 'signs' : reason || 'not asked yet'}`,
    ]),
  ]
  return rows.map(([name, says]) => `${name!.padEnd(12)}${safeText(says!)}\n`).join('')
}
