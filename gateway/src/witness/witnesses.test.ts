import { openNote, parseVerifierKey } from '@steno/recordings'
import { describe, expect, it } from 'vitest'
import type { GatewayLog } from '../log/gateway-log.ts'
import { data, machineWithData, openTestLog, origin } from '../log/test-log.ts'
import { sha256 } from '../runtime/crypto.ts'
import type { SimulatedMachine } from '../runtime/simulated.ts'
import type { LogContradicted } from './log-contradicted.ts'
import { TestNetwork } from './test-network.ts'
import { Witnesses } from './witnesses.ts'

interface Rig {
  machine: SimulatedMachine
  network: TestNetwork
  log: GatewayLog
  witnesses: Witnesses
  lines: string[]
  contradicted: LogContradicted[]
  /** Opens the log anew, with witnesses who remember. */
  reopen(machine?: SimulatedMachine): Promise<Rig>
}

async function rig({ names = ['w1', 'w2', 'w3'], quorum = 2 as number | 'none' } = {}): Promise<Rig> {
  const machine = machineWithData()
  const { log } = await openTestLog(machine)
  const network = new TestNetwork()
  for (const name of names) network.serve(name, [{ origin, keys: [parseVerifierKey(sha256, log.vkey)] }])
  await log.close()
  return open(machine, network, quorum)
}

async function open(machine: SimulatedMachine, network: TestNetwork, quorum: number | 'none'): Promise<Rig> {
  const lines: string[] = []
  const contradicted: LogContradicted[] = []
  const witnesses = new Witnesses({
    policy: network.policy(quorum),
    ask: network.ask,
    clock: machine.clock,
    waitMs: 1000,
    log: line => lines.push(line),
    onContradicted: error => contradicted.push(error),
  })
  const { log } = await openTestLog(machine, { cosign: note => witnesses.cosign(note, log), cosignWithinMs: 60_000 })
  const reopen = async (on = machine) => {
    await log.close()
    return open(on, network, quorum)
  }
  return { machine, network, log, witnesses, lines, contradicted, reopen }
}

/** Has one more leaf behind a published checkpoint. */
async function publishMore({ log, machine }: Rig, count = 1): Promise<void> {
  for (let n = 0; n < count; n++) log.append({ kind: 'config', hash: 'A'.repeat(43) + '=' })
  const published = log.publish()
  await machine.advance(0)
  await published
}

/** The names of the witnesses under the published checkpoint. */
function signedBy({ log, network }: Rig, names = ['w1', 'w2', 'w3']): string[] {
  const verifiers = names.map(name => network.verifier(name))
  try {
    return openNote(log.published!.note, verifiers).verified.map(({ name }) => name)
  } catch {
    return []
  }
}

