import { parseHash, readRecording } from '@steno/recordings'
import { describe, expect, it } from 'vitest'
import { LedgerFailed, readLedger } from '../journal/ledger.ts'
import { checkpointOn, leavesOn } from '../log/test-log.ts'
import type { Machine } from '../runtime/machine.ts'
import { settle, SimulatedMachine } from '../runtime/simulated.ts'
import { SimulatedProcess } from '../runtime/simulated-process.ts'
import { examine } from './recording-tasks.ts'
import { ada, bob, data, filesWith, openTestRetention, recordSession, secret } from './test-retention.ts'

const wanted = { command: 2 }
const reason = 'a password that was pasted by mistake'

const eventsOf = (machine: Machine, path: string) => readRecording(machine.disk.read(path)).events.map(({ event }) => event)
const isErased = (machine: Machine, path: string) => eventsOf(machine, path).some(({ code }) => code === 'v')
const leavesOf = (machine: SimulatedMachine) => leavesOn(machine.disk, checkpointOn(machine).size)
const kindsIn = (machine: Machine) => readLedger(machine.disk, data).map(({ kind }) => kind)

async function setUp(told: Parameters<typeof recordSession>[1] = {}) {
  const machine = new SimulatedMachine()
  const session = recordSession(machine, told)
  return { machine, ...session, ...(await openTestRetention(machine)) }
}

/** One that was asked for by ada. */
async function asked(told: Parameters<typeof recordSession>[1] = {}) {
  const on = await setUp(told)
  return { ...on, erasure: await on.erasures.request({ session: on.id, wanted, reason }, ada) }
}

