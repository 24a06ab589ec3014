import type { Progress, RehearsalReport } from '@steno/policy-dsl'
import { expect, it } from 'vitest'
import { createFullRehearsal } from './create-full-rehearsal.ts'

const report = { commands: 3 } as RehearsalReport

/** Rehearsals that end when the test says so. */
function setUp() {
  const running: {
    source: string
    signal: AbortSignal
    onProgress: (progress: Progress) => void
    resolve: (report: RehearsalReport) => void
    reject: (error: Error) => void
  }[] = []
  const rehearsal = createFullRehearsal(
    (source, options) => new Promise((resolve, reject) => running.push({ source, ...options, resolve, reject })),
  )
  return { rehearsal, running }
}

const settled = () => new Promise<void>(resolve => queueMicrotask(() => queueMicrotask(resolve)))

it('says how far it is, and what came of which text', async () => {
  const { rehearsal, running } = setUp()
  rehearsal.start('text')
  rehearsal.start('another, while one is under way')
  expect(running.map(({ source }) => source)).toEqual(['text'])
  running[0]!.onProgress({ sessions: 1, of: 2, commands: 3 })
  expect(rehearsal.state()).toEqual({ is: 'running', progress: { sessions: 1, of: 2, commands: 3 } })
  running[0]!.resolve(report)
  await settled()
  expect(rehearsal.state()).toEqual({ is: 'done', source: 'text', report })
})

it('ends when it is cancelled, and hears nothing more of it', async () => {
  const { rehearsal, running } = setUp()
  rehearsal.start('one')
  rehearsal.cancel()
  expect(running[0]!.signal.aborted).toBe(true)
  expect(rehearsal.state()).toEqual({ is: 'idle' })
  rehearsal.start('two')
  running[0]!.onProgress({ sessions: 9, of: 9, commands: 9 })
  running[0]!.reject(new Error('aborted'))
  await settled()
  expect(rehearsal.state()).toEqual({ is: 'running', progress: null })
})

it('says why nothing came of it, and forgets what was of other history', async () => {
  const { rehearsal, running } = setUp()
  rehearsal.start('text')
  running[0]!.reject(new Error('as many rehearsals as there may be are under way'))
  await settled()
  expect(rehearsal.state()).toEqual({ is: 'failed', reason: 'as many rehearsals as there may be are under way' })
  rehearsal.clear()
  expect(rehearsal.state()).toEqual({ is: 'idle' })
})
