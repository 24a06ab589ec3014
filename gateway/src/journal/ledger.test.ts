import { describe, expect, it } from 'vitest'
import { SimulatedMachine } from '../runtime/simulated.ts'
import { Ledger, LedgerDamaged, LedgerFailed, readLedger, type LedgerEvent } from './ledger.ts'

const by = { kind: 'token', name: 'ci' } as const
const terminated = (session: string): LedgerEvent => ({ kind: 'terminate', session, by })
const path = '/data/ledger.ndjson'
const salt = '"salt":"AAAAAAAAAAAAAAAA"'

function machineWithData(): SimulatedMachine {
  const machine = new SimulatedMachine()
  machine.disk.makeDirectory('/data')
  return machine
}

function open(machine: SimulatedMachine) {
  const failures: Error[] = []
  return { ...Ledger.open(machine, { directory: '/data', onSyncFailed: error => failures.push(error) }), failures }
}

const sessionsIn = (machine: SimulatedMachine) =>
  readLedger(machine.disk, '/data').map(entry => ('session' in entry ? entry.session : entry.kind))

describe('Ledger', () => {
  it('gives everything back at the next start, with its time', async () => {
    const machine = machineWithData()
    const { ledger } = open(machine)
    await ledger.append(terminated('a'))
    machine.clock.step(5)
    await ledger.append(terminated('b'))
    const { entries } = open(machine)
    expect(entries.map(entry => entry.atUs)).toEqual([1_767_225_600_000_000, 1_767_225_600_005_000])
    expect(entries).toMatchObject([terminated('a'), terminated('b')])
  })

  it('acknowledges nothing that a loss of power could take back', async () => {
    for (let seed = 1; seed < 20; seed++) {
      const machine = new SimulatedMachine({ seed })
      machine.disk.makeDirectory('/data')
      machine.disk.syncMs = 10
      const { ledger } = open(machine)
      const acknowledged: string[] = []
      const asked = ['a', 'b', 'c'].map(session => ledger.append(terminated(session)).then(() => acknowledged.push(session)))
      await machine.advance(15)
      machine.disk.losePower()
      open(machine)
      expect(sessionsIn(machine)).toEqual(expect.arrayContaining(acknowledged))
      expect(acknowledged).toEqual(['a'])
      void asked
    }
  })

  it('keeps a torn last line aside and goes on after the whole ones, as often as it happens', async () => {
    const machine = machineWithData()
    await open(machine).ledger.append(terminated('a'))
    for (const n of [1, 2]) {
      machine.disk.append(path, { exclusive: false }).write(new TextEncoder().encode('{"atUs":1,"ki'))
      expect(open(machine).tornBytes).toBe(13)
      expect(new TextDecoder().decode(machine.disk.read(`/data/ledger.torn-${n}`))).toBe('{"atUs":1,"ki')
    }
    await open(machine).ledger.append(terminated('b'))
    expect(sessionsIn(machine)).toEqual(['a', 'b'])
  })

  it('refuses an entry that a full disk does not take, leaving no half of it', async () => {
    const machine = machineWithData()
    const { ledger } = open(machine)
    await ledger.append(terminated('a'))
    machine.disk.failWritesAfter(20)
    expect(() => ledger.append(terminated('b'))).toThrow(LedgerFailed)
    machine.disk.heal()
    await ledger.append(terminated('c'))
    expect(open(machine).tornBytes).toBe(0)
    expect(sessionsIn(machine)).toEqual(['a', 'c'])
  })

  it('refuses everything once half an entry cannot be taken back', () => {
    const machine = machineWithData()
    const { ledger } = open(machine)
    machine.disk.becomeReadOnly()
    expect(() => ledger.append(terminated('a'))).toThrow(LedgerFailed)
    machine.disk.heal()
    machine.disk.failWritesAfter(10)
    machine.disk.failSyncs()
    expect(() => ledger.append(terminated('b'))).toThrow(LedgerFailed)
    machine.disk.heal()
    expect(() => ledger.append(terminated('c'))).toThrow(LedgerFailed)
  })

  it('stops the gateway when the disk does not make an entry durable', async () => {
    const machine = machineWithData()
    const { ledger, failures } = open(machine)
    machine.disk.failSyncs()
    await expect(ledger.append(terminated('a'))).rejects.toThrow(LedgerFailed)
    expect(failures).toHaveLength(1)
    machine.disk.heal()
    expect(() => ledger.append(terminated('b'))).toThrow(LedgerFailed)
  })

  it.each([
    ['not JSON', 'x', 'expected a line of JSON'],
    ['without a time', '{"kind":"terminate"}', 'expected `atUs`, a whole number of microseconds'],
    ['without a salt', '{"atUs":1,"kind":"terminate","session":"a"}', 'expected `salt`, 16 characters of base64url'],
    ['of a kind this version does not know', `{"atUs":1,"kind":"agent.suspend",${salt}}`, 'expected an entry this version knows: kind'],
    [
      'with a field too many',
      `{"atUs":1,"kind":"terminate","session":"a","by":{"kind":"token","name":"x"},"secret":1,${salt}}`,
      'expected an entry',
    ],
  ])('does not start on a line that is %s', (_, line, message) => {
    const machine = machineWithData()
    machine.disk.append(path, { exclusive: true }).write(new TextEncoder().encode(`${line}\n`))
    expect(() => open(machine)).toThrow(LedgerDamaged)
    expect(() => open(machine)).toThrow(`${path}:1: ${message}`)
  })
})
