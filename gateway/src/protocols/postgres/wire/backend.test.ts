import type { Notice } from '@steno/recordings'
import { describe, expect, it } from 'vitest'
import * as backend from './backend.ts'
import { MessageReader } from './message-reader.ts'
import {
  writeAuthenticationOk,
  writeAuthenticationSasl,
  writeAuthenticationSaslContinue,
  writeAuthenticationSaslFinal,
  writeBackendKeyData,
  writeErrorResponse,
  writeNegotiateProtocolVersion,
  writeNoticeResponse,
  writeParameterStatus,
  writeReadyForQuery,
} from './write.ts'

/** A stream of messages, given as one chunk. */
function reader(...messages: Uint8Array[]): MessageReader {
  const found = new MessageReader({ messageBytesMax: 1 << 20 })
  found.push(Buffer.concat(messages))
  found.next()
  return found
}

/** A message of a type, with its body in hex or text. */
function message(type: string, body: Uint8Array | string): Uint8Array {
  const bytes = Buffer.from(body)
  const head = Buffer.alloc(5)
  head.write(type)
  head.writeInt32BE(bytes.length + 4, 1)
  return Buffer.concat([head, bytes])
}

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')
const wireError = expect.objectContaining({ name: 'WireError', code: '08P01' })

/** What PostgreSQL 15 answered to `SELECT 1 AS a, 'x' AS b, NULL::text AS c`; and to a statement on a table that is not there. */
const captured = {
  rowDescription: hex(
    '54 00000042 0003 6100 00000000 0000 00000017 0004 ffffffff 0000 6200 00000000 0000 00000019 ffff ffffffff 0000 6300 00000000 0000 00000019 ffff ffffffff 0000',
  ),
  dataRow: hex('44 00000014 0003 00000001 31 00000001 78 ffffffff'),
  commandComplete: hex('43 0000000d 53454c454354203100'),
  readyForQuery: hex('5a 00000005 49'),
  errorResponse: hex(
    '45 0000006a 534552524f5200 564552524f5200 43343250303100 4d72656c6174696f6e20226e6f77686572652220646f6573206e6f7420657869737400 50313500 4670617273655f72656c6174696f6e2e6300 4c3133393200 5270617273 65724f70656e5461626c6500 00',
  ),
}