describe('the witnesses of a log', () => {
  it('sign each checkpoint before it is published', async () => {
    const on = await rig()
    for (const count of [1, 1, 300]) {
      await publishMore(on, count)
      expect(signedBy(on)).toEqual(['w1.example', 'w2.example', 'w3.example'])
      expect(on.witnesses.quorumOf(on.log.published!)).toEqual({ size: on.log.size, by: ['w1.example', 'w2.example', 'w3.example'] })
    }
    expect(on.witnesses.status).toMatchObject([{ name: 'w1', url: 'http://w1', state: 'signed', reason: '', size: on.log.size }, {}, {}])
    expect(on.lines).toEqual([])
  })

  it('are asked once a checkpoint when they know what we think they know', async () => {
    const on = await rig({ names: ['w1'], quorum: 1 })
    await publishMore(on)
    await publishMore(on)
    expect(on.network.asked).toEqual(['POST w1/add-checkpoint', 'POST w1/add-checkpoint'])
  })

  it('do not keep a checkpoint from being published that one of them does not sign', async () => {
    const on = await rig()
    await publishMore(on)
    on.network.fail('w2', 'down')
    await publishMore(on)
    expect(signedBy(on)).toEqual(['w1.example', 'w3.example'])
    expect(on.witnesses.quorumOf(on.log.published!)).toMatchObject({ by: ['w1.example', 'w3.example'] })
    expect(on.witnesses.status[1]).toMatchObject({
      state: 'away',
      reason: 'it does not answer (connect ECONNREFUSED)',
      size: on.log.size - 1,
    })
    on.network.fail('w3', 'down')
    await publishMore(on)
    expect(signedBy(on)).toEqual(['w1.example'])
    expect(on.witnesses.quorumOf(on.log.published!)).toBe(null)
    on.network.fail('w2', null)
    await publishMore(on)
    expect(signedBy(on)).toEqual(['w1.example', 'w2.example'])
    // Each change is told once, not each second.
    expect(on.lines).toEqual([
      'witness w2 (http://w2) does not sign: it does not answer (connect ECONNREFUSED)',
      'witness w3 (http://w3) does not sign: it does not answer (connect ECONNREFUSED)',
      'witness w2 (http://w2) signs again',
    ])
  })

  it('have a second, and less once the others are a quorum', async () => {
    const on = await rig()
    await publishMore(on)
    const publishWithin = async () => {
      on.log.append({ kind: 'config', hash: 'A'.repeat(43) + '=' })
      const published = on.log.publish()
      const beganUs = on.machine.clock.monotonicUs()
      let tookMs = Infinity
      void published.then(() => (tookMs = (on.machine.clock.monotonicUs() - beganUs) / 1000))
      await on.machine.advance(2000)
      return tookMs
    }
    on.network.fail('w3', 'silent')
    expect(await publishWithin()).toBe(200)
    expect(signedBy(on)).toEqual(['w1.example', 'w2.example'])
    on.network.fail('w2', 'silent')
    expect(await publishWithin()).toBe(1000)
    expect(signedBy(on)).toEqual(['w1.example'])
    on.network.fail('w2', null)
    on.network.fail('w3', null)
    expect(await publishWithin()).toBe(0)
    expect(signedBy(on)).toHaveLength(3)
  })

  it('may have signed what they never answered', async () => {
    const on = await rig()
    await publishMore(on)
    on.network.fail('w1', 'forgets to answer')
    await publishMore(on)
    expect(signedBy(on)).toEqual(['w2.example', 'w3.example'])
    on.network.fail('w1', null)
    await publishMore(on)
    expect(signedBy(on)).toHaveLength(3)
    expect(on.contradicted).toEqual([])
  })

  it('who do not watch the log are named', async () => {
    const on = await rig()
    on.network.serve('w1', [])
    await publishMore(on)
    expect(on.witnesses.status[0]).toMatchObject({ state: 'stranger', reason: 'it answers 404 "this witness does not watch the log"' })
  })

  it('are not believed under another key', async () => {
    const on = await rig()
    on.network.serve('w1', [{ origin, keys: [parseVerifierKey(sha256, on.log.vkey)] }], machineWithData({ seed: 7 }))
    await publishMore(on)
    expect(on.witnesses.status[0]).toMatchObject({ state: 'wrong', reason: 'it answered without its signature of the checkpoint' })
    expect(on.witnesses.quorumOf(on.log.published!)).toMatchObject({ by: ['w2.example', 'w3.example'] })
  })
})

