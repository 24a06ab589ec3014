import { eventMeanings, RecordingWriter, SaltPool, type AnswerPart, type Cell, type RecordingHeader } from '@steno/recordings'
import { describe, expect, it } from 'vitest'
import type { ByteRange, FrameDetail, SearchHit } from './frame.ts'
import { Recording, type RecordingUpdate } from './recording.ts'
import type { RecordingSource } from './recording-source.ts'

const header: RecordingHeader = {
  v: 1,
  events: eventMeanings,
  session: 'ses_1',
  gateway: 'steno',
  protocol: 'postgres',
  target: { name: 'shop', address: '127.0.0.1:5432', labels: {} },
  run: { id: 'run_1', attempt: 1, task: null, trigger: null, agentVersion: null, parent: null },
  principal: { kind: 'agent', name: 'agent', groups: [] },
  delegation: [],
  client: { address: '127.0.0.1:1', application: null, tls: false },
  startedAtUs: 1_795_222_882_000_000,
  policyVersion: 'none',
}
const allow = { verdict: 'allow' as const, policyVersion: 'none' }
const column = { name: 'id', type: 'int8', typeOid: 20, tableOid: 0, attribute: 0, format: 'text' as const }

/** A file that can grow, and that remembers what was read of it. */
function fileOf(bytes: Uint8Array, chunkBytes = 1000) {
  const ranges: ByteRange[] = []
  const file = { bytes, ranges }
  const source: RecordingSource = {
    async stream(from) {
      const whole = file.bytes
      return {
        totalBytes: whole.length,
        chunks: (async function* () {
          for (let at = from; at < whole.length; at += chunkBytes) yield whole.slice(at, Math.min(whole.length, at + chunkBytes))
        })(),
      }
    },
    async read(range) {
      ranges.push(range)
      return file.bytes.slice(range.from, range.to)
    },
  }
  return { file, source, ranges }
}

/** A session of one command with a large result in lines of a hundred rows, and one with two results. */
function write(options: { isEnded: boolean }): Uint8Array {
  const writer = new RecordingWriter(new SaltPool(sizeBytes => new Uint8Array(sizeBytes)))
  writer.header(header, { cols: 80, rows: 24 }, 'test')
  const answer = (n: number, parts: AnswerPart[]) => writer.write(0, { code: 'a', answer: { n, parts } })
  writer.command(0, { n: 1, kind: 'query', text: 'select * from big', transaction: 'idle', decision: allow })
  answer(1, [{ kind: 'columns', columns: [column] }])
  for (let at = 0; at < 5000; at += 100)
    answer(1, [{ kind: 'rows', rows: Array.from({ length: 100 }, (_, i): Cell[] => [String(at + i)]) }])
  answer(1, [
    { kind: 'done', tag: 'SELECT 5000', rows: 5000 },
    { kind: 'end', transaction: 'idle' },
  ])
  writer.command(0, { n: 2, kind: 'query', text: 'select 1; select 2', transaction: 'idle', decision: allow })
  answer(2, [
    { kind: 'columns', columns: [column] },
    { kind: 'rows', rows: [['a'], ['b']] },
    { kind: 'done', tag: 'SELECT 2', rows: 2 },
    { kind: 'columns', columns: [column] },
    { kind: 'rows', rows: [['needle']] },
    { kind: 'done', tag: 'SELECT 1', rows: 1 },
    { kind: 'end', transaction: 'idle' },
  ])
  writer.command(0, { n: 3, kind: 'query', text: 'copy t from stdin', transaction: 'idle', decision: allow })
  answer(3, [{ kind: 'copy', direction: 'in', binary: false, columns: 1 }])
  writer.body(0, { n: 3, content: { text: 'one\n' } })
  writer.body(0, { n: 3, content: { text: 'two\n' } })
  answer(3, [
    { kind: 'done', tag: 'COPY 2', rows: 0, affected: 2 },
    { kind: 'end', transaction: 'idle' },
  ])
  if (options.isEnded) writer.end(0, { reason: 'client closed', commands: 3 })
  return writer.take().slice()
}

async function read(source: RecordingSource) {
  const recording = new Recording(source)
  const updates: RecordingUpdate[] = []
  const readOn = () =>
    recording.readOn(
      update => updates.push(update),
      () => false,
      new AbortController().signal,
    )
  await readOn()
  return { recording, updates, readOn, last: () => updates.at(-1)! }
}

function sectionsOf(detail: FrameDetail) {
  return detail.kind === 'command' ? detail.sections : []
}

