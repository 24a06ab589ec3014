import { readSession, type PastCommands, type PastParser } from '@steno/policy-dsl'
import { RecordingError, RecordingWriter, SaltPool, readRecording, type CommandRecord } from '@steno/recordings'
import { describe, expect, it } from 'vitest'
import { History, pastParser } from './test-history.ts'

async function all(pieces: Iterable<Uint8Array>, parser: PastParser | null = pastParser): Promise<PastCommands[]> {
  const given: PastCommands[] = []
  for await (const past of readSession(pieces, parser)) given.push(past)
  return given
}

function* cutEvery(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const asking = `rule('ask', { on: target('shop'), when: op => op.verb === 'UPDATE', effect: requireApproval({ by: 'dba', within: '15m' }) })`

describe('readSession', () => {
  it('gives each command with its decision, what came of it, and its line', async () => {
    const history = new History()
    await history.publish('guard', asking)
    const id = await history.session([
      {
        text: 'SELECT id, note FROM orders',
        columns: ['id', 'note'],
        rows: [
          ['1', 'a'],
          ['2', 'b'],
        ],
      },
      { text: 'UPDATE orders SET id = 2', consent: false },
    ])
    const bytes = history.castOf(id)
    const [past] = await all([bytes])
    expect(past?.header.session).toBe(id)
    expect(past?.commands).toMatchObject([
      {
        record: { n: 1, operations: [{ verb: 'SELECT' }], decision: { verdict: 'allow' } },
        columns: ['id', 'note'],
        rows: 2,
        maskedCells: 0,
        atUs: 1_000_000,
        decidedLater: null,
      },
      { record: { n: 2, decision: { verdict: 'hold', rule: 'ask' } }, decidedLater: { verdict: 'deny' }, rows: 0 },
    ])
    expect(past?.readNow).toBe(0)
    const { events } = readRecording(bytes)
    for (const { record, line } of past?.commands ?? [])
      expect(events.find(event => event.line === line)?.event).toMatchObject({ code: 'q', command: { n: record.n } })
  })

  it('gives the same wherever the bytes are cut', async () => {
    const history = new History()
    const bytes = history.castOf(await history.session(['SELECT 1', { text: 'SELECT id FROM orders', columns: ['id'], rows: [['1']] }]))
    const whole = await all([bytes])
    expect(whole[0]?.commands).toHaveLength(2)
    for (const size of [1, 3, 64, 1000]) expect(await all(cutEvery(bytes, size)), `every ${size} bytes`).toEqual(whole)
  })

  it('reads what a command would do from its text, where no policy was asked, and says so', async () => {
    const history = new History()
    const id = await history.session(['DELETE FROM orders', 'DELETE FROM orders'])
    let isReady = false
    const parser: PastParser = {
      read: (command, protocol) => {
        expect(isReady).toBe(true)
        return pastParser.read(command, protocol)
      },
      ready: async () => void (isReady = true),
    }
    const [past] = await all([history.castOf(id)], parser)
    expect(past).toMatchObject({ readNow: 2, commands: [{ record: { operations: [{ verb: 'DELETE', tables: ['orders'] }] } }, {}] })
    expect(past?.commands[0]?.record.operations).not.toBe(past?.commands[1]?.record.operations)
  })

  it('reads nothing out of what the protocol itself refused, which it refuses under any policy', async () => {
    const history = new History()
    const refused = { text: 'DELETE FROM orders', refusal: { rule: 'readable', reason: 'fixed' } }
    const [past] = await all([history.castOf(await history.session([refused, 'SELECT 1']))])
    expect(past?.commands[0]?.record).toMatchObject({ n: 1, decision: { verdict: 'deny' } })
    expect(past?.commands[0]?.record).not.toHaveProperty('operations')
    expect(past?.readNow).toBe(1)
  })

  it('gives what stands before a line that is being written', async () => {
    const history = new History()
    const bytes = history.castOf(await history.session(['SELECT 1', 'SELECT 2']))
    const second = new TextDecoder().decode(bytes).indexOf('SELECT 2')
    const [past] = await all([bytes.subarray(0, second)])
    expect(past?.commands.map(({ record }) => record.text)).toEqual(['SELECT 1'])
    expect(await all([])).toEqual([])
    expect(await all([bytes.subarray(0, 20)])).toEqual([])
  })

  it('gives what could be read of a damaged recording, and then throws', async () => {
    const history = new History()
    const bytes = history.castOf(await history.session(['SELECT 1', 'SELECT 2']))
    const second = new TextDecoder().decode(bytes).indexOf('SELECT 2')
    const damaged = bytes.slice()
    damaged[bytes.lastIndexOf(0x0a, second) + 1] = 0x7b
    const given: PastCommands[] = []
    const reading = async () => {
      for await (const past of readSession([damaged], pastParser)) given.push(past)
    }
    await expect(reading()).rejects.toThrow(RecordingError)
    expect(given.flatMap(({ commands }) => commands.map(({ record }) => record.text))).toEqual(['SELECT 1'])
    await expect(all([new TextEncoder().encode('{}\n')])).rejects.toThrow(RecordingError)
  })

  it('gives a long session in parts, in order, and keeps back what is not over', async () => {
    const count = 45_000
    const pieces = longRecording(count, { openUntil: 15_000 })
    const parts = await all(pieces)
    const numbers = parts.flatMap(({ commands }) => commands.map(({ record }) => record.n))
    expect(numbers).toEqual(Array.from({ length: count }, (_, i) => i + 1))
    expect(parts.length).toBeGreaterThan(1)
    // The second command is over long after others that came later; its rows are counted all the same.
    expect(parts.flatMap(({ commands }) => commands)[1]).toMatchObject({ record: { n: 2 }, rows: 1 })
    expect(Math.max(...parts.map(({ commands }) => commands.length))).toBeLessThan(count)
  })
})

/** Many commands of one session; the answer to the second ends only with a much later one. */
function* longRecording(count: number, { openUntil }: { openUntil: number }): Generator<Uint8Array> {
  const header = readRecording(emptyCast).header.steno
  const writer = new RecordingWriter(new SaltPool(sizeBytes => new Uint8Array(sizeBytes)))
  writer.header(header, { cols: 80, rows: 24 }, 'long')
  const record = (n: number): CommandRecord => ({
    n,
    kind: 'query',
    text: 'SELECT 1',
    transaction: 'idle',
    operations: [],
    decision: { verdict: 'allow', policyVersion: 'none' },
  })
  for (let n = 1; n <= count; n++) {
    writer.command(n, record(n))
    if (n !== 2) finish(n)
    if (n === openUntil) finish(2)
    if (n % 1000 === 0) yield writer.take().slice()
  }
  yield writer.take().slice()

  function finish(n: number): void {
    writer.answer(count + n, n)
    writer.part({ kind: 'rows', rows: [['1']] })
    writer.part({ kind: 'end', transaction: 'idle' })
    writer.closeAnswer()
  }
}

const empty = new History()
const emptyCast = empty.castOf(await empty.session([]))
