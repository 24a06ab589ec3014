import { beforeEach, describe, expect, it } from 'vitest'
import { settle, SimulatedMachine } from '../runtime/simulated.ts'
import { Recordings } from './recordings.ts'
import type { ClosedRecording } from './recover.ts'

const data = '/data'
const startedAtUs = Date.UTC(2026, 0, 1) * 1000
const line = (text: string) => new TextEncoder().encode(`${text}\n`)

let machine: SimulatedMachine
let recordings: Recordings
let syncErrors: Error[]
let grown: { session: string; path: string; sizeBytes: number }[]
let sealed: ClosedRecording[]
/** What the log says when a recording is to be sealed. */
let seal: () => Promise<void>

beforeEach(() => {
  machine = new SimulatedMachine()
  syncErrors = []
  grown = []
  sealed = []
  seal = async () => {}
  recordings = new Recordings(machine, {
    directory: data,
    onSyncFailed: error => syncErrors.push(error),
    onGrown: one => grown.push(one),
    seal: async closed => {
      await seal()
      sealed.push(closed)
    },
  })
})

const path = (session: string) => `${data}/sessions/2026-01-01/${session}.cast`
const content = (session: string) => new TextDecoder().decode(machine.disk.read(path(session)))
const openNames = () => machine.disk.list(`${data}/open`)

/** Pulls the plug and gives what is left: what it lacks had not been synced. */
function afterPowerLoss(session: string): string {
  machine.disk.losePower()
  return machine.disk.exists(path(session)) ? content(session) : ''
}

describe('a recording', () => {
  it('lies in the folder of the day it began, and is marked as open until it is finished', async () => {
    const file = recordings.open('s1', startedAtUs)
    expect(openNames()).toEqual(['s1'])
    file.write(line('one'))
    expect(content('s1')).toBe('one\n')
    file.finish(line('end'), { reason: 'client closed', commands: 0 })
    expect(openNames()).toEqual(['s1'])
    await settle()
    expect(openNames()).toEqual([])
    expect(content('s1')).toBe('one\nend\n')
    expect(() => file.write(line('late'))).toThrow('a closed recording takes no more lines')
  })

  it('is synced by one at a time and closed once, though some wait again while others do', async () => {
    machine.disk.syncMs = 20
    const file = recordings.open('s1', startedAtUs)
    file.write(line('one'))
    const waits = file
      .durable()
      .then(() => file.durable())
      .then(() => file.durable())
    file.finish(line('end'), { reason: 'client closed', commands: 0 })
    await machine.advance(1000)
    await waits
    expect(sealed).toHaveLength(1)
    expect(afterPowerLoss('s1')).toBe('one\nend\n')
  })

  it('says how it grows', () => {
    const file = recordings.open('s1', startedAtUs)
    file.write(line('one'))
    file.write(line('two'))
    expect(grown).toEqual([
      { session: 's1', path: path('s1'), sizeBytes: 4 },
      { session: 's1', path: path('s1'), sizeBytes: 8 },
    ])
    expect(file.sizeBytes).toBe(8)
  })

  it('is never opened over another', () => {
    recordings.open('s1', startedAtUs)
    expect(() => recordings.open('s1', startedAtUs)).toThrow('EEXIST')
  })

  it('is synced within 200 ms of a line, without anyone asking', async () => {
    const file = recordings.open('s1', startedAtUs)
    file.write(line('one'))
    await machine.advance(200)
    expect(afterPowerLoss('s1')).toBe('one\n')
  })

  it('holds what was synced for all at once, for a gateway that stops', async () => {
    for (const session of ['s1', 's2']) recordings.open(session, startedAtUs).write(line(session))
    await recordings.syncAll()
    machine.disk.losePower()
    expect([content('s1'), content('s2')]).toEqual(['s1\n', 's2\n'])
  })
})

