import type { Progress, RehearsalAsk } from '@steno/policy-dsl'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RehearsalStopped, isOutOfMemory, ThreadedRehearsals } from './rehearsals.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'steno-rehearsals-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

/** Rehearsals whose threads run a program of the test's. */
const running = (program: string) => {
  const path = join(directory, 'program.mjs')
  writeFileSync(path, `import { parentPort, workerData } from 'node:worker_threads'\n${program}`)
  return new ThreadedRehearsals('/data', pathToFileURL(path))
}

const ask: RehearsalAsk = { policies: [], sinceUs: null, untilUs: null, unknowns: ['u'], isTruncated: true, showsValues: true }
const endless = 'setInterval(() => {}, 1000)'

function start(rehearsals: ThreadedRehearsals) {
  const told: Progress[] = []
  const rehearsing = rehearsals.start({ ask, sessions: ['s1', 's2'], onProgress: progress => told.push(progress) })
  return { rehearsing, told }
}

describe('rehearsals in threads', () => {
  it('are given what to rehearse, tell how far they are, and end with what came of it', async () => {
    const rehearsals = running(`
      const { ask, sessions, dataDirectory } = workerData
      parentPort.postMessage({ kind: 'progress', progress: { sessions: 1, of: sessions.length, commands: 3 } })
      parentPort.postMessage({ kind: 'report', report: { ask, dataDirectory } })`)
    const { rehearsing, told } = start(rehearsals)
    expect(await rehearsing?.report).toEqual({ ask, dataDirectory: '/data' })
    expect(told).toEqual([{ sessions: 1, of: 2, commands: 3 }])
  })

  it('are stopped wherever they are', async () => {
    const { rehearsing } = start(running('for (;;) {}'))
    rehearsing?.stop()
    await expect(rehearsing?.report).rejects.toThrow(RehearsalStopped)
  })

  it('say what they died of', async () => {
    const { rehearsing } = start(running(`throw new Error('ours')`))
    await expect(rehearsing?.report).rejects.toThrow('ours')
  })

  it('know what the runtime says of a thread that took more memory than it was given', () => {
    expect(isOutOfMemory(Object.assign(new Error('full'), { code: 'ERR_WORKER_OUT_OF_MEMORY' }))).toBe(true)
    expect(isOutOfMemory(new Error('full'))).toBe(false)
    expect(isOutOfMemory(null)).toBe(false)
  })

  it('are only so many at once, and make room when they end', async () => {
    const rehearsals = running(endless)
    const [first, second, third] = [start(rehearsals), start(rehearsals), start(rehearsals)]
    expect(third.rehearsing).toBeNull()
    first.rehearsing?.stop()
    await expect(first.rehearsing?.report).rejects.toThrow(RehearsalStopped)
    const fourth = start(rehearsals)
    expect(fourth.rehearsing).not.toBeNull()
    rehearsals.close()
    for (const { rehearsing } of [second, fourth]) await expect(rehearsing?.report).rejects.toThrow(RehearsalStopped)
  })
})
