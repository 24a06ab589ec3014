import type { z } from 'zod'
import { listOf, policy as policyShape, policyDetail, policyProposal, policyVersion } from '../api/schemas.ts'
import { CliError, UsageError } from './cli-error.ts'
import { createClient, type Client } from './client.ts'
import type { Shell } from './command-line.ts'
import { safeText } from './safe-text.ts'
import { writeTable } from './table.ts'
import { understood } from './understood.ts'

type Proposal = z.infer<typeof policyProposal>

export interface ProposalAsk {
  names: string[]
  json: boolean
  shell: Shell
}

/** What becomes of publishing: a version that is in force, or a proposal that somebody else must agree to. */
export const publishedOrProposed = policyShape.or(policyProposal)

/** Says what became of publishing. */
export function tellPublished(answer: z.infer<typeof publishedOrProposed>, { json, shell }: Omit<ProposalAsk, 'names'>): void {
  if (json) shell.out(`${JSON.stringify(answer)}\n`)
  else if (!('digest' in answer)) shell.out(`${answer.version}\n`)
  else shell.out(`proposed as ${answer.id}; in force when somebody of ${answer.reviewers.join(' or ')} agrees\n`)
}

/** What waits for a second person, or did. */
export async function listProposals({ names, json, shell }: ProposalAsk): Promise<number> {
  if (names.length > 0) throw new UsageError(`expected nothing after proposals, got \`${names[0]}\``)
  const { items } = understood(listOf(policyProposal), await createClient(shell).ask('GET', '/api/policies/proposals'))
  if (json) for (const item of items) shell.out(`${JSON.stringify(item)}\n`)
  else {
    const rows = items.map(({ id, state, name, version, base, proposedAt, by, reason }) => [
      id,
      state,
      version ?? `no ${name}`,
      base ?? '-',
      proposedAt.slice(0, 19).replace('T', ' '),
      by.name,
      reason ?? '',
    ])
    shell.out(
      rows.length === 0
        ? 'nothing is proposed\n'
        : writeTable(['ID', 'STATE', 'VERSION', 'INSTEAD OF', 'PROPOSED', 'BY', 'WHY'], rows, shell.width),
    )
  }
  return 0
}

/** One proposal, with everything there is to agree to. */
export async function showProposal({ names, json, shell }: ProposalAsk): Promise<number> {
  const client = createClient(shell)
  const proposal = await fetchProposal(client, demandId(names))
  shell.out(json ? `${JSON.stringify(proposal)}\n` : writeProposal(proposal))
  return 0
}

/** Shows a proposal whole, asks, and decides on exactly what was shown. */
export async function decideProposal(
  { names, json, shell }: ProposalAsk,
  { vote, comment, yes }: { vote: 'accept' | 'refuse'; comment: string | undefined; yes: boolean },
): Promise<number> {
  if (vote === 'refuse' && !comment) throw new UsageError('--comment: expected why, for whoever proposed it')
  if (!yes && !shell.ask) throw new UsageError('expected --yes, since nobody can be asked here')
  const client = createClient(shell)
  const proposal = await fetchProposal(client, demandId(names))
  shell.err(writeProposal(proposal))
  if (!proposal.canReview && !(vote === 'refuse' && proposal.isOwn))
    throw new CliError(proposal.cannotReview ?? 'you cannot decide about it')
  if (!yes) {
    const answer = (await shell.ask?.(`${vote} it? [y/N] `)) ?? ''
    if (!/^y(es)?$/i.test(answer.trim())) {
      shell.err('not decided\n')
      return 1
    }
  }
  const said = comment === undefined ? {} : { comment }
  const body = vote === 'accept' ? { vote, digest: proposal.digest, ...said } : { vote, ...said }
  const path = `/api/policies/proposals/${encodeURIComponent(proposal.id)}/reviews`
  const after = understood(policyProposal, await client.ask('POST', path, body))
  if (json) shell.out(`${JSON.stringify(after)}\n`)
  else shell.out(after.state === 'accepted' ? `${after.version ?? `${after.name} is no longer`} in force\n` : `${after.state}\n`)
  return 0
}

