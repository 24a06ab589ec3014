import { describe, expect, it } from 'vitest'
import type { AnswerPart, Cell, CommandKind, Content, Decision, NoticeRecord, RecordedEvent, TransactionState } from '../model.ts'
import { RecordingWriter } from './line-writer.ts'
import { parseEvent, readRecording, RecordingReader, type PlacedLine } from './read.ts'
import { RecordingError } from './recording-error.ts'
import { seeded, testHeader, testSalts } from './test-session.ts'
import { utf8Decoder, utf8Encoder } from './utf8.ts'

const term = { cols: 120, rows: 36 }

describe('RecordingReader', () => {
  it('gives back what was written, for many random sessions', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const { events, bytes } = randomSession(seed, 12)
      const read = readRecording(bytes)
      expect(read.header.steno).toEqual(testHeader())
      expect(read.events.map(({ atUs, event }) => ({ atUs, event }))).toEqual(events)
    }
  })

  it('gives the same events wherever the bytes are cut', () => {
    const { bytes } = randomSession(7, 6)
    const whole = readRecording(bytes).events
    for (let cut = 0; cut <= bytes.length; cut++) expect(readPieces([bytes.subarray(0, cut), bytes.subarray(cut)])).toEqual(whole)
  })

  it('gives the same events a byte at a time', () => {
    for (const seed of [11, 12, 13]) {
      const { bytes } = randomSession(seed, 6)
      expect(readPieces(Array.from(bytes, (_, i) => bytes.subarray(i, i + 1)))).toEqual(readRecording(bytes).events)
    }
  })

  it('does not depend on the caller keeping the bytes it was given', () => {
    const { bytes } = randomSession(5, 6)
    const reader = new RecordingReader()
    const events: PlacedLine[] = []
    const buffer = new Uint8Array(100)
    for (let at = 0; at < bytes.length; at += buffer.length) {
      const piece = bytes.subarray(at, at + buffer.length)
      buffer.set(piece)
      events.push(...reader.push(buffer.subarray(0, piece.length)))
      buffer.fill(0)
    }
    expect(events).toEqual(readRecording(bytes).events)
  })

  it('says where each line stands in the file', () => {
    const { bytes } = randomSession(3, 10)
    const { events } = readRecording(bytes)
    const newlines = [...bytes.keys()].filter(i => bytes[i] === 0x0a)
    expect(events.map(({ line }) => line)).toEqual(newlines.slice(1).map((_, i) => i + 1))
    for (const { line, offset, sizeBytes, event } of events) {
      expect(offset).toBe(newlines[line - 1]! + 1)
      expect(offset + sizeBytes).toBe(newlines[line]! + 1)
      expect(parseEvent(utf8Decoder.decode(bytes.subarray(offset, offset + sizeBytes - 1)), line).event).toEqual(event)
    }
  })

  it('names the place where a torn last line starts, at every length of it', () => {
    const { bytes } = randomSession(9, 4)
    const last = bytes.subarray(0, -1).lastIndexOf(0x0a) + 1
    for (let end = last + 1; end < bytes.length; end++) {
      const reader = new RecordingReader()
      const events = [...reader.push(bytes.subarray(0, end))]
      expect(reader.tornAt).toBe(last)
      expect(reader.lines).toBe(events.length + 1)
      expect(errorOf(() => reader.finish())).toMatchObject({ code: 'torn_line', line: reader.lines })
    }
  })

  it('accepts a recording that is still open after any whole line', () => {
    const { bytes } = randomSession(9, 4)
    for (let end = bytes.indexOf(0x0a) + 1; end > 0; end = bytes.indexOf(0x0a, end) + 1) {
      const reader = new RecordingReader()
      for (const _ of reader.push(bytes.subarray(0, end))) expect(reader.header).not.toBeNull()
      reader.finish()
      expect(reader.tornAt).toBeNull()
      expect(reader.isEnded).toBe(end === bytes.length)
    }
  })

  it('gives what stood before a wrong line, and says the same error from then on', () => {
    const { bytes } = randomSession(2, 5)
    const good = readRecording(bytes).events
    const reader = new RecordingReader()
    const events: PlacedLine[] = []
    const push = (piece: Uint8Array) =>
      errorOf(() => {
        for (const placed of reader.push(piece)) events.push(placed)
      })
    const first = push(concat([bytes, utf8Encoder.encode('[0,"o","late"]\n')]))
    expect(first).toMatchObject({ code: 'after_end', line: good.length + 1 })
    expect(events).toEqual(good)
    expect(push(utf8Encoder.encode('[0,"o","later"]\n'))).toBe(first)
    expect(errorOf(() => reader.finish())).toBe(first)
  })

  it('refuses a line that is longer than the limit before it has all of it', () => {
    const header = header0()
    const reader = new RecordingReader({ lineBytesMax: header.length })
    expect([...reader.push(header)]).toEqual([])
    const long = new Uint8Array(header.length).fill(0x20)
    expect([...reader.push(long)]).toEqual([])
    expect(errorOf(() => [...reader.push(long.subarray(0, 1))])).toMatchObject({ code: 'line_too_long', line: 1 })
    const whole = new RecordingReader({ lineBytesMax: 10 })
    expect(errorOf(() => [...whole.push(header)])).toMatchObject({ code: 'line_too_long', line: 0 })
  })

  it('never throws anything but its own error, whatever bytes of a recording are changed', () => {
    const { bytes } = randomSession(21, 8)
    const random = seeded(99)
    for (let round = 0; round < 3000; round++) {
      const changed = bytes.slice()
      for (let n = random(3); n >= 0; n--) changed[random(changed.length)] = random(256)
      try {
        readRecording(changed)
      } catch (error) {
        expect(error).toBeInstanceOf(RecordingError)
      }
    }
  })

  it('adds up intervals without drift', () => {
    const writer = new RecordingWriter(testSalts())
    writer.header(testHeader(), term, 'drift')
    for (let i = 1; i <= 10_000; i++) writer.output(i * 100_001, '.')
    expect(readRecording(writer.take()).events.at(-1)!.atUs).toBe(1_000_010_000)
  })
})