describe('a target message', () => {
  it('of a captured answer is read', () => {
    const stream = reader(captured.rowDescription, captured.dataRow, captured.commandComplete, captured.readyForQuery)
    expect(backend.readRowDescription(stream)).toEqual([
      { name: 'a', type: 'int4', typeOid: 23, tableOid: 0, attribute: 0, format: 'text' },
      { name: 'b', type: 'text', typeOid: 25, tableOid: 0, attribute: 0, format: 'text' },
      { name: 'c', type: 'text', typeOid: 25, tableOid: 0, attribute: 0, format: 'text' },
    ])
    expect(stream.next() && stream.type).toBe(backend.type.dataRow)
    expect(stream.next() && backend.readCommandComplete(stream)).toEqual({ tag: 'SELECT 1', rows: 1 })
    expect(stream.next() && backend.readReadyForQuery(stream)).toBe('idle')
    expect(stream.next()).toBe(false)
  })

  it('tells what the target wants to be shown', () => {
    expect(backend.readAuthentication(reader(writeAuthenticationOk()))).toEqual({ kind: 'ok' })
    expect(backend.readAuthentication(reader(message('R', hex('00000003'))))).toEqual({ kind: 'cleartext' })
    expect(backend.readAuthentication(reader(message('R', hex('00000005 01020304'))))).toEqual({
      kind: 'md5',
      salt: Buffer.from([1, 2, 3, 4]),
    })
    expect(backend.readAuthentication(reader(writeAuthenticationSasl(['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256'])))).toEqual({
      kind: 'sasl',
      mechanisms: ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256'],
    })
    expect(backend.readAuthentication(reader(writeAuthenticationSaslContinue('r=a')))).toEqual({ kind: 'sasl-continue', data: 'r=a' })
    expect(backend.readAuthentication(reader(writeAuthenticationSaslFinal('v=a')))).toEqual({ kind: 'sasl-final', data: 'v=a' })
    expect(backend.readAuthentication(reader(message('R', hex('00000007'))))).toEqual({ kind: 'other', code: 7 })
  })

  it('says the settings, the transaction, the key', () => {
    expect(backend.readParameterStatus(reader(writeParameterStatus('TimeZone', 'Etc/UTC')))).toEqual({ name: 'TimeZone', value: 'Etc/UTC' })
    for (const state of ['idle', 'transaction', 'failed'] as const)
      expect(backend.readReadyForQuery(reader(writeReadyForQuery(state)))).toBe(state)
    for (const size of [4, 32, 256])
      expect(backend.readBackendKeyData(reader(writeBackendKeyData(-2, new Uint8Array(size).fill(9))))).toEqual({
        processId: -2,
        secretKey: new Uint8Array(size).fill(9),
      })
    expect(backend.readNegotiateProtocolVersion(reader(writeNegotiateProtocolVersion(2, ['_pq_.a', '_pq_.b'])))).toEqual({
      minor: 2,
      unknownOptions: ['_pq_.a', '_pq_.b'],
    })
  })

  it('copies the secret key, since the bytes around it are long gone when it is used', () => {
    const message = reader(writeBackendKeyData(1, new Uint8Array(4)))
    expect(backend.readBackendKeyData(message).secretKey.buffer).not.toBe(message.bytes.buffer)
  })

  it('says the columns of a COPY, and which way it goes', () => {
    const body = hex('01 0002 0001 0001')
    expect(backend.readCopyResponse(reader(message('G', body)))).toEqual({ direction: 'in', binary: true, columns: 2 })
    expect(backend.readCopyResponse(reader(message('H', hex('00 0000'))))).toEqual({ direction: 'out', binary: false, columns: 0 })
    expect(backend.readCopyResponse(reader(message('W', body))).direction).toBe('both')
  })

  it('says notifications, parameters and function values', () => {
    expect(backend.readNotification(reader(message('A', '\0\0\0\x07jobs\0{"id":1}\0')))).toEqual({
      processId: 7,
      channel: 'jobs',
      payload: '{"id":1}',
    })
    expect(backend.readParameterDescription(reader(message('t', hex('0002 00000017 0001e240'))))).toEqual({
      oids: [23, 123456],
      types: ['int4', 'oid 123456'],
    })
    expect(backend.readFunctionCallResponse(reader(message('V', hex('ffffffff'))))).toBe(null)
    expect(backend.readFunctionCallResponse(reader(message('V', hex('00000002 3432'))))).toBe('42')
    expect(backend.readFunctionCallResponse(reader(message('V', hex('00000004 0000002a'))))).toEqual({ hex: '0000002a' })
  })

  it.each([
    ['SELECT 5', { rows: 5 }],
    ['FETCH 0', { rows: 0 }],
    ['INSERT 0 3', { rows: 0, affected: 3 }],
    ['UPDATE 7', { rows: 0, affected: 7 }],
    ['DELETE 0', { rows: 0, affected: 0 }],
    ['MERGE 2', { rows: 0, affected: 2 }],
    ['COPY 9', { rows: 0, affected: 9 }],
    ['MOVE 4', { rows: 0 }],
    ['CREATE TABLE', { rows: 0 }],
    ['BEGIN', { rows: 0 }],
    ['SELECT x', { rows: 0 }],
    ['', { rows: 0 }],
  ])('tells what was done: %s', (tag, counts) => {
    expect(backend.readCommandComplete(reader(message('C', `${tag}\0`)))).toEqual({ tag, ...counts })
  })

  it('gives all fields of an error, in names', () => {
    const error =
      'SFEHLER\0VERROR\0C23505\0Mdoppelt\0DKey (id)=(1) already exists.\0Htry another\0P15\0Wline 1\0spublic\0torders\0cid\0dint4\0norders_pkey\0Fnbtinsert.c\0L666\0R_bt_check_unique\0zfuture\0\0'
    const notice: Notice = {
      severity: 'ERROR',
      code: '23505',
      message: 'doppelt',
      detail: 'Key (id)=(1) already exists.',
      hint: 'try another',
      fields: {
        severityLocalized: 'FEHLER',
        position: '15',
        where: 'line 1',
        schema: 'public',
        table: 'orders',
        column: 'id',
        dataType: 'int4',
        constraint: 'orders_pkey',
        file: 'nbtinsert.c',
        line: '666',
        routine: '_bt_check_unique',
        z: 'future',
      },
    }
    expect(backend.readNotice(reader(message('E', error)))).toEqual(notice)
    expect(backend.readNotice(reader(writeErrorResponse(notice)))).toEqual(notice)
    expect(backend.readNotice(reader(writeNoticeResponse({ ...notice, severity: 'NOTICE' }))).severity).toBe('NOTICE')
  })

  it('gives a captured error', () => {
    expect(backend.readNotice(reader(captured.errorResponse))).toEqual({
      severity: 'ERROR',
      code: '42P01',
      message: 'relation "nowhere" does not exist',
      fields: { position: '15', file: 'parse_relation.c', line: '1392', routine: 'parserOpenTable' },
    })
  })

  it('cannot smuggle a field in through the text of another', () => {
    const notice = backend.readNotice(reader(writeErrorResponse({ severity: 'ERROR', code: '42501', message: 'no\0C00000' })))
    expect(notice).toEqual({ severity: 'ERROR', code: '42501', message: 'no\u2400C00000' })
  })

  it('takes an error in another encoding as well as it can: some come before the encoding is settled', () => {
    expect(backend.readNotice(reader(message('E', Buffer.from('SFATAL\0C28000\0Mr\xf4le\0\0', 'latin1')))).message).toBe('r\ufffdle')
  })

  it('that is cut anywhere, or goes on behind its end, is refused', () => {
    const cases: [(message: MessageReader) => unknown, Uint8Array][] = [
      [backend.readRowDescription, captured.rowDescription],
      [backend.readCommandComplete, captured.commandComplete],
      [backend.readReadyForQuery, captured.readyForQuery],
      [backend.readParameterStatus, writeParameterStatus('a', 'b')],
      [backend.readNotice, writeErrorResponse({ severity: 'ERROR', code: 'XX000', message: 'x' })],
      [backend.readNegotiateProtocolVersion, writeNegotiateProtocolVersion(2, ['a'])],
      [backend.readNotification, message('A', '\0\0\0\x07a\0b\0')],
      [backend.readParameterDescription, message('t', hex('0001 00000017'))],
      [backend.readCopyResponse, message('G', hex('00 0001 0000'))],
      [backend.readFunctionCallResponse, message('V', hex('00000001 31'))],
      [backend.readAuthentication, writeAuthenticationSasl(['A'])],
    ]
    for (const [read, bytes] of cases) {
      const body = bytes.subarray(5)
      expect(() => read(reader(bytes))).not.toThrow()
      expect(() => read(reader(message(String.fromCharCode(bytes[0]!), Buffer.concat([body, Buffer.from('x')]))))).toThrow(wireError)
      for (let cut = 0; cut < body.length; cut++)
        expect(() => read(reader(message(String.fromCharCode(bytes[0]!), body.subarray(0, cut))))).toThrow(wireError)
    }
    expect(() => backend.readBackendKeyData(reader(writeBackendKeyData(1, new Uint8Array(3))))).toThrow(wireError)
    expect(() => backend.readBackendKeyData(reader(writeBackendKeyData(1, new Uint8Array(257))))).toThrow(wireError)
    expect(() => backend.readReadyForQuery(reader(message('Z', 'X')))).toThrow(wireError)
  })
})

