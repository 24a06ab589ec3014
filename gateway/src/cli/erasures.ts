import { setTimeout as sleep } from 'node:timers/promises'
import type { z } from 'zod'
import { erasure as erasureShape, listOf } from '../api/schemas.ts'
import { CliError, UsageError } from './cli-error.ts'
import { createClient, type Client } from './client.ts'
import { readArgs, type CliCommand, type Shell } from './command-line.ts'
import { safeText } from './safe-text.ts'
import { writeTable } from './table.ts'
import { understood } from './understood.ts'

type Erasure = z.infer<typeof erasureShape>

/** `steno erase`: asks that something recorded be erased for good. */
export const eraseCommand: CliCommand = {
  name: 'erase',
  summary: 'ask that a command or lines of a recording be erased for good',
  usage: 'SESSION.NUMBER --reason TEXT [--json] | SESSION --lines FROM-TO --reason TEXT [--json]',
  help: `  SESSION.NUMBER   a command, by its id: with its answer, its transcript, and the commands
                   that ran its text
  --lines FROM-TO  these lines of a recording, both of them too
  --reason TEXT    why; it stands in the ledger, so it must not repeat what is to go
  --json           answers as JSON

  Nothing changes until somebody else approves it: \`steno erasures approve ID\`. The session
  must be over, and not under legal hold.`,
  async run(args, shell) {
    const { values, positionals } = readArgs(args, {
      lines: { type: 'string' },
      reason: { type: 'string' },
      json: { type: 'boolean' },
    })
    const [what, ...more] = positionals
    if (!what || more.length > 0) throw new UsageError('expected one command or session')
    if (!values.reason) throw new UsageError('--reason: expected why, for the ledger')
    const wanted = values.lines === undefined ? commandOf(what) : { session: what, ...linesOf(values.lines) }
    const asked = await createClient(shell).ask('POST', '/api/erasures', { ...wanted, reason: values.reason })
    const erasure = understood(erasureShape, asked)
    if (values.json) shell.out(`${JSON.stringify(erasure)}\n`)
    else {
      shell.out(writeErasure(erasure))
      shell.err(`somebody else approves it with \`steno erasures approve ${erasure.id}\`\n`)
    }
    return 0
  },
}

/** `steno erasures`: look at what is to be erased, and approve or refuse it. */
export const erasuresCommand: CliCommand = {
  name: 'erasures',
  summary: 'see what is to be erased, and approve or refuse it',
  usage: '[--json] | show ID [--json] | approve ID [--yes] [--json] | refuse ID --reason TEXT [--json]',
  help: `  show ID        what goes, who asked for it, and why
  approve ID     shows it, asks, and has it erased; not by whoever asked for it
  refuse ID      ends it
  --reason TEXT  why it is refused; it stands in the ledger
  --yes          approves without asking
  --json         one JSON object a line`,
  async run(args, shell) {
    const { values, positionals } = readArgs(args, {
      reason: { type: 'string' },
      yes: { type: 'boolean' },
      json: { type: 'boolean' },
    })
    const [what = 'list', id, ...more] = positionals
    if (more.length > 0) throw new UsageError(`expected one id, got \`${more[0]}\` too`)
    const client = createClient(shell)
    const show = (erasure: Erasure) => shell.out(values.json ? `${JSON.stringify(erasure)}\n` : writeErasure(erasure))
    switch (what) {
      case 'list':
        if (id !== undefined) throw new UsageError(`expected only options, got \`${id}\``)
        return list(client, shell, values.json ?? false)
      case 'show':
        show(await fetchErasure(client, demand(id)))
        return 0
      case 'approve': {
        const erasure = await fetchErasure(client, demand(id))
        if (!erasure.canApprove) throw new CliError(erasure.cannotApprove ?? 'you cannot approve it')
        if (!(await isSure(shell, erasure, values.yes ?? false))) return 1
        await client.ask('POST', pathOf(erasure.id, 'approve'))
        show(await whenDone(client, shell, erasure.id))
        return 0
      }
      case 'refuse': {
        if (!values.reason) throw new UsageError('--reason: expected why, for the ledger')
        show(understood(erasureShape, await client.ask('POST', pathOf(demand(id), 'refuse'), { reason: values.reason })))
        return 0
      }
      default:
        throw new UsageError(`expected show, approve or refuse, got \`${what}\``)
    }
  },
}