describe('a log that is opened again', () => {
  it('is fine when its witnesses know what is here', async () => {
    const on = await rig()
    await publishMore(on, 5)
    const again = await on.reopen()
    await again.witnesses.check(again.log)
    expect(again.witnesses.status.map(({ state }) => state)).toEqual(['signed', 'signed', 'signed'])
    await publishMore(again)
    expect(signedBy(again)).toHaveLength(3)
    expect(again.lines).toEqual([])
  })

  it('is fine when it is new, and when a witness has never seen it', async () => {
    const on = await rig()
    await on.witnesses.check(on.log)
    expect(on.lines).toEqual([])
    await publishMore(on)
    const again = await on.reopen()
    again.network.serve('w3', [{ origin, keys: [parseVerifierKey(sha256, again.log.vkey)] }], machineWithData())
    const other = await again.reopen()
    await other.witnesses.check(other.log)
    expect(other.witnesses.status.map(({ state }) => state)).toEqual(['signed', 'signed', 'signed'])
  })

  it('is refused when a witness has signed a larger one: an older copy was put in its place', async () => {
    const on = await rig()
    await publishMore(on, 5)
    const copy = copyOf(on.machine)
    await publishMore(on, 5)
    const again = await on.reopen(copy)
    await expect(again.witnesses.check(again.log)).rejects.toMatchObject({
      code: 'rolled_back',
      message: expect.stringContaining('has signed 11 leaves of the log `steno.test/log`, and here are 6') as string,
    })
  })

  it('is refused by one witness that remembers, whatever the others do', async () => {
    const on = await rig()
    await publishMore(on, 5)
    const copy = copyOf(on.machine)
    on.network.fail('w1', 'down')
    on.network.fail('w2', 'down')
    await publishMore(on, 5)
    const again = await on.reopen(copy)
    await expect(again.witnesses.check(again.log)).rejects.toMatchObject({ code: 'rolled_back' })
  })

  it('is refused when it went another way since', async () => {
    const on = await rig()
    await publishMore(on, 5)
    const copy = copyOf(on.machine)
    await publishMore(on, 5)
    // Nobody is there to see the second history grow.
    for (const name of ['w1', 'w2', 'w3']) on.network.fail(name, 'down')
    const forked = await on.reopen(copy)
    await publishMore(forked, 20)
    const again = await forked.reopen()
    for (const name of ['w1', 'w2', 'w3']) again.network.fail(name, null)
    await expect(again.witnesses.check(again.log)).rejects.toMatchObject({
      code: 'forked',
      message: expect.stringContaining('another history') as string,
    })
  })

  it('is refused when it began anew under its old name', async () => {
    const on = await rig()
    await publishMore(on, 5)
    const again = await on.reopen(machineWithData({ seed: 5 }))
    await expect(again.witnesses.check(again.log)).rejects.toMatchObject({ code: 'rolled_back' })
    await publishMore(again, 40)
    const later = await again.reopen()
    await expect(later.witnesses.check(later.log)).rejects.toMatchObject({ code: 'forked' })
  })

  it('is fine when a witness signed what was not published any more', async () => {
    const on = await rig({ names: ['w1'], quorum: 1 })
    await publishMore(on, 5)
    on.log.append({ kind: 'config', hash: 'A'.repeat(43) + '=' })
    // The head is kept and the witness asked; then the program is gone.
    const before = on.machine.disk.read(`${data}/log/checkpoint`)
    await publishMore(on)
    on.machine.disk.replace(`${data}/log/checkpoint`, before)
    const again = await on.reopen()
    await again.witnesses.check(again.log)
    await publishMore(again)
    expect(signedBy(again, ['w1'])).toEqual(['w1.example'])
  })

  it('warns when nobody answers, and serves', async () => {
    const on = await rig()
    await publishMore(on)
    for (const name of ['w1', 'w2']) on.network.fail(name, 'silent')
    const again = await on.reopen()
    const checked = again.witnesses.check(again.log)
    await again.machine.advance(5000)
    await checked
    expect(again.lines).toEqual([
      'witness w1 (http://w1) does not sign: it does not answer in time',
      'witness w2 (http://w2) does not sign: it does not answer in time',
      'witnesses: too few answer for a quorum; commands that a policy wants witnessed are refused until there is one',
    ])
  })
})

