import { describe, expect, it } from 'vitest'
import { readLedger } from '../journal/ledger.ts'
import { SimulatedMachine } from '../runtime/simulated.ts'
import { Proposals, type ProposalReviewer } from './proposals.ts'
import { PolicyRefused } from './refused.ts'
import { commandOf, forbidding, sessionAt, startPolicies } from './test-policies.ts'

const pen = { kind: 'person', name: 'pen' } as const
const kim: ProposalReviewer = { kind: 'person', name: 'kim', role: 'author', groups: ['dba'] }
const source = forbidding('DELETE')

function start(machine = new SimulatedMachine(), reviewers: string[] = ['dba', 'admin']) {
  const { ledger, policies } = startPolicies(machine)
  const changed: string[] = []
  const entries = readLedger(machine.disk, '/data')
  const proposals = new Proposals({ machine, ledger, entries, policies, reviewers, onChanged: id => changed.push(id) })
  const propose = (more: Partial<Parameters<Proposals['propose']>[0]> = {}) =>
    proposals.propose({ name: 'guard', source, by: pen, reason: 'deletes go through a person', ...more })
  const verdict = () => policies.forSession(sessionAt('shop')).judge(commandOf('DELETE')).judgement.verdict
  const kinds = () => readLedger(machine.disk, '/data').map(({ kind }) => kind)
  return { machine, policies, proposals, propose, verdict, kinds, changed }
}

const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: unknown) => (error instanceof PolicyRefused ? [error.code, error.message] : error),
  )

