import { describe, expect, it } from 'vitest'
import { settle } from './simulated.ts'
import { SharedRun } from './shared-run.ts'

/** A run that a test ends, one after the other. */
function controlled() {
  const ends: { resolve: () => void; reject: (error: Error) => void }[] = []
  const shared = new SharedRun(() => new Promise<void>((resolve, reject) => ends.push({ resolve, reject })))
  return { shared, ends }
}

describe('a shared run', () => {
  it('begins at once when nothing is under way', async () => {
    const { shared, ends } = controlled()
    const run = shared.run()
    ends[0]!.resolve()
    await run
    expect(ends).toHaveLength(1)
  })

  it('is the next one for all who come while one is under way', async () => {
    const { shared, ends } = controlled()
    const done: string[] = []
    void shared.run().then(() => done.push('first'))
    const others = Promise.all([shared.run().then(() => done.push('second')), shared.run().then(() => done.push('third'))])
    await settle()
    expect(ends).toHaveLength(1)
    ends[0]!.resolve()
    await settle()
    expect(ends).toHaveLength(2)
    expect(done).toEqual(['first'])
    ends[1]!.resolve()
    await others
    expect(ends).toHaveLength(2)
  })

  it('is never two at a time, also for who comes just when one ends', async () => {
    let running = 0
    let most = 0
    const shared = new SharedRun(async () => {
      most = Math.max(most, ++running)
      await settle()
      running--
    })
    const runs: Promise<void>[] = []
    for (let i = 0; i < 20; i++) {
      runs.push(
        shared.run(),
        shared.run().then(() => shared.run()),
      )
      await settle()
    }
    await Promise.all(runs)
    expect(most).toBe(1)
  })

  it('fails for those who share it, and not for the next', async () => {
    const { shared, ends } = controlled()
    const first = shared.run()
    const second = shared.run()
    ends[0]!.reject(new Error('no'))
    await expect(first).rejects.toThrow('no')
    await settle()
    ends[1]!.resolve()
    await second
    await shared.settled()
  })

  it('is waited for until nothing is under way', async () => {
    const { shared, ends } = controlled()
    void shared.run().catch(() => {})
    void shared.run()
    let isSettled = false
    void shared.settled().then(() => (isSettled = true))
    ends[0]!.reject(new Error('no'))
    await settle()
    expect(isSettled).toBe(false)
    ends[1]!.resolve()
    await settle()
    expect(isSettled).toBe(true)
  })
})
