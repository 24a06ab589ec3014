import type { Witnessed } from '@steno/recordings'
import { describe, expect, it } from 'vitest'
import type { EvidenceOutcome } from '../guard/law.ts'
import { SimulatedMachine } from '../runtime/simulated.ts'
import { WitnessedEvidence } from './witnessed-evidence.ts'

/** A log whose epochs end when the test says, and that witnesses sign when it says. */
function rig() {
  const machine = new SimulatedMachine()
  const ends: { resolve: () => void; reject: (error: Error) => void }[] = []
  const state = { lines: 0, signed: null as Witnessed | null }
  const evidence = new WitnessedEvidence({
    clock: machine.clock,
    anchor: () => new Promise((resolve, reject) => ends.push({ resolve, reject })),
    anchoredLines: () => state.lines,
    signedBy: () => state.signed,
  })
  const over = new AbortController()
  let outcome: EvidenceOutcome | null = null
  const ask = (signal = over.signal) =>
    void evidence.witnessed({ session: 's', lines: 5, withinMs: 2000 }, signal).then(settled => (outcome = settled))
  return { machine, ends, state, over, ask, outcome: () => outcome }
}

const quorum: Witnessed = { size: 9, by: ['w.example/1'] }

describe('a command that waits for witnesses', () => {
  it('goes as soon as an epoch that has its lines is signed by a quorum', async () => {
    const on = rig()
    on.ask()
    await on.machine.advance(100)
    expect(on.outcome()).toBe(null)
    Object.assign(on.state, { lines: 5, signed: quorum })
    on.ends[0]!.resolve()
    await on.machine.advance(0)
    expect(on.outcome()).toEqual({ witnessed: true, by: quorum })
    await on.machine.advance(5000)
    expect(on.ends).toHaveLength(1)
  })

  it('does not go on what was signed of fewer lines', async () => {
    const on = rig()
    on.ask()
    Object.assign(on.state, { lines: 4, signed: quorum })
    on.ends[0]!.resolve()
    await on.machine.advance(499)
    expect([on.outcome(), on.ends.length]).toEqual([null, 1])
    await on.machine.advance(1)
    on.state.lines = 6
    on.ends[1]!.resolve()
    await on.machine.advance(0)
    expect(on.outcome()).toMatchObject({ witnessed: true })
  })

  it('asks again while too few sign, and while the disk has no room', async () => {
    const on = rig()
    on.ask()
    on.state.lines = 5
    on.ends[0]!.resolve()
    await on.machine.advance(500)
    on.state.signed = quorum
    on.ends[1]!.reject(new Error('ENOSPC'))
    await on.machine.advance(499)
    expect(on.outcome()).toBe(null)
    await on.machine.advance(1)
    on.ends[2]!.resolve()
    await on.machine.advance(0)
    expect(on.outcome()).toMatchObject({ witnessed: true })
  })

  it('is late at its time, whatever is still under way, and late it stays', async () => {
    const on = rig()
    on.ask()
    await on.machine.advance(2000)
    expect(on.outcome()).toEqual({ witnessed: false, because: 'late' })
    Object.assign(on.state, { lines: 5, signed: quorum })
    on.ends[0]!.resolve()
    await on.machine.advance(5000)
    expect(on.outcome()).toEqual({ witnessed: false, because: 'late' })
    expect(on.ends).toHaveLength(1)
  })

  it('is withdrawn at once, before it asked as well', async () => {
    const on = rig()
    on.ask()
    on.over.abort()
    await on.machine.advance(0)
    expect(on.outcome()).toEqual({ witnessed: false, because: 'withdrawn' })
    const other = rig()
    other.ask(AbortSignal.abort())
    await other.machine.advance(5000)
    expect([other.outcome(), other.ends.length]).toEqual([{ witnessed: false, because: 'withdrawn' }, 0])
  })
})
