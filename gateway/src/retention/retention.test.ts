import { eraseLines, linesOfCommand, parseHeader, withoutLines } from '@steno/recordings'
import { describe, expect, it } from 'vitest'
import { readLedger } from '../journal/ledger.ts'
import { checkpointOn, leavesOn } from '../log/test-log.ts'
import { sha256 } from '../runtime/crypto.ts'
import { settle, SimulatedMachine } from '../runtime/simulated.ts'
import { SimulatedProcess } from '../runtime/simulated-process.ts'
import { examine } from './recording-tasks.ts'
import { ada, data, openTestRetention, recordSession, secret } from './test-retention.ts'

const dayMs = 86_400_000
const keep = { shop: 30 }

const removedIn = (machine: SimulatedMachine) =>
  readLedger(machine.disk, data).flatMap(entry => (entry.kind === 'recording removed' ? [entry.session] : []))
const leavesOf = (machine: SimulatedMachine) => leavesOn(machine.disk, checkpointOn(machine).size)

/** Looks once, so many days later. */
async function sweepAfter(days: number, told: Parameters<typeof recordSession>[1] = {}) {
  const machine = new SimulatedMachine()
  const session = recordSession(machine, told)
  machine.clock.step(days * dayMs)
  const room = await openTestRetention(machine, { keep })
  await room.start()
  await settle()
  return { machine, ...session, ...room, isThere: () => machine.disk.exists(session.path) }
}

