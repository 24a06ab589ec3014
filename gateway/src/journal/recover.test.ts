import { eventMeanings, readRecording, RecordingWriter, SaltPool, type RecordingHeader } from '@steno/recordings'
import { describe, expect, it } from 'vitest'
import { settle, SimulatedMachine } from '../runtime/simulated.ts'
import { Recordings } from './recordings.ts'
import { recover as recoverAll, type ClosedRecording, type Recovered } from './recover.ts'

const data = '/data'
const startedAtUs = Date.UTC(2026, 0, 1) * 1000
const path = `${data}/sessions/2026-01-01/s1.cast`
const torn = `${data}/sessions/2026-01-01/s1.torn`

const salts = new SaltPool(sizeBytes => new Uint8Array(sizeBytes))

const header: RecordingHeader = {
  v: 1,
  events: eventMeanings,
  session: 's1',
  gateway: 'gw',
  protocol: 'postgres',
  target: { name: 'shop', address: 'db:5432', labels: {} },
  run: { id: 'r1', attempt: 1, task: null, trigger: null, agentVersion: null, parent: null },
  principal: { kind: 'agent', name: 'reporter', groups: [] },
  delegation: [],
  client: { address: '10.0.0.1:5000', application: null, tls: false },
  startedAtUs,
  policyVersion: 'none',
}

/** The batches of a session of two commands, without its end. */
function scriptedBatches(): Uint8Array[] {
  const writer = new RecordingWriter(salts)
  const batches: Uint8Array[] = []
  const take = () => batches.push(writer.take().slice())
  writer.header(header, { cols: 80, rows: 24 }, 'reporter · shop')
  take()
  for (const [n, text] of [
    [1, "select 'é\u0000\"\n'"],
    [2, 'delete from t'],
  ] as const) {
    writer.command(n * 1000, { n, kind: 'query', text, transaction: 'idle', decision: { verdict: 'allow', policyVersion: 'none' } })
    writer.output(n * 1000, `=> ${text}\r\n`)
    take()
    writer.answer(n * 1000 + 500, n)
    writer.part({ kind: 'rows', rows: [['1', null, '\u202e']] })
    writer.part({ kind: 'done', tag: 'SELECT 1', rows: 1 })
    writer.part({ kind: 'end', transaction: 'idle' })
    writer.closeAnswer()
    take()
  }
  return batches
}

function endLine(): Uint8Array {
  const writer = RecordingWriter.continuing({ lastAtUs: 2500 }, salts)
  writer.end(3000, { reason: 'client closed', commands: 2 })
  return writer.take().slice()
}

const session = Buffer.concat(scriptedBatches())

/** A machine whose gateway was killed when so much of the session was in the kernel. */
function killedAfter(bytes: Uint8Array): SimulatedMachine {
  const machine = new SimulatedMachine()
  const recordings = new Recordings(machine, { directory: data, onSyncFailed: () => {}, onGrown: () => {} })
  const file = recordings.open('s1', startedAtUs)
  if (bytes.length > 0) file.write(bytes)
  return machine
}

/** Recovers; gives what was done, apart from what is closed, and what was sealed. */
async function recover(
  machine: SimulatedMachine,
  directory: string,
  { unsealed = [], unlogged = [] }: { unsealed?: string[]; unlogged?: string[] } = {},
): Promise<(Recovered & { sealed: boolean })[]> {
  let sealed: ClosedRecording[] = []
  const all = await recoverAll(machine, directory, { unsealed: new Set(unsealed), unlogged, seal: async closed => void (sealed = closed) })
  return all.map(one => ({ ...one, sealed: sealed.some(closed => closed === one.closed) }))
}

const commandsIn = (bytes: Uint8Array) =>
  readRecording(bytes).events.flatMap(({ event }) => (event.code === 'q' ? [event.command.text] : []))
const apartFromSalts = (bytes: Uint8Array) => new TextDecoder().decode(bytes).replaceAll(/salt\\":\\"[\w-]{16}/g, 'salt')
const wholeLines = (bytes: Uint8Array) => bytes.subarray(0, bytes.lastIndexOf(0x0a) + 1)

