import { Hono } from 'hono'
import { expect, it } from 'vitest'
import type { ApiEnv } from './caller.ts'
import { serveApi } from './serve.ts'

const anyPort = { address: { host: '127.0.0.1', port: 0 }, tls: null }

it('serves until it is closed, endless answers included', async () => {
  const api = new Hono<ApiEnv>()
    .get('/', c => c.text('here'))
    .get('/endless', c => c.body(new ReadableStream({ start: stream => stream.enqueue(new Uint8Array(1)) })))
  const served = await serveApi(api, anyPort)
  const url = `http://127.0.0.1:${served.address.port}`
  expect(await (await fetch(url)).text()).toBe('here')
  const endless = (await fetch(`${url}/endless`)).text().catch((error: unknown) => error)
  await served.close()
  expect(await endless).toBeInstanceOf(Error)
  await expect(fetch(url)).rejects.toThrow()
})

it('says when the port is taken', async () => {
  const first = await serveApi(new Hono<ApiEnv>(), anyPort)
  await expect(serveApi(new Hono<ApiEnv>(), { ...anyPort, address: first.address })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  await first.close()
})