async function list(client: Client, shell: Shell, json: boolean): Promise<number> {
  const { items } = understood(listOf(erasureShape), await client.ask('GET', '/api/erasures'))
  if (json) for (const item of items) shell.out(`${JSON.stringify(item)}\n`)
  else if (items.length === 0) shell.out('nothing was asked for\n')
  else shell.out(writeTable(['ASKED', 'BY', 'STATE', 'ID', 'SESSION', 'LINES', 'REASON'], items.map(row), shell.width))
  return 0
}

function row({ requestedAt, requestedBy, state, id, session, lines, reason }: Erasure): string[] {
  return [requestedAt.slice(0, 19).replace('T', ' '), requestedBy.name, state, id, session, rangesOf(lines), reason]
}

/** Shows what goes, and asks. */
async function isSure(shell: Shell, erasure: Erasure, yes: boolean): Promise<boolean> {
  if (yes) return true
  if (!shell.ask) throw new UsageError('expected --yes, since nobody can be asked here')
  shell.err(writeErasure(erasure))
  const answer = await shell.ask('erase it for good? [y/N] ')
  if (/^y(es)?$/i.test(answer.trim())) return true
  shell.err('not approved\n')
  return false
}

const askEveryMs = 200
const waitMs = 20_000

/** The erasure once nothing of it is left, or as far as it came in a while: the gateway goes on by itself. */
async function whenDone(client: Client, shell: Shell, id: string): Promise<Erasure> {
  for (let waitedMs = 0; ; waitedMs += askEveryMs) {
    const erasure = await fetchErasure(client, id)
    if (erasure.state === 'done') return erasure
    if (waitedMs >= waitMs) {
      shell.err('approved, and still being carried out: `steno erasures` tells when it is done\n')
      return erasure
    }
    await sleep(askEveryMs)
  }
}

async function fetchErasure(client: Client, id: string): Promise<Erasure> {
  return understood(erasureShape, await client.ask('GET', pathOf(id)))
}

function pathOf(id: string, ...more: string[]): string {
  return ['/api/erasures', encodeURIComponent(id), ...more].join('/')
}

/** Everything somebody decides on. */
export function writeErasure(erasure: Erasure): string {
  const { id, state, session, lines, commands, reason, requestedBy, requestedAt, decidedBy, decidedAt, doneAt } = erasure
  const fields: [string, string][] = [
    ['erasure', `${id}: ${state}`],
    ['session', session],
    ['lines', rangesOf(lines)],
    ['commands', commands.length === 0 ? 'none of its own' : commands.join(', ')],
    ['why', reason],
    ['asked', `by ${requestedBy.name} at ${requestedAt}`],
    ...(decidedBy
      ? ([[state === 'refused' ? 'refused' : 'approved', `by ${decidedBy.name} at ${decidedAt ?? '?'}`]] as [string, string][])
      : []),
    ...(doneAt ? ([['gone', `at ${doneAt}`]] as [string, string][]) : []),
  ]
  return fields.map(([name, value]) => `${name.padEnd(9)} ${safeText(value)}\n`).join('')
}

/** Lines as people count them: both ends are among them. */
function rangesOf(lines: Erasure['lines']): string {
  return lines.map(({ from, to }) => (to - from === 1 ? String(from) : `${from}-${to - 1}`)).join(', ')
}

function commandOf(id: string): { session: string; command: number } {
  const [, session, number] = /^([^.]+)\.(\d+)$/.exec(id) ?? []
  if (!session || !number) throw new UsageError(`expected a command such as SESSION.3, or --lines, got \`${id}\``)
  return { session, command: Number(number) }
}

function linesOf(text: string): { from: number; to: number } {
  const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? []
  if (!first || !last) throw new UsageError(`--lines: expected lines such as 7-12, got \`${text}\``)
  return { from: Number(first), to: Number(last) + 1 }
}

function demand(id: string | undefined): string {
  if (!id) throw new UsageError('expected the id of an erasure')
  return id
}
