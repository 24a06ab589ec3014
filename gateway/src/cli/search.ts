import type { z } from 'zod'
import { command as commandShape, pageOf, session as sessionShape } from '../api/schemas.ts'
import { CliError, UsageError } from './cli-error.ts'
import { createClient } from './client.ts'
import { readArgs, readNumber, type CliCommand, type Shell } from './command-line.ts'
import { writeTable } from './table.ts'

const filters = [
  'principal',
  'agent',
  'run',
  'session',
  'task',
  'target',
  'protocol',
  'verb',
  'table',
  'column',
  'verdict',
  'text',
  'since',
  'until',
] as const

const filterOptions = {
  ...(Object.fromEntries(filters.map(name => [name, { type: 'string' }])) as Record<(typeof filters)[number], { type: 'string' }>),
  error: { type: 'boolean' },
  live: { type: 'boolean' },
  limit: { type: 'string' },
  json: { type: 'boolean' },
} as const

const filterHelp = `  --principal NAME   who acted              --verb VERB     SELECT, DELETE, …
  --agent NAME       the agent behind it    --table TABLE   name, or schema.name
  --run RUN          one run                --column COLUMN
  --session SESSION  one session            --verdict allow|hold|deny
  --task TASK        one task               --text TEXT     in statements, values, errors
  --target TARGET    one target             --since TIME    1h, 7d, 2026-01-01T00:00:00Z
  --protocol NAME    one protocol           --until TIME
  --error            only what failed       --live          only open sessions
  --limit N          how many, 50           --json          one JSON object a line`

const usage = '[filters] [--json]'

/** `steno commands`: search what was asked. */
export const commandsCommand: CliCommand = {
  name: 'commands',
  summary: 'search commands: what was asked of any target',
  usage,
  help: filterHelp,
  run: (args, shell) =>
    search(args, shell, {
      path: '/api/commands',
      shape: commandShape,
      headings: ['AT', 'PRINCIPAL', 'TARGET', 'VERDICT', 'ROWS', 'MS', 'ID', 'TEXT'],
      row: found => [
        found.at.slice(0, 19).replace('T', ' '),
        chain(found),
        found.target,
        found.error ? `error ${found.error.code}` : found.verdict,
        String(found.rows ?? found.affected ?? '-'),
        found.durationMs === null ? '…' : found.durationMs.toFixed(1),
        found.id,
        found.text,
      ],
    }),
}

/** `steno sessions`: search who was where. */
export const sessionsCommand: CliCommand = {
  name: 'sessions',
  summary: 'search sessions: who was at which target, when',
  usage,
  help: filterHelp,
  run: (args, shell) =>
    search(args, shell, {
      path: '/api/sessions',
      shape: sessionShape,
      headings: ['STARTED', 'PRINCIPAL', 'TASK', 'TARGET', 'COMMANDS', 'ERRORS', 'STATE', 'ID'],
      row: found => [
        found.startedAt.slice(0, 19).replace('T', ' '),
        chain(found),
        found.task === null ? '-' : `${found.task} #${found.attempt}`,
        found.target,
        String(found.commands),
        String(found.errors),
        found.endReason ?? 'open',
        found.id,
      ],
    }),
}

interface Listing<Shape extends z.ZodType> {
  path: string
  shape: Shape
  headings: string[]
  row: (found: z.infer<Shape>) => string[]
}

const pageMax = 500

async function search<Shape extends z.ZodType>(
  args: string[],
  shell: Shell,
  { path, shape, headings, row }: Listing<Shape>,
): Promise<number> {
  const { values, positionals } = readArgs(args, filterOptions)
  if (positionals.length > 0) throw new UsageError(`expected only filters, got \`${positionals[0]}\``)
  let left = readNumber('limit', values.limit, { min: 1, max: 1_000_000 }) ?? 50
  const query = new URLSearchParams()
  for (const name of filters) if (values[name] !== undefined) query.set(name, values[name])
  for (const name of ['error', 'live'] as const) if (values[name]) query.set(name, 'true')
  const client = createClient(shell)
  const found: z.infer<Shape>[] = []
  for (let cursor: string | null = ''; cursor !== null && left > 0;) {
    query.set('limit', String(Math.min(left, pageMax)))
    if (cursor) query.set('cursor', cursor)
    const page = pageOf(shape).safeParse(await client.ask('GET', `${path}?${query.toString()}`))
    if (!page.success) throw new CliError('expected a gateway of this version, got an answer of another shape')
    left -= page.data.items.length
    cursor = page.data.cursor
    if (values.json) for (const item of page.data.items) shell.out(`${JSON.stringify(item)}\n`)
    else found.push(...page.data.items)
    await shell.drained()
  }
  if (!values.json) shell.out(found.length === 0 ? 'nothing found\n' : writeTable(headings, found.map(row), shell.width))
  return 0
}

function chain({ principal, delegation }: { principal: string; delegation: string[] }): string {
  return [principal, ...delegation].join(' < ')
}
