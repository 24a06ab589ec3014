import { describe, expect, it } from 'vitest'
import { LedgerFailed } from '../journal/ledger.ts'
import { checkpointOn, leavesOn } from '../log/test-log.ts'
import { settle, SimulatedMachine } from '../runtime/simulated.ts'
import { ada, bob, openTestRetention } from './test-retention.ts'

const because = { reason: 'case 12', by: ada }

async function setUp() {
  const machine = new SimulatedMachine()
  return { machine, ...(await openTestRetention(machine)) }
}

describe('a legal hold', () => {
  it('is over a session, or over every session of a run', async () => {
    const { holds } = await setUp()
    const onSession = await holds.place({ session: 's1' }, because)
    const onRun = await holds.place({ run: 'r2' }, because)
    expect(holds.over({ session: 's1', run: 'r1' })).toEqual(onSession)
    expect(holds.over({ session: 's9', run: 'r2' })).toEqual(onRun)
    expect(holds.over({ session: 's9', run: 'r1' })).toBeNull()
    expect(holds.over({ session: 'r2', run: 's1' })).toBeNull()
  })

  it('is there after a restart until it is lifted', async () => {
    const { machine, holds } = await setUp()
    const { id } = await holds.place({ session: 's1' }, because)
    await holds.place({ run: 'r2' }, because)
    const again = await openTestRetention(machine)
    expect(again.holds.list()).toEqual(holds.list())
    await again.holds.lift(id, { reason: 'settled', by: bob })
    const last = await openTestRetention(machine)
    expect(last.holds.list()).toMatchObject([{ subject: { run: 'r2' } }])
  })

  it('is one for each session and run, and lifted once', async () => {
    const { holds } = await setUp()
    const { id } = await holds.place({ session: 's1' }, because)
    await expect(holds.place({ session: 's1' }, because)).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('case 12'),
    })
    await holds.lift(id, because)
    await expect(holds.lift(id, because)).rejects.toMatchObject({ code: 'not_found' })
    await holds.place({ session: 's1' }, because)
  })

  it('is not placed on what is being removed at that moment, and what is held is not removed', async () => {
    const { holds } = await setUp()
    const release = holds.claim({ session: 's1', run: 'r1' })
    await expect(holds.place({ session: 's1' }, because)).rejects.toMatchObject({ code: 'conflict' })
    await expect(holds.place({ run: 'r1' }, because)).rejects.toMatchObject({ code: 'conflict' })
    expect(() => holds.claim({ session: 's1', run: 'r1' })).toThrow('right now')
    release()
    await holds.place({ run: 'r1' }, because)
    expect(() => holds.claim({ session: 's1', run: 'r1' })).toThrow('case 12')
  })

  it('counts from the moment it is asked for, before the disk has it', async () => {
    const { machine, holds } = await setUp()
    machine.disk.syncMs = 10
    const placing = holds.place({ session: 's1' }, because)
    expect(() => holds.claim({ session: 's1', run: 'r1' })).toThrow('case 12')
    await machine.advance(20)
    await placing
  })

  it('is not there when the ledger cannot take it, and stays when it cannot take that it is lifted', async () => {
    const { machine, holds } = await setUp()
    const { id } = await holds.place({ session: 's1' }, because)
    machine.disk.becomeReadOnly()
    await expect(holds.place({ session: 's2' }, because)).rejects.toThrow(LedgerFailed)
    await expect(holds.lift(id, because)).rejects.toThrow(LedgerFailed)
    expect(holds.list()).toMatchObject([{ id }])
  })

  it('leaves leaves that say it was placed and lifted, and not why', async () => {
    const { machine, holds, epochs } = await setUp()
    const { id } = await holds.place({ session: 's1' }, because)
    await holds.place({ run: 'r2' }, because)
    await holds.lift(id, because)
    await settle()
    await epochs.anchor()
    const leaves = leavesOn(machine.disk, checkpointOn(machine).size).filter(({ kind }) => kind === 'hold')
    expect(leaves).toMatchObject([
      { entry: 0, session: 's1', placed: true },
      { entry: 1, run: 'r2', placed: true },
      { entry: 2, session: 's1', placed: false },
    ])
    expect(JSON.stringify(leaves)).not.toContain('case 12')
  })
})
