import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { LineRange } from '../model.ts'
import { hashLeaf } from '../proof/hash.ts'
import { coverRange } from '../proof/tree.ts'
import { parseHash } from '../proof/base64.ts'
import { CompactRange } from '../proof/compact-range.ts'
import { eraseLines, withoutLines } from './erase-lines.ts'
import { ErasureError } from './erasure-error.ts'
import { RecordingWriter } from './line-writer.ts'
import { linesOfCommand } from './lines-of-command.ts'
import { readRecording } from './read.ts'
import type { RecordingSource } from './recording-source.ts'
import { seeded, testHeader, testSalts } from './test-session.ts'
import { utf8Decoder } from './utf8.ts'

const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()

describe('eraseLines', () => {
  it('takes the named lines out and leaves everything else as it was', () => {
    const bytes = session('nqoaoqoaoe')
    const [gap, ...rest] = eraseLines(sha256, sourceOf(bytes), { ranges: [{ from: 2, to: 6 }], erasure: 'e1' })
    expect(rest).toEqual([])
    expect(gap!.record).toMatchObject({ from: 2, to: 6, erasure: 'e1' })
    const before = readRecording(bytes)
    const after = readRecording(erased(bytes, [{ from: 2, to: 6 }]))
    expect(after.header).toEqual(before.header)
    const stays = (line: number) => line < 2 || line >= 6
    const told = ({ line, atUs, event, salt }: (typeof before.events)[number]) => ({ line, atUs, event, salt })
    expect(after.events.filter(({ event }) => event.code !== 'v').map(told)).toEqual(
      before.events.filter(({ line }) => stays(line)).map(told),
    )
    expect(after.events.find(({ event }) => event.code === 'v')).toMatchObject({ line: 2, atUs: before.events[4]!.atUs })
  })

  it('keeps the root of the tree, whatever is erased of whatever session, one erasure after another', () => {
    const refused = new Set<string>()
    for (let seed = 1; seed <= 300; seed++) {
      const random = seeded(seed)
      const codes = `n${Array.from({ length: 1 + random(40) }, () => 'qnoam'[random(5)]!).join('')}e`
      const whole = session(codes)
      const { lines, root } = headOf(whole)
      let bytes = whole
      for (let round = 0; round < 3; round++) {
        const from = 1 + random(lines - 1)
        const range = { from, to: from + 1 + random(lines - from) }
        try {
          bytes = erased(bytes, [range], `e${round}`)
        } catch (error) {
          if (!(error instanceof ErasureError)) throw error
          refused.add(error.code)
          continue
        }
        expect(headOf(bytes)).toEqual({ lines, root })
        mustCoverSalts(codes, bytes)
        const gone = readRecording(bytes).events.flatMap(({ event }) => (event.code === 'v' ? [event.erased] : []))
        expect(gone.some(gap => gap.from <= range.from && range.to <= gap.to)).toBe(true)
      }
    }
    // Everything else can be erased.
    expect([...refused].sort()).toEqual(['already_erased', 'lines_exposed'])
  })

  it('takes more lines along where a hash would be left of lines without a salt alone', () => {
    expect(grownFrom('nnnnqoaoe', { from: 6, to: 7 })).toEqual([[6, 8]])
    expect(grownFrom('nnnnqoaoe', { from: 8, to: 9 })).toEqual([[8, 10]])
    expect(grownFrom('nnnnqoooooaoe', { from: 6, to: 8 })).toEqual([[4, 8]])
    expect(grownFrom('nnnnqoaoe', { from: 5, to: 6 })).toEqual([[5, 6]])
  })

  it('refuses lines whose hash would stay guessable, and says which they are', () => {
    expect(errorOf(() => erased(session('oqoae'), [{ from: 1, to: 3 }]))).toMatchObject({
      code: 'lines_exposed',
      message: expect.stringContaining('lines 1 to 1'),
    })
    expect(errorOf(() => erased(session('noone'), [{ from: 2, to: 4 }]))).toMatchObject({
      code: 'lines_exposed',
      message: expect.stringContaining('lines 2 to 3'),
    })
  })

  it('joins ranges that touch, and leaves apart those that do not', () => {
    const bytes = session('nqoaoqoaoqoaoe')
    const gaps = (ranges: LineRange[]) =>
      eraseLines(sha256, sourceOf(bytes), { ranges, erasure: 'e' }).map(({ record }) => [record.from, record.to])
    expect(
      gaps([
        { from: 8, to: 10 },
        { from: 2, to: 4 },
      ]),
    ).toEqual([
      [2, 4],
      [8, 10],
    ])
    expect(
      gaps([
        { from: 4, to: 6 },
        { from: 2, to: 4 },
      ]),
    ).toEqual([[2, 6]])
  })

  it('says how the session ended where the line that says so is erased', () => {
    const after = readRecording(erased(session('nqoaoe'), [{ from: 4, to: 7 }]))
    expect(after.events.at(-1)?.event).toMatchObject({
      code: 'v',
      erased: { from: 4, to: 7, end: { reason: 'client closed', commands: 1 } },
    })
    const again = readRecording(erased(erased(session('nqoaoe'), [{ from: 4, to: 7 }]), [{ from: 2, to: 5 }]))
    expect(again.events.at(-1)?.event).toMatchObject({
      code: 'v',
      erased: { from: 2, to: 7, end: { reason: 'client closed', commands: 1 } },
    })
  })

  it('takes lines that were erased before along as a whole', () => {
    const once = erased(session('nqoaoqoaoe'), [{ from: 2, to: 5 }], 'first')
    const twice = readRecording(erased(once, [{ from: 4, to: 8 }], 'second'))
    expect(twice.events.flatMap(({ event }) => (event.code === 'v' ? [event.erased] : []))).toMatchObject([
      { from: 2, to: 8, erasure: 'second' },
    ])
  })

  it('refuses the header, lines that are not there, lines that are erased, and a session that is open', () => {
    const bytes = session('nqoaoe')
    for (const range of [
      { from: 0, to: 2 },
      { from: 2, to: 2 },
      { from: 3, to: 2 },
      { from: 5, to: 8 },
    ])
      expect(errorOf(() => erased(bytes, [range]))).toMatchObject({ code: 'lines_missing' })
    expect(errorOf(() => erased(erased(bytes, [{ from: 2, to: 5 }]), [{ from: 3, to: 4 }]))).toMatchObject({ code: 'already_erased' })
    expect(errorOf(() => erased(session('nqoao'), [{ from: 2, to: 4 }]))).toMatchObject({ code: 'recording_open' })
  })

  it('takes no line along where the transcript stands beside salts, as the writer puts it', () => {
    const writer = begun()
    for (let n = 1; n <= 9; n++) {
      if (n % 3 === 0) writer.notice(n, { kind: 'gateway', message: 'shifts what follows' })
      command(writer, n)
      answer(writer, n, n)
      writer.output(n, `rows of ${n}`)
      if (n % 4 === 0) writer.output(n, 'more')
    }
    writer.end(10, { reason: 'client closed', commands: 9 })
    const bytes = writer.take().slice()
    for (let n = 1; n <= 9; n++) {
      const { events } = readRecording(erased(bytes, linesOfCommand(sourceOf(bytes), n)))
      const left = events.flatMap(({ event }) => (event.code === 'q' ? [event.command.n] : event.code === 'a' ? [event.answer.n] : []))
      expect(left).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9].filter(other => other !== n).flatMap(other => [other, other]))
      expect(events.filter(({ event }) => event.code === 'n')).toHaveLength(3)
      expect(events.at(-1)?.event.code).toBe('e')
    }
  })

  it('leaves nothing of what was said', () => {
    const bytes = erased(session('nqoaoqoaoe'), [{ from: 2, to: 6 }])
    expect(utf8Decoder.decode(bytes)).not.toContain('text of 1')
    expect(utf8Decoder.decode(bytes)).not.toContain('shown 1')
    expect(utf8Decoder.decode(bytes)).toContain('text of 2')
  })
})

