import { connect, createServer, isIP, type Socket as RawSocket } from 'node:net'
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { assert } from './assert.ts'
import type { Address, ClientTls, Listener, Network, ServerTls, Socket } from './machine.ts'

/** This machine's TCP, half-open connections allowed and Nagle's delay off. */
export function nodeNetwork(): Network {
  return { listen, connect: connectTo }
}

function listen(address: Address, onSocket: (socket: Socket) => void): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, raw => onSocket(new NodeSocket(raw)))
    server.once('error', reject)
    server.listen(address.port, address.host, () => {
      server.off('error', reject)
      // One connection could not be accepted (too many open files): its client
      // sees a reset, and the port goes on.
      server.on('error', () => {})
      const bound = server.address()
      assert(bound !== null && typeof bound === 'object', 'a listening port has an address')
      resolve({
        address: { host: bound.address, port: bound.port },
        // Frees the port and leaves the connections alone, which have owners.
        close: async () => {
          server.close()
        },
      })
    })
  })
}

function connectTo(address: Address, options: { timeoutMs: number }): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const raw = connect({ host: address.host, port: address.port, allowHalfOpen: true, noDelay: true })
    const timeout = setTimeout(() => fail(new ConnectTimedOut(address, options.timeoutMs)), options.timeoutMs)
    raw.once('error', fail)
    raw.once('connect', () => {
      clearTimeout(timeout)
      raw.off('error', fail)
      resolve(new NodeSocket(raw))
    })

    function fail(error: Error): void {
      clearTimeout(timeout)
      raw.on('error', () => {}) // what comes after the first error is about the same failure
      raw.destroy()
      reject(error)
    }
  })
}

/** The other side neither accepted nor refused in time. */
export class ConnectTimedOut extends Error {
  readonly code = 'ETIMEDOUT'

  constructor(address: Address, timeoutMs: number) {
    super(`no answer from ${address.host}:${address.port} within ${timeoutMs} ms`)
    this.name = 'ConnectTimedOut'
  }
}

/** How long a peer has to take what was written before we hung up, and then to hang up as well. */
const takeWithinMs = 30_000
const hangUpWithinMs = 1000

type DataHandler = (bytes: Uint8Array) => void | Promise<void>

class NodeSocket implements Socket {
  readonly remote: string
  readonly tls: boolean
  readonly alpn: string | null
  readonly #raw: RawSocket
  /** Bytes that arrived while nobody could take them. */
  #held: Uint8Array[] = []
  #handle: DataHandler | null = null
  #isHandling = false
  #end: { error: Error | null } | null = null
  #handleEnd: ((error: Error | null) => void) | null = null
  #waitingForDrain: (() => void)[] = []
  /** Set when TLS took the connection over: what arrives now is no longer ours. */
  #isHandedOver = false

