import { describe, expect, it } from 'vitest'
import type { RememberedEvent } from '../guard/law.ts'
import { LedgerFailed, readLedger } from '../journal/ledger.ts'
import { SimulatedMachine } from '../runtime/simulated.ts'
import { versionOf } from './policies.ts'
import type { PolicyRefused } from './refused.ts'
import { RunMemories } from './run-memories.ts'
import { commandOf, forbidding, knownWorld, operationOf, sessionAt, startPolicies } from './test-policies.ts'

const by = { kind: 'token', name: 'ci' } as const
type Started = ReturnType<typeof startPolicies>

const publish = ({ policies }: Started, name: string, source: string, more: { expectedVersion?: string | null; reason?: string } = {}) =>
  policies.publish({ name, source, by, reason: null, ...more })

const refusal = async (publication: Promise<unknown>): Promise<PolicyRefused> => {
  try {
    await publication
  } catch (error) {
    return error as PolicyRefused
  }
  throw new Error('it was published')
}

const verdictOn = ({ policies }: Started, target: string, verb: string) =>
  policies.forSession(sessionAt(target)).judge(commandOf(verb)).judgement.verdict

describe('publishing', () => {
  it('changes the next command of a session that is open already', async () => {
    const started = startPolicies()
    const law = started.policies.forSession(sessionAt('shop'))
    expect([law.isSilent, law.version]).toEqual([true, 'none'])
    expect(law.judge(commandOf('DELETE'))).toMatchObject({ policyVersion: 'none', judgement: { verdict: 'allow', by: null } })

    const { policy } = await publish(started, 'guard', forbidding('DELETE'))
    expect([law.isSilent, law.version]).toEqual([false, policy.version])
    expect(law.judge(commandOf('DELETE'))).toMatchObject({
      policyVersion: policy.version,
      judgement: { verdict: 'deny', by: { rule: 'no DELETE', reason: 'not here' } },
    })

    await started.policies.remove({ name: 'guard', by, reason: null })
    expect([law.isSilent, law.version]).toEqual([true, 'none'])
    expect(law.judge(commandOf('DELETE')).judgement.verdict).toBe('allow')
  })

  it('names a version after its source, and makes none for the source that is in force', async () => {
    const started = startPolicies()
    const first = await publish(started, 'guard', forbidding('DELETE'))
    expect(first.policy.version).toMatch(/^guard@[0-9a-f]{12}$/)
    expect(first.policy.version).toBe(versionOf('guard', forbidding('DELETE')))
    const again = await publish(started, 'guard', forbidding('DELETE'))
    expect([first.isNew, again.isNew]).toEqual([true, false])
    expect(again.policy).toEqual(first.policy)
    expect(readLedger(started.machine.disk, '/data')).toHaveLength(1)
  })

  it('keeps every version as it was, also after another one and after removal', async () => {
    const started = startPolicies()
    const one = (await publish(started, 'guard', forbidding('DELETE'))).policy
    const before = structuredClone(one)
    await started.machine.advance(1000)
    const two = (await publish(started, 'guard', forbidding('UPDATE'), { reason: 'updates too' })).policy
    await started.policies.remove({ name: 'guard', by, reason: null })
    expect(started.policies.get('guard')).toBeNull()
    expect(started.policies.version('guard', one.version)).toEqual(before)
    expect(started.policies.history('guard').map(({ version, reason }) => [version, reason])).toEqual([
      [two.version, 'updates too'],
      [one.version, null],
    ])
    expect((await publish(started, 'guard', forbidding('DELETE'))).policy.version).toBe(one.version)
    expect(started.policies.history('guard')).toHaveLength(3)
  })

  it('refuses a source with mistakes, naming all of them, and the version before stays', async () => {
    const started = startPolicies()
    const { policy } = await publish(started, 'guard', forbidding('DELETE'))
    const wrong = forbidding('DELETE').replace('op.verb', 'op.verbb').replace("'prod'", '7')
    const refused = await refusal(publish(started, 'guard', wrong))
    expect(refused.code).toBe('invalid')
    expect(refused.message).toMatch(/^line 2:\d+: expected .*; line 3:\d+: expected /)
    expect(refused.problems.filter(({ severity }) => severity === 'error').map(({ line }) => line)).toEqual([2, 3])
    expect(started.policies.get('guard')).toEqual(policy)
  })

  it('refuses a name that the live schema does not have', async () => {
    const started = startPolicies()
    const masks = (column: string) =>
      `rule('hide', { on: target('shop'), effect: mask({ columns: [shop.customers.${column}], with: 'redact' }) })\n`
    expect((await refusal(publish(started, 'guard', masks('emial')))).code).toBe('invalid')
    expect((await publish(started, 'guard', masks('email'))).isNew).toBe(true)
  })

  it('is blocked by the policy’s own failing test, which is named', async () => {
    const started = startPolicies()
    const refused = await refusal(publish(started, 'guard', forbidding('DELETE', { verdict: 'allow' })))
    expect(refused).toMatchObject({
      code: 'tests_failed',
      message: expect.stringContaining('test `DELETE is refused`: expected allow, got deny'),
    })
    expect(refused.tests).toMatchObject([{ name: 'DELETE is refused', passed: false, expected: 'allow', actual: 'deny' }])
    expect(started.policies.list()).toEqual([])
    expect(readLedger(started.machine.disk, '/data')).toEqual([])
  })

  it('refuses when another version is in force than its author looked at, also at the same moment', async () => {
    const started = startPolicies()
    const { policy } = await publish(started, 'guard', forbidding('DELETE'), { expectedVersion: null })
    expect((await refusal(publish(started, 'guard', forbidding('UPDATE'), { expectedVersion: null }))).code).toBe('stale')
    const [first, second] = await Promise.allSettled([
      publish(started, 'guard', forbidding('UPDATE'), { expectedVersion: policy.version }),
      publish(started, 'guard', forbidding('INSERT'), { expectedVersion: policy.version }),
    ])
    expect(first.status).toBe('fulfilled')
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'stale' } })
    expect(verdictOn(started, 'shop', 'UPDATE')).toBe('deny')
  })

  it.each(['', 'a b', 'a@b', '../x', 'types', 'compile', 'none', 'x'.repeat(64)])('refuses the name %j', async name => {
    expect((await refusal(publish(startPolicies(), name, forbidding('DELETE')))).code).toBe('bad_name')
  })

  it('changes nothing while the ledger cannot be written, and takes effect only once it is on disk', async () => {
    const started = startPolicies()
    started.machine.disk.failWritesAfter(10)
    await expect(publish(started, 'guard', forbidding('DELETE'))).rejects.toThrow(LedgerFailed)
    expect(verdictOn(started, 'shop', 'DELETE')).toBe('allow')
    started.machine.disk.heal()

    started.machine.disk.syncMs = 50
    const published = publish(started, 'guard', forbidding('DELETE'))
    await started.machine.advance(40)
    expect(verdictOn(started, 'shop', 'DELETE')).toBe('allow')
    await started.machine.advance(40)
    await published
    expect(verdictOn(started, 'shop', 'DELETE')).toBe('deny')

    started.machine.disk.failWritesAfter(10)
    await expect(started.policies.remove({ name: 'guard', by, reason: null })).rejects.toThrow(LedgerFailed)
    expect(verdictOn(started, 'shop', 'DELETE')).toBe('deny')
  })

  it('tells whoever watches', async () => {
    const started = startPolicies()
    const told: string[] = []
    started.policies.onChanged(name => told.push(name))
    await publish(started, 'guard', forbidding('DELETE'))
    await publish(started, 'guard', forbidding('DELETE'))
    await started.policies.remove({ name: 'guard', by, reason: null })
    expect(told).toEqual(['guard', 'guard'])
  })
})

