import { describe, expect, it } from 'vitest'
import type { Cell } from '../model.ts'
import { RecordingWriter } from './line-writer.ts'
import type { RowBlock } from './row-block.ts'
import { testHeader, testSalts } from './test-session.ts'
import { utf8Decoder, utf8Encoder } from './utf8.ts'

/** What `testSalts` gives. */
const salt = 'AAAAAAAAAAAAAAAA'

describe('RecordingWriter', () => {
  it('writes intervals as exact differences of microseconds', () => {
    const writer = new RecordingWriter(testSalts())
    for (const atUs of [0, 1, 100_001, 100_001, 1_100_001, 2_000_000, 3_600_000_000.7]) writer.event('o', atUs, 'x')
    expect(lines(writer).map(line => line.slice(1, line.indexOf(',')))).toEqual(['0', '0.000001', '0.1', '0', '1', '0.899999', '3598'])
  })

  it('gives an event that claims to be earlier the time of the one before it', () => {
    const writer = new RecordingWriter(testSalts())
    for (const atUs of [5_000_000, 4_000_000, 5_000_001]) writer.event('o', atUs, 'x')
    expect(lines(writer)).toEqual(['[5,"o","x"]', '[0,"o","x"]', '[0.000001,"o","x"]'])
  })

  it('writes rows from bytes as JSON would write them from strings', () => {
    const values: Cell[] = [
      ...Array.from({ length: 0x100 }, (_, code) => `a${String.fromCharCode(code)}b`),
      '',
      null,
      '"\\"\\\\',
      '日本語 😀 \u2028 \ufeff \u202e <script>',
      'x'.repeat(40_000) + '😀'.repeat(10_000) + '\u0000'.repeat(40_000),
      'plain',
    ]
    const writer = new RecordingWriter(testSalts())
    writer.answer(0, 7)
    writer.rows(block(values, 2))
    writer.closeAnswer()
    const rows = Array.from({ length: values.length / 2 }, (_, row) => values.slice(2 * row, 2 * row + 2))
    expect(lines(writer)[0]).toBe(`[0,"a",${JSON.stringify(JSON.stringify({ n: 7, parts: [{ kind: 'rows', rows }], salt }))}]`)
  })

  it('writes a cell that is not UTF-8 as hex, whatever is wrong with it', () => {
    const broken = [
      '80',
      'ff',
      'c0af',
      'c1bf',
      'e08080',
      'e28c',
      'eda080',
      'f08080af',
      'f4908080',
      'f5808080',
      'c3',
      '61c3',
      'c361',
      'f09f98',
    ]
    for (const hex of broken) {
      const bytes = Uint8Array.from(hex.match(/../g) ?? [], pair => Number.parseInt(pair, 16))
      const writer = new RecordingWriter(testSalts())
      writer.answer(0, 1)
      writer.rows({ count: 1, columns: 1, bytes, cells: Int32Array.of(0, bytes.length) })
      writer.closeAnswer()
      expect(answer(lines(writer)[0]!).parts).toEqual([{ kind: 'rows', rows: [[{ hex }]] }])
    }
  })

  it('does not read past the end of a cell to finish its last character', () => {
    const bytes = utf8Encoder.encode('é')
    const writer = new RecordingWriter(testSalts())
    writer.answer(0, 1)
    writer.rows({ count: 1, columns: 1, bytes, cells: Int32Array.of(0, 1) })
    writer.closeAnswer()
    expect(answer(lines(writer)[0]!).parts).toEqual([{ kind: 'rows', rows: [[{ hex: 'c3' }]] }])
  })

  it('joins blocks that follow each other into one part, and only those', () => {
    const writer = new RecordingWriter(testSalts())
    writer.answer(0, 1)
    writer.rows(block(['1', '2'], 1))
    writer.rows(block([], 1))
    writer.rows(block(['3'], 1))
    writer.part({ kind: 'done', tag: 'SELECT 3', rows: 3 })
    writer.rows(block(['4'], 1))
    writer.closeAnswer()
    writer.answer(0, 1)
    writer.rows(block(['5'], 1))
    writer.closeAnswer()
    const [first, second] = lines(writer).map(answer)
    expect(first!.parts).toEqual([
      { kind: 'rows', rows: [['1'], ['2'], ['3']] },
      { kind: 'done', tag: 'SELECT 3', rows: 3 },
      { kind: 'rows', rows: [['4']] },
    ])
    expect(second!.parts).toEqual([{ kind: 'rows', rows: [['5']] }])
  })

  it('writes rows that have no columns', () => {
    const writer = new RecordingWriter(testSalts())
    writer.answer(0, 1)
    writer.rows({ count: 3, columns: 0, bytes: new Uint8Array(0), cells: new Int32Array(0) })
    writer.rows({ count: 1, columns: 0, bytes: new Uint8Array(0), cells: new Int32Array(0) })
    writer.closeAnswer()
    expect(answer(lines(writer)[0]!).parts).toEqual([{ kind: 'rows', rows: [[], [], [], []] }])
  })

  it('puts special cells in the place of the bytes', () => {
    const special = new Map<number, Cell>([
      [0, { hex: '00ff' }],
      [1, { cut: 'begin"\\', lengthBytes: 9, sha256: 'ab' }],
      [2, { masked: '***', rule: 'hide "e-mail"' }],
      [3, null],
      [4, 'seven "7"'],
    ])
    const writer = new RecordingWriter(testSalts())
    writer.answer(0, 1)
    writer.rows({ ...block(['a', 'b', 'c', 'd', 'e', 'f'], 6), special })
    writer.closeAnswer()
    expect(answer(lines(writer)[0]!).parts).toEqual([{ kind: 'rows', rows: [[...special.values(), 'f']] }])
  })

  it('leaves no line and spends no time on an answer without parts', () => {
    const writer = new RecordingWriter(testSalts())
    writer.event('o', 1_000_000, 'a')
    writer.answer(2_000_000, 1)
    writer.closeAnswer()
    writer.event('o', 3_000_000, 'b')
    expect(lines(writer)).toEqual(['[1,"o","a"]', '[2,"o","b"]'])
    expect(writer.line).toBe(2)
  })

  it('writes nothing for output that is empty', () => {
    const writer = new RecordingWriter(testSalts())
    writer.output(1, '')
    expect(writer.take().length).toBe(0)
    expect(writer.line).toBe(0)
  })

  it('replaces surrogates without a partner, so that strict readers elsewhere take the line', () => {
    const writer = new RecordingWriter(testSalts())
    writer.event('o', 0, '\ud800')
    writer.notice(0, { kind: 'gateway', message: '\udc00 \\ud800 😀' })
    const [output, notice] = lines(writer)
    expect(output).toBe('[0,"o","\ufffd"]')
    expect(JSON.parse(JSON.parse(notice!)[2])).toEqual({ kind: 'gateway', message: '\ufffd \\ud800 😀', salt })
  })

  it('keeps pairs together in a text longer than what it encodes at once', () => {
    for (const before of ['', 'x', 'xx', 'xxx']) {
      const text = before + '😀"'.repeat(30_000)
      const writer = new RecordingWriter(testSalts())
      writer.event('o', 0, text)
      expect(JSON.parse(lines(writer)[0]!)[2]).toBe(text)
    }
  })

  it('refuses a code that is not one letter, parts outside an answer, and an open answer at take', () => {
    const writer = new RecordingWriter(testSalts())
    for (const code of ['', 'qq', '1', 'é', '"']) expect(() => writer.event(code, 0, '')).toThrow('one letter')
    expect(() => writer.part({ kind: 'empty' })).toThrow('open answer')
    expect(() => writer.rows(block(['1'], 1))).toThrow('open answer')
    expect(() => writer.closeAnswer()).toThrow('open answer')
    writer.answer(0, 1)
    writer.part({ kind: 'empty' })
    expect(() => writer.take()).toThrow('closed')
    expect(() => writer.event('o', 0, 'x')).toThrow('closed')
    expect(() => writer.answer(0, 2)).toThrow('closed')
  })

  it('drops what it cannot write whole and keeps what stands before it', () => {
    const writer = new RecordingWriter(testSalts())
    writer.event('o', 1_000_000, 'a')
    expect(() => writer.command(2_000_000, { n: Number.NaN } as never)).toThrow('finite')
    for (const atUs of [Number.NaN, Infinity, 1e17]) expect(() => writer.event('o', atUs, 'x')).toThrow('time')
    writer.answer(3_000_000, 1)
    writer.rows(block(['1'], 1))
    expect(() => writer.part({ kind: 'suspended', rows: Number.NaN })).toThrow('finite')
    expect(() => writer.rows({ ...block(['2', '3'], 1), special: new Map([[1, (() => {}) as never]]) })).toThrow('JSON')
    writer.rows(block(['4'], 1))
    writer.closeAnswer()
    const [output, answered] = lines(writer)
    expect(output).toBe('[1,"o","a"]')
    expect(answered).toMatch(/^\[2,"a",/)
    expect(answer(answered!).parts).toEqual([{ kind: 'rows', rows: [['1'], ['4']] }])
    expect(writer.line).toBe(2)
  })

  it('ends each record with a salt of its own, and what stock players show with none', () => {
    const salts = Array.from({ length: 7 }, (_, i) => String(i).repeat(16))
    const left = [...salts]
    const writer = new RecordingWriter({ copyNext: (into, at) => into.set(utf8Encoder.encode(left.shift()!), at) })
    const decision = { verdict: 'allow', policyVersion: 'none' } as const
    writer.command(0, { n: 1, kind: 'query', text: '', transaction: 'idle', decision })
    writer.bodyText(0, 1, { bytes: utf8Encoder.encode('x'), ranges: Int32Array.of(0, 1), count: 1 })
    writer.body(0, { n: 1, content: { base64: '/w==' } })
    writer.decision(0, { n: 1, decision })
    writer.answer(0, 1)
    writer.part({ kind: 'empty' })
    writer.closeAnswer()
    writer.notice(0, { kind: 'gateway', message: 'x' })
    writer.end(0, { reason: 'client closed', commands: 1 })
    const records = lines(writer).map(line => JSON.parse(JSON.parse(line)[2]))
    expect(records.map(record => record.salt)).toEqual(salts)
    expect(records.map(record => Object.keys(record).at(-1))).toEqual(Array(7).fill('salt'))
    writer.event('o', 0, 'x')
    writer.event('m', 0, 'y')
    expect(lines(writer)).toEqual(['[0,"o","x"]', '[0,"m","y"]'])
  })

  it('puts the transcript beside lines with a salt, and adds one where none is', () => {
    const writer = new RecordingWriter(testSalts())
    writer.header(testHeader(), { cols: 80, rows: 24 }, 'pairs')
    const command = (n: number) => writer.notice(0, { kind: 'gateway', message: String(n) })
    writer.output(0, 'first')
    for (let n = 1; n <= 3; n++) {
      command(n)
      writer.output(0, 'x')
    }
    writer.marker(0, 'y')
    command(4)
    command(5)
    writer.output(0, 'z')
    expect(
      lines(writer)
        .map(line => (line.startsWith('{') ? 'header' : JSON.parse(line)[1]))
        .join(''),
    ).toBe('headerssonononosmnnso')
  })

  it('goes on in the middle of a recording', () => {
    const writer = RecordingWriter.continuing({ lastAtUs: 5_000_000, line: 12 }, testSalts())
    writer.end(5_250_000, { reason: 'interrupted', commands: 3 })
    expect(writer.line).toBe(13)
    expect(lines(writer)).toEqual(['[0.25,"e","{\\"reason\\":\\"interrupted\\",\\"commands\\":3,\\"salt\\":\\"AAAAAAAAAAAAAAAA\\"}"]'])
  })
})

function block(values: Cell[], columns: number): RowBlock {
  const texts = values.map(value => utf8Encoder.encode(typeof value === 'string' ? value : ''))
  const bytes = new Uint8Array(texts.reduce((sum, text) => sum + text.length, 0))
  const cells = new Int32Array(2 * values.length)
  let end = 0
  texts.forEach((text, i) => {
    bytes.set(text, end)
    cells[2 * i] = values[i] === null ? -1 : end
    cells[2 * i + 1] = end += text.length
  })
  return { count: values.length / columns, columns, bytes, cells }
}

function lines(writer: RecordingWriter): string[] {
  const text = utf8Decoder.decode(writer.take())
  expect(text.endsWith('\n')).toBe(true)
  return text.slice(0, -1).split('\n')
}

function answer(line: string): { n: number; parts: unknown[] } {
  return JSON.parse(JSON.parse(line)[2])
}
