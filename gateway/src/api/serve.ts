import { createAdaptorServer } from '@hono/node-server'
import type { Address, ServerTls } from '../runtime/machine.ts'
import { createTlsServer } from '../runtime/tls-server.ts'

/** How long a client may take to send the head of a request, and a whole one. */
const headersTimeoutMs = 10_000
const requestTimeoutMs = 60_000

/** A web port that is open. */
export interface ServedApi {
  address: Address
  /** Frees the port at once; streams that are open end. */
  close(): Promise<void>
}

/** What answers requests: a Hono app of any kind. */
export interface Answering {
  fetch: (request: Request) => Response | Promise<Response>
}

/** Serves an API on its port. Rejects when the port cannot be had, saying which. */
export async function serveApi(api: Answering, { address, tls }: { address: Address; tls: ServerTls | null }): Promise<ServedApi> {
  const limits = { headersTimeout: headersTimeoutMs, requestTimeout: requestTimeoutMs }
  const server = createAdaptorServer({
    fetch: api.fetch,
    overrideGlobalObjects: false,
    ...(tls
      ? { createServer: createTlsServer, serverOptions: { cert: tls.certificate, key: tls.key, ...limits } }
      : { serverOptions: limits }),
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(address.port, address.host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const bound = server.address()
  return {
    address: { host: address.host, port: typeof bound === 'object' && bound ? bound.port : address.port },
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        if ('closeAllConnections' in server) server.closeAllConnections()
      }),
  }
}