describe('after a restart', () => {
  it('everything is in force and remembered as before, although a table of the live schema is gone', async () => {
    const first = startPolicies()
    await publish(first, 'guard', forbidding('DELETE'), { reason: 'because' })
    await publish(first, 'guard', forbidding('UPDATE'))
    await publish(first, 'other', forbidding('INSERT'))
    await publish(first, 'gone', forbidding('SELECT'))
    await first.policies.remove({ name: 'gone', by, reason: 'not needed' })

    const again = startPolicies(first.machine, { live: () => ({ ...knownWorld, targets: [] }) })
    expect(again.policies.list()).toEqual(first.policies.list())
    for (const name of ['guard', 'other', 'gone']) expect(again.policies.history(name)).toEqual(first.policies.history(name))
    for (const verb of ['DELETE', 'UPDATE', 'INSERT', 'SELECT']) {
      expect(again.policies.forSession(sessionAt('shop')).judge(commandOf(verb))).toEqual(
        first.policies.forSession(sessionAt('shop')).judge(commandOf(verb)),
      )
    }
  })

  it('does not come up with a policy whose source was changed in the ledger', async () => {
    const first = startPolicies()
    await publish(first, 'guard', forbidding('DELETE'))
    const text = new TextDecoder().decode(first.machine.disk.read('/data/ledger.ndjson'))
    first.machine.disk.replace('/data/ledger.ndjson', new TextEncoder().encode(text.replace('not here', 'fine here')))
    expect(() => startPolicies(first.machine)).toThrow('expected guard@')
  })

  it('does not come up with an entry that says more than this version understands', async () => {
    const first = startPolicies()
    await publish(first, 'guard', forbidding('DELETE'))
    const text = new TextDecoder().decode(first.machine.disk.read('/data/ledger.ndjson'))
    first.machine.disk.replace('/data/ledger.ndjson', new TextEncoder().encode(text.replace('"mode":"enforce"', '"mode":"maybe"')))
    expect(() => startPolicies(first.machine)).toThrow('ruleset.rules.0.mode')
  })
})

