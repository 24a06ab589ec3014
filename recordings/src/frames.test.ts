import { describe, expect, it } from 'vitest'
import type { AnswerPart, CommandRecord, Decision, Notice, RecordedEvent, TransactionState, VoidRecord } from './model.ts'
import { RecordingWriter } from './cast/line-writer.ts'
import { readRecording } from './cast/read.ts'
import { testHeader, testSalts } from './cast/test-session.ts'
import { coverRange } from './proof/tree.ts'
import { FrameBuilder, noticesKeptMax, readContents, readRows, type LinePlace, type TableFrame } from './frames.ts'

describe('FrameBuilder', () => {
  it('makes one frame of a command and its answers', () => {
    const { frames } = replay([
      [100, asks(1, 'SELECT 1')],
      [200, answers(1, columns('a', 'b'), rows(['1', null]), done('SELECT 1', 1), end())],
    ])
    expect(frames).toHaveLength(1)
    expect(frames[0]).toMatchObject({ kind: 'table', index: 0, atUs: 100, endUs: 200, status: 'ok', leaves: 'idle', transaction: null })
    expect(table(frames[0]).results).toMatchObject([{ rowCount: 1, tag: 'SELECT 1', affected: null, error: null, outcome: 'done' }])
    expect(table(frames[0]).place.line).toBe(1)
  })

  it('leaves the rows in the file and finds them again, of each result, over many lines', () => {
    const { frames, lineOf } = replay([
      [1, asks(1, 'SELECT n FROM a; SELECT n FROM b')],
      [2, answers(1, columns('n'), rows(['1'], ['2']))],
      [3, answers(1, rows(['3']))],
      [4, answers(1, rows(['4']), done('SELECT 4', 4), columns('n'), rows(['x']), done('SELECT 1', 1), end())],
    ])
    const { results } = table(frames[0])
    expect(results.map(result => result.rows.map(({ line, firstRow, rowCount, part }) => ({ line, firstRow, rowCount, part })))).toEqual([
      [
        { line: 2, firstRow: 0, rowCount: 2, part: 1 },
        { line: 3, firstRow: 2, rowCount: 1, part: 0 },
        { line: 4, firstRow: 3, rowCount: 1, part: 0 },
      ],
      [{ line: 4, firstRow: 0, rowCount: 1, part: 3 }],
    ])
    const read = results.map(result => result.rows.flatMap(range => readRows(lineOf(range), range)))
    expect(read).toEqual([[['1'], ['2'], ['3'], ['4']], [['x']]])
  })

  it('finds the content of a COPY both ways', () => {
    const { frames, lineOf } = replay([
      [1, asks(1, 'COPY t FROM STDIN')],
      [2, answers(1, { kind: 'copy', direction: 'in', binary: false, columns: 1 })],
      [3, { code: 'b', body: { n: 1, content: { text: 'in\n' } } }],
      [4, answers(1, done('COPY 1', 0, 1), end())],
      [5, asks(2, 'COPY t TO STDOUT')],
      [6, answers(2, { kind: 'copy', direction: 'out', binary: false, columns: 1 }, data('a\n'), data('b\n'))],
      [7, answers(2, data('c\n'), done('COPY 3', 3), end())],
    ])
    expect(table(frames[0]).bodies.flatMap(place => readContents(lineOf(place), place))).toEqual([{ text: 'in\n' }])
    expect(table(frames[0]).results).toMatchObject([{ copy: { direction: 'in' }, affected: 1 }])
    const [out] = table(frames[1]).results
    expect(out!.data.flatMap(place => readContents(lineOf(place), place))).toEqual([{ text: 'a\n' }, { text: 'b\n' }, { text: 'c\n' }])
  })

  it.each<[string, AnswerPart[], string]>([
    ['an error', [error('42P01'), end()], 'error'],
    ['an error after a result', [columns('a'), rows(['1']), error('22012'), end()], 'error'],
    ['an error when its transaction could not commit', [done('INSERT 0 1', 0, 1), error('23503'), end()], 'error'],
    ['a portal that stopped', [rows(['1']), { kind: 'suspended', rows: 1 }, end()], 'suspended'],
    ['nothing asked', [{ kind: 'empty' }, end()], 'empty'],
    ['what an earlier error kept from running', [{ kind: 'skipped' }, end()], 'skipped'],
    ['a text planned', [{ kind: 'prepared' }, columns('a'), end()], 'ok'],
    ['an answer still coming', [columns('a')], 'running'],
  ])('says of %s that it is so', (_, parts, status) => {
    const { frames } = replay([
      [1, asks(1, 'x')],
      [2, answers(1, ...parts)],
    ])
    expect(table(frames[0]).status).toBe(status)
  })

  it('says that a command is unanswered when the session ended first', () => {
    const { frames } = replay([
      [1, asks(1, 'x')],
      [2, ends(1)],
    ])
    expect(table(frames[0])).toMatchObject({ status: 'unanswered', endUs: null })
    expect(frames[1]).toMatchObject({ kind: 'notice', said: { kind: 'end', end: { reason: 'client closed' } } })
  })

  it('follows a held command to its decision, and flags it', () => {
    const { frames, flags } = replay([
      [1, asks(1, 'a', { decision: decides('hold') })],
      [2, asks(2, 'b', { decision: decides('hold') })],
      [3, { code: 'd', decision: { n: 1, decision: decides('allow') } }],
      [4, { code: 'd', decision: { n: 2, decision: decides('deny') } }],
      [5, answers(1, done('DELETE 1', 0, 1), end())],
      [6, answers(2, error('42501', 'gateway'), end())],
      [7, asks(3, 'c', { decision: decides('hold') })],
    ])
    expect(frames.map(frame => table(frame).status)).toEqual(['ok', 'denied', 'held'])
    expect(table(frames[0]).decision.verdict).toBe('allow')
    expect(flags).toEqual([
      { frame: 0, atUs: 1, why: 'hold' },
      { frame: 1, atUs: 2, why: 'hold' },
      { frame: 1, atUs: 4, why: 'deny' },
      { frame: 2, atUs: 7, why: 'hold' },
    ])
  })

  it('flags errors', () => {
    const { flags } = replay([
      [1, asks(1, 'x')],
      [2, answers(1, error('42P01'), end())],
    ])
    expect(flags).toEqual([{ frame: 0, atUs: 2, why: 'error' }])
  })

  it('groups commands by transaction, with how it came out', () => {
    const { frames, transactions } = replay([
      ...plays(1, 'SELECT 1', done('SELECT 1', 1), 'idle'),
      ...plays(2, 'BEGIN', done('BEGIN'), 'transaction'),
      ...plays(3, 'INSERT', done('INSERT 0 1', 0, 1), 'transaction'),
      ...plays(4, 'COMMIT', done('COMMIT'), 'idle'),
      ...plays(5, 'BEGIN', done('BEGIN'), 'transaction'),
      ...plays(6, 'oops', error('42601'), 'failed'),
      ...plays(7, 'COMMIT', done('ROLLBACK'), 'idle'),
      ...plays(8, 'BEGIN', done('BEGIN'), 'transaction'),
      ...plays(9, 'ROLLBACK TO SAVEPOINT s', done('ROLLBACK'), 'transaction'),
      ...plays(10, 'COMMIT', error('23503'), 'idle'),
      ...plays(11, 'BEGIN', done('BEGIN'), 'transaction'),
      ...plays(12, 'COMMIT AND CHAIN', done('COMMIT'), 'transaction'),
      ...plays(13, 'ROLLBACK AND CHAIN', done('ROLLBACK'), 'transaction'),
      ...plays(14, 'SELECT 1', done('SELECT 1', 1), 'transaction'),
    ])
    expect(transactions.map(({ frames: of, outcome }) => [of.map(i => i + 1), outcome])).toEqual([
      [[2, 3, 4], 'committed'],
      [[5, 6, 7], 'rolled back'],
      [[8, 9, 10], 'rolled back'],
      [[11, 12], 'committed'],
      [[13], 'rolled back'],
      [[14], 'open'],
    ])
    expect(table(frames[0]).transaction).toBeNull()
    expect(table(frames[13]).transaction).toBe(5)
  })

  it('groups pipelined commands, which are all asked before the first is answered', () => {
    const { frames, transactions } = replay([
      [1, asks(1, 'BEGIN')],
      [1, asks(2, 'INSERT')],
      [1, asks(3, 'COMMIT')],
      [1, asks(4, 'SELECT 1')],
      [2, answers(1, done('BEGIN'), end('transaction'))],
      [2, answers(2, done('INSERT 0 1', 0, 1), end('transaction'))],
      [2, answers(3, done('COMMIT'), end())],
      [2, answers(4, done('SELECT 1', 1), end())],
    ])
    expect(transactions).toMatchObject([{ frames: [0, 1, 2], outcome: 'committed' }])
    expect(table(frames[3]).transaction).toBeNull()
  })

  it('does not claim to know how a transaction came out when the session ended in its last command', () => {
    const opened = plays(1, 'BEGIN', done('BEGIN'), 'transaction')
    expect(replay([...opened, [20, ends(1)]]).transactions).toMatchObject([{ outcome: 'rolled back' }])
    const cut = replay([...opened, [20, asks(2, 'COMMIT')], [21, ends(2)]])
    expect(cut.transactions).toMatchObject([{ frames: [0, 1], outcome: 'unknown' }])
  })

  it('links a prepared text with what ran it, even when it is described late', () => {
    const { frames } = replay([
      [1, asks(1, 'SELECT $1', { kind: 'prepare', statement: 's' })],
      [2, answers(1, { kind: 'prepared' }, end())],
      [3, asks(2, 'SELECT $1', { kind: 'execute', statement: 's', prepared: 1 })],
      [4, answers(2, done('SELECT 1', 1), end())],
      [5, answers(1, { kind: 'parameters', oids: [23], types: ['int4'] }, columns('a'))],
      [6, asks(3, 'SELECT $1', { kind: 'execute', statement: 's', prepared: 1 })],
    ])
    expect(table(frames[0])).toMatchObject({
      executions: [1, 2],
      preparedBy: null,
      parameterTypes: ['int4'],
      results: [{ outcome: 'described' }],
    })
    expect(table(frames[2]).preparedBy).toBe(0)
  })

  it('shows what was said outside commands as frames of their own', () => {
    const { frames } = replay([[7, { code: 'n', notice: { kind: 'setting', name: 'TimeZone', value: 'UTC' } }]])
    expect(frames).toMatchObject([{ kind: 'notice', atUs: 7, said: { kind: 'setting', name: 'TimeZone' } }])
  })

  it('keeps the first notices of a result and counts all', () => {
    const many = Array.from({ length: noticesKeptMax + 5 }, (_, i): AnswerPart => ({ kind: 'notice', notice: notice(String(i)) }))
    const { frames } = replay([
      [1, asks(1, 'DO')],
      [2, answers(1, ...many, done('DO'), end())],
    ])
    expect(table(frames[0]).results).toMatchObject([{ noticeCount: noticesKeptMax + 5, tag: 'DO' }])
    expect(table(frames[0]).results[0]!.notices).toHaveLength(noticesKeptMax)
  })

  it('finds the idle stretches, and none while a command runs', () => {
    const { gaps, durationUs } = replay([
      [3_000_000, asks(1, 'SELECT pg_sleep(9)')],
      [12_000_000, answers(1, done('SELECT 1', 1), end())],
      [13_999_999, asks(2, 'x')],
      [14_000_000, answers(2, done('x'), end())],
      [16_000_000, ends(2)],
    ])
    expect(gaps).toEqual([
      { fromUs: 0, toUs: 3_000_000 },
      { fromUs: 14_000_000, toUs: 16_000_000 },
    ])
    expect(durationUs).toBe(16_000_000)
  })

  it('leads a deep link to the frame of the line, or the one before it', () => {
    const built = replay([
      [10, asks(1, 'a')],
      [20, { code: 'o', output: 'x' }],
      [30, answers(1, end())],
      [40, asks(2, 'b')],
    ])
    expect([0, 1, 2, 3, 4, 99].map(line => built.builder.atLine(line)?.index)).toEqual([undefined, 0, 0, 0, 1, 1])
    expect([0, 10, 39, 40].map(atUs => built.builder.atTime(atUs)?.index)).toEqual([undefined, 0, 0, 1])
    expect(built.builder.command(2)?.index).toBe(1)
  })

  it('shows erased lines as a frame of their own, from the line before them to their last', () => {
    const { frames, builder, durationUs } = replay([
      [10, asks(1, 'a')],
      [20, answers(1, end())],
      [50, erases({ from: 3, to: 9 })],
      [60, asks(4, 'b')],
      [70, answers(3, end())],
    ])
    expect(frames[1]).toMatchObject({ kind: 'erased', atUs: 20, untilUs: 50, lines: { from: 3, to: 9 }, erasure: 'era_1' })
    expect(table(frames[2])).toMatchObject({ place: { line: 9 }, command: { n: 4 } })
    expect([2, 3, 8, 9].map(line => builder.atLine(line)?.index)).toEqual([0, 1, 1, 2])
    expect(durationUs).toBe(70)
  })

  it('does not claim to know what came of that which may have ended among erased lines', () => {
    const { frames, transactions } = replay([
      ...plays(1, 'BEGIN', done('BEGIN'), 'transaction'),
      [20, asks(2, 'SELECT pg_sleep(1)')],
      [50, erases({ from: 4, to: 6 })],
      [60, asks(3, 'SELECT 1')],
      [60, answers(3, done('SELECT 1', 1), end())],
      [70, ends(3)],
    ])
    expect(transactions).toMatchObject([{ frames: [0], outcome: 'unknown' }])
    expect(table(frames[1]).status).toBe('erased')
    expect(table(frames[3]).transaction).toBeNull()
  })

  it('takes the end of a session from the erased lines it is among', () => {
    const { frames, builder } = replay([
      [10, asks(1, 'a')],
      [50, erases({ from: 2, to: 4, end: { reason: 'terminated', commands: 2 } })],
    ])
    expect(builder.end).toEqual({ reason: 'terminated', commands: 2 })
    expect(frames.map(frame => frame.kind)).toEqual(['table', 'erased', 'notice'])
    expect(table(frames[0]).status).toBe('erased')
  })

  it('keeps markers', () => {
    expect(replay([[5, { code: 'm', label: 'here' }]]).builder.markers).toEqual([{ atUs: 5, label: 'here' }])
  })
})