describe('retention', () => {
  it('removes a recording once its session is over for as long as its target says', async () => {
    expect((await sweepAfter(29)).isThere()).toBe(true)
    expect((await sweepAfter(31)).isThere()).toBe(false)
  })

  it('counts from the end of a session, not from its beginning', async () => {
    const long = await sweepAfter(35, { lastsDays: 10 })
    expect(long.isThere()).toBe(true)
    long.machine.clock.step(6 * dayMs)
    await long.machine.advance(3600_000)
    expect(long.isThere()).toBe(false)
  })

  it('keeps for good what no rule is about', async () => {
    const { isThere, machine } = await sweepAfter(4000, { target: 'other' })
    expect(isThere()).toBe(true)
    expect(removedIn(machine)).toEqual([])
  })

  it('leaves a session alone that is open, or not sealed yet', async () => {
    const open = await sweepAfter(31, { isOpen: true })
    expect(open.isThere()).toBe(true)
    const machine = new SimulatedMachine()
    const { id, path } = recordSession(machine)
    machine.disk.append(`${data}/open/${id}`, { exclusive: true }).close()
    machine.clock.step(31 * dayMs)
    const { start } = await openTestRetention(machine, { keep })
    await start()
    await settle()
    expect(machine.disk.exists(path)).toBe(true)
  })

  it('says what it removes, in the ledger and in the log, and takes it out of search', async () => {
    const machine = new SimulatedMachine()
    const { id, path } = recordSession(machine, { torn: 'half a line' })
    const was = examine(machine.disk, path)!
    machine.clock.step(31 * dayMs)
    const { start, forgotten, withdrawn } = await openTestRetention(machine, { keep })
    await start()
    await settle()
    const { size, root, endedAtUs } = was
    expect(readLedger(machine.disk, data)).toMatchObject([
      { kind: 'recording removed', session: id, run: 'r1', target: 'shop', retentionDays: 30, size, root, endedAtUs },
    ])
    expect(leavesOf(machine).filter(({ kind }) => kind === 'retain')).toMatchObject([{ session: id, size, root, entry: 0 }])
    expect(forgotten).toEqual([{ session: id, path: null, isErased: false }])
    expect(withdrawn).toEqual([{ session: id, commands: 'all' }])
    expect(machine.disk.list(path.slice(0, path.lastIndexOf('/')))).toEqual([])
  })

  it('says of a recording with erased lines what it was when it was sealed', async () => {
    const machine = new SimulatedMachine()
    const { id, path } = recordSession(machine)
    const was = examine(machine.disk, path)
    const source = {
      sizeBytes: machine.disk.sizeBytes(path),
      read: (range: { start: number; end: number }) => machine.disk.readRange(path, range),
    }
    machine.disk.replace(path, withoutLines(source, eraseLines(sha256, source, { ranges: linesOfCommand(source, 2), erasure: 'e' })))
    expect(new TextDecoder().decode(machine.disk.read(path))).not.toContain(secret)
    machine.clock.step(31 * dayMs)
    const { start } = await openTestRetention(machine, { keep })
    await start()
    await settle()
    expect(was?.session).toBe(id)
    expect(leavesOf(machine).filter(({ kind }) => kind === 'retain')).toMatchObject([{ size: was?.size, root: was?.root }])
  })

  it('is stopped by a legal hold on the session or on its run, until that is lifted', async () => {
    for (const subject of [{ run: 'r1' }, null]) {
      const machine = new SimulatedMachine()
      const { id, path } = recordSession(machine)
      const { start, holds } = await openTestRetention(machine, { keep })
      const hold = await holds.place(subject ?? { session: id }, { reason: 'case 12', by: ada })
      machine.clock.step(31 * dayMs)
      await start()
      await settle()
      expect(machine.disk.exists(path)).toBe(true)
      expect(removedIn(machine)).toEqual([])
      await holds.lift(hold.id, { reason: 'settled', by: ada })
      await machine.advance(3600_000)
      expect(machine.disk.exists(path)).toBe(false)
    }
  })

  it('names what it cannot read and removes the others', async () => {
    const machine = new SimulatedMachine()
    const broken = recordSession(machine)
    const whole = recordSession(machine)
    machine.disk.truncate(broken.path, machine.disk.sizeBytes(broken.path) - 5)
    machine.clock.step(31 * dayMs)
    const { start, problems } = await openTestRetention(machine, { keep })
    await start()
    await settle()
    expect(problems).toEqual([expect.stringContaining(broken.path)])
    expect([machine.disk.exists(broken.path), machine.disk.exists(whole.path)]).toEqual([true, false])
  })

  it('removes nothing that the ledger or the log could not be told of', async () => {
    const machine = new SimulatedMachine()
    const { path } = recordSession(machine)
    machine.clock.step(31 * dayMs)
    const { start, problems } = await openTestRetention(machine, { keep })
    machine.disk.failWritesAfter(0)
    await start()
    await settle()
    expect(machine.disk.exists(path)).toBe(true)
    expect(problems).not.toEqual([])
    machine.disk.heal()
    await machine.advance(3600_000)
    expect(machine.disk.exists(path)).toBe(false)
  })

  it('waits for the store, so that nothing is found that is not there', async () => {
    const machine = new SimulatedMachine()
    const { path } = recordSession(machine)
    machine.clock.step(31 * dayMs)
    const { start, store } = await openTestRetention(machine, { keep })
    let comeBack = () => {}
    store.forget = () => new Promise<void>(resolve => (comeBack = resolve))
    await start()
    await settle()
    expect(machine.disk.exists(path)).toBe(true)
    comeBack()
    await settle()
    expect(machine.disk.exists(path)).toBe(false)
  })

  it('killed at any of its steps is finished at the next start, and told of once', async () => {
    for (let steps = 1; ; steps++) {
      const machine = new SimulatedMachine({ seed: steps })
      const { id, path } = recordSession(machine, { torn: 'half a line' })
      machine.clock.step(31 * dayMs)
      const process = new SimulatedProcess(machine, () => (steps % 7) / 7)
      const first = await openTestRetention(process, { keep })
      process.killAfterSteps(steps)
      void first.start()
      await settle()
      await machine.advance(10)
      const wasDead = process.isDead
      if (!wasDead) process.kill()
      if (!machine.disk.exists(path)) expect(leavesOf(machine).some(({ kind }) => kind === 'retain')).toBe(true)

      const second = await openTestRetention(machine, { keep })
      await second.start()
      await settle()
      expect(machine.disk.exists(path)).toBe(false)
      expect(machine.disk.exists(path.replace(/cast$/, 'torn'))).toBe(false)
      expect(removedIn(machine)).toEqual([id])
      expect([...first.forgotten, ...second.forgotten]).not.toEqual([])
      if (!wasDead) break
    }
  })

  it('takes away again what a copy of the disk brought back', async () => {
    const { machine, path, isThere } = await sweepAfter(31)
    expect(isThere()).toBe(false)
    const other = new SimulatedMachine()
    const copy = recordSession(other)
    expect(copy.path).toBe(path)
    machine.disk.append(path, { exclusive: true }).write(other.disk.read(copy.path))
    expect(parseHeader(new TextDecoder().decode(machine.disk.read(path)).split('\n')[0]!).steno.target.name).toBe('shop')
    const again = await openTestRetention(machine, { keep: {} })
    await again.start()
    await settle()
    expect(isThere()).toBe(false)
    expect(removedIn(machine)).toHaveLength(1)
  })
})
