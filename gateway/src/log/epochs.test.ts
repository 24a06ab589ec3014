import { expect, it } from 'vitest'
import { Ledger } from '../journal/ledger.ts'
import { data, machineWithData, openTestRoom } from './test-log.ts'

it('calls a line that comes after a quiet half minute young, not half a minute old', async () => {
  const machine = machineWithData()
  const { ledger } = Ledger.open(machine, { directory: data, onSyncFailed: () => {} })
  const { epochs, log } = await openTestRoom(machine, ledger)
  epochs.start()
  await machine.advance(30_000)
  expect(epochs.unanchoredSeconds).toBe(0)
  log.append({ kind: 'config', hash: `${'A'.repeat(43)}=` })
  expect(epochs.unanchoredSeconds).toBeLessThanOrEqual(1)
  await machine.advance(2_000)
  expect(epochs.unanchoredSeconds).toBe(0)
})

it('says how old a line is that the disk does not let behind a checkpoint', async () => {
  const machine = machineWithData()
  const { ledger } = Ledger.open(machine, { directory: data, onSyncFailed: () => {} })
  const { epochs, log } = await openTestRoom(machine, ledger)
  await machine.advance(30_000)
  log.append({ kind: 'config', hash: `${'A'.repeat(43)}=` })
  await machine.advance(7_000)
  expect(epochs.unanchoredSeconds).toBeGreaterThanOrEqual(7)
})
