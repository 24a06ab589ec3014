import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { CliError } from './cli-error.ts'
import { createClient } from './client.ts'
import { readArgs, type CliCommand } from './command-line.ts'

const state = z.object({ rebuilding: z.boolean(), behindBytes: z.number(), behindSessions: z.number() })
const askEveryMs = 500

/** `steno reindex`: makes the search index anew. */
export const reindexCommand: CliCommand = {
  name: 'reindex',
  summary: 'rebuild the search index from the recordings',
  usage: '[--no-wait]',
  help: `  --no-wait   come back at once instead of when it is done

  Asks the gateway at STENO_URL; sessions go on meanwhile.`,
  async run(args, shell) {
    const { values } = readArgs(args, { 'no-wait': { type: 'boolean' } })
    const client = createClient(shell)
    await client.ask('POST', '/api/index/rebuild')
    while (!values['no-wait']) {
      await sleep(askEveryMs)
      const answer = state.safeParse(await client.ask('GET', '/api/index'))
      if (!answer.success) throw new CliError('expected a gateway of this version, got an answer of another shape')
      if (!answer.data.rebuilding) break
      shell.err(`${(answer.data.behindBytes / 1_000_000).toFixed(1)} MB to go\n`)
    }
    return 0
  },
}