/** Every version that a policy had, the newest first. */
export async function listVersions({ names, json, shell }: ProposalAsk): Promise<number> {
  const [name, ...more] = names
  if (name === undefined || more.length > 0) throw new UsageError('expected the name of a policy')
  const detail = understood(policyDetail, await createClient(shell).ask('GET', `/api/policies/${encodeURIComponent(name)}`))
  if (json) for (const version of detail.versions) shell.out(`${JSON.stringify(version)}\n`)
  else {
    const rows = detail.versions.map(({ version, publishedAt, by, agreed, reason }) => [
      version,
      publishedAt.slice(0, 19).replace('T', ' '),
      agreed ? `${by.name}, agreed to by ${agreed.by.name}` : by.name,
      reason ?? '',
    ])
    shell.out(writeTable(['VERSION', 'PUBLISHED', 'BY', 'WHY'], rows, shell.width))
  }
  return 0
}

/** Publishes an earlier version's source again, in the place of what is in force now. */
export async function rollBack({ names, json, shell }: ProposalAsk, reason: string | undefined): Promise<number> {
  const [name, version, ...more] = names
  if (name === undefined || version === undefined || more.length > 0) throw new UsageError('expected a name and a version')
  const client = createClient(shell)
  const path = `/api/policies/${encodeURIComponent(name)}`
  const earlier = understood(policyVersion, await client.ask('GET', `${path}/versions/${encodeURIComponent(version)}`))
  const now = understood(policyDetail, await client.ask('GET', path))
  const body = { source: earlier.source, reason: reason ?? `back to ${version}`, expectedVersion: now.version }
  tellPublished(understood(publishedOrProposed, await client.ask('PUT', path, body)), { json, shell })
  return 0
}

async function fetchProposal(client: Client, id: string): Promise<Proposal> {
  return understood(policyProposal, await client.ask('GET', `/api/policies/proposals/${encodeURIComponent(id)}`))
}

/** Everything somebody agrees to, as a terminal may show it: nothing in it is obeyed, and no line of it can pass for one of ours. */
export function writeProposal(proposal: Proposal): string {
  const { id, state, name, version, by, proposedAt, reason, rehearsed, digest, source, reviewers, closed, differences } = proposal
  const fields: [string, string][] = [
    ['proposal', `${id}: ${state}`],
    ['who', `${by.name} at ${proposedAt}`],
    ['would', source === null ? `take ${name} out of force` : `publish ${version ?? name}`],
    ['instead of', proposal.base ?? 'nothing'],
    ['why', reason ?? 'not said'],
    ['needs', `one of ${reviewers.join(' or ') || 'nobody'}`],
    ...(rehearsed
      ? [
          [
            'rehearsed',
            `${rehearsed.commands} commands: ${rehearsed.newlyDenied} newly denied, ${rehearsed.newlyHeld} newly held, ${rehearsed.newlyAllowed} newly allowed`,
          ] as [string, string],
        ]
      : []),
    ...meaningOf(differences).map((message): [string, string] => ['means', message]),
    ...(closed ? [['ended', `by ${closed.by.name} at ${closed.at}: ${closed.comment}`] as [string, string]] : []),
  ]
  return [
    ...fields.map(([title, value]) => `${title.padEnd(10)} ${safeText(value)}\n`),
    ...(source ?? '').split('\n').map(line => `  | ${safeText(line)}\n`),
    `${'digest'.padEnd(10)} ${safeText(digest)}\n`,
  ].join('')
}

function meaningOf(differences: Proposal['differences']): string[] {
  if (!differences) return []
  if (differences.length === 0) return ['no command is decided differently']
  return differences.map(({ isLessStrict, message }) => (isLessStrict ? `LESS STRICT: ${message}` : message))
}

function demandId(names: string[]): string {
  const [id, ...more] = names
  if (id === undefined || more.length > 0) throw new UsageError('expected the id of a proposal')
  return id
}
