import { describe, expect, it, vi } from 'vitest'
import { MessageReader } from './message-reader.ts'
import { writeAuthenticationOk, writeErrorResponse, writeParameterStatus, writeQuery, writeReadyForQuery, writeSync } from './write.ts'

const limits = { messageBytesMax: 1 << 20 }

/** Everything the reader finds when the stream arrives in these chunks, each message whole as hex. */
function read(chunks: Uint8Array[], reader = new MessageReader(limits)): string[] {
  const found: string[] = []
  for (const chunk of chunks) {
    reader.push(chunk)
    while (reader.next()) {
      expect(reader.bodyStart).toBe(reader.start + 5)
      expect(reader.bytes[reader.start]).toBe(reader.type)
      found.push(Buffer.from(reader.bytes.subarray(reader.start, reader.end)).toString('hex'))
    }
  }
  return found
}

const messages = [
  writeAuthenticationOk(),
  writeParameterStatus('server_version', '18.0'),
  writeQuery('SELECT 1'),
  writeSync(),
  writeErrorResponse({ severity: 'ERROR', code: '42P01', message: 'relation "täble" does not exist' }),
  writeReadyForQuery('idle'),
]
const stream = Buffer.concat(messages)
const whole = messages.map(message => Buffer.from(message).toString('hex'))

function header(type: string, length: number): Uint8Array {
  const bytes = Buffer.alloc(5)
  bytes.write(type)
  bytes.writeInt32BE(length, 1)
  return bytes
}

/** Numbers that look like chance and are the same every time (xorshift32). */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state >>> 0
  }
}

/** How reading something ended: `done`, or the name of what it threw. */
function outcome(read: () => unknown): string {
  try {
    read()
    return 'done'
  } catch (error) {
    return error instanceof Error ? error.name : 'unknown'
  }
}

