import { describe, expect, it } from 'vitest'
import * as frontend from './frontend.ts'
import type { Message } from './message-reader.ts'
import { writeParse, writeQuery, writeSaslInitialResponse, writeSaslResponse, writeSync, writeTerminate } from './write.ts'

/** A message whose body is these pieces: text with its NULs written out, bytes, and numbers of two or four bytes. */
function message(...pieces: (string | Uint8Array | { i16: number } | { i32: number })[]): Message {
  return placed(
    Buffer.concat(
      pieces.map(piece => {
        if (typeof piece === 'string') return Buffer.from(piece)
        if (piece instanceof Uint8Array) return piece
        const bytes = Buffer.alloc('i16' in piece ? 2 : 4)
        if ('i16' in piece) bytes.writeUInt16BE(piece.i16)
        else bytes.writeUInt32BE(piece.i32 >>> 0)
        return bytes
      }),
    ),
  )
}

/** The body in the middle of a chunk, so that a reader which looks outside finds something to trip over. */
function placed(body: Uint8Array): Message {
  return {
    type: 0,
    bytes: Buffer.concat([Buffer.from('\0\x01before'), body, Buffer.from('\0\0\0\0after\0\0\0\0')]),
    start: 3,
    bodyStart: 8,
    end: 8 + body.length,
  }
}

/** What the gateway wrote, as a message to read. */
function written(bytes: Uint8Array): Message {
  return placed(bytes.subarray(5))
}

const i16 = (value: number) => ({ i16: value })
const i32 = (value: number) => ({ i32: value })
const wireError = (code: string) => expect.objectContaining({ name: 'WireError', code })

const bind = message('p\0s\0', i16(2), i16(0), i16(1), i16(2), i32(2), 'ab', i32(-1), i16(1), i16(1))
const call = message(i32(1598), i16(1), i16(1), i16(1), i32(4), i32(7), i16(0))

/** How reading something ended: `done`, or the name of what it threw. */
function outcome(read: () => unknown): string {
  try {
    read()
    return 'done'
  } catch (error) {
    return error instanceof Error ? error.name : 'unknown'
  }
}

