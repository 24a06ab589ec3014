import { connect, type Socket } from 'node:net'
import { once } from 'node:events'

/** A client that says exactly the bytes it is told: for what no driver would send. */
export async function rawConnection(port: number): Promise<Raw> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  await once(socket, 'connect')
  return new Raw(socket)
}

export class Raw {
  readonly socket: Socket
  #received = Buffer.alloc(0)
  #closed = false

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', bytes => (this.#received = Buffer.concat([this.#received, bytes])))
    socket.on('error', () => (this.#closed = true))
    socket.on('close', () => (this.#closed = true))
    socket.on('end', () => (this.#closed = true))
  }

  get received(): Buffer {
    return this.#received
  }

  get isClosed(): boolean {
    return this.#closed
  }

  send(...parts: (Buffer | string)[]): void {
    this.socket.write(Buffer.concat(parts.map(part => (typeof part === 'string' ? Buffer.from(part) : part))))
  }

  /** Waits until the bytes so far satisfy a test, or the peer closed. */
  async until(test: (received: Buffer) => boolean, timeoutMs = 15_000): Promise<Buffer> {
    const end = Date.now() + timeoutMs
    while (!test(this.#received) && !this.#closed) {
      if (Date.now() > end)
        throw new Error(`waited in vain; received ${this.#received.length} bytes: ${this.#received.subarray(0, 200).toString('latin1')}`)
      await new Promise(resolve => setTimeout(resolve, 10))
    }
    return this.#received
  }

  async closed(timeoutMs = 15_000): Promise<Buffer> {
    await this.until(() => this.#closed, timeoutMs)
    return this.#received
  }
}

/** A message with its type and length. */
export function message(type: string, ...body: (Buffer | string)[]): Buffer {
  const bytes = Buffer.concat(body.map(part => (typeof part === 'string' ? Buffer.from(part) : part)))
  const head = Buffer.alloc(5)
  head.write(type, 'latin1')
  head.writeInt32BE(bytes.length + 4, 1)
  return Buffer.concat([head, bytes])
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}

export function startup(version: number, parameters: Record<string, string>): Buffer {
  const body = Buffer.concat([
    int32(version),
    ...Object.entries(parameters).map(([name, value]) => Buffer.from(`${name}\0${value}\0`)),
    Buffer.from('\0'),
  ])
  return Buffer.concat([int32(body.length + 4), body])
}
