import type { Cell } from '@steno/recordings'
import type { z } from 'zod'
import { grantMinutesMax } from '../approvals/index.ts'
import { approval as approvalShape, approvalState, pageOf } from '../api/schemas.ts'
import { CliError, UsageError } from './cli-error.ts'
import { createClient, type Client } from './client.ts'
import { readArgs, readNumber, type CliCommand, type Shell } from './command-line.ts'
import { safeText } from './safe-text.ts'
import { writeTable } from './table.ts'
import { understood } from './understood.ts'

type Approval = z.infer<typeof approvalShape>

const pageMax = 500

/** `steno approvals`: look at what is held for consent, and vote on it. */
export const approvalsCommand: CliCommand = {
  name: 'approvals',
  summary: 'see the commands that are held for consent, and vote on them',
  usage:
    '[--state S] [--target T] [--agent A] [--reviewer R] [--since AGE] [--limit N] [--json] | show ID [--json] | ' +
    'approve ID [--for MINUTES] [--comment TEXT] [--yes] | reject ID --comment TEXT [--yes] | take-back ID',
  help: `  --state S        ${approvalState.options.join(', ')}, decided or all; pending when left out
  --target T       those at one target; likewise --agent (who asks, or is behind them) and --reviewer (who voted)
  --since AGE      those that were asked since: 1h, 7d, or a time
  --limit N        how many, 50
  show ID          everything there is to decide on
  approve ID       shows it, asks, and votes for it
  --for MINUTES    votes for every command of its shape, in its run and for so long, and not for this one alone
  reject ID        shows it, asks, and votes against it, which ends it
  take-back ID     ends what was granted to its shape
  --comment TEXT   why; whoever asked reads it
  --yes            votes without asking
  --json           one JSON object a line`,
  async run(args, shell) {
    const { values, positionals } = readArgs(args, {
      state: { type: 'string' },
      target: { type: 'string' },
      agent: { type: 'string' },
      reviewer: { type: 'string' },
      since: { type: 'string' },
      for: { type: 'string' },
      limit: { type: 'string' },
      comment: { type: 'string' },
      yes: { type: 'boolean' },
      json: { type: 'boolean' },
    })
    const [what = 'list', id, ...more] = positionals
    if (more.length > 0) throw new UsageError(`expected one id, got \`${more[0]}\` too`)
    switch (what) {
      case 'list':
        if (id !== undefined) throw new UsageError(`expected only options, got \`${id}\``)
        return list(shell, {
          state: values.state ?? 'pending',
          filter: { target: values.target, agent: values.agent, reviewer: values.reviewer, since: values.since },
          limit: values.limit,
          json: values.json ?? false,
        })
      case 'show': {
        const approval = await fetchApproval(createClient(shell), demand(id))
        shell.out(values.json ? `${JSON.stringify(approval)}\n` : writeApproval(approval))
        return 0
      }
      case 'approve':
      case 'reject':
        if (what === 'reject' && !values.comment) throw new UsageError('--comment: expected why, for whoever asked')
        if (what === 'reject' && values.for !== undefined) throw new UsageError('--for: expected it beside approve alone')
        return vote(shell, demand(id), {
          vote: what,
          forMinutes: readNumber('for', values.for, { min: 1, max: grantMinutesMax }),
          comment: values.comment ?? '',
          yes: values.yes ?? false,
          json: values.json ?? false,
        })
      case 'take-back': {
        const left = understood(
          approvalShape,
          await createClient(shell).ask('DELETE', `/api/approvals/${encodeURIComponent(demand(id))}/grant`),
        )
        shell.out(values.json ? `${JSON.stringify(left)}\n` : 'taken back\n')
        return 0
      }
      default:
        throw new UsageError(`expected show, approve, reject or take-back, got \`${what}\``)
    }
  },
}

interface ListOptions {
  state: string
  filter: Record<string, string | undefined>
  limit: string | undefined
  json: boolean
}

