import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { CliError } from './cli-error.ts'
import { createClient } from './client.ts'
import { readArgs, type CliCommand, type Shell } from './command-line.ts'
import { safeText } from './safe-text.ts'

const difference = z.object({
  of: z.string(),
  field: z.string().nullable(),
  recorded: z.string().nullable(),
  indexed: z.string().nullable(),
})
const checked = z.object({
  sessions: z.number(),
  commands: z.number(),
  runs: z.number(),
  differences: z.array(difference),
  differing: z.number(),
})
const state = z.object({
  rebuilding: z.boolean(),
  checking: z.boolean(),
  checked: checked.nullable(),
  behindBytes: z.number(),
  behindSessions: z.number(),
})
const askEveryMs = 500

/** `steno reindex`: makes the search index anew, or says where it differs from the record. */
export const reindexCommand: CliCommand = {
  name: 'reindex',
  summary: 'rebuild the search index from the recordings, or check it against them',
  usage: '[--no-wait | --check]',
  help: `  --no-wait   come back at once instead of when it is done
  --check     change nothing: say where the index differs from the recordings
              and the ledger; the exit code is 1 when it does

  Asks the gateway at STENO_URL; sessions go on meanwhile.`,
  async run(args, shell) {
    const { values } = readArgs(args, { 'no-wait': { type: 'boolean' }, check: { type: 'boolean' } })
    const client = createClient(shell)
    const ask = async () => {
      const answer = state.safeParse(await client.ask('GET', '/api/index'))
      if (!answer.success) throw new CliError('expected a gateway of this version, got an answer of another shape')
      return answer.data
    }
    if (values.check) {
      await client.ask('POST', '/api/index/check')
      let now = await ask()
      while (now.checking) {
        await sleep(askEveryMs)
        now = await ask()
      }
      if (!now.checked) throw new CliError('the index could not be checked: the log of the gateway says why')
      return tell(now.checked, shell)
    }
    await client.ask('POST', '/api/index/rebuild')
    while (!values['no-wait']) {
      await sleep(askEveryMs)
      const { rebuilding, behindBytes } = await ask()
      if (!rebuilding) break
      shell.err(`${(behindBytes / 1_000_000).toFixed(1)} MB to go\n`)
    }
    return 0
  },
}

function tell({ sessions, commands, runs, differences, differing }: z.infer<typeof checked>, shell: Shell): number {
  for (const { of, field, recorded, indexed } of differences) {
    const what = field === null ? of : `${of}: ${field}`
    if (recorded === null && field === null) shell.out(`${safeText(of)} is in no recording\n`)
    else if (indexed === null && field === null) shell.out(`${safeText(of)} is not in the index\n`)
    else shell.out(`${safeText(what)} is ${safeText(indexed ?? 'null')} in the index, recorded was ${safeText(recorded ?? 'null')}\n`)
  }
  if (differing > differences.length) shell.out(`and ${differing - differences.length} more\n`)
  const of = `${sessions} sessions, ${commands} commands and ${runs} runs`
  shell.out(
    differing === 0
      ? `the index says what the record says of ${of}\n`
      : `${differing} differences in ${of}; \`steno reindex\` mends them\n`,
  )
  return differing === 0 ? 0 : 1
}
