/**
 * Everything the gateway asks of the machine it runs on: time, chance, sockets
 * and disk, as arguments. `node.ts` is the real machine (on `node:` modules,
 * which Node, Deno and Bun all implement); `simulated.ts` is one that a test
 * drives by seed.
 */
export interface Machine {
  clock: Clock
  random(sizeBytes: number): Uint8Array
  disk: Disk
  network: Network
}

export interface Clock {
  /** Microseconds since 1970 UTC. May step back when the machine's clock is set. */
  nowUs(): number
  /** Microseconds since some fixed point. Never steps back. */
  monotonicUs(): number
  after(delayMs: number, run: () => void): Timer
}

export interface Timer {
  cancel(): void
}

export interface Disk {
  /** Opens for appending, creating with mode 0600; fails if it exists and `exclusive` is set. */
  append(path: string, options: { exclusive: boolean }): AppendFile
  read(path: string): Uint8Array
  /** What a file has there, as far as it goes: bytes of their own, or the beginning of `into`, which must be large enough. */
  readRange(path: string, range: { start: number; end: number; into?: Uint8Array }): Uint8Array
  sizeBytes(path: string): number
  exists(path: string): boolean
  /** Names in a directory, sorted; empty when there is none. */
  list(path: string): string[]
  makeDirectory(path: string): void
  /** Whole or not at all: written beside, synced, renamed over. What does not fit memory comes in pieces. */
  replace(path: string, content: Uint8Array | Iterable<Uint8Array>): void
  /** Like `replace`, while the process goes on: done when it resolves. One at a time for each path. */
  replaceLater(path: string, content: Uint8Array): Promise<void>
  truncate(path: string, sizeBytes: number): void
  remove(path: string): void
  /** Removes what nobody needs to be gone: without waiting for the disk, and after a loss of power it may be back. */
  discard(path: string): void
  /** Overwrites a secret where it lies, then removes it. What the hardware keeps besides is out of reach. */
  destroy(path: string): void
  /** Takes a directory, made where there is none, for this process alone while it lives. Rejects with `LockHeld`, which says who has it. */
  lock(path: string, holder: string): Promise<Lock>
}

/** A directory that is this process's alone. */
export interface Lock {
  release(): Promise<void>
}

export interface AppendFile {
  /** In the kernel when it returns. Throws the system's error, having written some or none of it. */
  write(bytes: Uint8Array): void
  /** On disk when it resolves. */
  sync(): Promise<void>
  /** Once; a sync under way goes on. Nothing else is done with it from here on. */
  close(): void
}

export interface Network {
  listen(address: Address, onSocket: (socket: Socket) => void): Promise<Listener>
  connect(address: Address, options: { timeoutMs: number }): Promise<Socket>
}

export interface Address {
  host: string
  port: number
}

export interface Listener {
  address: Address
  /** Frees the port; connections already accepted stay. */
  close(): Promise<void>
}

/** TLS from the gateway's side of a connection that it accepted. */
export interface ServerTls {
  certificate: string
  key: string
  /** Protocol names to agree on (ALPN), or none. */
  alpn: string[]
}

/** TLS from the gateway's side of a connection that it opened. */
export interface ClientTls {
  serverName: string
  verify: 'none' | 'certificate' | 'certificate and name'
  authorities: string | null
}

/**
 * One connection. Bytes arrive by `onData` in order; a handler that returns a
 * promise holds further bytes back until it settles, which is the backpressure.
 */
export interface Socket {
  readonly remote: string
  readonly tls: boolean
  /** The protocol name that TLS agreed on (ALPN), if any. */
  readonly alpn: string | null
  /** At most one handler; bytes that arrive before it is set wait. A promise it returns pauses reading. */
  onData(handle: (bytes: Uint8Array) => void | Promise<void>): void
  /**
   * Called once, after the last byte was handled: the peer ended its side, the connection broke,
   * a handler threw, or `destroy` was called. Not called when TLS continues the connection.
   */
  onEnd(handle: (error: Error | null) => void): void
  /** Gives true while the peer keeps up; false asks the caller to wait for `drained`. */
  write(bytes: Uint8Array): boolean
  drained(): Promise<void>
  /** Says that nothing more will be written, after what was. */
  end(): void
  /** Ends for good: the connection is dropped when the peer does not take what was written, and end its side, in a while. */
  hangUp(): void
  /** Drops the connection at once. */
  destroy(): void
  /** Continues the same connection inside TLS. `rest`: bytes already read that belong to the handshake. */
  startServerTls(tls: ServerTls, rest: Uint8Array): Promise<Socket>
  startClientTls(tls: ClientTls): Promise<Socket>
  setKeepAlive(afterMs: number): void
}
