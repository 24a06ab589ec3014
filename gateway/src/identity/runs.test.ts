import { describe, expect, it } from 'vitest'
import { hmacSha256, pbkdf2Sha256, sha256 } from '../runtime/crypto.ts'
import { Ledger, LedgerFailed } from '../journal/ledger.ts'
import { SimulatedMachine } from '../runtime/simulated.ts'
import type { Agent } from './agents.ts'
import { Runs, type Opener } from './runs.ts'

const by = { kind: 'token', name: 'ci' } as const
const backfill: Agent = { name: 'backfill', groups: ['etl'], declared: true }
const asAgent = (agent: Agent = backfill): Opener => ({ kind: 'agent', agent })

function start(machine = new SimulatedMachine()) {
  if (!machine.disk.exists('/data')) machine.disk.makeDirectory('/data')
  const { ledger, entries } = Ledger.open(machine, { directory: '/data', onSyncFailed: () => {} })
  const unrecorded: string[] = []
  const runs = new Runs({ machine, ledger, entries, targets: ['shop', 'billing'], onUnrecordedEnd: run => unrecorded.push(run) })
  return { machine, runs, unrecorded }
}

async function nested(runs: Runs, parent: Opener, request = {}) {
  const { run } = await runs.open(parent, {})
  return { parent: run, child: (await runs.open({ kind: 'run', run }, request)).run }
}