describe('a message reader', () => {
  it('gives the same messages wherever the bytes are cut once', () => {
    for (let cut = 0; cut <= stream.length; cut++) expect(read([stream.subarray(0, cut), stream.subarray(cut)])).toEqual(whole)
  })

  it('gives the same messages wherever the bytes are cut twice', () => {
    for (let first = 0; first <= 60; first++)
      for (let second = first; second <= 60; second++)
        expect(read([stream.subarray(0, first), stream.subarray(first, second), stream.subarray(second)])).toEqual(whole)
  })

  it('gives the same messages byte by byte', () => {
    expect(read(Array.from(stream, byte => new Uint8Array([byte])))).toEqual(whole)
  })

  it('gives the same messages when everything was pushed before the first was read', () => {
    const reader = new MessageReader(limits)
    for (let at = 0; at < stream.length; at += 7) reader.push(stream.subarray(at, at + 7))
    expect(reader.pendingBytes).toBe(stream.length)
    expect(read([new Uint8Array(0)], reader)).toEqual(whole)
    expect(reader.pendingBytes).toBe(0)
  })

  it('does not copy a message that lies whole in its chunk, also behind one that was cut', () => {
    const reader = new MessageReader(limits)
    reader.push(stream.subarray(0, 3))
    expect(reader.next()).toBe(false)
    const chunk = stream.subarray(3)
    reader.push(chunk)
    expect(reader.next()).toBe(true)
    expect(reader.bytes).not.toBe(chunk)
    let end = messages[0]!.length - 3
    for (const message of messages.slice(1)) {
      expect(reader.next()).toBe(true)
      expect(reader.bytes).toBe(chunk)
      expect(reader.start).toBe(end)
      end += message.length
      expect(reader.end).toBe(end)
    }
    expect(reader.next()).toBe(false)
  })

  it('keeps a joined message as it was when later ones are joined', () => {
    const reader = new MessageReader(limits)
    const kept: Uint8Array[] = []
    for (const byte of stream) {
      reader.push(new Uint8Array([byte]))
      while (reader.next()) kept.push(reader.bytes.subarray(reader.start, reader.end))
    }
    expect(kept.map(bytes => Buffer.from(bytes).toString('hex'))).toEqual(whole)
  })

  it('joins 60 MB in pieces of 64 KB while copying each byte at most three times', () => {
    const bodyBytes = 60 << 20
    const piece = new Uint8Array(1 << 16)
    let copied = 0
    const setting = vi.spyOn(Uint8Array.prototype, 'set').mockImplementation(function (
      this: Uint8Array,
      source: ArrayLike<number>,
      at = 0,
    ) {
      // The bytes are all zero, so that counting is enough; only a header has to arrive.
      copied += source.length
      if (source.length <= 5) for (let i = 0; i < source.length; i++) this[at + i] = source[i]!
    })
    const reader = new MessageReader({ messageBytesMax: 64 << 20 })
    reader.push(header('Q', bodyBytes + 4))
    let pushed = 0
    while (!reader.next()) {
      reader.push(piece)
      pushed += piece.length
    }
    setting.mockRestore()
    expect(pushed).toBe(bodyBytes)
    expect(reader.end - reader.start).toBe(bodyBytes + 5)
    expect(copied).toBeLessThan(3 * bodyBytes)
  })

  it('takes little memory for a length that is only claimed', () => {
    const reader = new MessageReader({ messageBytesMax: 1 << 30 })
    reader.push(header('Q', 1 << 30))
    expect(reader.next()).toBe(false)
    expect(reader.pendingBytes).toBe(5)
  })

  it.each([-1, 0, 3, -2147483648])('refuses the length %i as soon as it is there', length => {
    for (const cut of [0, 1, 4]) {
      const bytes = header('Q', length)
      const reader = new MessageReader(limits)
      reader.push(bytes.subarray(0, cut))
      expect(reader.next()).toBe(false)
      reader.push(bytes.subarray(cut))
      expect(() => reader.next()).toThrow(expect.objectContaining({ name: 'WireError', code: '08P01' }))
      expect(() => reader.next(), 'and again').toThrow(`invalid message length ${length}`)
    }
  })

  it('refuses a message over the limit, naming it, before its body is there', () => {
    const reader = new MessageReader({ messageBytesMax: 100 })
    reader.push(header('Q', 101))
    expect(() => reader.next()).toThrow(
      expect.objectContaining({ code: '54000', message: expect.stringContaining('messageBytesMax, which is 100') }),
    )
    expect(read([header('Q', 100), new Uint8Array(96)], new MessageReader({ messageBytesMax: 100 }))).toHaveLength(1)
  })

  it('hands over what it has not read, and leaves the current message alone', () => {
    for (let cut = 0; cut <= stream.length; cut++) {
      const reader = new MessageReader(limits)
      reader.push(stream.subarray(0, cut))
      const first = reader.next() ? reader.end - reader.start : 0
      reader.push(stream.subarray(cut))
      const { bytes, start, end } = reader
      expect(Buffer.compare(reader.takeRest(), stream.subarray(first))).toBe(0)
      expect(reader.pendingBytes).toBe(0)
      expect([reader.bytes, reader.start, reader.end]).toEqual([bytes, start, end])
      expect(reader.next()).toBe(false)
    }
  })

  it('survives random bytes: whole messages inside the limits, or a wire error', () => {
    const next = numbers(7)
    for (let round = 0; round < 300; round++) {
      const reader = new MessageReader({ messageBytesMax: 4096 })
      const end = outcome(() => {
        for (let push = 0; push < 20; push++) {
          reader.push(Uint8Array.from({ length: next() % 64 }, () => (next() % 3 === 0 ? next() & 0xff : 0)))
          while (reader.next())
            if (reader.end - reader.start < 5 || reader.end > reader.bytes.length) throw new RangeError('a message outside its bytes')
          if (reader.pendingBytes > 4097) throw new RangeError('more kept than a message can be')
        }
      })
      expect(['done', 'WireError']).toContain(end)
    }
  })
})
