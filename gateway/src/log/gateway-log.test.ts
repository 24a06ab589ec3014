import {
  hashLeaf,
  LeafTree,
  openNote,
  parseCheckpoint,
  tilePath,
  tileWidth,
  verifyConsistency,
  verifyInclusion,
  type Checkpoint,
} from '@steno/recordings'
import { describe, expect, it } from 'vitest'
import { toBase64 } from '../runtime/bytes.ts'
import { sha256 } from '../runtime/crypto.ts'
import { settle, type SimulatedMachine } from '../runtime/simulated.ts'
import type { GatewayLog, NewLeaf, Published } from './gateway-log.ts'
import { LogFailed } from './log-failed.ts'
import { checkpointOn, data, leavesOn, machineWithData, openTestLog, origin, verifierOn } from './test-log.ts'

const hash = `${'A'.repeat(43)}=`
const config: NewLeaf = { kind: 'config', hash }
const deny = (line: number): NewLeaf => ({ kind: 'deny', session: 's1', line, hash, reason: 'policy' })

/** Appends so many leaves, publishing after every so many. */
async function fill(log: GatewayLog, count: number, publishEvery = Infinity): Promise<void> {
  for (let i = 0; i < count; i++) {
    log.append(deny(i))
    if (log.size % publishEvery === 0) await log.publish()
  }
}

/** A head as text, whatever kind of bytes its root is. */
const plain = ({ size, root }: { size: number; root: Uint8Array }) => `${size} ${toBase64(root)}`

/** The tree that the leaves on disk make. */
function treeOn(machine: SimulatedMachine, size: number): LeafTree {
  const bundles = Array.from({ length: Math.ceil(size / tileWidth) }, (_, n) => machine.disk.read(`${data}/log/${tilePath('entries', n)}`))
  const hashes: Uint8Array[] = []
  for (const bytes of bundles)
    for (let at = 0; at < bytes.length && hashes.length < size;) {
      const end = at + 2 + ((bytes[at]! << 8) | bytes[at + 1]!)
      hashes.push(hashLeaf(sha256, bytes.subarray(at + 2, end)))
      at = end
    }
  return new LeafTree(sha256, hashes)
}