async function list(shell: Shell, { state, filter, limit, json }: ListOptions): Promise<number> {
  const states = [...approvalState.options, 'decided', 'all']
  if (!states.includes(state)) throw new UsageError(`--state: expected one of ${states.join(', ')}, got \`${state}\``)
  let left = readNumber('limit', limit, { min: 1, max: 1_000_000 }) ?? 50
  const query = new URLSearchParams(state === 'all' ? {} : { state })
  for (const [name, value] of Object.entries(filter)) if (value !== undefined) query.set(name, value)
  const client = createClient(shell)
  const found: Approval[] = []
  for (let cursor: string | null = ''; cursor !== null && left > 0;) {
    query.set('limit', String(Math.min(left, pageMax)))
    if (cursor) query.set('cursor', cursor)
    const page: { items: Approval[]; cursor: string | null } = understood(
      pageOf(approvalShape),
      await client.ask('GET', `/api/approvals?${query.toString()}`),
    )
    left -= page.items.length
    cursor = page.cursor
    if (json) for (const item of page.items) shell.out(`${JSON.stringify(item)}\n`)
    else found.push(...page.items)
    await shell.drained()
  }
  if (!json) shell.out(found.length === 0 ? 'nothing found\n' : writeTable(headings, found.map(row), shell.width))
  return 0
}

const headings = ['ASKED', 'UNTIL', 'STATE', 'PRINCIPAL', 'TARGET', 'NEEDS', 'ID', 'TEXT']

function row(approval: Approval): string[] {
  const { askedAt, expiresAt, state, target, demands, id, text } = approval
  const needs = demands.map(({ by, votes, quorum }) => `${by.join('|')} ${votes}/${quorum}`).join(', ')
  return [askedAt.slice(0, 19).replace('T', ' '), expiresAt.slice(11, 19), state, chain(approval), target, needs, id, text]
}

interface VoteOptions {
  vote: 'approve' | 'reject'
  forMinutes: number | undefined
  comment: string
  yes: boolean
  json: boolean
}

/** Shows a request whole, asks, and votes on exactly what was shown. */
async function vote(shell: Shell, id: string, { vote, forMinutes, comment, yes, json }: VoteOptions): Promise<number> {
  if (!yes && !shell.ask) throw new UsageError('expected --yes, since nobody can be asked here')
  const client = createClient(shell)
  const approval = await fetchApproval(client, id)
  shell.err(writeApproval(approval))
  if (!approval.canReview) throw new CliError(approval.cannotReview ?? 'your vote does not count for it')
  if (!yes) {
    const what =
      forMinutes === undefined
        ? 'it'
        : `it, and whatever is like it but for plain values in run ${safeText(approval.run)} for ${forMinutes} min`
    const answer = (await shell.ask?.(`${vote} ${what}? [y/N] `)) ?? ''
    if (!/^y(es)?$/i.test(answer.trim())) {
      shell.err('not voted\n')
      return 1
    }
  }
  const body = { vote, comment, digest: approval.digest, ...(forMinutes === undefined ? {} : { forMinutes }) }
  const after = understood(approvalShape, await client.ask('POST', `/api/approvals/${encodeURIComponent(id)}/reviews`, body))
  if (json) shell.out(`${JSON.stringify(after)}\n`)
  else if (after.state === 'pending') shell.out(`voted; it still needs ${missing(after)}\n`)
  else shell.out(after.grant ? `${after.state}, and its shape until ${after.grant.until}\n` : `${after.state}\n`)
  return 0
}

async function fetchApproval(client: Client, id: string): Promise<Approval> {
  return understood(approvalShape, await client.ask('GET', `/api/approvals/${encodeURIComponent(id)}`))
}