  constructor(raw: RawSocket, alpn: string | null = null, isTls = false) {
    this.#raw = raw
    this.tls = isTls
    this.alpn = alpn
    this.remote = `${raw.remoteAddress ?? ''}:${raw.remotePort ?? ''}`
    raw.on('data', this.#onChunk)
    raw.on('end', this.#onPeerEnd)
    raw.on('error', this.#onError)
    raw.on('close', this.#onClose)
    raw.on('drain', this.#onDrain)
    // Reading starts with the first handler, so the kernel's buffer, not ours, holds what comes before.
    raw.pause()
  }

  onData(handle: DataHandler): void {
    this.#handle = handle
    this.#deliver()
  }

  onEnd(handle: (error: Error | null) => void): void {
    this.#handleEnd = handle
    this.#deliverEnd()
  }

  write(bytes: Uint8Array): boolean {
    if (this.#raw.destroyed || this.#raw.writableEnded) return false
    return this.#raw.write(bytes)
  }

  drained(): Promise<void> {
    if (this.#raw.destroyed || this.#raw.writableEnded || !this.#raw.writableNeedDrain) return Promise.resolve()
    return new Promise(resolve => this.#waitingForDrain.push(resolve))
  }

  end(): void {
    if (!this.#raw.destroyed && !this.#raw.writableEnded) this.#raw.end()
  }

  hangUp(): void {
    this.end()
    // Some never hang up, as a psql does not whose user went for coffee: they
    // keep no connection, and no process that would end. What the kernel has
    // taken it delivers all the same.
    const drop = () => this.#raw.destroy()
    const timers = [setTimeout(drop, takeWithinMs).unref()]
    if (this.#raw.writableFinished) timers.push(setTimeout(drop, hangUpWithinMs).unref())
    else this.#raw.once('finish', () => timers.push(setTimeout(drop, hangUpWithinMs).unref()))
    this.#raw.once('close', () => timers.forEach(clearTimeout))
  }

  destroy(): void {
    this.#held = []
    this.#raw.destroy()
  }

  setKeepAlive(afterMs: number): void {
    this.#raw.setKeepAlive(true, afterMs)
  }

  startServerTls(tls: ServerTls, rest: Uint8Array): Promise<Socket> {
    const raw = this.#handOver(rest)
    return new Promise((resolve, reject) => {
      // A server of its own for one connection: `new TLSSocket(raw, { isServer: true })` fails on Deno.
      const server = createTlsServer({
        cert: tls.certificate,
        key: tls.key,
        ...(tls.alpn.length > 0 && { ALPNProtocols: tls.alpn }),
      })
      const refuse = this.#refuseTls(reject)
      server.once('secureConnection', secured => {
        raw.off('close', refuse)
        secured.allowHalfOpen = true
        resolve(new NodeSocket(secured, secured.alpnProtocol || null, true))
      })
      server.once('tlsClientError', refuse)
      raw.once('close', refuse)
      server.emit('connection', raw)
    })
  }

  startClientTls(tls: ClientTls): Promise<Socket> {
    const raw = this.#handOver(new Uint8Array(0))
    return new Promise((resolve, reject) => {
      const refuse = this.#refuseTls(reject)
      const secured: TLSSocket = connectTls(
        {
          socket: raw,
          host: tls.serverName,
          // RFC 6066 §3: an address is not a server name.
          ...(isIP(tls.serverName) === 0 && { servername: tls.serverName }),
          rejectUnauthorized: tls.verify !== 'none',
          ...(tls.verify !== 'certificate and name' && { checkServerIdentity: () => undefined }),
          ...(tls.authorities !== null && { ca: tls.authorities }),
        },
        () => {
          raw.off('close', refuse)
          secured.off('error', refuse)
          secured.allowHalfOpen = true
          resolve(new NodeSocket(secured, secured.alpnProtocol || null, true))
        },
      )
      secured.once('error', refuse)
      raw.once('close', refuse)
    })
  }

  /** Gives the bare connection, stopped before the first byte that TLS must see. */
  #handOver(rest: Uint8Array): RawSocket {
    assert(!this.#isHandedOver, 'TLS starts once')
    this.#isHandedOver = true
    const raw = this.#raw
    raw.pause()
    raw.off('data', this.#onChunk)
    raw.off('end', this.#onPeerEnd)
    raw.off('error', this.#onError)
    raw.off('close', this.#onClose)
    raw.off('drain', this.#onDrain)
    raw.on('error', () => {}) // the TLS layer hears it too, and tells
    raw.allowHalfOpen = false // a peer that ends in the middle of a handshake is gone
    const early = Buffer.concat([rest, ...this.#held])
    this.#held = []
    if (early.length > 0) raw.unshift(early)
    this.#releaseDrained()
    return raw
  }

  /** What ends a handshake that failed: the connection is gone for its old handlers too. */
  #refuseTls(reject: (error: Error) => void): (cause?: unknown) => void {
    return cause => {
      const error = cause instanceof Error ? cause : new Error('the connection closed during the TLS handshake')
      this.#isHandedOver = false
      this.destroy()
      reject(error)
      this.#finish(error)
    }
  }

  // Handlers are fields so that they can be taken off again.
  readonly #onChunk = (chunk: Uint8Array): void => {
    if (this.#handle === null || this.#isHandling || this.#held.length > 0) {
      this.#held.push(chunk)
      this.#raw.pause()
      return
    }
    const handled = this.#give(chunk)
    if (handled !== undefined) this.#waitFor(handled)
  }

  readonly #onPeerEnd = (): void => this.#finish(null)
  readonly #onError = (error: Error): void => this.#finish(error)
  readonly #onDrain = (): void => this.#releaseDrained()
  readonly #onClose = (): void => {
    this.#finish(null)
    this.#releaseDrained()
  }

  #give(chunk: Uint8Array): void | Promise<void> {
    assert(this.#handle !== null, 'bytes are given to a handler')
    try {
      return this.#handle(chunk)
    } catch (error) {
      this.#fail(error)
    }
  }

  #waitFor(handled: Promise<void>): void {
    this.#isHandling = true
    this.#raw.pause()
    handled.then(
      () => {
        this.#isHandling = false
        this.#deliver()
      },
      error => {
        this.#isHandling = false
        this.#fail(error)
      },
    )
  }

  /** Gives what is held, one piece at a time, then reads on. */
  #deliver(): void {
    if (this.#handle === null || this.#isHandling || this.#isHandedOver) return
    let chunk: Uint8Array | undefined
    while ((chunk = this.#held.shift()) !== undefined) {
      const handled = this.#give(chunk)
      if (handled !== undefined) return this.#waitFor(handled)
      if (this.#isHandedOver) return
    }
    if (this.#end === null) this.#raw.resume()
    this.#deliverEnd()
  }

  /** A handler that throws is finished with this connection. */
  #fail(error: unknown): void {
    this.#held = []
    this.#end = { error: error instanceof Error ? error : new Error(String(error)) }
    this.#raw.destroy()
    this.#deliverEnd()
  }

  #finish(error: Error | null): void {
    this.#end ??= { error }
    this.#deliverEnd()
  }

  #deliverEnd(): void {
    if (this.#end === null || this.#handleEnd === null || this.#isHandling || this.#held.length > 0 || this.#isHandedOver) return
    const handleEnd = this.#handleEnd
    this.#handleEnd = null
    handleEnd(this.#end.error)
  }

  #releaseDrained(): void {
    const waiting = this.#waitingForDrain
    this.#waitingForDrain = []
    for (const resolve of waiting) resolve()
  }
}