describe('the law of a session', () => {
  it('combines all policies by strictness and names the one that decided', async () => {
    const started = startPolicies()
    const strict = (await publish(started, 'z-strict', forbidding('DELETE'))).policy.version
    const alerting = `rule('tell', { on: postgres({ env: 'prod' }), when: op => op.verb === 'DELETE' || op.verb === 'UPDATE', effect: alert('look') })\n`
    const watching = (await publish(started, 'a-watch', alerting)).policy.version
    const law = started.policies.forSession(sessionAt('shop'))
    expect(law.judge(commandOf('DELETE'))).toMatchObject({
      policyVersion: strict,
      judgement: {
        verdict: 'deny',
        by: { rule: 'no DELETE' },
        alerts: [{ rule: 'tell' }],
        matched: [{ rule: 'tell' }, { rule: 'no DELETE' }],
      },
    })
    expect(law.judge(commandOf('UPDATE'))).toMatchObject({
      policyVersion: watching,
      judgement: { verdict: 'allow', alerts: [{ rule: 'tell' }] },
    })
    expect(law.judge(commandOf('SELECT'))).toMatchObject({
      policyVersion: `${watching} ${strict}`,
      judgement: { verdict: 'allow', by: null },
    })
  })

  it('is silent where no rule looks', async () => {
    const started = startPolicies()
    await publish(started, 'guard', forbidding('DELETE'))
    expect(started.policies.forSession(sessionAt('billing')).isSilent).toBe(true)
    expect(started.policies.forSession(sessionAt('shop')).isSilent).toBe(false)
    expect(verdictOn(started, 'billing', 'DELETE')).toBe('allow')
  })

  it('remembers what a run did across its sessions, and not what another run did', async () => {
    const started = startPolicies()
    const source = `rule('not many', { on: postgres({ env: 'prod' }), when: op => op.run.count('DELETE', '10m') >= 2, effect: forbid('enough') })\n`
    await publish(started, 'guard', source)
    const [one, two, other] = ['run_1', 'run_1', 'run_2'].map(run => started.policies.forSession(sessionAt('shop', run)))
    const done: RememberedEvent = { what: 'command', operations: [operationOf('DELETE')], verdict: 'allow' }
    one!.remember(done)
    one!.remember({ ...done, verdict: 'deny' })
    expect(two!.judge(commandOf('DELETE')).judgement.verdict).toBe('allow')
    two!.remember(done)
    expect(one!.judge(commandOf('DELETE')).judgement.verdict).toBe('deny')
    expect(other!.judge(commandOf('DELETE')).judgement.verdict).toBe('allow')
    await started.machine.advance(11 * 60_000)
    expect(one!.judge(commandOf('DELETE')).judgement.verdict).toBe('allow')
  })

  it('counts rows, approvals, commands and denials', async () => {
    const started = startPolicies()
    const limits = { rows: 100, approvals: 2, commands: 3, denials: 1 }
    for (const [counter, most] of Object.entries(limits)) {
      const when = `op => op.run.${counter}('1h') >= ${most}`
      await publish(started, counter, `rule('${counter}', { on: postgres({ env: 'prod' }), when: ${when}, effect: forbid('enough') })\n`)
    }
    const rules = (run: string) =>
      started.policies
        .forSession(sessionAt('shop', run))
        .judge(commandOf('SELECT'))
        .judgement.matched.map(({ rule }) => rule)
    const law = (run: string) => started.policies.forSession(sessionAt('shop', run))
    law('a').remember({ what: 'rows', count: 60 })
    expect(rules('a')).toEqual([])
    law('a').remember({ what: 'rows', count: 40 })
    expect(rules('a')).toEqual(['rows'])
    law('b').remember({ what: 'approval' })
    law('b').remember({ what: 'approval' })
    expect(rules('b')).toEqual(['approvals'])
    law('c').remember({ what: 'command', operations: [], verdict: 'deny' })
    expect(rules('c')).toEqual(['denials'])
    for (let n = 0; n < 3; n++) law('d').remember({ what: 'command', operations: [], verdict: 'allow' })
    expect(rules('d')).toEqual(['commands'])
  })

  it('denies, and says so to the operator, when something goes wrong', async () => {
    const started = startPolicies()
    const { policy } = await publish(started, 'guard', forbidding('DELETE'))
    const broken = { ...commandOf('SELECT'), operations: null as never }
    const sentence = started.policies.forSession(sessionAt('shop')).judge(broken)
    expect(sentence).toMatchObject({ policyVersion: policy.version, judgement: { verdict: 'deny', by: { rule: 'policy error' } } })
    expect(started.complaints).toEqual([expect.stringContaining(`${policy.version} could not judge a command`)])
  })
})

describe('the memory of runs', () => {
  it('forgets runs that did nothing for a day, so that it does not grow', async () => {
    const machine = new SimulatedMachine()
    const memories = new RunMemories(machine.clock)
    for (let n = 0; n < 30_000; n++) memories.of(`run_${n}`)
    expect(memories.size).toBe(20_000)
    const kept = memories.of('run_29999')
    await machine.advance(24 * 3600 * 1000)
    expect(memories.of('run_29999')).toBe(kept)
    await machine.advance(2 * 3600 * 1000)
    memories.of('run_new')
    expect(memories.size).toBe(2)
  })
})
