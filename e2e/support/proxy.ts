import { once } from 'node:events'
import { connect, createServer } from 'node:net'

/** A wire between a client and a server that a test can cut where it likes. */
export interface Proxy {
  url: string
  /** Called instead of passing on the next bytes that the server says; then the connection is gone. */
  swallowNext(onAnswer: () => void): void
  close(): void
}

export async function startProxy(to: string): Promise<Proxy> {
  const { hostname, port, pathname } = new URL(to)
  let swallow: (() => void) | null = null
  const server = createServer(client => {
    const upstream = connect(Number(port), hostname)
    client.pipe(upstream)
    upstream.on('data', bytes => {
      if (swallow === null) return client.write(bytes)
      swallow()
      swallow = null
      client.destroy()
      return upstream.destroy()
    })
    upstream.on('close', () => client.destroy())
    client.on('close', () => upstream.destroy())
    for (const socket of [client, upstream]) socket.on('error', () => {})
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('expected a port')
  return {
    url: `http://127.0.0.1:${address.port}${pathname}`,
    swallowNext: onAnswer => (swallow = onAnswer),
    close: () => server.close(),
  }
}