describe('Recording', () => {
  it('reads to the end and knows that it is closed', async () => {
    const { last } = await read(fileOf(write({ isEnded: true })).source)
    expect(last().reading).toBe('complete')
    expect(last().frames.map(frame => [frame.n, frame.rows, frame.outcome])).toEqual([
      [1, 5000, 'ok'],
      [2, 3, 'ok'],
      [3, 0, 'ok'],
      [0, 0, 'said'],
    ])
  })

  it('gives any rows of a large result and reads only the lines they stand on', async () => {
    const { source, ranges, file } = fileOf(write({ isEnded: true }))
    const { recording } = await read(source)
    const detail = await recording.detail(0)
    expect(sectionsOf(detail)).toHaveLength(1)
    expect(sectionsOf(detail)[0]).toMatchObject({ kind: 'table', rows: 5000, done: { tag: 'SELECT 5000' } })
    ranges.length = 0
    expect(await recording.rows({ index: 0, result: 0, first: 4250, count: 120 })).toEqual(
      Array.from({ length: 120 }, (_, i) => [String(4250 + i)]),
    )
    const readBytes = ranges.reduce((sum, range) => sum + range.to - range.from, 0)
    expect(readBytes).toBeLessThan(file.bytes.length / 10)
    ranges.length = 0
    await recording.rows({ index: 0, result: 0, first: 4250, count: 120 })
    expect(ranges).toHaveLength(0)
  })

  it('keeps results of one line apart', async () => {
    const { recording } = await read(fileOf(write({ isEnded: true })).source)
    const sections = sectionsOf(await recording.detail(1))
    expect(sections.map(section => section.kind === 'table' && section.rows)).toEqual([2, 1])
    expect(await recording.rows({ index: 1, result: 1, first: 0, count: 5 })).toEqual([['needle']])
  })

  it('shows what the client copied in', async () => {
    const { recording } = await read(fileOf(write({ isEnded: true })).source)
    expect(sectionsOf(await recording.detail(2))).toMatchObject([
      { kind: 'copy', direction: 'in', text: 'one\ntwo\n', isWhole: true, done: { tag: 'COPY 2' } },
    ])
  })

  it('gives the same frames wherever the bytes are cut', async () => {
    const bytes = write({ isEnded: true })
    const whole = (await read(fileOf(bytes, bytes.length).source)).last()
    const cut = (await read(fileOf(bytes, 7).source)).last()
    expect(cut.frames).toEqual(whole.frames)
  })

  it('goes on where it stopped when a live recording grows', async () => {
    const bytes = write({ isEnded: true })
    const { source, file } = fileOf(bytes)
    file.bytes = bytes.slice(0, bytes.length - 300)
    const { last, readOn, updates } = await read(source)
    expect(last().reading).toBe('open')
    file.bytes = bytes
    await readOn()
    expect(last().reading).toBe('complete')
    expect(updates.flatMap(update => update.frames).findLast(frame => frame.n > 0)).toMatchObject({ n: 3, outcome: 'ok' })
  })

  it('keeps what came before a line that is wrong, and names the line', async () => {
    const text = new TextDecoder().decode(write({ isEnded: true })).split('\n')
    text[54] = text[54]!.replace('[', '[-')
    const { last } = await read(fileOf(new TextEncoder().encode(text.join('\n'))).source)
    expect(last().reading).toBe('complete')
    expect(last().facts.refusal).toEqual({ line: 54, message: expect.stringContaining('expected an interval') })
    expect(last().frames).toHaveLength(1)
  })

  it('refuses bytes after the end', async () => {
    const bytes = write({ isEnded: true })
    const longer = new Uint8Array([...bytes, ...new TextEncoder().encode('[0,"o","more"]\n')])
    expect((await read(fileOf(longer).source)).last().facts.refusal?.message).toContain('after the end')
  })

  it('says how much of a torn last line there is', async () => {
    const bytes = write({ isEnded: false })
    const { last } = await read(fileOf(bytes.slice(0, bytes.length - 10)).source)
    expect(last().facts.tornBytes).toBeGreaterThan(0)
  })

  it('finds words in answers', async () => {
    const { recording } = await read(fileOf(write({ isEnded: true })).source)
    const found: SearchHit[] = []
    await recording.search(
      'needle',
      hits => found.push(...hits),
      () => false,
      new AbortController().signal,
    )
    expect(found).toEqual([{ index: 1, found: 'answer' }])
  })

  it('refuses a frame it does not have', async () => {
    const { recording } = await read(fileOf(write({ isEnded: true })).source)
    await expect(recording.detail(99)).rejects.toThrow('no frame 99')
  })
})