describe('recovery', () => {
  it('closes a session killed at any byte, keeping every whole line', async () => {
    const headerBytes = session.indexOf(0x0a) + 1
    for (let length = 0; length <= session.length; length++) {
      const written = session.subarray(0, length)
      const machine = killedAfter(written)
      const [recovered] = await recover(machine, data)
      const whole = wholeLines(written)
      expect(recovered).toMatchObject({ session: 's1', tornBytes: length - whole.length, sealed: length >= headerBytes })
      expect(machine.disk.list(`${data}/open`)).toEqual([])
      expect(machine.disk.exists(torn)).toBe(length > whole.length)
      if (length > whole.length) expect(Buffer.from(machine.disk.read(torn)).equals(written.subarray(whole.length))).toBe(true)
      expect(machine.disk.exists(path)).toBe(length >= headerBytes)
      if (length < headerBytes) continue
      const file = Buffer.from(machine.disk.read(path))
      expect(recovered?.closed).toEqual({ session: 's1', path, sizeBytes: file.length, reason: 'interrupted' })
      expect(file.subarray(0, whole.length).equals(whole)).toBe(true)
      const { events } = readRecording(file)
      const commands = commandsIn(whole)
      expect(events.at(-1)?.event).toEqual({ code: 'e', end: { reason: 'interrupted', commands: commands.length } })
      expect(commandsIn(file)).toEqual(commands)
    }
  })

  it('sets the torn line of a full disk aside', async () => {
    const machine = new SimulatedMachine()
    const recordings = new Recordings(machine, { directory: data, onSyncFailed: () => {}, onGrown: () => {} })
    const file = recordings.open('s1', startedAtUs)
    const [first, second] = scriptedBatches() as [Uint8Array, Uint8Array]
    file.write(first)
    machine.disk.failWritesAfter(20)
    expect(() => file.write(second)).toThrow('ENOSPC')
    file.abandon(0)
    machine.disk.heal()
    expect(await recover(machine, data)).toMatchObject([{ session: 's1', tornBytes: 20 }])
    expect(machine.disk.read(torn)).toEqual(second.slice(0, 20))
    expect(commandsIn(machine.disk.read(path))).toEqual([])
  })

  it('removes a recording without its first line, and a mark without a recording', async () => {
    const machine = killedAfter(new Uint8Array(0))
    machine.disk.append(`${data}/open/ghost`, { exclusive: true }).close()
    expect(await recover(machine, data)).toMatchObject([
      { session: 'ghost', closed: null, isMissing: false },
      { session: 's1', closed: null, tornBytes: 0, isMissing: false },
    ])
    expect(machine.disk.exists(path)).toBe(false)
    expect(machine.disk.list(`${data}/open`)).toEqual([])
  })

  it('adds no second end to a session that had its own', async () => {
    const bytes = Buffer.concat([session, endLine()])
    const machine = killedAfter(bytes)
    expect(await recover(machine, data)).toMatchObject([
      { session: 's1', closed: { sizeBytes: bytes.length, reason: 'client closed' }, tornBytes: 0, sealed: true },
    ])
    expect(Buffer.from(machine.disk.read(path)).equals(bytes)).toBe(true)
  })

  it('closes what the log knows as open, marked or not, and says what is missing', async () => {
    const machine = killedAfter(session)
    machine.disk.remove(`${data}/open/s1`)
    const recovered = await recover(machine, data, { unsealed: ['s1', 'gone'] })
    expect(recovered).toMatchObject([
      { session: 's1', closed: { reason: 'interrupted' }, isMissing: false, sealed: true },
      { session: 'gone', closed: null, isMissing: true },
    ])
  })

  it('closes what nothing but its own first line tells of', async () => {
    const machine = killedAfter(session)
    machine.disk.remove(`${data}/open/s1`)
    expect(await recover(machine, data, { unlogged: ['s1'] })).toMatchObject([{ session: 's1', sealed: true }])
  })

  it('says that a recording is missing which the log knows and of which no line is left', async () => {
    const machine = killedAfter(new Uint8Array(0))
    expect(await recover(machine, data, { unsealed: ['s1'] })).toMatchObject([{ session: 's1', closed: null, isMissing: true }])
  })

  it('takes no mark away before all is sealed', async () => {
    const machine = killedAfter(session)
    const failing = recoverAll(machine, data, { unsealed: new Set(), unlogged: [], seal: () => Promise.reject(new Error('no')) })
    await expect(failing).rejects.toThrow('no')
    expect(machine.disk.list(`${data}/open`)).toEqual(['s1'])
    expect(await recover(machine, data)).toMatchObject([{ sealed: true }])
  })

  it('leaves a session that was finished alone', async () => {
    const machine = new SimulatedMachine()
    const recordings = new Recordings(machine, { directory: data, onSyncFailed: () => {}, onGrown: () => {} })
    const file = recordings.open('s1', startedAtUs)
    file.write(session)
    file.finish(endLine(), { reason: 'client closed', commands: 2 })
    await settle()
    expect(await recover(machine, data)).toEqual([])
    expect(readRecording(machine.disk.read(path)).events.at(-1)?.event).toMatchObject({ code: 'e', end: { reason: 'client closed' } })
  })

  it('done twice changes nothing', async () => {
    const machine = killedAfter(session.subarray(0, -3))
    await recover(machine, data)
    const before = { cast: machine.disk.read(path), torn: machine.disk.read(torn) }
    expect(await recover(machine, data)).toEqual([])
    machine.disk.append(`${data}/open/s1`, { exclusive: true }).close()
    expect(await recover(machine, data)).toMatchObject([{ tornBytes: 0 }])
    expect({ cast: machine.disk.read(path), torn: machine.disk.read(torn) }).toEqual(before)
  })

  it('killed at any of its own bytes is done by the next, and keeps the torn line it found', async () => {
    const written = session.subarray(0, -3)
    const evidence = written.subarray(wholeLines(written).length)
    const expected = killedAfter(written)
    await recover(expected, data)
    for (let room = 0; ; room++) {
      const machine = killedAfter(written)
      machine.disk.failWritesAfter(room)
      let isDone = true
      try {
        await recover(machine, data)
      } catch {
        isDone = false
      }
      machine.disk.heal()
      await recover(machine, data)
      expect(apartFromSalts(machine.disk.read(path))).toEqual(apartFromSalts(expected.disk.read(path)))
      expect(Buffer.from(machine.disk.read(torn)).equals(evidence)).toBe(true)
      if (isDone) break
    }
  })

  it('finds a line that is torn after a very long one', async () => {
    const long = new RecordingWriter(salts)
    long.header(header, { cols: 80, rows: 24 }, 'x')
    long.output(10, 'x'.repeat(3 << 20))
    const whole = long.take().slice()
    const machine = killedAfter(Buffer.concat([whole, Buffer.alloc(2_500_000, 'y')]))
    expect(await recover(machine, data)).toMatchObject([{ tornBytes: 2_500_000 }])
    expect(readRecording(machine.disk.read(path)).events.map(({ event }) => event.code)).toEqual(['s', 's', 'o', 'e'])
  })
})
