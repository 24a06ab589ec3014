import { describe, expect, it } from 'vitest'
import { versionOf } from '../policies/policies.ts'
import { forbidding } from '../policies/test-policies.ts'
import { apiOf, secrets } from '../rehearsal/test-api.ts'
import { History } from '../rehearsal/test-history.ts'
import { listOf, policy, policyCompiled, policyList, policyProposal, problem } from './schemas.ts'

const source = forbidding('DELETE')
const version = versionOf('guard', source)

async function start(reviewers: string[]) {
  const history = new History()
  const { app } = await apiOf(history, { reviewers })
  const ask = (method: string, path: string, { token = secrets.author, body }: { token?: string; body?: unknown } = {}) =>
    app.request(`/api/policies${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  const propose = async () => {
    const answer = await ask('PUT', '/guard', { body: { source, reason: 'deletes', expectedVersion: null } })
    return { status: answer.status, proposal: policyProposal.parse(await answer.json()) }
  }
  const review = (id: string, body: object, token: string) => ask('POST', `/proposals/${id}/reviews`, { token, body })
  return { history, ask, propose, review }
}

describe('publishing where policies have reviewers', () => {
  it('gives a proposal, which somebody else puts in force', async () => {
    const { history, ask, propose, review } = await start(['admin'])
    const { status, proposal } = await propose()
    expect([status, proposal.state, proposal.isOwn, proposal.canReview]).toEqual([202, 'pending', true, false])
    expect(history.policies.get('guard')).toBeNull()
    expect(policyList.parse(await (await ask('GET', '')).json())).toMatchObject({ items: [], reviewers: ['admin'] })

    const seen = listOf(policyProposal).parse(await (await ask('GET', '/proposals', { token: secrets.admin })).json()).items[0]!
    expect(seen).toMatchObject({ id: proposal.id, canReview: true, isOwn: false, source, base: null })
    const agreed = await review(seen.id, { vote: 'accept', digest: seen.digest }, secrets.admin)
    expect(policyProposal.parse(await agreed.json())).toMatchObject({ state: 'accepted', closed: { by: { name: 'ci' } } })
    const inForce = policy.parse({ ...policyList.parse(await (await ask('GET', '')).json()).items[0] })
    expect(inForce).toMatchObject({ version, by: { name: 'pen' }, agreed: { proposal: seen.id, by: { name: 'ci' } } })
  })

  it('refuses its author, who is not asked, and another digest', async () => {
    const { history, propose, review } = await start(['author', 'admin'])
    const { proposal } = await propose()
    const accept = { vote: 'accept', digest: proposal.digest }
    expect((await review(proposal.id, accept, secrets.author)).status).toBe(403)
    expect((await review(proposal.id, accept, secrets.approver)).status).toBe(403)
    expect((await review(proposal.id, accept, secrets.investigator)).status).toBe(403)
    expect((await review(proposal.id, { ...accept, digest: 'ab'.repeat(32) }, secrets.admin)).status).toBe(409)
    expect((await review(proposal.id, { vote: 'accept' }, secrets.admin)).status).toBe(400)
    expect((await review('pro_none', accept, secrets.admin)).status).toBe(404)
    expect(history.policies.get('guard')).toBeNull()
    const back = await review(proposal.id, { vote: 'refuse', comment: 'not yet' }, secrets.author)
    expect(policyProposal.parse(await back.json()).state).toBe('withdrawn')
    expect((await review(proposal.id, accept, secrets.admin)).status).toBe(409)
  })

  it('has a removal agreed to as well, and what is in force already by nobody', async () => {
    const { history, ask, review } = await start(['admin'])
    await history.publish('guard', source)
    expect((await ask('PUT', '/guard', { body: { source } })).status).toBe(200)
    const asked = await ask('DELETE', `/guard?expectedVersion=${version}`)
    expect(asked.status).toBe(202)
    const { id, digest } = policyProposal.parse(await asked.json())
    expect(history.policies.get('guard')?.version).toBe(version)
    expect((await review(id, { vote: 'accept', digest }, secrets.admin)).status).toBe(200)
    expect(history.policies.get('guard')).toBeNull()
  })
})

describe('what an author was shown', () => {
  it('is kept with the version, and refused when it was of other rules', async () => {
    const { ask } = await start([])
    const compiled = policyCompiled.parse(await (await ask('POST', '/compile', { body: { source } })).json())
    const summary = { commands: 5, newlyDenied: 2, newlyHeld: 0, newlyAllowed: 0, from: null, to: null }
    const put = (of: string | null) => ask('PUT', '/guard', { body: { source, rehearsed: { of, summary } } })
    const stale = await put('00'.repeat(32))
    expect([stale.status, problem.parse(await stale.json()).detail]).toEqual([409, expect.stringContaining('rehearse it again')])
    expect(policy.parse(await (await put(compiled.hash)).json())).toMatchObject({ version, rehearsed: summary, agreed: null })
  })
})
