import type { Socket } from '../../runtime/machine.ts'

/**
 * The bytes of one socket for a conversation in turns (startup, login): ask
 * for more, get more. Afterwards `handOver` gives the stream to whoever
 * relays it, with what is left.
 */
export class Mailbox {
  readonly socket: Socket
  #kept: Uint8Array = new Uint8Array(0)
  #used: (() => void) | null = null
  #waiting: { resolve: (bytes: Uint8Array) => void; reject: (error: Error) => void } | null = null
  #ended: { error: Error | null } | null = null
  #onData: ((bytes: Uint8Array) => void | Promise<void>) | null = null
  #onEnd: ((error: Error | null) => void) | null = null

  constructor(socket: Socket) {
    this.socket = socket
    socket.onData(bytes => {
      if (this.#onData) return this.#onData(bytes)
      if (this.#waiting) {
        const waiting = this.#waiting
        this.#waiting = null
        return waiting.resolve(bytes)
      }
      this.#kept = join(this.#kept, bytes)
      // Whoever talks out of turn waits: nothing more is read until this is used.
      return new Promise(resolve => (this.#used = resolve))
    })
    socket.onEnd(error => {
      this.#ended = { error }
      this.#waiting?.reject(error ?? new ConversationEnded())
      this.#waiting = null
      this.#onEnd?.(error)
    })
  }

  /** The next bytes, whatever their number. Throws `ConversationEnded` when the peer is gone. */
  more(): Promise<Uint8Array> {
    if (this.#kept.length > 0) return Promise.resolve(this.takeRest())
    if (this.#ended) return Promise.reject(this.#ended.error ?? new ConversationEnded())
    return new Promise((resolve, reject) => (this.#waiting = { resolve, reject }))
  }

  /** Gives back bytes that belong to what comes next. */
  putBack(bytes: Uint8Array): void {
    this.#kept = join(bytes, this.#kept)
  }

  /** Bytes read but not used: what a TLS handshake may begin with. */
  takeRest(): Uint8Array {
    const rest = this.#kept
    this.#kept = new Uint8Array(0)
    this.#used?.()
    this.#used = null
    return rest
  }

  /** From now on bytes go to `onData`, beginning with what is left here. */
  handOver(onData: (bytes: Uint8Array) => void | Promise<void>, onEnd: (error: Error | null) => void): void {
    const rest = this.takeRest()
    let first: void | Promise<void> = rest.length > 0 ? onData(rest) : undefined
    this.#onData = bytes => {
      if (!first) return onData(bytes)
      const before = first
      first = undefined
      return before.then(() => onData(bytes))
    }
    this.#onEnd = onEnd
    if (this.#ended) onEnd(this.#ended.error)
  }
}

/** The peer ended the connection in the middle of a conversation. */
export class ConversationEnded extends Error {
  constructor() {
    super('the connection was closed before the conversation was over')
    this.name = 'ConversationEnded'
  }
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b
  if (b.length === 0) return a
  const whole = new Uint8Array(a.length + b.length)
  whole.set(a)
  whole.set(b, a.length)
  return whole
}
