import { describe, expect, it } from 'vitest'
import { SimulatedMachine } from '../runtime/simulated.ts'
import { Growth, type Grown } from './growth.ts'

function open() {
  const machine = new SimulatedMachine()
  const reports: Grown[] = []
  return { machine, reports, growth: new Growth(machine.clock, grown => reports.push(grown)) }
}

const grown = (session: string, sizeBytes: number): Grown => ({ session, path: `/${session}.cast`, sizeBytes })

describe('Growth', () => {
  it('reports each recording once in 100 ms, with its latest size', async () => {
    const { machine, reports, growth } = open()
    growth.add(grown('a', 1))
    growth.add(grown('b', 5))
    growth.add(grown('a', 9))
    await machine.advance(99)
    expect(reports).toEqual([])
    await machine.advance(1)
    expect(reports).toEqual([grown('a', 9), grown('b', 5)])
    await machine.advance(1000)
    expect(reports).toHaveLength(2)
    growth.add(grown('a', 10))
    await machine.advance(100)
    expect(reports).toHaveLength(3)
  })

  it('reports at once when told to, and not again', async () => {
    const { machine, reports, growth } = open()
    growth.add(grown('a', 1))
    growth.flush()
    expect(reports).toEqual([grown('a', 1)])
    await machine.advance(1000)
    expect(reports).toHaveLength(1)
  })
})
