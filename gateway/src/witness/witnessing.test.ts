import { parseVerifierKey } from '@steno/recordings'
import { describe, expect, it } from 'vitest'
import { machineWithData, openTestLog, origin } from '../log/test-log.ts'
import { sha256 } from '../runtime/crypto.ts'
import type { SimulatedMachine } from '../runtime/simulated.ts'
import { TestNetwork } from './test-network.ts'
import { Witnessing } from './witnessing.ts'

/** A gateway's log opened as the gateway opens it. */
async function open(machine: SimulatedMachine, network: TestNetwork, quorum: number | 'none' | null) {
  const said = { lines: [] as string[], fatal: [] as string[] }
  const witnessing = new Witnessing({
    machine,
    witnesses: quorum === null ? null : { policy: network.policy(quorum), waitMs: 1000 },
    ask: network.ask,
    log: line => said.lines.push(line),
    onFatal: reason => said.fatal.push(reason),
  })
  const { log } = await openTestLog(machine, { cosign: witnessing.cosign, cosignWithinMs: witnessing.cosignWithinMs })
  await witnessing.watch(log)
  return { witnessing, log, said }
}

async function network(machine: SimulatedMachine): Promise<TestNetwork> {
  const { log } = await openTestLog(machine)
  const made = new TestNetwork()
  for (const name of ['w1', 'w2']) made.serve(name, [{ origin, keys: [parseVerifierKey(sha256, log.vkey)] }])
  await log.close()
  return made
}

const epochs = (anchor: () => Promise<void>) => ({ anchor, anchoredLines: () => 3 })
const ask = { session: 's', lines: 3, withinMs: 1000 }

describe('a gateway and its witnesses', () => {
  it('says the key that witnesses need', async () => {
    const machine = machineWithData()
    const { log, said } = await open(machine, new TestNetwork(), null)
    expect(said.lines).toEqual([`the log ${origin} is signed with ${log.vkey}`])
  })

  it('has commands wait for a quorum of them', async () => {
    const machine = machineWithData()
    const others = await network(machine)
    const { witnessing, log } = await open(machine, others, 2)
    const evidence = witnessing.evidence(epochs(() => log.publish()))
    const outcome = evidence!.witnessed(ask, new AbortController().signal)
    await machine.advance(0)
    expect(await outcome).toEqual({ witnessed: true, by: { size: 1, by: ['w1.example', 'w2.example'] } })
    expect(witnessing.status.map(({ state }) => state)).toEqual(['signed', 'signed'])
    expect([witnessing.signing, witnessing.isWitnessed]).toEqual([2, true])
    others.fail('w2', 'down')
    log.append({ kind: 'config', hash: 'A'.repeat(43) + '=' })
    await log.publish()
    expect([witnessing.signing, witnessing.isWitnessed]).toEqual([1, false])
  })

  it('has nobody to wait for without a quorum', async () => {
    const machine = machineWithData()
    const others = await network(machine)
    for (const quorum of ['none', null] as const) {
      const { witnessing, log } = await open(machine, others, quorum)
      expect(witnessing.evidence(epochs(() => log.publish()))).toBe(null)
      expect(witnessing.isWitnessed).toBe(null)
      await log.publish()
      await log.close()
    }
  })

  it('ends when a witness shows another history', async () => {
    const machine = machineWithData()
    const others = await network(machine)
    const { log } = await open(machine, others, 1)
    for (let n = 0; n < 9; n++) log.append({ kind: 'config', hash: 'A'.repeat(43) + '=' })
    await log.publish()
    for (const name of ['w1', 'w2']) others.fail(name, 'down')
    // The same key, and nothing that it signed.
    const copy = machineWithData()
    copy.disk.makeDirectory('/data/keys')
    copy.disk.replace('/data/keys/log.key', machine.disk.read('/data/keys/log.key'))
    const again = await open(copy, others, 1)
    others.fail('w2', null)
    await again.log.publish()
    expect(again.said.fatal).toEqual([expect.stringContaining('has signed 10 leaves')])
  })
})