describe('linesOfCommand', () => {
  it('gives a command, its answers, and their transcript', () => {
    expect(linesOf('nqoaoqoaoe', 1)).toEqual([[2, 6]])
    expect(linesOf('nqoaoqoaoe', 2)).toEqual([[6, 10]])
  })

  it('leaves out other commands of the same pipeline, and takes the transcript that may tell of both', () => {
    const writer = begun()
    command(writer, 1)
    command(writer, 2)
    answer(writer, 1)
    answer(writer, 2)
    writer.event('o', 90, 'rows of both')
    writer.end(100, { reason: 'client closed', commands: 2 })
    expect(rangesIn(writer.take().slice(), 1)).toEqual([
      [1, 4],
      [6, 7],
      [8, 9],
    ])
  })

  it('goes past what another command shows first', () => {
    const writer = begun()
    command(writer, 1)
    answer(writer, 1)
    command(writer, 2)
    writer.event('o', 90, 'rows of 1')
    writer.end(100, { reason: 'client closed', commands: 2 })
    expect(rangesIn(writer.take().slice(), 1)).toEqual([
      [1, 5],
      [8, 9],
    ])
  })

  it('takes along the commands that ran its text', () => {
    const writer = begun()
    command(writer, 1)
    command(writer, 2)
    command(writer, 3, 1)
    writer.end(100, { reason: 'client closed', commands: 3 })
    expect(rangesIn(writer.take().slice(), 1)).toEqual([
      [1, 4],
      [6, 8],
    ])
  })

  it('refuses a command that is not there', () => {
    expect(errorOf(() => linesOf('nqoaoe', 2))).toMatchObject({ code: 'command_missing' })
    expect(errorOf(() => linesOfCommand(sourceOf(erased(session('nqoaoe'), [{ from: 2, to: 6 }])), 1))).toMatchObject({
      code: 'command_missing',
    })
  })
})