describe('a log that serves', () => {
  it('is stopped when a witness that was away shows what was signed before', async () => {
    const on = await rig()
    await publishMore(on, 5)
    const copy = copyOf(on.machine)
    await publishMore(on, 5)
    for (const name of ['w1', 'w2', 'w3']) on.network.fail(name, 'down')
    const again = await on.reopen(copy)
    await again.witnesses.check(again.log)
    await publishMore(again)
    expect(again.contradicted).toEqual([])
    again.network.fail('w2', null)
    await publishMore(again)
    expect(again.contradicted).toMatchObject([{ code: 'rolled_back' }])
    expect(again.witnesses.quorumOf(again.log.published!)).toBe(null)
  })

  it('is not stopped by what nobody signed', async () => {
    const on = await rig({ names: ['w1'], quorum: 1 })
    await publishMore(on)
    const lies: Record<string, { status: number; type: string; body: string }> = {
      'POST w1/add-checkpoint': { status: 409, type: 'text/x.tlog.size', body: '1000\n' },
    }
    const liar = new Witnesses({
      policy: on.network.policy(1),
      ask: async ({ method, url }) => {
        const { hostname, pathname } = new URL(url)
        const { status, type, body } = lies[`${method} ${hostname}${pathname}`] ?? { status: 404, type: '', body: '' }
        return { status, type, body: new TextEncoder().encode(body) }
      },
      clock: on.machine.clock,
      waitMs: 1000,
      log: line => on.lines.push(line),
      onContradicted: error => on.contradicted.push(error),
    })
    for (const answer of [
      { status: 409, type: 'text/x.tlog.size', body: '1000\n' },
      { status: 409, type: 'text/plain', body: '1\n' },
      { status: 409, type: 'text/x.tlog.size', body: '1' },
      { status: 409, type: 'text/x.tlog.size', body: '99999999999999999999\n' },
      { status: 422, type: '', body: '' },
      { status: 200, type: '', body: '' },
      { status: 200, type: '', body: '— w1.example AAAAAAAA\n' },
      { status: 200, type: '', body: new TextDecoder().decode(on.log.published!.note) },
      { status: 302, type: '', body: '' },
      { status: 500, type: '', body: 'oops' },
    ]) {
      lies['POST w1/add-checkpoint'] = answer
      expect(await liar.cosign(on.log.published!.note, on.log)).toEqual([])
      expect(liar.status[0]?.state).not.toBe('signed')
    }
    expect(on.contradicted).toEqual([])
  })
})

describe('a log that changes its key', () => {
  it('goes on with its witnesses', async () => {
    const on = await rig()
    await publishMore(on)
    for (let change = 0; change < 3; change++) {
      const rotated = on.log.rotateKey()
      await on.machine.advance(0)
      await rotated
      await publishMore(on)
      expect(signedBy(on)).toHaveLength(3)
      await publishMore(on)
      expect(signedBy(on)).toHaveLength(3)
    }
    expect(on.contradicted).toEqual([])
  })

  it('is found by a witness that was away meanwhile, also after a restart', async () => {
    const on = await rig()
    await publishMore(on)
    on.network.fail('w3', 'down')
    for (let change = 0; change < 3; change++) {
      const rotated = on.log.rotateKey()
      await on.machine.advance(0)
      await rotated
      await publishMore(on, 10)
    }
    expect(signedBy(on)).toHaveLength(2)
    const again = await on.reopen()
    again.network.fail('w3', null)
    await again.witnesses.check(again.log)
    await publishMore(again)
    expect(signedBy(again)).toHaveLength(3)
  })
})

/** The whole disk as it is now: what a backup is. It is put back a while later. */
function copyOf(machine: SimulatedMachine): SimulatedMachine {
  const copy = machineWithData()
  copy.clock.step(60_000)
  const visit = (directory: string) => {
    for (const name of machine.disk.list(directory)) {
      const path = `${directory}/${name}`
      if (machine.disk.list(path).length > 0 || path.endsWith('/epochs')) {
        copy.disk.makeDirectory(path)
        visit(path)
      } else copy.disk.replace(path, machine.disk.read(path))
    }
  }
  visit(data)
  return copy
}
