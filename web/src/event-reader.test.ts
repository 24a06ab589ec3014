import { expect, it } from 'vitest'
import { createEventReader, eventCharactersMax, type ServerEvent } from './event-reader.ts'

function read(pieces: readonly string[]): ServerEvent[] {
  const events: ServerEvent[] = []
  const reader = createEventReader(event => events.push(event))
  for (const piece of pieces) reader.push(piece)
  return events
}

const stream = ': hello\n\nid: 7\nevent: session\ndata: {"a":1}\r\n\r\ndata: one\rdata:two\n\nid\ndata: last\n\nevent: none\n\n'
const events: ServerEvent[] = [
  { id: '7', type: 'session', data: '{"a":1}' },
  { id: '7', type: 'message', data: 'one\ntwo' },
  { id: '', type: 'message', data: 'last' },
]

it('gives the same events wherever the text is cut', () => {
  expect(read([stream])).toEqual(events)
  expect(read([...stream])).toEqual(events)
  for (let cut = 0; cut <= stream.length; cut += 1) expect(read([stream.slice(0, cut), stream.slice(cut)])).toEqual(events)
})

it('gives nothing for an event that has not ended', () => {
  expect(read(['data: half\n'])).toEqual([])
})

it('drops an event longer than it keeps, and reads on', () => {
  const long = 'x'.repeat(eventCharactersMax)
  expect(read([`data: ${long}`, `${long}\n\n`, 'data: next\n\n'])).toEqual([{ id: '', type: 'message', data: 'next' }])
})
