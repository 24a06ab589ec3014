import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ThreadedRecordingWork } from './threaded-recording-work.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'steno-recording-work-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

/** Work whose threads run a program of the test's. */
const running = (program: string) => {
  const path = join(directory, 'program.mjs')
  writeFileSync(path, `import { parentPort, workerData } from 'node:worker_threads'\n${program}`)
  return new ThreadedRecordingWork(pathToFileURL(path))
}

const how = { lines: [{ from: 1, to: 2 }], erasure: 'e' }

describe('work on recordings in threads', () => {
  it('is told what to do, and gives what came of it', async () => {
    const work = running(`parentPort.postMessage({ done: workerData })`)
    expect(await work.plan('/a.cast', { command: 2 })).toEqual({ task: 'plan', args: ['/a.cast', { command: 2 }] })
    expect(await work.rewrite('/a.cast', how)).toEqual({ task: 'rewrite', args: ['/a.cast', how] })
  })

  it('does one thing after the other', async () => {
    const work = running(`
      const at = Date.now()
      setTimeout(() => parentPort.postMessage({ done: [at, Date.now()] }), 50)`)
    const both = (await Promise.all([work.plan('/a', { command: 1 }), work.plan('/b', { command: 1 })])) as unknown as number[][]
    expect(both[1]![0]).toBeGreaterThanOrEqual(both[0]![1]!)
  })

  it('says why something cannot be erased as if it was done here', async () => {
    const work = running(`parentPort.postMessage({ failed: { message: 'the session is open', erasure: 'recording_open' } })`)
    await expect(work.plan('/a.cast', { command: 2 })).rejects.toMatchObject({ name: 'ErasureError', code: 'recording_open' })
    const broken = running(`parentPort.postMessage({ failed: { message: 'no room', erasure: null } })`)
    await expect(broken.rewrite('/a.cast', how)).rejects.toThrow('no room')
  })

  it('fails when its thread dies or ends without a word, and the next goes on', async () => {
    const work = running(`
      if (workerData.task === 'plan') throw new Error('out of luck')
      if (workerData.task === 'rewrite') parentPort.postMessage({ done: 7 })`)
    await expect(work.plan('/a', { command: 1 })).rejects.toThrow('out of luck')
    await expect(work.linesToErase('/a', how)).rejects.toThrow('ended')
    expect(await work.rewrite('/a', how)).toBe(7)
  })

  it('ends with the gateway', async () => {
    const work = running('setInterval(() => {}, 1000)')
    const planned = work.plan('/a', { command: 1 })
    const behind = work.plan('/b', { command: 1 })
    const both = Promise.allSettled([planned, behind])
    // The thread is there once the promise that starts it has settled.
    await Promise.resolve().then(() => Promise.resolve())
    work.close()
    expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  })
})