describe('an erasure', () => {
  it('takes a command and all that tells of it out of the recording, and leaves the rest as it was', async () => {
    const { machine, path, erasures, erasure } = await asked()
    const before = examine(machine.disk, path)
    const isOfIt = (event: unknown) => /"n":2\b|hunter2/.test(JSON.stringify(event))
    const others = eventsOf(machine, path).filter(event => event.code !== 's' && !isOfIt(event))
    expect(erasure).toMatchObject({ state: 'pending', commands: [2], requestedBy: ada })
    await erasures.approve(erasure.id, bob)
    await settle()
    expect(erasures.get(erasure.id)).toMatchObject({ state: 'done', decidedBy: bob })
    const events = eventsOf(machine, path)
    expect(events.filter(({ code }) => code === 'q')).toHaveLength(2)
    expect(events.filter(({ code }) => code !== 'v' && code !== 's')).toEqual(others)
    expect(examine(machine.disk, path)).toEqual(before)
  })

  it('leaves what was said nowhere: not in the recording, the ledger, the log, or beside them', async () => {
    const { machine, erasures, erasure, id, path, forgotten, withdrawn } = await asked({ torn: `half of a line with ${secret}` })
    expect(filesWith(machine.disk, secret)).toHaveLength(2)
    await erasures.approve(erasure.id, bob)
    await settle()
    expect(filesWith(machine.disk, secret)).toEqual([])
    expect(forgotten).toEqual([{ session: id, path, isErased: true }])
    expect(withdrawn).toEqual([{ session: id, commands: [2] }])
  })

  it('is in the ledger and in the log, with what is left of the lines, before the recording changes', async () => {
    const { machine, path, erasures, erasure, id } = await asked()
    await erasures.approve(erasure.id, bob)
    await settle()
    expect(kindsIn(machine)).toEqual(['erasure requested', 'erasure approved', 'lines erased', 'erasure done'])
    const gap = eventsOf(machine, path).flatMap(event => (event.code === 'v' ? [event.erased] : []))
    expect(gap).toMatchObject([{ erasure: erasure.id, ...erasure.lines[0] }])
    const { from, to, hashes } = gap[0]!
    expect(leavesOf(machine).filter(({ kind }) => kind === 'erase')).toMatchObject([{ session: id, from, to, hashes, entry: 2 }])
    for (const hash of hashes) expect(parseHash(hash)).toHaveLength(32)
  })

  it('changes nothing until somebody else approves it', async () => {
    const { machine, path, erasures, erasure } = await asked()
    await settle()
    expect(isErased(machine, path)).toBe(false)
    for (const name of ['ada', 'ADA', 'ａda']) {
      await expect(erasures.approve(erasure.id, { kind: 'person', name })).rejects.toMatchObject({ code: 'not_allowed' })
    }
    expect(isErased(machine, path)).toBe(false)
    expect(erasures.get(erasure.id)?.state).toBe('pending')
  })

  it.each(['eve', 'robin', 'robin/reporter', 'EVE'])('is not approved by %s, in whose name it was done', async name => {
    const { erasures, erasure } = await asked()
    await expect(erasures.approve(erasure.id, { kind: 'person', name })).rejects.toMatchObject({ code: 'not_allowed' })
  })

  it('is approved once, and one that was refused never', async () => {
    const { erasures, erasure, id } = await asked()
    const both = [erasures.approve(erasure.id, bob), erasures.approve(erasure.id, { kind: 'token', name: 'carl' })]
    expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    const other = await erasures.request({ session: id, wanted: { command: 1 }, reason }, ada)
    await erasures.refuse(other.id, { reason: 'it is needed', by: ada })
    await expect(erasures.approve(other.id, bob)).rejects.toMatchObject({ code: 'conflict' })
    await expect(erasures.refuse(other.id, { reason: 'again', by: bob })).rejects.toMatchObject({ code: 'conflict' })
    await expect(erasures.approve('era_none', bob)).rejects.toMatchObject({ code: 'not_found' })
  })

  it('is refused under legal hold of its session or its run, when it is asked for and when it is approved', async () => {
    const { machine, path, id, erasures, erasure, holds } = await asked({ run: 'r7' })
    for (const subject of [{ session: id }, { run: 'r7' }]) {
      const hold = await holds.place(subject, { reason: 'case 12', by: ada })
      await expect(erasures.approve(erasure.id, bob)).rejects.toMatchObject({ code: 'held', message: expect.stringContaining('case 12') })
      await expect(erasures.request({ session: id, wanted, reason }, ada)).rejects.toMatchObject({ code: 'held' })
      await holds.lift(hold.id, { reason: 'over', by: ada })
    }
    await settle()
    expect(isErased(machine, path)).toBe(false)
    await erasures.approve(erasure.id, bob)
    await settle()
    expect(isErased(machine, path)).toBe(true)
  })

  it('is refused while the session is open, with a word that says so', async () => {
    const { erasures, id } = await setUp({ isOpen: true })
    await expect(erasures.request({ session: id, wanted, reason }, ada)).rejects.toMatchObject({
      code: 'session_open',
      message: expect.stringContaining('end it first'),
    })
  })

  it.each([
    ['a command that is not there', { command: 9 }, 'not_found'],
    ['the header', { from: 0, to: 2 }, 'invalid'],
    ['lines past the end', { from: 3, to: 999 }, 'invalid'],
  ])('is refused for %s', async (_, what, code) => {
    const { machine, erasures, id } = await setUp()
    await expect(erasures.request({ session: id, wanted: what, reason }, ada)).rejects.toMatchObject({ code })
    await expect(erasures.request({ session: 'nobody', wanted: what, reason }, ada)).rejects.toMatchObject({ code: 'not_found' })
    expect(kindsIn(machine)).toEqual([])
  })

  it('is refused for what is erased already', async () => {
    const { erasures, erasure, id } = await asked()
    const again = await erasures.request({ session: id, wanted: erasure.lines[0]!, reason }, ada)
    await erasures.approve(erasure.id, bob)
    await settle()
    await expect(erasures.request({ session: id, wanted: erasure.lines[0]!, reason }, ada)).rejects.toMatchObject({ code: 'conflict' })
    // One that was asked for before is done with when it is approved.
    await erasures.approve(again.id, bob)
    await settle()
    expect(erasures.get(again.id)?.state).toBe('done')
  })

  it('does not happen when the ledger cannot take it', async () => {
    const { machine, path, erasures, erasure } = await asked()
    machine.disk.becomeReadOnly()
    await expect(erasures.approve(erasure.id, bob)).rejects.toThrow(LedgerFailed)
    machine.disk.heal()
    expect(erasures.get(erasure.id)).toMatchObject({ state: 'pending', decidedBy: null })
    expect(isErased(machine, path)).toBe(false)
  })

  it('waits for room on the disk, and says so', async () => {
    const { machine, path, erasures, erasure, problems } = await asked()
    const approved = erasures.approve(erasure.id, bob)
    await approved
    machine.disk.failWritesAfter(0)
    await settle()
    expect(isErased(machine, path)).toBe(false)
    expect(problems[0]).toContain(`erasure ${erasure.id} waits`)
    machine.disk.heal()
    await machine.advance(61_000)
    expect(erasures.get(erasure.id)?.state).toBe('done')
    expect(filesWith(machine.disk, secret)).toEqual([])
  })

  it('takes the lines out of the recording at once and the rest out of the store when that is back', async () => {
    const { machine, path, erasures, erasure, store } = await asked()
    let comeBack = () => {}
    store.forget = () => new Promise<void>(resolve => (comeBack = resolve))
    await erasures.approve(erasure.id, bob)
    await settle()
    expect(isErased(machine, path)).toBe(true)
    expect(erasures.get(erasure.id)?.state).toBe('approved')
    comeBack()
    await settle()
    expect(erasures.get(erasure.id)?.state).toBe('done')
  })

  it('killed at any of its steps is finished at the next start', async () => {
    let finishedBefore = 0
    for (let steps = 1; ; steps++) {
      const machine = new SimulatedMachine({ seed: steps })
      const { id, path } = recordSession(machine, { torn: `half of a line with ${secret}` })
      const before = examine(machine.disk, path)
      const { erasures } = await openTestRetention(machine)
      const erasure = await erasures.request({ session: id, wanted, reason }, ada)

      const process = new SimulatedProcess(machine, seededHalf(steps))
      const first = await openTestRetention(process)
      process.killAfterSteps(steps)
      first.erasures.approve(erasure.id, bob).catch(() => {})
      await settle()
      await machine.advance(10)
      const wasApproved = readLedger(machine.disk, data).some(({ kind }) => kind === 'erasure approved')
      const wasDead = process.isDead
      // What is gone is told of already, and signed for.
      if (isErased(machine, path)) expect(leavesOf(machine).some(({ kind }) => kind === 'erase')).toBe(true)
      if (!wasDead) process.kill()

      const second = await openTestRetention(machine)
      await second.start()
      await settle()
      expect(examine(machine.disk, path)).toEqual(before)
      expect(isErased(machine, path)).toBe(wasApproved)
      expect(filesWith(machine.disk, secret).length > 0).toBe(!wasApproved)
      expect(second.erasures.get(erasure.id)?.state).toBe(wasApproved ? 'done' : 'pending')
      const { lines } = erasure
      const told = leavesOf(machine).filter(({ kind }) => kind === 'erase')
      expect(told.length >= (wasApproved ? lines.length : 0)).toBe(true)
      if (wasApproved) expect([...first.forgotten, ...second.forgotten]).not.toEqual([])
      if (!wasDead) break
      if (wasApproved) finishedBefore++
    }
    expect(finishedBefore).toBeGreaterThan(5)
  })

  it('is there again after a restart, whatever had become of it', async () => {
    const { machine, erasures, erasure, id } = await asked()
    const other = await erasures.request({ session: id, wanted: { command: 1 }, reason }, bob)
    await erasures.refuse(other.id, { reason: 'it is needed', by: ada })
    await erasures.approve(erasure.id, bob)
    await settle()
    const pending = await erasures.request({ session: id, wanted: { command: 3 }, reason }, ada)
    const again = await openTestRetention(machine)
    expect(again.erasures.list()).toEqual(erasures.list())
    expect(again.erasures.list().map(({ state }) => state)).toEqual(['pending', 'refused', 'done'])
    expect(pending.commands).toEqual([3])
  })
})

/** Half and half, the same for the same seed. */
function seededHalf(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31
    return state / 2 ** 31
  }
}