describe('group commit', () => {
  it('lets all who wait for the sync that follows share one', async () => {
    machine.disk.syncMs = 10
    const file = recordings.open('s1', startedAtUs)
    const story: string[] = []
    file.write(line('one'))
    void file.durable().then(() => story.push('one'))
    file.write(line('two'))
    void file.durable().then(() => story.push('two'))
    file.write(line('three'))
    void file.durable().then(() => story.push('three'))
    // Two syncs of 10 ms for three callers: the one under way does not cover the bytes that came after it began.
    await machine.advance(10)
    expect(story).toEqual(['one'])
    await machine.advance(9)
    expect(story).toEqual(['one'])
    await machine.advance(1)
    expect(story).toEqual(['one', 'two', 'three'])
    expect(afterPowerLoss('s1')).toBe('one\ntwo\nthree\n')
  })

  it('lets nobody go on whose bytes a loss of power could take', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      machine = new SimulatedMachine({ seed })
      machine.disk.syncMs = 7
      recordings = new Recordings(machine, { directory: data, onSyncFailed: () => {}, onGrown: () => {} })
      const file = recordings.open('s1', startedAtUs)
      const durable: number[] = []
      for (let n = 0; n < 10; n++) {
        file.write(line(String(n)))
        void file.durable().then(() => durable.push(n))
        await machine.advance(machine.random(1)[0]! % 5)
      }
      const kept = afterPowerLoss('s1')
      for (const n of durable) expect(kept).toContain(`${n}\n`)
    }
  })
})