/** Everything somebody decides on, as a terminal may show it: nothing in it is obeyed, and no line of it can pass for one of ours. */
export function writeApproval(approval: Approval): string {
  const { id, state, expiresAt, decidedAt, run, attempt, task, trigger, agentVersion, target, labels, protocol, reason } = approval
  const { command, text, parameters, operations, transaction, demands, policyVersion, digest, reviews, isMissing, grant } = approval
  const about = [
    `run ${run}`,
    ...(task === null ? [] : [`task ${task}, attempt ${attempt}`]),
    ...(agentVersion === null ? [] : [`version ${agentVersion}`]),
    ...(trigger === null ? [] : [`set off by ${trigger}`]),
  ]
  const fields: [string, string][] = [
    ['approval', `${id}: ${state}, ${state === 'pending' ? `until ${expiresAt}` : `at ${decidedAt ?? '?'}`}`],
    ['who', `${chain(approval)} (${about.join('; ')})`],
    ['where', [`${target} (${protocol})`, ...Object.entries(labels).map(([name, value]) => `${name}=${value}`)].join(' ')],
    ['why', reason],
    ...demands.map(({ rule, by, quorum, votes }): [string, string] => [
      'needs',
      `${quorum} of ${by.join(' or ')}, has ${votes}: rule \`${rule}\` of ${policyVersion}`,
    ]),
    ...operations.map((operation): [string, string] => ['would do', operationText(operation)]),
    ...(transaction === 'idle' ? [] : [['inside', `a ${transaction === 'failed' ? 'failed ' : ''}transaction`] as [string, string]]),
    ['command', command],
    ...(isMissing ? [['missing', 'its text and values are not here any more'] as [string, string]] : []),
    ...(grant ? [['granted', grantText(grant)] as [string, string]] : []),
  ]
  const block = (lines: string[]) => lines.map(line => `  | ${safeText(line)}\n`).join('')
  return [
    ...fields.map(([name, value]) => `${name.padEnd(9)} ${safeText(value)}\n`),
    block(text.split('\n')),
    ...(parameters.length === 0 ? [] : ['with\n', block(parameters.map(({ type, value }, at) => `${at + 1}: ${type} ${cellText(value)}`))]),
    `${'digest'.padEnd(9)} ${safeText(digest)}\n`,
    ...reviews.map(
      ({ by, vote: voted, at, comment }) =>
        safeText(`${voted === 'approve' ? 'approved' : 'rejected'} by ${by} at ${at}: ${comment}`) + '\n',
    ),
  ].join('')
}

function grantText({ by, until, passed, ended }: NonNullable<Approval['grant']>): string {
  const end = ended ? `, ended at ${ended.at}: ${ended.because}${ended.by === null ? '' : ` by ${ended.by}`}` : ''
  return `its shape in this run by ${by.join(', ')} until ${until}, let ${passed} pass${end}`
}

function operationText({ verb, object, tables, hasWhere, isOpaque, inside }: Approval['operations'][number]): string {
  return [
    verb,
    ...(object === undefined ? [] : [object]),
    ...tables,
    ...(inside === undefined ? [] : [`inside ${inside}`]),
    ...(hasWhere === false ? ['(no condition limits its rows)'] : []),
    ...(isOpaque ? ['(more may happen than can be seen)'] : []),
  ].join(' ')
}

function cellText(cell: Cell): string {
  if (cell === null) return 'NULL'
  if (typeof cell === 'string') return `'${cell}'`
  if ('hex' in cell) return `hex ${cell.hex}`
  if ('cut' in cell) return `'${cell.cut}… (${cell.lengthBytes} bytes, sha256 ${cell.sha256})`
  return `masked by \`${cell.rule}\``
}

function missing({ demands }: Approval): string {
  return demands
    .filter(({ met }) => !met)
    .map(({ by, votes, quorum }) => `${quorum - votes} of ${by.join(' or ')}`)
    .join(', and ')
}

function chain({ principal, delegation }: Approval): string {
  return [principal, ...delegation].join(' < ')
}

function demand(id: string | undefined): string {
  if (!id) throw new UsageError('expected the id of an approval')
  return id
}
