import type { z } from 'zod'
import { hold as holdShape, listOf } from '../api/schemas.ts'
import { CliError, UsageError } from './cli-error.ts'
import { createClient, type Client } from './client.ts'
import { readArgs, type CliCommand } from './command-line.ts'
import { writeTable } from './table.ts'
import { understood } from './understood.ts'

type Hold = z.infer<typeof holdShape>

/** `steno hold`: keeps what a session or a run left from being removed or erased. */
export const holdCommand: CliCommand = {
  name: 'hold',
  summary: 'keep the recordings of a session or a run from being removed or erased',
  usage: 'place|lift --session S|--run R --reason TEXT [--json]',
  help: `  place          neither retention nor anybody removes or erases it until the hold is
                 lifted; for admins and investigators
  lift           ends that; for admins
  --session S    one session
  --run R        every session of a run
  --reason TEXT  why; it stands in the ledger
  --json         answers as JSON`,
  async run(args, shell) {
    const { values, positionals } = readArgs(args, {
      session: { type: 'string' },
      run: { type: 'string' },
      reason: { type: 'string' },
      json: { type: 'boolean' },
    })
    const [what, ...more] = positionals
    if ((what !== 'place' && what !== 'lift') || more.length > 0) throw new UsageError('expected place or lift')
    const { session, run, reason } = values
    if ((session === undefined) === (run === undefined)) throw new UsageError('expected either --session or --run')
    if (!reason) throw new UsageError('--reason: expected why, for the ledger')
    const client = createClient(shell)
    const hold =
      what === 'place'
        ? understood(holdShape, await client.ask('POST', '/api/holds', { ...(session === undefined ? { run } : { session }), reason }))
        : await lift(client, { session, run, reason })
    if (values.json) shell.out(`${JSON.stringify(hold)}\n`)
    else shell.out(`${what === 'place' ? 'held' : 'no longer held'}: ${subjectOf(hold)}\n`)
    return 0
  },
}

/** `steno holds`: all legal holds. */
export const holdsCommand: CliCommand = {
  name: 'holds',
  summary: 'list the legal holds',
  usage: '[--json]',
  help: '  --json   one JSON object a line',
  async run(args, shell) {
    const { values, positionals } = readArgs(args, { json: { type: 'boolean' } })
    if (positionals.length > 0) throw new UsageError(`expected only options, got \`${positionals[0]}\``)
    const holds = await fetchHolds(createClient(shell))
    if (values.json) for (const hold of holds) shell.out(`${JSON.stringify(hold)}\n`)
    else if (holds.length === 0) shell.out('nothing is held\n')
    else shell.out(writeTable(['PLACED', 'BY', 'HELD', 'REASON'], holds.map(row), shell.width))
    return 0
  },
}

function row(hold: Hold): string[] {
  return [hold.placedAt.slice(0, 19).replace('T', ' '), hold.by.name, subjectOf(hold), hold.reason]
}

function subjectOf({ session, run }: Hold): string {
  return session === undefined ? `run ${run}` : `session ${session}`
}

async function fetchHolds(client: Client): Promise<Hold[]> {
  return understood(listOf(holdShape), await client.ask('GET', '/api/holds')).items
}

async function lift(
  client: Client,
  { session, run, reason }: { session: string | undefined; run: string | undefined; reason: string },
): Promise<Hold> {
  const found = (await fetchHolds(client)).find(hold => hold.session === session && hold.run === run)
  if (!found) throw new CliError(session === undefined ? `run ${run} is not held itself` : `session ${session} is not held itself`)
  const query = new URLSearchParams({ reason }).toString()
  return understood(holdShape, await client.ask('DELETE', `/api/holds/${encodeURIComponent(found.id)}?${query}`))
}