describe('a disk that fails', () => {
  it('tears the line, and the mark of an open recording stays', () => {
    const file = recordings.open('s1', startedAtUs)
    file.write(line('one'))
    machine.disk.failWritesAfter(2)
    expect(() => file.write(line('two'))).toThrow('ENOSPC')
    file.abandon(0)
    expect(content('s1')).toBe('one\ntw')
    expect(openNames()).toEqual(['s1'])
  })

  it('that cannot take the last line leaves the recording to recovery, or to when there is room', async () => {
    const file = recordings.open('s1', startedAtUs)
    file.write(line('one'))
    machine.disk.failWritesAfter(2)
    file.finish(line('end'), { reason: 'client closed', commands: 7 })
    await machine.advance(1000)
    expect(openNames()).toEqual(['s1'])
    expect(recordings.left).toBe(1)
    machine.disk.failWritesAfter(3)
    await expect(recordings.closeLeft()).rejects.toThrow('ENOSPC')
    expect(sealed).toEqual([])
    machine.disk.heal()
    await recordings.closeLeft()
    expect(content('s1')).toMatch(/^one\n\[0\.?0*,"e","\{\\"reason\\":\\"interrupted\\",\\"commands\\":7,.*\n$/)
    expect(sealed).toEqual([{ session: 's1', path: path('s1'), sizeBytes: content('s1').length, reason: 'interrupted' }])
    expect(openNames()).toEqual([])
    expect(recordings.left).toBe(0)
    expect(syncErrors).toEqual([])
  })

  it('to discard leaves what never began to recovery', () => {
    const file = recordings.open('s1', startedAtUs)
    machine.disk.becomeReadOnly()
    file.discard()
    expect(openNames()).toEqual(['s1'])
  })

  it('to sync is told of, and nobody who waits goes on', async () => {
    machine.disk.syncMs = 10
    const file = recordings.open('s1', startedAtUs)
    file.write(line('one'))
    let wentOn = 0
    void file.durable().then(() => wentOn++)
    void file.durable().then(() => wentOn++)
    machine.disk.failSyncs()
    await machine.advance(1000)
    expect(syncErrors).toMatchObject([{ code: 'EIO' }])
    // Not even once the disk says that all is well again.
    machine.disk.heal()
    void file.durable().then(() => wentOn++)
    file.finish(line('end'), { reason: 'client closed', commands: 0 })
    await machine.advance(1000)
    expect(wentOn).toBe(0)
    expect(openNames()).toEqual(['s1'])
  })

  it('to create the file leaves a mark at most', () => {
    machine.disk.becomeReadOnly()
    expect(() => recordings.open('s1', startedAtUs)).toThrow('EROFS')
  })
})

describe('closing while a sync is under way', () => {
  it('waits for the last lines to be on disk', async () => {
    machine.disk.syncMs = 10
    const file = recordings.open('s1', startedAtUs)
    file.write(line('one'))
    void file.durable()
    file.finish(line('end'), { reason: 'client closed', commands: 0 })
    await machine.advance(19)
    expect(openNames()).toEqual(['s1'])
    await machine.advance(1)
    expect(openNames()).toEqual([])
    expect(afterPowerLoss('s1')).toBe('one\nend\n')
  })

  it('keeps the file until the sync is over when it is abandoned', async () => {
    machine.disk.syncMs = 10
    const file = recordings.open('s1', startedAtUs)
    file.write(line('one'))
    let isDurable = false
    void file.durable().then(() => (isDurable = true))
    file.abandon(0)
    file.abandon(0)
    await machine.advance(10)
    expect(isDurable).toBe(true)
    expect(openNames()).toEqual(['s1'])
  })

  it('does not trouble the sync that comes by the clock', async () => {
    machine.disk.syncMs = 150
    const file = recordings.open('s1', startedAtUs)
    file.write(line('one'))
    await machine.advance(199)
    void file.durable()
    file.finish(line('end'), { reason: 'client closed', commands: 0 })
    await machine.advance(2000)
    expect(openNames()).toEqual([])
    expect(syncErrors).toEqual([])
  })
})

describe('a recording that is over', () => {
  const over = () => {
    const file = recordings.open('s1', startedAtUs)
    file.write(line('one'))
    file.finish(line('end'), { reason: 'run ended', commands: 0 })
    return recordings.allClosed()
  }

  it('is sealed once it is on disk, and marked as open until then', async () => {
    machine.disk.syncMs = 10
    let isSealed = () => {}
    seal = () => {
      expect(afterPowerLoss('s1')).toBe('one\nend\n')
      return new Promise(resolve => (isSealed = resolve))
    }
    let isClosed = false
    void over().then(() => (isClosed = true))
    await machine.advance(10)
    expect({ isClosed, marked: openNames(), sealed }).toEqual({ isClosed: false, marked: ['s1'], sealed: [] })
    isSealed()
    await settle()
    expect({ isClosed, marked: openNames() }).toEqual({ isClosed: true, marked: [] })
    expect(sealed).toEqual([{ session: 's1', path: path('s1'), sizeBytes: 8, reason: 'run ended' }])
  })

  it('is left where the log does not take its seal, and sealed when it does', async () => {
    seal = () => Promise.reject(Object.assign(new Error('the log is full'), { code: 'log_failed' }))
    await over()
    expect({ left: recordings.left, marked: openNames() }).toEqual({ left: 1, marked: ['s1'] })
    await expect(recordings.closeLeft()).rejects.toThrow('the log is full')
    seal = async () => {}
    await recordings.closeLeft()
    expect({ left: recordings.left, marked: openNames(), content: content('s1') }).toEqual({ left: 0, marked: [], content: 'one\nend\n' })
    expect(sealed).toHaveLength(1)
  })

  it('and did not begin is nowhere', async () => {
    const file = recordings.open('s1', startedAtUs)
    file.write(line('one'))
    file.discard()
    await machine.advance(1000)
    expect(openNames()).toEqual([])
    expect(machine.disk.exists(path('s1'))).toBe(false)
    expect(sealed).toEqual([])
  })

  it('is on disk for whoever asks for all, also when another asked before', async () => {
    machine.disk.syncMs = 50
    recordings.open('s1', startedAtUs).write(line('one'))
    void recordings.syncAll()
    let isDurable = false
    void recordings.syncAll().then(() => (isDurable = true))
    await machine.advance(49)
    expect(isDurable).toBe(false)
    await machine.advance(1)
    expect(isDurable).toBe(true)
  })
})
