import { describe, expect, it } from 'vitest'
import { toBase64 } from '../runtime/bytes.ts'
import type { SimulatedMachine } from '../runtime/simulated.ts'
import { EpochLists } from './epoch-lists.ts'
import type { NewLeaf } from './gateway-log.ts'
import { LogRefused } from './log-refused.ts'
import { checkpointOn, data, leavesOn, machineWithData, openTestLog } from './test-log.ts'

const hash = `${'A'.repeat(43)}=`
const config: NewLeaf = { kind: 'config', hash }

/** A log on disk that was published with so many leaves, and has some behind that. */
async function logOn(machine: SimulatedMachine, { published, tail = 0 }: { published: number; tail?: number }): Promise<void> {
  const { log } = await openTestLog(machine)
  while (log.size < published) log.append(config)
  await log.publish()
  for (let more = 0; more < tail; more++) log.append(config)
  await log.close()
}

const bundle = `${data}/log/tile/entries/000`
const tile = `${data}/log/tile/0/000`
const checkpoint = `${data}/log/checkpoint`
const head = `${data}/log.head`
const key = `${data}/keys/log.key`

/** Every file of a directory on the disk, as somebody copies it who wants it back later. */
function copyOf({ disk }: SimulatedMachine, paths: string[]): () => void {
  const copies = paths.map(path => ({ path, bytes: disk.exists(path) ? disk.read(path) : null }))
  return () => {
    for (const { path, bytes } of copies) {
      if (bytes) disk.replace(path, bytes)
      else if (disk.exists(path)) disk.remove(path)
    }
  }
}

function change({ disk }: SimulatedMachine, path: string, at: number): void {
  const bytes = disk.read(path)
  bytes[at < 0 ? bytes.length + at : at]! ^= 1
  disk.replace(path, bytes)
}

async function refusalOf(machine: SimulatedMachine): Promise<string> {
  const before = machine.disk.read(bundle)
  const code = await openTestLog(machine).then(
    () => 'opened',
    (error: unknown) => (error instanceof LogRefused ? error.code : String(error)),
  )
  expect(toBase64(machine.disk.read(bundle))).toBe(toBase64(before))
  return code
}

describe('a log is not gone on with', () => {
  it('when its files were put back to an older day', async () => {
    const machine = machineWithData()
    await logOn(machine, { published: 5 })
    const putBack = copyOf(machine, [bundle, tile, checkpoint])
    await logOn(machine, { published: 9 })
    putBack()
    expect(await refusalOf(machine)).toBe('rolled_back')
  })

  it('when the head store alone was put back, and a newer checkpoint is out', async () => {
    const machine = machineWithData()
    await logOn(machine, { published: 5 })
    const putBack = copyOf(machine, [head])
    await logOn(machine, { published: 9 })
    putBack()
    expect(await refusalOf(machine)).toBe('rolled_back')
  })

  it('when a leaf that was signed for is another, or gone', async () => {
    for (const spoil of [
      (machine: SimulatedMachine) => change(machine, bundle, -3),
      (machine: SimulatedMachine) => change(machine, tile, 40),
      (machine: SimulatedMachine) => machine.disk.truncate(tile, 64),
      (machine: SimulatedMachine) => machine.disk.truncate(bundle, machine.disk.sizeBytes(bundle) - 1),
    ]) {
      const machine = machineWithData()
      await logOn(machine, { published: 6 })
      spoil(machine)
      expect(['log_damaged', 'rolled_back']).toContain(await refusalOf(machine))
    }
  })

  it('when it is the whole and consistent log of another gateway', async () => {
    const machine = machineWithData()
    const other = machineWithData({ seed: 2 })
    await logOn(machine, { published: 6 })
    await logOn(other, { published: 6 })
    for (const path of [bundle, tile, checkpoint]) machine.disk.replace(path, other.disk.read(path))
    expect(await refusalOf(machine)).toBe('log_damaged')
    // With its head too, it is a log that our key never signed.
    machine.disk.replace(head, other.disk.read(head))
    expect(await refusalOf(machine)).toBe('key_wrong')
  })

  it('when its checkpoint is of another tree', async () => {
    const machine = machineWithData()
    await logOn(machine, { published: 3 })
    const putBack = copyOf(machine, [bundle, tile, head, checkpoint])
    await logOn(machine, { published: 5 })
    const ofAnother = copyOf(machine, [checkpoint])
    putBack()
    machine.clock.step(1000)
    await logOn(machine, { published: 7 })
    ofAnother()
    expect(await refusalOf(machine)).toBe('log_damaged')
  })

  it('without its head, its key, or with another name, and each says so', async () => {
    for (const [spoil, code] of [
      [(machine: SimulatedMachine) => machine.disk.remove(head), 'head_missing'],
      [(machine: SimulatedMachine) => change(machine, head, 0), 'origin_wrong'],
      [(machine: SimulatedMachine) => machine.disk.truncate(head, 20), 'head_damaged'],
      [(machine: SimulatedMachine) => machine.disk.remove(key), 'key_missing'],
      [(machine: SimulatedMachine) => machine.disk.truncate(key, 30), 'key_damaged'],
      [(machine: SimulatedMachine) => change(machine, key, 3), 'key_wrong'],
    ] as const) {
      const machine = machineWithData()
      await logOn(machine, { published: 3 })
      spoil(machine)
      expect(await refusalOf(machine)).toBe(code)
    }
  })
})

describe('a log that a crash cut', () => {
  it('keeps the leaves that are whole, sets the rest aside, and is published as it is then', async () => {
    const machine = machineWithData()
    await logOn(machine, { published: 4, tail: 3 })
    machine.disk.truncate(bundle, machine.disk.sizeBytes(bundle) - 5)
    const { log, asideBytes } = await openTestLog(machine)
    expect(log.size).toBe(6)
    expect(asideBytes).toBe(machine.disk.read(`${data}/log/torn-1`).length)
    await log.publish()
    expect(checkpointOn(machine).size).toBe(6)
    expect(leavesOn(machine.disk, 6).map(({ kind }) => kind)).toEqual(['key', ...Array.from({ length: 5 }, () => 'config')])
  })

  it('makes its tiles again from the leaves', async () => {
    const machine = machineWithData()
    await logOn(machine, { published: 300, tail: 5 })
    // A hash that was written, and whose leaf was not.
    machine.disk.append(`${data}/log/tile/0/001`, { exclusive: false }).write(new Uint8Array(32))
    const { log } = await openTestLog(machine)
    await log.publish()
    expect(log.size).toBe(305)
    expect(toBase64(log.rootAt(305))).toBe(toBase64(checkpointOn(machine).root))
  })

  it('keeps a list on the disk whose leaf it signs for, though another gateway wrote both and was killed', async () => {
    const machine = machineWithData()
    await logOn(machine, { published: 2 })
    const killed = machine.start()
    const lists = new EpochLists(killed.disk, data)
    const { log } = await openTestLog(killed, { lists })
    const root = lists.write(1, [{ id: 'ledger', size: 0, root: new Uint8Array(32) }])
    log.append({ kind: 'epoch', number: 1, count: 1, root: toBase64(root) })
    killed.kill()

    const found = new EpochLists(machine.disk, data)
    const { log: next } = await openTestLog(machine, { lists: found, settle: () => found.durable() })
    await next.publish()
    for (let loss = 0; loss < 5; loss++) machine.disk.losePower()
    expect(checkpointOn(machine).size).toBe(3)
    expect(new EpochLists(machine.disk, data).has(1, toBase64(root))).toBe(true)
  })
})