describe('Runs', () => {
  it('counts the attempts of each agent and task, across restarts', async () => {
    const { machine, runs } = start()
    const open = async (where: Runs, task: string | undefined, agent = backfill) =>
      (await where.open(asAgent(agent), { task })).run.identity.attempt
    expect(await Promise.all([open(runs, 'a'), open(runs, 'a'), open(runs, 'b'), open(runs, undefined)])).toEqual([1, 2, 1, 1])
    const again = start(machine).runs
    expect(await open(again, 'a')).toBe(3)
    expect(await open(again, undefined)).toBe(2)
    expect(await open(again, 'a', { ...backfill, name: 'other' })).toBe(1)
  })

  it('keeps a token working across a restart, and nowhere on disk', async () => {
    const { machine, runs } = start()
    const { run, token } = await runs.open(asAgent(), { task: 'a' })
    expect(token).toMatch(/^steno_run_[A-Za-z0-9_-]{43}$/)
    expect(new TextDecoder().decode(machine.disk.read('/data/ledger.ndjson'))).not.toContain(token)
    const again = start(machine).runs
    expect(again.authenticate(token)?.identity).toEqual(run.identity)
    expect(again.credential(run.identity.id)?.run.identity).toEqual(run.identity)
  })

  it('keeps a SCRAM verifier that the token proves itself against', async () => {
    const { runs } = start()
    const { run, token } = await runs.open(asAgent(), {})
    const { scram } = runs.credential(run.identity.id)!
    const salted = pbkdf2Sha256(new TextEncoder().encode(token), scram.salt, scram.iterations)
    expect(Uint8Array.from(sha256(hmacSha256(salted, new TextEncoder().encode('Client Key'))))).toEqual(scram.storedKey)
    expect(Uint8Array.from(hmacSha256(salted, new TextEncoder().encode('Server Key')))).toEqual(scram.serverKey)
  })

  it('ends a run: its token is refused, its sessions hear of it, also after a restart', async () => {
    const { machine, runs } = start()
    const { run, token } = await runs.open(asAgent(), {})
    await runs.end(run.identity.id, { exitCode: 0, by })
    expect(run.over.reason).toBe('run ended')
    for (const where of [runs, start(machine).runs]) {
      expect(where.authenticate(token)).toBeNull()
      expect(where.credential(run.identity.id)).toBeNull()
    }
    await expect(runs.end(run.identity.id, { exitCode: 0, by })).rejects.toThrow('no open run')
  })

  it('lets a run expire by the clock, even when the timer has yet to notice', async () => {
    const { machine, runs } = start()
    const { run } = await runs.open(asAgent(), { ttlSeconds: 60 })
    await machine.advance(59_000)
    expect(runs.get(run.identity.id)).not.toBeNull()
    await machine.advance(1000)
    expect(run.over.reason).toBe('run expired')
    const { run: second, token } = await runs.open(asAgent(), { ttlSeconds: 60 })
    machine.clock.step(61_000)
    expect(runs.authenticate(token)).toBeNull()
    expect(second.over.reason).toBe('run expired')
    expect(start(machine).runs.openRuns()).toEqual([])
  })

  it('keeps a child inside its parent: in time, in targets, in life', async () => {
    const { runs } = start()
    const { run: parent } = await runs.open(asAgent(), { targets: ['shop'], ttlSeconds: 60 })
    const inside: Opener = { kind: 'run', run: parent }
    await expect(runs.open(inside, { targets: ['billing'] })).rejects.toMatchObject({ code: 'not_allowed' })
    const { run: child } = await runs.open(inside, { ttlSeconds: 3600 })
    const { run: grandchild } = await runs.open({ kind: 'run', run: child }, {})
    expect(grandchild.targets).toEqual(['shop'])
    expect(grandchild.expiresAtUs).toBe(parent.expiresAtUs)
    expect(grandchild.identity.parent).toBe(child.identity.id)
    await runs.end(parent.identity.id, { exitCode: 1, by })
    expect([child.over.reason, grandchild.over.reason]).toEqual(['run ended', 'run ended'])
    await expect(runs.open(inside, {})).rejects.toThrow('is over')
  })

  it('gives a child its parent’s name, or one under it that nobody else can have', async () => {
    const { runs } = start()
    const itself = await nested(runs, asAgent())
    expect(itself.child.principal).toEqual(itself.parent.principal)
    expect(itself.child.delegation).toEqual([itself.parent.principal])
    const { parent, child } = await nested(runs, asAgent(), { agent: 'dba' })
    expect(child.principal).toEqual({ kind: 'agent', name: 'backfill/dba', groups: [] })
    const { run: third } = await runs.open({ kind: 'run', run: child }, { agent: 'x' })
    expect(third.principal.name).toBe('backfill/dba/x')
    expect(third.delegation.map(({ name }) => name)).toEqual(['backfill/dba', 'backfill'])
    expect(third.delegation.at(-1)).toEqual(parent.principal)
    await expect(runs.open({ kind: 'run', run: child }, { agent: 'a/b' })).rejects.toMatchObject({ code: 'invalid' })
  })

  it('refuses an agent that names another, an unknown target, and a chain without end', async () => {
    const { runs } = start()
    await expect(runs.open(asAgent(), { agent: 'dba' })).rejects.toMatchObject({ code: 'not_allowed' })
    await expect(runs.open(asAgent(), { targets: ['shop', 'vault'] })).rejects.toMatchObject({
      code: 'invalid',
      message: expect.stringContaining('`vault`'),
    })
    let { run } = await runs.open(asAgent(), {})
    for (let hop = 0; hop < 32; hop++) run = (await runs.open({ kind: 'run', run }, {})).run
    await expect(runs.open({ kind: 'run', run }, {})).rejects.toThrow('at most 32 deep')
  })

  it('ends all runs of an agent that is removed, and no other’s', async () => {
    const { runs } = start()
    const { parent, child } = await nested(runs, asAgent(), { agent: 'helper' })
    const { run: other } = await runs.open(asAgent({ name: 'other', groups: [], declared: true }), {})
    await runs.endAllOf('backfill', by)
    expect([parent, child, other].map(run => run.over.aborted)).toEqual([true, true, false])
  })

  it('opens nothing when the ledger cannot take it', async () => {
    const { machine, runs } = start()
    machine.disk.failWritesAfter(0)
    await expect(runs.open(asAgent(), { task: 'a' })).rejects.toThrow(LedgerFailed)
    expect(runs.openRuns()).toEqual([])
    machine.disk.heal()
    expect((await runs.open(asAgent(), { task: 'a' })).run.identity.attempt).toBe(1)
  })

  it('ends a run that expires although the ledger cannot say so', async () => {
    const { machine, runs, unrecorded } = start()
    const { run } = await runs.open(asAgent(), { ttlSeconds: 1 })
    machine.disk.failWritesAfter(0)
    await machine.advance(1000)
    expect(run.over.reason).toBe('run expired')
    expect(unrecorded).toEqual([run.identity.id])
  })
})