describe('a proposal', () => {
  it('changes nothing until somebody else agrees, and then is in force with both names in one line of the ledger', async () => {
    const { proposals, propose, verdict, kinds, policies, machine } = start()
    const { id, digest, version, state } = await propose()
    expect([state, verdict(), kinds()]).toEqual(['pending', 'allow', ['policy proposed']])
    const done = await proposals.accept(id, { digest, comment: 'yes' }, kim)
    expect([done.state, done.closed?.by.name, verdict()]).toEqual(['accepted', 'kim', 'deny'])
    expect(policies.get('guard')).toMatchObject({ version, by: pen, agreed: { proposal: id, digest, by: { name: 'kim' } } })
    expect(readLedger(machine.disk, '/data').at(-1)).toMatchObject({ kind: 'policy published', by: pen, agreed: { by: { name: 'kim' } } })
  })

  it('is never agreed to by its author, however their name is written, nor by who is not asked', async () => {
    const { proposals, propose, verdict } = start()
    const { id, digest } = await propose()
    const accept = (more: Partial<ProposalReviewer>) => refusal(proposals.accept(id, { digest, comment: '' }, { ...kim, ...more }))
    expect(await accept({ name: 'PEN', kind: 'token' })).toEqual(['not_allowed', 'nobody agrees to what they propose themselves'])
    expect(await accept({ groups: [] })).toEqual(['not_allowed', 'only members of dba or admin may agree to it'])
    expect(await accept({ role: 'investigator' })).toEqual(['not_allowed', 'the role investigator may not review policies'])
    expect(verdict()).toBe('allow')
    expect(await accept({ role: 'admin', groups: [] })).toBeNull()
  })

  it('is agreed to by the digest of what was shown, and no other', async () => {
    const { proposals, propose, verdict } = start()
    const [one, two] = [await propose(), await propose({ source: `${source}// more\n` })]
    expect(one.digest).not.toBe(two.digest)
    expect(await refusal(proposals.accept(one.id, { digest: two.digest, comment: '' }, kim))).toMatchObject(['stale', expect.anything()])
    expect(verdict()).toBe('allow')
  })

  it('binds its digest to everything that is shown of it', async () => {
    const { propose, machine } = start()
    const rehearsed = (newlyDenied: number) => ({ commands: 9, newlyDenied, newlyHeld: 0, newlyAllowed: 0, from: null, to: null })
    const { ruleset } = startPolicies(machine).policies.check(source)
    const of = ruleset!.hash
    const digests = [
      await propose(),
      await propose({ reason: 'another' }),
      await propose({ by: { kind: 'token', name: 'pen' } }),
      await propose({ rehearsed: { of, summary: rehearsed(1) } }),
      await propose({ rehearsed: { of, summary: rehearsed(2) } }),
    ].map(({ digest }) => digest)
    expect(new Set(digests).size).toBe(digests.length)
  })

  it('is overtaken when something else comes into force, and can then only be closed', async () => {
    const { proposals, propose } = start()
    const [one, two] = [await propose(), await propose({ source: forbidding('UPDATE') })]
    await proposals.accept(one.id, { digest: one.digest, comment: '' }, kim)
    expect(proposals.get(two.id)?.state).toBe('overtaken')
    expect(await refusal(proposals.accept(two.id, { digest: two.digest, comment: '' }, kim))).toMatchObject(['stale', expect.anything()])
    expect((await proposals.close(two.id, 'see the other one', kim)).state).toBe('refused')
    expect(await refusal(proposals.accept(one.id, { digest: one.digest, comment: '' }, kim))).toEqual([
      'stale',
      'it is over: it was accepted',
    ])
  })

  it('is taken back by its author and refused by a reviewer, by nobody else, once', async () => {
    const { proposals, propose, kinds } = start()
    const { id } = await propose()
    expect(await refusal(proposals.close(id, 'no', { ...kim, groups: [] }))).toMatchObject(['not_allowed', expect.anything()])
    expect((await proposals.close(id, 'not yet', { ...kim, name: 'pen', groups: [] })).state).toBe('withdrawn')
    expect(await refusal(proposals.close(id, 'no', kim))).toEqual(['stale', 'it is over: it was withdrawn'])
    expect(kinds()).toEqual(['policy proposed', 'policy proposal closed'])
  })

  it('removes a policy only with a second person too', async () => {
    const { proposals, propose, policies, verdict } = start()
    await policies.publish({ name: 'guard', source, by: pen, reason: null })
    const { id, digest, version } = await propose({ source: null })
    expect([version, verdict()]).toEqual([null, 'deny'])
    await proposals.accept(id, { digest, comment: '' }, kim)
    expect([policies.get('guard'), verdict()]).toEqual([null, 'allow'])
  })

  it('is refused at once when it could not be published', async () => {
    const { propose, policies, kinds } = start()
    expect(await refusal(propose({ source: 'rule(' }))).toMatchObject(['invalid', expect.anything()])
    expect(await refusal(propose({ source: forbidding('DELETE', { verdict: 'allow' }) }))).toMatchObject([
      'tests_failed',
      expect.anything(),
    ])
    expect(await refusal(propose({ expectedVersion: 'guard@0123456789ab' }))).toMatchObject(['stale', expect.anything()])
    expect(await refusal(propose({ source: null }))).toMatchObject(['not_found', expect.anything()])
    const summary = { commands: 1, newlyDenied: 0, newlyHeld: 0, newlyAllowed: 0, from: null, to: null }
    expect(await refusal(propose({ rehearsed: { of: '00'.repeat(32), summary } }))).toMatchObject([
      'stale',
      expect.stringContaining('rehearse'),
    ])
    await policies.publish({ name: 'guard', source, by: pen, reason: null })
    expect(await refusal(propose())).toMatchObject(['stale', expect.stringContaining('already')])
    expect(kinds()).toEqual(['policy published'])
  })

  it('stays over a restart, as do the ends of those that are over', async () => {
    const { machine, proposals, propose, policies } = start()
    const [one, two, three] = [await propose(), await propose({ name: 'other' }), await propose({ name: 'third' })]
    await proposals.accept(one.id, { digest: one.digest, comment: 'yes' }, kim)
    await proposals.close(two.id, 'no', kim)
    const again = start(machine)
    expect(again.proposals.list()).toEqual([three, two, one].map(({ id }) => proposals.get(id)))
    expect(again.policies.get('guard')).toEqual(policies.get('guard'))
    await again.proposals.accept(three.id, { digest: three.digest, comment: '' }, kim)
    expect(again.policies.get('third')?.version).toBe(three.version)
  })

  it('counts for nothing while the ledger cannot be written', async () => {
    const { machine, proposals, propose, verdict } = start()
    const { id, digest } = await propose()
    machine.disk.failWritesAfter(0)
    await expect(proposals.accept(id, { digest, comment: '' }, kim)).rejects.toThrow('ledger')
    await expect(propose()).rejects.toThrow('ledger')
    expect([verdict(), proposals.get(id)?.state, proposals.list().length]).toEqual(['allow', 'pending', 1])
  })

  it('is decided once, of two who decide at the same moment', async () => {
    const { proposals, propose, kinds } = start()
    const { id, digest } = await propose()
    const both = await Promise.allSettled([
      proposals.accept(id, { digest, comment: '' }, kim),
      proposals.close(id, 'no', { ...kim, name: 'lee' }),
    ])
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    expect(kinds()).toEqual(['policy proposed', 'policy published'])
  })

  it('waits for good once policies have no reviewers any more', async () => {
    const { machine, propose } = start()
    const { id, digest } = await propose()
    const { proposals } = start(machine, [])
    expect(await refusal(proposals.accept(id, { digest, comment: '' }, kim))).toMatchObject([
      'not_allowed',
      expect.stringContaining('again'),
    ])
    expect((await proposals.close(id, 'again then', { ...kim, name: 'pen' })).state).toBe('withdrawn')
  })
})
