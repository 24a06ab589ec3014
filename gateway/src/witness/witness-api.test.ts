import { describe, expect, it } from 'vitest'
import { toHex } from '../runtime/bytes.ts'
import { sha256 } from '../runtime/crypto.ts'
import { SimulatedMachine } from '../runtime/simulated.ts'
import { TestLog, testKey } from './test-log.ts'
import { Witness } from './witness.ts'
import { witnessApi } from './witness-api.ts'

const origin = 'log.example/1'
const hash = toHex(sha256(new TextEncoder().encode(origin)))

function api() {
  const machine = new SimulatedMachine()
  machine.disk.makeDirectory('/w')
  const logs = [{ origin, keys: [testKey(origin, 1).verifier] }]
  return witnessApi(new Witness(machine, { name: 'w.example/1', keyPath: '/w/key', directory: '/w/logs', logs, log: () => {} }))
}

const post = (body: Uint8Array | ReadableStream) =>
  ({ method: 'POST', body: body as Uint8Array<ArrayBuffer>, duplex: 'half' }) as RequestInit

/** A body whose length is not said before. */
function stream(...pieces: Uint8Array[]): ReadableStream {
  return new ReadableStream({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece)
      controller.close()
    },
  })
}

describe('the API of a witness', () => {
  it('signs, and shows what it signed', async () => {
    const app = api()
    const log = new TestLog().grow(3)
    expect((await app.request(`/${hash}/checkpoint`)).status).toBe(404)
    const answer = await app.request('/add-checkpoint', post(log.request(0)))
    expect(answer.status).toBe(200)
    const line = await answer.text()
    expect(line).toMatch(/^— w\.example\/1 [A-Za-z0-9+/=]+\n$/)
    const shown = await app.request(`/${hash}/checkpoint`)
    expect(await shown.text()).toBe(new TextDecoder().decode(log.checkpoint()) + line)
    expect((await app.request(`/${hash.toUpperCase()}/checkpoint`)).status).toBe(404)
  })

  it('names the size that it knows under its own media type', async () => {
    const app = api()
    await app.request('/add-checkpoint', post(new TestLog().grow(3).request(0)))
    const answer = await app.request('/add-checkpoint', post(new TestLog().grow(5).request(0)))
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([409, 'text/x.tlog.size', '3\n'])
  })

  it('takes a body in pieces, without its length', async () => {
    const request = new TestLog().grow(3).request(0)
    const pieces = Array.from(request, byte => Uint8Array.of(byte))
    expect((await api().request('/add-checkpoint', post(stream(...pieces)))).status).toBe(200)
  })

  it('takes no more than a request can need, however it comes', async () => {
    const app = api()
    const large = new Uint8Array(128 * 1024 + 1)
    const said = { method: 'POST', body: large, headers: { 'content-length': String(large.length) } }
    for (const path of ['/add-checkpoint', '/replace-key']) {
      expect((await app.request(path, said)).status).toBe(413)
      expect((await app.request(path, post(stream(large.subarray(1), Uint8Array.of(1))))).status).toBe(413)
    }
    let pulled = 0
    const endless = new ReadableStream({ pull: controller => controller.enqueue(new Uint8Array(64 * 1024).fill(++pulled)) })
    expect((await app.request('/add-checkpoint', post(endless))).status).toBe(413)
    expect(pulled).toBeLessThan(6)
  })

  it('has its keys followed', async () => {
    const app = api()
    const log = new TestLog().grow(3)
    await app.request('/add-checkpoint', post(log.request(0)))
    const next = testKey(origin, 2)
    const index = log.replaceKey(next)
    await app.request('/add-checkpoint', post(log.request(3)))
    expect((await app.request('/replace-key', post(log.proofOf(index)))).status).toBe(200)
    log.signers = [next]
    expect((await app.request('/add-checkpoint', post(log.grow(9).request(4)))).status).toBe(200)
  })

  it('has nothing else', async () => {
    const app = api()
    expect((await app.request('/add-checkpoint')).status).toBe(404)
    expect((await app.request('/sign-subtree', post(new Uint8Array(1)))).status).toBe(404)
  })
})
