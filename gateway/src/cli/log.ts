import { logState, newLogKey } from '../api/schemas.ts'
import { UsageError } from './cli-error.ts'
import { createClient } from './client.ts'
import { readArgs, type CliCommand } from './command-line.ts'
import { understood } from './understood.ts'

/** `steno log`: the gateway's log and its key. */
export const logCommand: CliCommand = {
  name: 'log',
  summary: 'say how the gateway’s log does, or change its key',
  usage: 'show | rotate-key',
  help: `  show         its name, its key and how far it is
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
        const { origin, vkey, size, published, unanchoredSeconds } = state
        if (values.json) shell.out(`${JSON.stringify(state)}\n`)
        else
          shell.out(
            `name        ${origin}\nkey         ${vkey}\nleaves      ${size}, of which the newest checkpoint has ${published}\nunanchored  ${unanchoredSeconds === 0 ? 'nothing' : `up to ${unanchoredSeconds.toFixed(1)} s`}\n`,
          )
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