describe('a log', () => {
  it('begins with the leaf of its key', async () => {
    const machine = machineWithData()
    const { log } = await openTestLog(machine)
    expect(log.size).toBe(1)
    expect(log.published).toBe(null)
    await log.publish()
    expect(checkpointOn(machine)).toMatchObject({ origin, size: 1 })
    expect(leavesOn(machine.disk, 1)).toEqual([{ kind: 'key', atUs: machine.clock.nowUs(), vkey: log.vkey, replaces: null }])
  })

  it('signs the root of its leaves, and serves tiles that lead to it', async () => {
    const machine = machineWithData()
    const { log } = await openTestLog(machine)
    await fill(log, 600, 100)
    await log.publish()
    const { size, root } = checkpointOn(machine)
    const tree = treeOn(machine, 601)
    expect(plain({ size, root })).toBe(plain({ size: 601, root: tree.root() }))
    for (const index of [0, 1, 255, 256, 511, 512, 600]) {
      const { proof } = log.proveLeaf(index)!
      expect(verifyInclusion(sha256, { index, size, leafHash: tree.read(0, index), proof, root })).toBe(true)
    }
    expect([...log.read('tile/1/000.p/2')!]).toEqual([...tree.read(8, 0), ...tree.read(8, 1)])
    expect(log.read('tile/0/001')).toHaveLength(256 * 32)
    expect(log.read('tile/0/002.p/89')).toHaveLength(89 * 32)
    expect(log.read('tile/entries/002.p/1')!.length).toBeLessThan(200)
  })

  it('shows of itself what is published, and no more', async () => {
    const machine = machineWithData()
    const { log } = await openTestLog(machine)
    expect(log.read('tile/entries/000.p/1')).toBe(null)
    await fill(log, 9)
    await log.publish()
    await fill(log, 5)
    expect(log.read('tile/0/000.p/10')).toHaveLength(320)
    expect(log.read('tile/0/000.p/3')).toHaveLength(96)
    for (const path of [
      'tile/0/000.p/11',
      'tile/0/000',
      'tile/0/001.p/1',
      'tile/1/000.p/1',
      'tile/entries/000.p/11',
      'tile/0/../../keys',
      '',
    ])
      expect(log.read(path), path).toBe(null)
    expect(log.proveLeaf(9)).not.toBe(null)
    expect(log.proveLeaf(10)).toBe(null)
  })

  it('goes on after a restart with the tree it had', async () => {
    const machine = machineWithData()
    const heads: Checkpoint[] = []
    for (let round = 0; round < 30; round++) {
      const { log, asideBytes } = await openTestLog(machine)
      expect(asideBytes).toBe(0)
      await fill(log, 37)
      await log.publish()
      heads.push(log.published!.checkpoint)
      await fill(log, round % 3)
      await log.close()
    }
    const { log } = await openTestLog(machine)
    await log.publish()
    const to = log.published!.checkpoint
    expect(to.size).toBe(1 + 30 * 37 + 30)
    expect(plain({ size: to.size, root: treeOn(machine, to.size).root() })).toBe(plain(to))
    for (const from of heads)
      expect(verifyConsistency(sha256, { from, to, proof: log.proveConsistency({ from: from.size, to: to.size }) })).toBe(true)
  })

  it('of which a large one is opened, reads its right edge only', async () => {
    const machine = machineWithData()
    const { log } = await openTestLog(machine)
    await fill(log, 5000)
    await log.publish()
    await log.close()
    const read: string[] = []
    const { disk } = machine
    for (const name of ['read', 'readRange'] as const) {
      const really = disk[name].bind(disk) as (path: string, ...rest: never[]) => Uint8Array
      disk[name] = (path: string, ...rest: never[]) => (read.push(path), really(path, ...rest))
    }
    await openTestLog(machine)
    const bundles = new Set(read.filter(path => path.includes('/entries/')))
    expect([...bundles]).toEqual([`${data}/log/tile/entries/019`])
  })

  it('gives those who publish at the same time one checkpoint that has the leaves of all', async () => {
    const machine = machineWithData()
    const { log } = await openTestLog(machine)
    const published: Published[] = []
    log.onPublished(one => published.push(one))
    machine.disk.syncMs = 20
    const first = log.publish()
    log.append(config)
    const others = [log.publish(), log.publish()]
    log.append(config)
    others.push(log.publish())
    await machine.advance(1000)
    await Promise.all([first, ...others])
    expect(published.map(({ checkpoint }) => checkpoint.size)).toEqual([1, 3])
  })

  it('goes on when a bundle is filled while it is on its way to the disk', async () => {
    const machine = machineWithData()
    const { log } = await openTestLog(machine)
    await fill(log, tileWidth - 2)
    machine.disk.syncMs = 20
    const published = [log.publish()]
    await settle()
    await fill(log, 3)
    published.push(log.publish())
    await machine.advance(1000)
    await Promise.all(published)
    expect(checkpointOn(machine).size).toBe(tileWidth + 2)
    for (let loss = 0; loss < 3; loss++) machine.disk.losePower()
    expect(plain({ size: log.size, root: treeOn(machine, log.size).root() })).toBe(plain(checkpointOn(machine)))
  })

  it('waits with its signature until what the leaves tell of is on disk', async () => {
    const machine = machineWithData()
    let isSettled = () => {}
    const { log } = await openTestLog(machine, { settle: () => new Promise(resolve => (isSettled = resolve)) })
    const published = log.publish()
    await settle()
    expect(machine.disk.exists(`${data}/log.head`)).toBe(false)
    isSettled()
    await published
    expect(checkpointOn(machine).size).toBe(1)
  })

  it('signs nothing once another head stands in the head store', async () => {
    const machine = machineWithData()
    const fatal: string[] = []
    const { log } = await openTestLog(machine, { onFatal: reason => fatal.push(reason) })
    await log.publish()
    machine.disk.replace(`${data}/log.head`, new TextEncoder().encode(`${origin}\n7\n${hash}\n`))
    log.append(config)
    await expect(log.publish()).rejects.toThrow(LogFailed)
    expect(fatal).toEqual(['another gateway signs for this log: `/data/log.head` has changed'])
    expect(checkpointOn(machine).size).toBe(1)
    expect(() => log.append(config)).toThrow(LogFailed)
    await expect(log.publish()).rejects.toThrow(LogFailed)
  })

  it('is signed for by one of two gateways: the other sees that the head has moved', async () => {
    const machine = machineWithData()
    const fatal: string[] = []
    const { log: stale } = await openTestLog(machine, { onFatal: reason => fatal.push(reason) })
    await stale.publish()
    const { log } = await openTestLog(machine)
    log.append(config)
    await log.publish()
    stale.append(deny(1))
    await expect(stale.publish()).rejects.toThrow(LogFailed)
    expect(fatal).toHaveLength(1)
    expect(plain(checkpointOn(machine))).toBe(plain(log.published!.checkpoint))
  })

  it('stops when the disk cannot keep what was written', async () => {
    const machine = machineWithData()
    const fatal: string[] = []
    const { log } = await openTestLog(machine, { onFatal: reason => fatal.push(reason) })
    machine.disk.failSyncs()
    await expect(log.publish()).rejects.toThrow(LogFailed)
    expect(fatal).toEqual(['the disk cannot keep what was written: EIO: fsync'])
    machine.disk.heal()
    expect(log.isBroken).toBe(true)
    await expect(log.publish()).rejects.toThrow(LogFailed)
    expect(machine.disk.exists(`${data}/log/checkpoint`)).toBe(false)
  })

  it('refuses leaves while the disk is full or read-only, and goes on when there is room', async () => {
    const machine = machineWithData()
    const { log } = await openTestLog(machine)
    await log.publish()
    for (const [spoil, said] of [
      [() => machine.disk.failWritesAfter(7), 'the log cannot be written'],
      [() => machine.disk.becomeReadOnly(), 'the log cannot be written'],
    ] as const) {
      const { size } = log
      spoil()
      expect(() => log.append(config)).toThrow(said)
      expect(() => log.append(config)).toThrow(said)
      expect(log.size).toBe(size)
      machine.disk.heal()
      log.append(config)
      await log.publish()
      expect(checkpointOn(machine).size).toBe(size + 1)
    }
    expect(leavesOn(machine.disk, log.size).map(({ kind }) => kind)).toEqual(['key', 'config', 'config'])
  })

  it('publishes when there is room again what it could not publish before', async () => {
    const machine = machineWithData()
    const { log } = await openTestLog(machine)
    await log.publish()
    for (let roomBytes = 0; roomBytes < 400; roomBytes += 3) {
      log.append(config)
      machine.disk.failWritesAfter(roomBytes)
      await log.publish().catch((error: unknown) => expect(error).toBeInstanceOf(LogFailed))
      machine.disk.heal()
      await log.publish()
      expect(plain(checkpointOn(machine))).toBe(plain({ size: log.size, root: treeOn(machine, log.size).root() }))
    }
  })

  it('follows a clock that steps back', async () => {
    const machine = machineWithData()
    const { log } = await openTestLog(machine)
    log.append(config)
    machine.clock.step(-3_600_000)
    log.append(config)
    await log.publish()
    const [, before, after] = leavesOn(machine.disk, 3)
    expect(after!.atUs - before!.atUs).toBe(-3_600_000_000)
    await log.close()
    await openTestLog(machine)
  })

  it('has its checkpoints cosigned before they are published, and waits so long and no longer', async () => {
    const machine = machineWithData()
    const cosigned = (name: string) => ({ name, keyId: Uint8Array.of(1, 2, 3, 4), signature: new Uint8Array(72) })
    const answers = [
      async () => [cosigned('near'), cosigned('far')],
      () => new Promise<[]>(() => {}),
      async () => {
        throw new Error('nobody is there')
      },
    ]
    const seen: string[] = []
    const { log } = await openTestLog(machine, {
      cosignWithinMs: 500,
      cosign: note => {
        seen.push(new TextDecoder().decode(note))
        return answers.shift()!()
      },
    })
    const names = () => openNote(log.published!.note, [verifierOn(machine)]).note.signatures.map(({ name }) => name)
    await log.publish()
    expect(names()).toEqual([origin, 'near', 'far'])
    log.append(config)
    const slow = log.publish()
    await machine.advance(499)
    expect(log.published!.checkpoint.size).toBe(1)
    await machine.advance(1)
    await slow
    expect(names()).toEqual([origin])
    log.append(config)
    await log.publish()
    expect(names()).toEqual([origin])
    expect(seen.map(note => note.split('\n')[1])).toEqual(['1', '2', '3'])
  })

  it('can be listened to', async () => {
    const machine = machineWithData()
    const { log } = await openTestLog(machine)
    const sizes: number[] = []
    const end = log.onPublished(({ checkpoint, note }) => {
      expect(parseCheckpoint(new TextDecoder().decode(note).split('\n\n')[0] + '\n').size).toBe(checkpoint.size)
      sizes.push(checkpoint.size)
    })
    await log.publish()
    await log.publish()
    log.append(config)
    await log.publish()
    end()
    log.append(config)
    await log.publish()
    expect(sizes).toEqual([1, 2])
  })
})