function replay(events: [atUs: number, event: RecordedEvent][]) {
  const writer = new RecordingWriter(testSalts())
  writer.header(testHeader(), { cols: 80, rows: 24 }, 'frames')
  for (const [atUs, event] of events) writer.write(atUs, event)
  const bytes = writer.take()
  const read = readRecording(bytes)
  const builder = new FrameBuilder(read.header.steno)
  for (const placed of read.events) builder.push(placed)
  const { frames, transactions, flags, gaps, durationUs } = builder
  const lineOf = ({ offset, sizeBytes }: LinePlace) => bytes.subarray(offset, offset + sizeBytes)
  return { builder, frames, transactions, flags, gaps, durationUs, lineOf }
}

function table(frame: unknown): TableFrame {
  expect(frame).toMatchObject({ kind: 'table' })
  return frame as TableFrame
}

function asks(n: number, text: string, more: Partial<CommandRecord> = {}): RecordedEvent {
  return { code: 'q', command: { n, kind: 'query', text, transaction: 'idle', decision: decides('allow'), ...more } }
}

function answers(n: number, ...parts: AnswerPart[]): RecordedEvent {
  return { code: 'a', answer: { n, parts } }
}

/** A command and its whole answer, at the times its number says. */
function plays(n: number, text: string, part: AnswerPart, leaves: TransactionState): [number, RecordedEvent][] {
  return [
    [10 * n, asks(n, text)],
    [10 * n + 5, answers(n, part, end(leaves))],
  ]
}

