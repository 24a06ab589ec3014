import { readFileSync } from 'node:fs'
import { approval, pageOf, policyLiveSchema } from '../api/schemas.ts'
import { CliError } from '../cli/cli-error.ts'
import type { Client } from '../cli/client.ts'
import { understood } from '../cli/understood.ts'
import type { Clock } from '../runtime/machine.ts'

/**
 * The text of the demo's policy. It lies beside the sources as the file that an
 * author would have, so what is read there is what is published, character by
 * character; it is no module, and nothing compiles it but the gateway.
 */
const policyFile = new URL('../../demo/shop.policy.ts', import.meta.url)

const lookEveryMs = 50
/** How long the shop has to say which columns it has. */
const schemaWithinMs = 10_000
/** As long as a quick person takes to read one statement. */
const thinkingMs = 600

/** Publishes the demo's policy as its author does: through the API, when the names in it can be checked. */
export async function publishShopPolicy(author: Client, clock: Clock): Promise<void> {
  const isKnown = async () =>
    understood(policyLiveSchema, await author.ask('GET', '/api/policies/schema')).targets.every(({ schemas }) => schemas !== null)
  const endUs = clock.monotonicUs() + schemaWithinMs * 1000
  while (!(await isKnown()) && clock.monotonicUs() < endUs) await pause(clock, lookEveryMs)
  const source = readFileSync(policyFile, 'utf8')
  await author.ask('PUT', '/api/policies/shop', { source, reason: 'what the shop team and the platform team agreed on' })
}

/** What somebody says to whatever an agent asks consent for. */
export interface Opinion {
  vote: 'approve' | 'reject'
  comment: string
}

export interface Reviewing {
  approver: Client
  clock: Clock
  opinion: Opinion
}

/** Votes on everything that is held, as a person at the desk would, until `over`. */
export async function reviewUntil(over: AbortSignal, { approver, clock, opinion }: Reviewing): Promise<void> {
  while (!over.aborted) {
    const { items } = understood(pageOf(approval), await approver.ask('GET', '/api/approvals?state=pending'))
    for (const { id, digest } of items) {
      await pause(clock, thinkingMs)
      await approver.ask('POST', `/api/approvals/${id}/reviews`, { ...opinion, digest }).catch(toleratingLateness)
    }
    await pause(clock, lookEveryMs)
  }
}

/** Whoever asked may be gone when the vote arrives. What still waits is seen again. */
function toleratingLateness(error: unknown): void {
  if (!(error instanceof CliError)) throw error
}

function pause(clock: Clock, ms: number): Promise<void> {
  return new Promise(resolve => clock.after(ms, resolve))
}
