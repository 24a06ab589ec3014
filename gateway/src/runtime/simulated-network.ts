import { assert } from './assert.ts'
import type { Address, ClientTls, Clock, Listener, Network, ServerTls, Socket } from './machine.ts'
import { SystemError } from './system-error.ts'

/** How much one side holds for a peer that does not read before it asks its writer to wait. */
const bufferBytesMax = 64 * 1024

/** How the bytes of one write arrive: as they were written, one by one, or cut by seed. */
export type Cuts = 'as written' | 'every byte' | 'by seed'

/** A network in memory. A peer that never calls `onData` is one that does not read. */
export class SimulatedNetwork implements Network {
  readonly #clock: Clock
  readonly #chance: () => number
  readonly #ports = new Map<number, (socket: Socket) => void>()
  readonly #silent = new Set<number>()
  #nextPort = 40_000
  cuts: Cuts = 'as written'

  constructor({ clock, chance }: { clock: Clock; chance: () => number }) {
    this.#clock = clock
    this.#chance = chance
  }

  /** Makes a port answer nobody, as behind a firewall that drops. */
  silence(port: number): void {
    this.#silent.add(port)
  }

  async listen(address: Address, onSocket: (socket: Socket) => void): Promise<Listener> {
    const port = address.port === 0 ? this.#nextPort++ : address.port
    if (this.#ports.has(port)) throw new SystemError('EADDRINUSE', `address already in use ${address.host}:${port}`)
    this.#ports.set(port, onSocket)
    return {
      address: { host: address.host, port },
      close: async () => {
        this.#ports.delete(port)
      },
    }
  }

  async connect(address: Address, options: { timeoutMs: number }): Promise<SimulatedSocket> {
    const place = `${address.host}:${address.port}`
    if (this.#silent.has(address.port)) {
      await new Promise<void>(resolve => this.#clock.after(options.timeoutMs, resolve))
      throw new SystemError('ETIMEDOUT', `no answer from ${place} within ${options.timeoutMs} ms`)
    }
    const accept = this.#ports.get(address.port)
    if (accept === undefined) throw new SystemError('ECONNREFUSED', `connect ${place}`)
    const [client, server] = this.pair({ client: `${address.host}:${this.#nextPort++}`, server: place })
    accept(server)
    return client
  }

  /** Two ends of one connection. */
  pair({ client, server } = { client: '127.0.0.1:1', server: '127.0.0.1:2' }): [SimulatedSocket, SimulatedSocket] {
    const cut = (bytes: Uint8Array) => this.#cut(bytes)
    const near = new SimulatedSocket({ remote: server, cut })
    const far = new SimulatedSocket({ remote: client, cut })
    near.join(far)
    far.join(near)
    return [near, far]
  }

  #cut(bytes: Uint8Array): number {
    if (this.cuts === 'as written') return bytes.length
    if (this.cuts === 'every byte') return 1
    return 1 + Math.floor(this.#chance() * bytes.length)
  }
}

export class SimulatedSocket implements Socket {
  readonly remote: string
  readonly tls: boolean
  readonly alpn: string | null
  readonly #cut: (bytes: Uint8Array) => number
  #peer: SimulatedSocket | null = null
  /** On their way to this end. */
  #inbox: Uint8Array[] = []
  #inboxBytes = 0
  #handle: ((bytes: Uint8Array) => void | Promise<void>) | null = null
  #isHandling = false
  #isPumping = false
  #handleEnd: ((error: Error | null) => void) | null = null
  #end: { error: Error | null } | null = null
  #hasEnded = false
  #isDestroyed = false
  #breakAfterBytes = Number.POSITIVE_INFINITY
  #waitingForDrain: (() => void)[] = []
  #handshake: { alpn: string[]; resolve: (socket: SimulatedSocket) => void; reject: (error: Error) => void } | null = null
  #isHandedOver = false

  constructor({
    remote,
    cut,
    tls = false,
    alpn = null,
  }: {
    remote: string
    cut: (bytes: Uint8Array) => number
    tls?: boolean
    alpn?: string | null
  }) {
    this.remote = remote
    this.#cut = cut
    this.tls = tls
    this.alpn = alpn
  }

  join(peer: SimulatedSocket): void {
    this.#peer = peer
  }

  get #other(): SimulatedSocket {
    assert(this.#peer !== null, 'a connection has two ends')
    return this.#peer
  }

  /** Lets so many more bytes from this end arrive, then breaks the connection for both. */
  breakAfter(sizeBytes: number): void {
    this.#breakAfterBytes = sizeBytes
    if (sizeBytes === 0) this.#break()
  }

  onData(handle: (bytes: Uint8Array) => void | Promise<void>): void {
    this.#handle = handle
    this.#pump()
  }

  onEnd(handle: (error: Error | null) => void): void {
    this.#handleEnd = handle
    this.#pump()
  }

  write(bytes: Uint8Array): boolean {
    const peer = this.#other
    if (this.#isDestroyed || this.#hasEnded) return false
    const passed = bytes.slice(0, this.#breakAfterBytes)
    this.#breakAfterBytes -= passed.length
    if (passed.length > 0) peer.#receive(passed)
    if (this.#breakAfterBytes === 0) this.#break()
    return peer.#inboxBytes < bufferBytesMax
  }

  drained(): Promise<void> {
    if (this.#isDestroyed || this.#hasEnded || this.#other.#inboxBytes < bufferBytesMax) return Promise.resolve()
    return new Promise(resolve => this.#waitingForDrain.push(resolve))
  }

  end(): void {
    if (this.#hasEnded || this.#isDestroyed) return
    this.#hasEnded = true
    this.#other.#finish(null)
  }

  /** Here everybody ends their side soon. */
  hangUp(): void {
    this.end()
  }

  destroy(): void {
    if (this.#isDestroyed) return
    this.#isDestroyed = true
    this.#dropInbox()
    this.#finish(null)
    this.#releaseDrained()
    this.#other.#finish(null)
    this.#other.#releaseDrained()
  }

  setKeepAlive(): void {}

  /** A handshake without bytes: it succeeds when both ends start one, and anything else is not a handshake. */
  startServerTls(tls: ServerTls, rest: Uint8Array): Promise<Socket> {
    return this.#startTls(tls.alpn, rest)
  }

  /** As `startServerTls`. Certificates are not looked at. */
  startClientTls(_tls: ClientTls): Promise<Socket> {
    return this.#startTls([], new Uint8Array(0))
  }

  #startTls(alpn: string[], rest: Uint8Array): Promise<Socket> {
    this.#isHandedOver = true
    return new Promise((resolve, reject) => {
      this.#handshake = { alpn, resolve, reject }
      if (rest.length > 0 || this.#inboxBytes > 0) return this.#refuseTls(new SystemError('EPROTO', 'expected a TLS handshake'))
      if (this.#end !== null) return this.#refuseTls(this.#end.error ?? new SystemError('ECONNRESET', 'closed'))
      const peer = this.#other
      if (peer.#handshake === null) return
      const name = alpn[0] ?? peer.#handshake.alpn[0] ?? null
      const near = new SimulatedSocket({ remote: this.remote, cut: this.#cut, tls: true, alpn: name })
      const far = new SimulatedSocket({ remote: peer.remote, cut: this.#cut, tls: true, alpn: name })
      near.join(far)
      far.join(near)
      peer.#handshake.resolve(far)
      resolve(near)
    })
  }

  #refuseTls(error: Error): void {
    const handshake = this.#handshake
    this.#handshake = null
    this.#isHandedOver = false
    this.#finish(error)
    this.destroy()
    handshake?.reject(error)
  }

  #receive(bytes: Uint8Array): void {
    if (this.#isDestroyed) return
    this.#inbox.push(bytes)
    this.#inboxBytes += bytes.length
    if (this.#handshake !== null) return this.#refuseTls(new SystemError('EPROTO', 'expected a TLS handshake'))
    this.#pump()
  }

  #break(): void {
    const broken = new SystemError('ECONNRESET', 'read')
    this.#finish(broken)
    this.#other.#finish(broken)
    this.#isDestroyed = true
    this.#other.#isDestroyed = true
    this.#dropInbox()
    this.#releaseDrained()
    this.#other.#releaseDrained()
  }

  #finish(error: Error | null): void {
    this.#end ??= { error }
    if (this.#handshake !== null) return this.#refuseTls(error ?? new SystemError('ECONNRESET', 'closed'))
    this.#pump()
  }

  /** Delivers soon, never within the call that sent. */
  #pump(): void {
    if (this.#isPumping || this.#isHandling) return
    this.#isPumping = true
    queueMicrotask(() => {
      this.#isPumping = false
      this.#deliver()
    })
  }

  #deliver(): void {
    if (this.#isHandling || this.#isHandedOver) return
    const first = this.#inbox[0]
    if (first === undefined) return this.#deliverEnd()
    if (this.#handle === null) return
    const taken = first.slice(0, this.#cut(first))
    if (taken.length === first.length) this.#inbox.shift()
    else this.#inbox[0] = first.subarray(taken.length)
    this.#inboxBytes -= taken.length
    if (this.#inboxBytes < bufferBytesMax) this.#other.#releaseDrained()
    try {
      const handled = this.#handle(taken)
      if (handled === undefined) return this.#pump()
      this.#isHandling = true
      handled.then(
        () => {
          this.#isHandling = false
          this.#pump()
        },
        (error: unknown) => {
          this.#isHandling = false
          this.#fail(error)
        },
      )
    } catch (error) {
      this.#fail(error)
    }
  }

  #fail(error: unknown): void {
    this.#end = { error: error instanceof Error ? error : new Error(String(error)) }
    this.destroy()
    this.#pump()
  }

  #deliverEnd(): void {
    if (this.#end === null || this.#handleEnd === null) return
    const handleEnd = this.#handleEnd
    this.#handleEnd = null
    handleEnd(this.#end.error)
  }

  #dropInbox(): void {
    this.#inbox = []
    this.#inboxBytes = 0
  }

  #releaseDrained(): void {
    const waiting = this.#waitingForDrain
    this.#waitingForDrain = []
    for (const resolve of waiting) resolve()
  }
}
