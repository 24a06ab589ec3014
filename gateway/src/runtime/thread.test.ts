import { describe, expect, it } from 'vitest'
import { createMakeWay } from './thread.ts'

describe('making way', () => {
  function worker(waits: number[]): number[] {
    const slept: number[] = []
    let waitedNs = 1e9
    const makeWay = createMakeWay({ waitedNs: () => waitedNs, sleep: ms => slept.push(ms) })
    for (const ms of waits) {
      waitedNs += ms * 1e6
      makeWay()
    }
    return slept
  }

  it('sleeps some times as long as it was kept waiting, and not for ever', () => {
    expect(worker([5, 0, 10, 1000])).toEqual([20, 40, 250])
  })

  it('does not sleep where nobody wants the processors', () => {
    expect(worker([0, 0.1, 0.2])).toEqual([])
  })

  it('works where it is, whatever the system tells of it', () => {
    const makeWay = createMakeWay()
    for (let times = 0; times < 10; times++) makeWay()
  })
})