function ends(commands: number): RecordedEvent {
  return { code: 'e', end: { reason: 'client closed', commands } }
}

function erases(erased: Omit<VoidRecord, 'hashes' | 'erasure'>): RecordedEvent {
  const hashes = coverRange(erased.from, erased.to).map(() => `${'A'.repeat(43)}=`)
  return { code: 'v', erased: { ...erased, hashes, erasure: 'era_1' } }
}

function decides(verdict: Decision['verdict']): Decision {
  return { verdict, policyVersion: 'v1' }
}

function columns(...names: string[]): AnswerPart {
  return { kind: 'columns', columns: names.map(name => ({ name, type: 'text', typeOid: 25, tableOid: 0, attribute: 0, format: 'text' })) }
}

function rows(...values: (string | null)[][]): AnswerPart {
  return { kind: 'rows', rows: values }
}

function data(text: string): AnswerPart {
  return { kind: 'data', content: { text } }
}

function done(tag: string, count = 0, affected?: number): AnswerPart {
  return { kind: 'done', tag, rows: count, ...(affected === undefined ? {} : { affected }) }
}

function error(code: string, by: 'target' | 'gateway' = 'target'): AnswerPart {
  return { kind: 'error', error: notice('no', code), by }
}

function notice(message: string, code = '00000'): Notice {
  return { severity: 'NOTICE', code, message }
}

function end(transaction: TransactionState = 'idle'): AnswerPart {
  return { kind: 'end', transaction }
}