/** A session whose lines have these codes. */
function session(codes: string): Uint8Array {
  const writer = begun()
  let n = 0
  let atUs = 0
  for (const code of codes) {
    atUs += 1_234_567
    if (code === 'n') writer.notice(atUs, { kind: 'setting', name: 'a', value: String(atUs) })
    if (code === 'q') {
      n++
      writer.command(atUs, {
        n,
        kind: 'query',
        text: `text of ${n}`,
        transaction: 'idle',
        decision: { verdict: 'allow', policyVersion: 'v' },
      })
    }
    if (code === 'o') writer.event('o', atUs, `shown ${n}`)
    if (code === 'm') writer.event('m', atUs, `mark ${n}`)
    if (code === 'a' && n > 0) answer(writer, n, atUs)
    if (code === 'a' && n === 0) writer.event('o', atUs, 'x')
    if (code === 'e') writer.end(atUs, { reason: 'client closed', commands: n })
  }
  return writer.take().slice()
}

function begun(): RecordingWriter {
  const writer = new RecordingWriter(testSalts())
  writer.header(testHeader(), { cols: 80, rows: 24 }, 'erasure')
  return writer
}

/** A command, and at once what it shows. */
function command(writer: RecordingWriter, n: number, prepared?: number): void {
  writer.command(n, {
    n,
    kind: 'query',
    text: `text of ${n}`,
    prepared,
    transaction: 'idle',
    decision: { verdict: 'allow', policyVersion: 'v' },
  })
  writer.output(n, `shown ${n}`)
}

function answer(writer: RecordingWriter, n: number, atUs = 50): void {
  writer.answer(atUs, n)
  writer.part({ kind: 'end', transaction: 'idle' })
  writer.closeAnswer()
}

function sourceOf(bytes: Uint8Array): RecordingSource {
  return { sizeBytes: bytes.length, read: ({ start, end }) => bytes.subarray(start, end) }
}

function erased(bytes: Uint8Array, ranges: LineRange[], erasure = 'e'): Uint8Array {
  const source = sourceOf(bytes)
  return Uint8Array.from([...withoutLines(source, eraseLines(sha256, source, { ranges, erasure }))].flatMap(piece => [...piece]))
}

function grownFrom(codes: string, range: LineRange): number[][] {
  return eraseLines(sha256, sourceOf(session(codes)), { ranges: [range], erasure: 'e' }).map(({ record }) => [record.from, record.to])
}

function linesOf(codes: string, n: number): number[][] {
  return rangesIn(session(codes), n)
}

function rangesIn(bytes: Uint8Array, n: number): number[][] {
  return linesOfCommand(sourceOf(bytes), n).map(({ from, to }) => [from, to])
}

/** Lines and root as a verifier finds them: erased lines count with the hashes that are left. */
function headOf(bytes: Uint8Array): { lines: number; root: string } {
  const { events } = readRecording(bytes)
  const tree = new CompactRange(sha256)
  tree.append(hashLeaf(sha256, bytes.subarray(0, bytes.indexOf(0x0a))))
  for (const { event, offset, sizeBytes } of events) {
    if (event.code === 'v') {
      const { from, to, hashes } = event.erased
      coverRange(from, to).forEach(({ level }, i) => tree.appendSubtree(2 ** level, parseHash(hashes[i]!)))
    } else tree.append(hashLeaf(sha256, bytes.subarray(offset, offset + sizeBytes - 1)))
  }
  return { lines: tree.size, root: String(tree.root()) }
}

/** Each hash that is left stands for at least one line that had a salt. */
function mustCoverSalts(codes: string, bytes: Uint8Array): void {
  const whole = readRecording(session(codes)).events
  for (const { event } of readRecording(bytes).events) {
    if (event.code !== 'v') continue
    for (const { level, index } of coverRange(event.erased.from, event.erased.to)) {
      const lines = whole.filter(({ line }) => line >= index * 2 ** level && line < (index + 1) * 2 ** level)
      expect(lines.some(({ salt }) => salt !== null)).toBe(true)
    }
  }
}

function errorOf(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  throw new Error('expected an error')
}