describe('a row collector', () => {
  /** The cells of rows that lie side by side, as text. */
  function collect(...rows: Uint8Array[]) {
    const stream = new MessageReader({ messageBytesMax: 1 << 20 })
    stream.push(Buffer.concat(rows))
    const collector = new backend.RowCollector()
    const cells: (string | null)[] = []
    let isFirst = true
    while (stream.next()) {
      if (isFirst) collector.reset(stream.bytes)
      isFirst = false
      collector.append(stream)
      for (let i = cells.length; i < collector.count * collector.columns; i++) {
        const [start, end] = collector.cells.subarray(2 * i, 2 * i + 2) as unknown as [number, number]
        cells.push(start < 0 ? null : Buffer.from(stream.bytes.subarray(start, end)).toString())
      }
    }
    return { count: collector.count, columns: collector.columns, cells }
  }

  it('gives the cells of many rows', () => {
    const { count, columns, cells } = collect(...Array.from({ length: 500 }, () => captured.dataRow))
    expect([count, columns]).toEqual([500, 3])
    expect(cells).toEqual(Array.from({ length: 500 }, () => ['1', 'x', null]).flat())
  })

  it('gives rows without columns, and cells without bytes', () => {
    expect(collect(message('D', hex('0000')), message('D', hex('0000')))).toEqual({ count: 2, columns: 0, cells: [] })
    expect(collect(message('D', hex('0001 00000000')))).toEqual({ count: 1, columns: 1, cells: [''] })
  })

  it('gives as many columns as 16 bits can count', () => {
    expect(collect(message('D', Buffer.concat([hex('ffff'), Buffer.alloc(4 * 65535, 0xff)]))).cells).toHaveLength(65535)
  })

  it.each([
    ['no count', ''],
    ['a cell that is missing', '0001'],
    ['a length that is cut', '0001 000000'],
    ['a value beyond the end', '0001 00000002 31'],
    ['a huge value', '0001 7fffffff 31'],
    ['a length of -2', '0001 fffffffe'],
    ['a byte behind the last cell', '0001 00000001 3131'],
    ['another number of columns than before', '0002 ffffffff ffffffff'],
  ])('refuses %s, and keeps what it had', (_, body) => {
    const stream = reader(message('D', hex('0001 00000001 37')), message('D', hex(body)))
    const collector = new backend.RowCollector()
    collector.reset(stream.bytes)
    collector.append(stream)
    stream.next()
    expect(() => collector.append(stream)).toThrow(wireError)
    expect([collector.count, collector.columns]).toEqual([1, 1])
    expect(stream.bytes[collector.cells[0]!]).toBe(0x37)
  })
})
