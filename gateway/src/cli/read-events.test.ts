import { describe, expect, it } from 'vitest'
import { readEvents, type ServerEvent } from './read-events.ts'

async function read(...pieces: Uint8Array[]): Promise<ServerEvent[]> {
  async function* given() {
    yield* pieces
  }
  const events: ServerEvent[] = []
  for await (const event of readEvents(given())) events.push(event)
  return events
}

const bytes = (text: string) => new TextEncoder().encode(text)

describe('server-sent events', () => {
  const told = bytes('event: progress\ndata: {"sessions":1}\n\n: still there\n\nevent: result\ndata: {"text":"é😀: ok"}\n\n')

  it('come out the same wherever the bytes are cut', async () => {
    const expected = [
      { type: 'progress', data: '{"sessions":1}' },
      { type: 'result', data: '{"text":"é😀: ok"}' },
    ]
    for (let at = 0; at <= told.length; at++) expect(await read(told.subarray(0, at), told.subarray(at))).toEqual(expected)
  })

  it('may have data in several lines, and no type', async () => {
    expect(await read(bytes('data: a\ndata:b\ndata\n\n'))).toEqual([{ type: 'message', data: 'a\nb\n' }])
  })

  it('are none before their end has come', async () => {
    expect(await read(bytes('event: result\ndata: half'))).toEqual([])
  })
})