describe('a client message', () => {
  it('gives a query with its text', () => {
    expect(frontend.readQuery(written(writeQuery("SELECT 'ü' -- \u{1f418}")))).toBe("SELECT 'ü' -- \u{1f418}")
    expect(frontend.readQuery(message('\0'))).toBe('')
  })

  it('keeps a byte order mark, which is part of the text', () => {
    expect(frontend.readQuery(message('\ufeffSELECT 1\0'))).toBe('\ufeffSELECT 1')
  })

  it('gives a Parse with the types it claims', () => {
    expect(frontend.readParse(message('s1\0SELECT $1\0', i16(2), i32(23), i32(0)))).toEqual({
      name: 's1',
      text: 'SELECT $1',
      oids: [23, 0],
    })
    expect(frontend.readParse(message('\0x\0', i16(1), i32(4294967295))).oids).toEqual([4294967295])
    expect(frontend.readParse(written(writeParse('a', 'b')))).toEqual({ name: 'a', text: 'b', oids: [] })
  })

  it('gives a Bind with its values where they lie', () => {
    const read = frontend.readBind(bind)
    expect(read).toEqual({ portal: 'p', statement: 's', formats: [0, 1], values: [Buffer.from('ab'), null], resultFormats: [1] })
    expect(read.values[0]?.buffer).toBe(bind.bytes.buffer)
    expect(frontend.readBind(message('\0\0', i16(0), i16(1), i32(0), i16(0)))).toEqual({
      portal: '',
      statement: '',
      formats: [],
      values: [Buffer.alloc(0)],
      resultFormats: [],
    })
  })

  it('gives as many values as 16 bits can count', () => {
    const values = Array.from({ length: 65535 }, () => i32(-1))
    expect(frontend.readBind(message('\0\0', i16(0), i16(65535), ...values, i16(0))).values).toHaveLength(65535)
  })

  it('gives what is described, closed and executed', () => {
    expect(frontend.readDescribe(message('Ss1\0'))).toEqual({ of: 'statement', name: 's1' })
    expect(frontend.readClose(message('P\0'))).toEqual({ of: 'portal', name: '' })
    expect(frontend.readExecute(message('p\0', i32(50)))).toEqual({ portal: 'p', rowsMax: 50 })
    expect(frontend.readExecute(message('p\0', i32(-1)))).toEqual({ portal: 'p', rowsMax: 0 })
  })

  it('gives a function call', () => {
    expect(frontend.readFunctionCall(call)).toEqual({ oid: 1598, formats: [1], values: [Buffer.from([0, 0, 0, 7])], resultFormat: 0 })
  })

  it('gives SASL answers', () => {
    expect(frontend.readSaslInitialResponse(written(writeSaslInitialResponse('SCRAM-SHA-256', 'n,,n=,r=a')))).toEqual({
      mechanism: 'SCRAM-SHA-256',
      data: 'n,,n=,r=a',
    })
    expect(frontend.readSaslInitialResponse(message('X\0', i32(-1)))).toEqual({ mechanism: 'X', data: '' })
    expect(frontend.readSaslResponse(written(writeSaslResponse('c=biws')))).toBe('c=biws')
  })

  it('without a body has none', () => {
    for (const bytes of [writeSync(), writeTerminate()]) expect(frontend.readEmpty(written(bytes))).toBeUndefined()
    expect(() => frontend.readEmpty(message('x'))).toThrow(wireError('08P01'))
  })

  it.each<[string, (message: Message) => unknown, Message, string]>([
    ['a name longer than PostgreSQL looks at', frontend.readParse, message(`${'a'.repeat(64)}\0SELECT 1\0\0\0`), '42622'],
    ['a portal with such a name', frontend.readExecute, message(`${'é'.repeat(32)}\0`, i32(0)), '42622'],
    ['a query with a NUL inside', frontend.readQuery, message('SELECT 1\0; DROP TABLE t\0'), '08P01'],
    ['a query without its NUL', frontend.readQuery, message('SELECT 1'), '08P01'],
    ['a query without anything', frontend.readQuery, message(), '08P01'],
    ['a query that is not UTF-8', frontend.readQuery, message("SELECT '", new Uint8Array([0xff]), "'\0"), '22021'],
    ['a long query that is not UTF-8', frontend.readQuery, message('x'.repeat(100), new Uint8Array([0xc3]), '\0'), '22021'],
    ['an overlong NUL', frontend.readQuery, message(new Uint8Array([0xc0, 0x80]), '\0'), '22021'],
    ['a surrogate in UTF-8', frontend.readQuery, message(new Uint8Array([0xed, 0xa0, 0x80]), '\0'), '22021'],
    ['a Parse that counts more types than it has', frontend.readParse, message('\0\0', i16(2), i32(23)), '08P01'],
    ['a Parse that counts 65535 types', frontend.readParse, message('\0\0', i16(65535)), '08P01'],
    ['a Parse with something behind it', frontend.readParse, message('\0\0', i16(0), 'x'), '08P01'],
    ['a Bind with a value beyond its end', frontend.readBind, message('\0\0', i16(0), i16(1), i32(7), 'abc', i16(0)), '08P01'],
    ['a Bind with a huge value', frontend.readBind, message('\0\0', i16(0), i16(1), i32(0x7fffffff), i16(0)), '08P01'],
    ['a Bind with a length of -2', frontend.readBind, message('\0\0', i16(0), i16(1), i32(-2), i16(0)), '08P01'],
    [
      'a Bind with three formats for one value',
      frontend.readBind,
      message('\0\0', i16(3), i16(0), i16(0), i16(0), i16(1), i32(-1), i16(0)),
      '08P01',
    ],
    ['a Bind without result formats', frontend.readBind, message('\0\0', i16(0), i16(0)), '08P01'],
    ['a Describe of neither', frontend.readDescribe, message('Xs\0'), '08P01'],
    ['a Close of neither', frontend.readClose, message('\0s\0'), '08P01'],
    ['an Execute that is cut', frontend.readExecute, message('p\0', i16(0)), '08P01'],
    [
      'a function call with two formats for one argument',
      frontend.readFunctionCall,
      message(i32(1), i16(2), i16(0), i16(0), i16(1), i32(-1), i16(0)),
      '08P01',
    ],
    ['a SASL answer longer than the message', frontend.readSaslInitialResponse, message('X\0', i32(9), 'n,,'), '08P01'],
    ['a SASL answer with something behind it', frontend.readSaslInitialResponse, message('X\0', i32(1), 'n,,'), '08P01'],
    ['a SASL answer that is not UTF-8', frontend.readSaslResponse, message(new Uint8Array([0xff])), '22021'],
  ])('is refused: %s', (_, read, bytes, code) => {
    expect(() => read(bytes)).toThrow(wireError(code))
  })

  it('that ends too early anywhere is refused', () => {
    const whole: [(message: Message) => unknown, Message][] = [
      [frontend.readQuery, message('SELECT 1\0')],
      [frontend.readParse, message('s\0t\0', i16(1), i32(23))],
      [frontend.readBind, bind],
      [frontend.readDescribe, message('Ss\0')],
      [frontend.readExecute, message('p\0', i32(1))],
      [frontend.readFunctionCall, call],
      [frontend.readCopyFail, message('no\0')],
      [frontend.readSaslInitialResponse, message('X\0', i32(3), 'n,,')],
    ]
    for (const [read, { bytes, bodyStart, end }] of whole) {
      expect(() => read(placed(bytes.subarray(bodyStart, end)))).not.toThrow()
      for (let cut = bodyStart; cut < end; cut++) expect(() => read(placed(bytes.subarray(bodyStart, cut)))).toThrow(wireError('08P01'))
    }
  })

  it('of random bytes is read or refused, never anything else', () => {
    let state = 99
    const next = () => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) >>> 16
    const readers = [
      frontend.readQuery,
      frontend.readParse,
      frontend.readBind,
      frontend.readDescribe,
      frontend.readClose,
      frontend.readExecute,
      frontend.readFunctionCall,
      frontend.readSaslInitialResponse,
    ]
    for (let round = 0; round < 2000; round++) {
      const bytes = Uint8Array.from({ length: next() % 40 }, () => (next() % 2 === 0 ? next() % 4 : next() & 0xff))
      for (const read of readers) expect(['done', 'WireError']).toContain(outcome(() => read(placed(bytes))))
    }
  })
})
