import { RecordingWriter, SaltPool } from '@steno/recordings'
import { describe, expect, it } from 'vitest'
import { CopyCollector } from './copy-collector.ts'
import { describeParameters } from './parameters.ts'
import { RowDecoder, type ResultShape } from './row-decoder.ts'
import { int16, int32, join, message, say } from './test-conversation.ts'
import { MessageReader } from './wire/message-reader.ts'

const utf8 = new TextEncoder()
const limits = { startupMs: 1, messageBytesMax: 1 << 20, valueBytesMax: 1000, connectMs: 1 }

const shape = (...formats: number[]): ResultShape => ({
  columns: [23, 25].map(typeOid => ({ name: 'c', type: '', typeOid, tableOid: 0, attribute: 0, format: 'text' })),
  formats,
  secrets: null,
})

/** A row whose values are any bytes. */
const row = (...values: (Uint8Array | null)[]) =>
  message('D', int16(values.length), ...values.flatMap(value => (value === null ? [int32(-1)] : [int32(value.length), value])))

function decode(chunk: Uint8Array, as: ResultShape) {
  const reader = new MessageReader(limits)
  reader.push(chunk)
  const rows = new RowDecoder(limits)
  while (reader.next()) expect(rows.append(reader, as)).toBe(true)
  return { rows, ...rows.take() }
}

describe('a block of rows', () => {
  it('is held without passwords where its columns may have some, while its bytes are as they came', () => {
    const chunk = join(say.row('password=x', 'password=x'), say.row(null, 'host=y'))
    const { block, bytes } = decode(chunk, { ...shape(), secrets: ['whole', 'passwords'] })
    expect(bytes).toEqual(chunk)
    expect([...(block.special ?? [])]).toEqual([
      [0, { masked: '[masked]', rule: 'secrets' }],
      [1, { masked: 'password=[masked]', rule: 'secrets' }],
    ])
  })

  it('is the bytes as they came, untouched, where all is text', () => {
    const chunk = join(say.row('1', 'a'), say.row(null, 'é'))
    const { block, bytes, rows } = decode(chunk, shape())
    expect(bytes).toEqual(chunk)
    expect(bytes.buffer).toBe(chunk.buffer)
    expect(block).toMatchObject({ count: 2, columns: 2 })
    expect(block.special).toBe(undefined)
    expect([rows.hasRows, rows.rowCount]).toEqual([false, 2])
    rows.startResult()
    expect(rows.rowCount).toBe(0)
  })

  it('says what is binary as text', () => {
    const chunk = row(Uint8Array.of(0, 0, 1, 0), utf8.encode('x'))
    expect([...(decode(chunk, shape(1, 0)).block.special ?? [])]).toEqual([[0, '256']])
    expect([...(decode(row(Uint8Array.of(0, 0, 1, 0), null), shape(1)).block.special ?? [])]).toEqual([[0, '256']])
  })

  it('leaves what is not UTF-8 to the writer, which says it as hex', () => {
    const { block } = decode(row(utf8.encode('1'), Uint8Array.of(0xff, 0x41)), shape())
    const writer = new RecordingWriter(new SaltPool(sizeBytes => new Uint8Array(sizeBytes)))
    writer.answer(0, 1)
    writer.rows(block)
    writer.closeAnswer()
    expect(new TextDecoder().decode(writer.take())).toContain(String.raw`[\"1\",{\"hex\":\"ff41\"}]`)
  })

  it('cuts a value over the limit, and says how long it was', () => {
    const { special } = decode(row(utf8.encode('1'), utf8.encode('é'.repeat(501))), shape()).block
    expect([...(special ?? [])]).toMatchObject([[1, { cut: expect.stringMatching(/^é+$/), lengthBytes: 1002 }]])
  })

  it('takes no row that does not follow the last', () => {
    const [first, second] = [new MessageReader(limits), new MessageReader(limits)]
    first.push(say.row('1', 'a'))
    second.push(say.row('2', 'b'))
    first.next()
    second.next()
    const rows = new RowDecoder(limits)
    expect(rows.append(first, shape())).toBe(true)
    expect(rows.append(second, shape())).toBe(false)
    rows.take()
    expect(rows.append(second, shape())).toBe(true)
  })

  it('is refused when its lengths lie', () => {
    const rows = new RowDecoder(limits)
    const reader = new MessageReader(limits)
    reader.push(message('D', int16(1), int32(100), 'x'))
    reader.next()
    expect(() => rows.append(reader, shape())).toThrow('invalid row in message')
  })
})

describe('COPY content', () => {
  it('that came together is taken together, however many messages it was', () => {
    const chunk = join(...Array.from({ length: 500 }, (_, i) => say.copyData(`${i}\n`)))
    const reader = new MessageReader(limits)
    reader.push(chunk)
    const copy = new CopyCollector()
    while (reader.next()) expect(copy.append(reader)).toBe(true)
    const { content, bytes } = copy.take()
    expect(bytes).toEqual(chunk)
    expect(copy.hasData).toBe(false)
    const lines = Array.from({ length: content.count }, (_, i) =>
      new TextDecoder().decode(content.bytes.subarray(content.ranges[2 * i], content.ranges[2 * i + 1])),
    )
    expect(lines.join('')).toBe(Array.from({ length: 500 }, (_, i) => `${i}\n`).join(''))
  })
})

describe('bind values', () => {
  it('are told by the types the target gave', () => {
    const values = [utf8.encode('1'), null, Uint8Array.of(0xff)]
    expect(describeParameters({ formats: [], values }, [23])).toEqual([
      { type: 'int4', oid: 23, value: '1' },
      { type: 'unknown', oid: 0, value: null },
      { type: 'unknown', oid: 0, value: { hex: 'ff' } },
    ])
    expect(describeParameters({ formats: [1], values: [Uint8Array.of(0, 0, 0, 7)] }, [23])).toEqual([{ type: 'int4', oid: 23, value: '7' }])
    expect(describeParameters({ formats: [0, 1], values: [utf8.encode('a'), Uint8Array.of(0, 0, 0, 7)] }, [25, 23])[1]?.value).toBe('7')
  })
})
