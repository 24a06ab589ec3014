import type { Socket } from '../runtime/machine.ts'
import type { Cleared, Pass } from './pass.ts'
import type { Session } from './session.ts'

/**
 * The only way from a session to its target. What is sent needs a pass, and
 * goes out in `flush`, after the recording took the lines that tell of it.
 */
export class TargetWire {
  readonly #session: Session
  readonly #socket: Socket
  readonly #outbox = new Outbox()

  constructor(session: Session, socket: Socket) {
    this.#session = session
    this.#socket = socket
  }

  send(bytes: Uint8Array, pass: Pass): void {
    pass.spend()
    this.#outbox.add(bytes)
  }

  /** Settles when the target keeps up; throws `RecordingFailed` having sent nothing. */
  flush(): void | Promise<void> {
    const durable = this.#session.commitCommands()
    return durable ? durable.then(() => this.#outbox.writeTo(this.#socket)) : this.#outbox.writeTo(this.#socket)
  }
}

/** The only way from a session to its client. What is written was cleared, and goes out after the recording holds it. */
export class ClientWire {
  readonly #session: Session
  readonly #socket: Socket
  readonly #outbox = new Outbox()

  constructor(session: Session, socket: Socket) {
    this.#session = session
    this.#socket = socket
  }

  write(cleared: Cleared): void {
    this.#outbox.add(cleared.spend())
  }

  flush(): void | Promise<void> {
    this.#session.commit()
    return this.#outbox.writeTo(this.#socket)
  }
}

/** Byte ranges waiting for one write. Neighbours in the same buffer become one range, so an untouched chunk is passed on uncopied. */
class Outbox {
  #ranges: Uint8Array[] = []
  /** The range that may still grow: `#last` from its start to `#lastEnd`, an offset into its buffer. */
  #last: Uint8Array | null = null
  #lastEnd = 0

  add(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    const last = this.#last
    if (last && last.buffer === bytes.buffer && this.#lastEnd === bytes.byteOffset) {
      this.#lastEnd += bytes.length
      return
    }
    this.#settle()
    this.#last = bytes
    this.#lastEnd = bytes.byteOffset + bytes.length
  }

  writeTo(socket: Socket): void | Promise<void> {
    this.#settle()
    const ranges = this.#ranges
    if (ranges.length === 0) return
    this.#ranges = []
    const keepsUp = socket.write(ranges.length === 1 ? ranges[0]! : join(ranges))
    if (!keepsUp) return socket.drained()
  }

  #settle(): void {
    const last = this.#last
    if (!last) return
    this.#last = null
    const length = this.#lastEnd - last.byteOffset
    this.#ranges.push(length === last.length ? last : new Uint8Array(last.buffer, last.byteOffset, length))
  }
}

function join(ranges: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(ranges.reduce((sum, range) => sum + range.length, 0))
  let at = 0
  for (const range of ranges) {
    whole.set(range, at)
    at += range.length
  }
  return whole
}