function readPieces(pieces: Uint8Array[]): PlacedLine[] {
  const reader = new RecordingReader()
  const events = pieces.flatMap(piece => [...reader.push(piece)])
  reader.finish()
  return events
}

function header0(): Uint8Array {
  const writer = new RecordingWriter(testSalts())
  writer.header(testHeader(), term, 'test')
  return writer.take().slice()
}

function errorOf(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  throw new Error('expected an error')
}

function concat(pieces: Uint8Array[]): Uint8Array {
  return Uint8Array.from(pieces.flatMap(piece => [...piece]))
}

const awkward = [
  ...Array.from({ length: 0x22 }, (_, code) => String.fromCharCode(code)),
  '"',
  '\\',
  '\\"',
  '\\ud800',
  '/',
  '\x7f',
  '\x85',
  'é',
  '日本',
  '😀',
  '👩‍👩‍👧',
  '\u2028',
  '\u2029',
  '\ufeff',
  '\ufffd',
  '\u202e',
  '<script>alert(1)</script>',
  '\x1b[31m',
  '":',
  '{"n":1}',
  ' plain text ',
  'a',
]

function randomSession(seed: number, commands: number): { events: { atUs: number; event: RecordedEvent }[]; bytes: Uint8Array } {
  const random = seeded(seed)
  const one = <T>(values: readonly T[]): T => values[random(values.length)]!
  const text = () => Array.from({ length: random(6) }, () => one(awkward)).join('')
  const some = <T>(value: () => T) => Array.from({ length: random(4) }, value)
  const maybe = <T extends object>(fields: () => T): T | Record<never, never> => (random(2) ? fields() : {})
  const hex = () => Array.from({ length: random(5) }, () => random(256).toString(16).padStart(2, '0')).join('')
  const state = () => one<TransactionState>(['idle', 'transaction', 'failed'])
  const cell = () =>
    one<() => Cell>([
      text,
      text,
      () => null,
      () => ({ hex: hex() }),
      () => ({ cut: text(), lengthBytes: random(1e9), sha256: 'ab'.repeat(32) }),
      () => ({ masked: random(2) ? text() : null, rule: text() }),
    ])()
  const content = () => one<Content>([{ text: text() }, { base64: one(['', 'AA==', 'AAE=', 'AAEC']) }])
  const notice = () => ({
    severity: text(),
    code: '42P01',
    message: text(),
    ...maybe(() => ({ detail: text(), hint: text() })),
    ...maybe(() => ({ fields: { schema: text(), ['2']: text(), ['__proto__x']: text() } })),
  })
  const decision = (): Decision => ({
    verdict: one(['allow', 'hold', 'deny']),
    policyVersion: text(),
    ...maybe(() => ({ rule: text(), reason: text() })),
    ...maybe(() => ({ witnessed: { size: random(2 ** 40), by: some(text) } })),
  })
  const column = () => ({
    name: text(),
    type: text(),
    typeOid: random(2 ** 32),
    tableOid: random(2 ** 32),
    attribute: random(100) - 8,
    format: one(['text', 'binary'] as const),
  })
  const part = () =>
    one<() => AnswerPart>([
      () => ({ kind: 'columns', columns: some(column) }),
      () => ({ kind: 'rows', rows: some(() => some(cell)) }),
      () => ({ kind: 'parameters', oids: some(() => random(2 ** 32)), types: some(text) }),
      () => ({ kind: 'copy', direction: one(['in', 'out', 'both']), binary: random(2) === 0, columns: random(9) }),
      () => ({ kind: 'data', content: content() }),
      () => ({ kind: 'value', value: cell() }),
      () => ({ kind: 'notice', notice: notice() }),
      () => ({ kind: 'error', error: notice(), by: one(['target', 'gateway']) }),
      () => ({ kind: 'done', tag: text(), rows: random(2 ** 40), ...maybe(() => ({ affected: random(9) })) }),
      () => ({ kind: one(['prepared', 'bound', 'empty', 'skipped']) }),
      () => ({ kind: 'suspended', rows: random(9) }),
      () => ({ kind: 'end', transaction: state() }),
    ])()
  const outside = () =>
    one<() => NoticeRecord>([
      () => ({ kind: 'notice', notice: notice() }),
      () => ({ kind: 'notification', channel: text(), payload: text(), process: random(1e6) }),
      () => ({ kind: 'setting', name: text(), value: text() }),
      () => ({ kind: 'gateway', message: text() }),
    ])()
  const between = (n: number) =>
    one<() => RecordedEvent>([
      () => ({ code: 'a', answer: { n: 1 + random(n), parts: [part(), ...some(part)] } }),
      () => ({ code: 'b', body: { n: 1 + random(n), content: content() } }),
      () => ({ code: 'd', decision: { n: 1 + random(n), decision: decision() } }),
      () => ({ code: 'n', notice: outside() }),
      () => ({ code: 'o', output: text() }),
      () => ({ code: 'm', label: text() }),
      () => ({ code: 'r', size: '132x43' }),
      () => ({ code: 'other', letter: one(['z', 'X', 'i', 'x']), data: text() }),
    ])()

  let atUs = 0
  const at = (event: RecordedEvent) => ({ atUs: (atUs += one([0, 1, 999, 1_000_000, random(5e6), random(1e11)])), event })
  const events = Array.from({ length: commands }, (_, i) => i + 1).flatMap(n => [
    at({
      code: 'q',
      command: {
        n,
        kind: one<CommandKind>(['query', 'prepare', 'bind', 'execute', 'call']),
        text: text(),
        ...maybe(() => ({ parameters: some(() => ({ type: text(), oid: random(2 ** 32), value: cell() })) })),
        ...maybe(() => ({ statement: text(), portal: text(), rowsMax: 1 + random(1000) })),
        ...(n > 1 && random(2) ? { prepared: 1 + random(n - 1) } : {}),
        transaction: state(),
        decision: decision(),
      },
    }),
    ...some(() => at(between(n))),
  ])
  events.push(at({ code: 'e', end: { reason: 'client closed', commands, ...maybe(() => ({ message: text() })) } }))
  const writer = new RecordingWriter(testSalts())
  writer.header(testHeader(), term, text())
  for (const { atUs: time, event } of events) writer.write(time, event)
  expect(writer.line).toBe(events.length + 1)
  return { events, bytes: writer.take() }
}
