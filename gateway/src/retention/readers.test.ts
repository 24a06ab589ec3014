import { describe, expect, it } from 'vitest'
import { LedgerFailed, readLedger } from '../journal/ledger.ts'
import { checkpointOn, leavesOn } from '../log/test-log.ts'
import { settle, SimulatedMachine } from '../runtime/simulated.ts'
import { readAgainMs } from './readers.ts'
import { ada, bob, data, openTestRetention } from './test-retention.ts'

describe('a reader of a recording', () => {
  it('is in the ledger once in a quarter of an hour, for each recording', async () => {
    const machine = new SimulatedMachine()
    const { readers } = await openTestRetention(machine)
    const seen = () =>
      readLedger(machine.disk, data).map(entry => (entry.kind === 'read' ? `${entry.by.name} ${entry.session}` : entry.kind))
    for (const who of [ada, ada, bob]) await readers.note('s1', who)
    await readers.note('s2', ada)
    expect(seen()).toEqual(['ada s1', 'bob s1', 'ada s2'])
    await machine.advance(readAgainMs - 1)
    await readers.note('s1', ada)
    expect(seen()).toHaveLength(3)
    await machine.advance(1)
    await readers.note('s1', ada)
    expect(seen()).toEqual(['ada s1', 'bob s1', 'ada s2', 'ada s1'])
  })

  it('leaves a leaf that does not say who it was', async () => {
    const machine = new SimulatedMachine()
    const { readers, epochs } = await openTestRetention(machine)
    await readers.note('s1', ada)
    await settle()
    await epochs.anchor()
    const leaves = leavesOn(machine.disk, checkpointOn(machine).size).filter(({ kind }) => kind === 'read')
    expect(leaves).toMatchObject([{ entry: 0, session: 's1' }])
    expect(JSON.stringify(leaves)).not.toContain('ada')
  })

  it('is shown nothing while the ledger cannot be written', async () => {
    const machine = new SimulatedMachine()
    const { readers } = await openTestRetention(machine)
    machine.disk.becomeReadOnly()
    await expect(readers.note('s1', ada)).rejects.toThrow(LedgerFailed)
    machine.disk.heal()
    await readers.note('s1', ada)
    expect(readLedger(machine.disk, data)).toHaveLength(1)
  })
})
