import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { HttpAnswer, HttpRequest } from '../runtime/http-client.ts'
import { settle, SimulatedMachine } from '../runtime/simulated.ts'
import { Webhooks, type Webhook } from './index.ts'

const key = Uint8Array.from({ length: 32 }, (_, i) => i)
const chat: Webhook = { url: 'https://chat.example/hook', key, events: ['approval.requested', 'approval.settled'] }

/** Endpoints that answer as a test says, by their URL: with a status, never, or not at all. */
function start(webhooks: Record<string, Webhook>, answer: (url: string, attempt: number) => number | 'never' | 'away' = () => 204) {
  const machine = new SimulatedMachine()
  const asked: (HttpRequest & { atS: number })[] = []
  const problems: string[] = []
  const room = new Webhooks({
    machine,
    webhooks,
    onProblem: problem => problems.push(problem),
    ask: async (request): Promise<HttpAnswer> => {
      const attempt = asked.filter(({ url }) => url === request.url).length
      asked.push({ ...request, atS: machine.clock.nowUs() / 1_000_000 })
      const how = answer(request.url, attempt)
      if (how === 'away') throw new Error('ECONNREFUSED with a secret in it')
      if (how !== 'never') return { status: how, type: '', body: new Uint8Array(0) }
      return new Promise((_, fail) => request.signal.addEventListener('abort', () => fail(new Error('aborted'))))
    },
  })
  return { room, machine, asked, problems }
}

describe('a message', () => {
  it('is signed over its id, its time and its body, as whoever has the key can check', async () => {
    const { room, asked } = start({ chat })
    room.tell('approval.requested', { approval: 'apr_1' })
    await settle()
    const [{ headers = {}, body, url, method } = {} as HttpRequest] = asked
    const text = new TextDecoder().decode(body)
    expect([method, url, headers['content-type']]).toEqual(['POST', chat.url, 'application/json'])
    expect(JSON.parse(text)).toEqual({ type: 'approval.requested', timestamp: '2026-01-01T00:00:00.000Z', data: { approval: 'apr_1' } })
    expect(headers['webhook-id']).toMatch(/^msg_[0-9a-z]{26}$/)
    expect(headers['webhook-timestamp']).toBe('1767225600')
    const expected = createHmac('sha256', key).update(`${headers['webhook-id']}.1767225600.${text}`).digest('base64')
    expect(headers['webhook-signature']).toBe(`v1,${expected}`)
  })

  it('goes to those who want to hear of such', async () => {
    const other: Webhook = { ...chat, url: 'https://other.example/', events: ['approval.settled'] }
    const { room, asked } = start({ chat, other })
    room.tell('approval.requested', {})
    room.tell('approval.settled', {})
    await settle()
    expect(asked.map(({ url }) => url)).toEqual([chat.url, chat.url, other.url])
  })

  it('is sent again with its id and a new signature, later and later, until it is given up', async () => {
    const { room, machine, asked, problems } = start({ chat }, () => 503)
    room.tell('approval.requested', {})
    await machine.advance(24 * 3600 * 1000)
    const times = asked.map(({ atS }) => atS - asked[0]!.atS)
    expect(times).toEqual([0, 5, 35, 155, 755, 2555, 9755])
    expect(new Set(asked.map(({ headers }) => headers?.['webhook-id'])).size).toBe(1)
    expect(new Set(asked.map(({ headers }) => headers?.['webhook-signature'])).size).toBe(7)
    expect(problems).toEqual([
      expect.stringMatching(/^webhook chat: msg_\w+ is sent again later: it answered 503$/),
      expect.stringMatching(/is given up: it answered 503, 7 times$/),
    ])
  })

  it('is taken once it was answered', async () => {
    const { room, machine, asked } = start({ chat }, (_, attempt) => (attempt === 0 ? 'away' : 200))
    room.tell('approval.requested', {})
    await machine.advance(24 * 3600 * 1000)
    expect(asked).toHaveLength(2)
  })
})

describe('an endpoint', () => {
  it('that never answers holds up no other, and no more than four messages of its own at a time', async () => {
    const slow: Webhook = { ...chat, url: 'https://slow.example/' }
    const { room, machine, asked, problems } = start({ slow, chat }, url => (url === slow.url ? 'never' : 204))
    for (let n = 0; n < 10; n++) room.tell('approval.requested', { n })
    await settle()
    expect(asked.filter(({ url }) => url === chat.url)).toHaveLength(10)
    expect(asked.filter(({ url }) => url === slow.url)).toHaveLength(4)
    await machine.advance(10_000)
    expect(asked.filter(({ url }) => url === slow.url)).toHaveLength(8)
    expect(problems[0]).toContain('did not answer within 10000 ms')
    expect(problems.join()).not.toContain('secret')
  })

  it('keeps no more waiting than there is room for, and says so', async () => {
    const { room, problems } = start({ chat }, () => 'never')
    for (let n = 0; n < 1100; n++) room.tell('approval.requested', { n })
    expect(problems).toHaveLength(96)
    expect(problems[0]).toContain('1000 others wait')
  })

  it('that is gone is told nothing more', async () => {
    const { room, machine, asked } = start({ chat }, () => 410)
    room.tell('approval.requested', {})
    await settle()
    room.tell('approval.requested', {})
    await machine.advance(24 * 3600 * 1000)
    expect(asked).toHaveLength(1)
  })

  it('is told nothing once the gateway stops', async () => {
    const { room, machine, asked } = start({ chat }, () => 503)
    room.tell('approval.requested', {})
    await settle()
    room.stop()
    await machine.advance(24 * 3600 * 1000)
    room.tell('approval.requested', {})
    expect(asked).toHaveLength(1)
  })
})
