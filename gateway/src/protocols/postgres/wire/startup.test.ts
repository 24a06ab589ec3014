import { describe, expect, it } from 'vitest'
import { readStartup } from './startup.ts'
import { writeCancelRequest, writeSslRequest, writeStartup } from './write.ts'

const first = { isFirst: true }

/** A first packet with this code and body. */
function packet(code: number, body: Uint8Array | string): Uint8Array {
  const rest = typeof body === 'string' ? Buffer.from(body, 'latin1') : body
  const head = Buffer.alloc(8)
  head.writeInt32BE(8 + rest.length)
  head.writeInt32BE(code, 4)
  return Buffer.concat([head, rest])
}

const version3 = 3 << 16

/** A startup as psql 18 sends it. */
const psql = packet(version3 | 2, 'user\0app\0database\0shop\0application_name\0psql\0client_encoding\0UTF8\0\0')

describe('the first packets', () => {
  it('ask for more until they are whole, and never read what follows', () => {
    for (const bytes of [psql, writeSslRequest(), writeCancelRequest(7, new Uint8Array(32)), packet(80877104, '')]) {
      for (let cut = 0; cut < bytes.length; cut++) expect(readStartup(bytes.subarray(0, cut), first)).toEqual({ kind: 'more' })
      expect(readStartup(Buffer.concat([bytes, Buffer.from('rest')]), first)).toMatchObject({ length: bytes.length })
    }
  })

  it('are told apart', () => {
    expect(readStartup(writeSslRequest(), first).kind).toBe('ssl-request')
    expect(readStartup(packet(80877104, ''), first).kind).toBe('gssenc-request')
    expect(readStartup(new Uint8Array([0x16, 3, 1]), first)).toEqual({ kind: 'direct-tls', length: 0 })
    expect(() => readStartup(new Uint8Array([0x16, 3, 1, 0]), { isFirst: false })).toThrow('invalid length of startup packet')
  })

  it('of protocol 3.2 give the parameters', () => {
    expect(readStartup(psql, first)).toMatchObject({ kind: 'startup', message: { minor: 2, unknownOptions: [] } })
    const reading = readStartup(psql, first)
    expect(reading.kind === 'startup' && [...reading.message.parameters]).toEqual([
      ['user', 'app'],
      ['database', 'shop'],
      ['application_name', 'psql'],
      ['client_encoding', 'UTF8'],
    ])
  })

  it('that the gateway writes are read back', () => {
    const parameters = new Map([
      ['user', 'jörg'],
      ['options', '-c a=b'],
    ])
    expect(readStartup(writeStartup(parameters), first)).toMatchObject({ kind: 'startup', message: { minor: 0, parameters } })
  })

  it('keep a newer minor version and unknown protocol options for the negotiation', () => {
    const reading = readStartup(packet(version3 | 9999, 'user\0app\0_pq_.grease\0\0_pq_.two\0x\0\0'), first)
    expect(reading).toMatchObject({ kind: 'startup', message: { minor: 9999, unknownOptions: ['_pq_.grease', '_pq_.two'] } })
  })

  it.each([4, 32, 256])('take a cancel key of %i bytes', size => {
    const secretKey = Uint8Array.from({ length: size }, (_, i) => i & 0xff)
    expect(readStartup(writeCancelRequest(-5, secretKey), first)).toEqual({ kind: 'cancel', length: 12 + size, processId: -5, secretKey })
  })

  it.each([
    ['a cancel without a key', packet(80877102, '\0\0\0\x07'), '08P01'],
    ['a cancel with 3 bytes of key', writeCancelRequest(7, new Uint8Array(3)), '08P01'],
    ['a cancel with 257 bytes of key', writeCancelRequest(7, new Uint8Array(257)), '08P01'],
    ['a request for TLS with a body', packet(80877103, 'x'), '08P01'],
    ['a length of 7', Uint8Array.from([0, 0, 0, 7, 0, 0, 0]), '08P01'],
    ['a negative length', Uint8Array.from([255, 255, 255, 255]), '08P01'],
    ['a length over the limit, at once', Uint8Array.from([0, 0, 0x27, 0x11]), '08P01'],
    ['an HTTP request', Buffer.from('GET / HTTP/1.1\r\n\r\n'), '08P01'],
    ['protocol 2', packet(2 << 16, 'user\0app\0\0'), '0A000'],
    ['protocol 4', packet(4 << 16, 'user\0app\0\0'), '0A000'],
    ['no terminator', packet(version3, 'user\0app\0'), '08P01'],
    ['no terminator in a value', packet(version3, 'user\0app'), '08P01'],
    ['no parameters at all', packet(version3, ''), '08P01'],
    ['bytes behind the terminator', packet(version3, 'user\0app\0\0x'), '08P01'],
    ['a parameter given twice', packet(version3, 'user\0app\0user\0root\0\0'), '08P01'],
    ['no user', packet(version3, 'database\0shop\0\0'), '28000'],
    ['an empty user', packet(version3, 'user\0\0\0'), '28000'],
    ['a name that is not UTF-8', packet(version3, 'user\0\xff\xfe\0\0'), '22021'],
  ])('are refused: %s', (_, bytes, code) => {
    expect(() => readStartup(bytes, first)).toThrow(expect.objectContaining({ name: 'WireError', code }))
  })
})
