import { WireError } from './wire-error.ts'

/** One message of the wire (chapter 54.7): a type byte, a length that counts itself but not the type, a body. */
export interface Message {
  readonly type: number
  /** The message is `bytes[start]` to before `bytes[end]`, its body begins at `bodyStart`. */
  readonly bytes: Uint8Array
  readonly start: number
  readonly bodyStart: number
  readonly end: number
}

/** The message as it came. */
export function raw({ bytes, start, end }: Message): Uint8Array {
  return bytes.subarray(start, end)
}

const headerBytes = 5
/** What a cut message gets before more of it has arrived: a claimed length alone costs no memory. */
const joinBytesFirst = 1 << 16
const nothing = new Uint8Array(0)

/**
 * Finds the messages in a stream, however it was cut into chunks.
 *
 * It is a cursor: after `next` gave true, the fields say where the message
 * lies. A message that lies whole in a chunk is not copied, so `bytes` is the
 * chunk itself, and neighbours in it can be sent on as one range; a message
 * that was cut is joined in a buffer of its own, which is never used again.
 */
export class MessageReader implements Message {
  type = 0
  bytes: Uint8Array = nothing
  start = 0
  bodyStart = 0
  end = 0

  readonly #lengthMax: number
  #chunk: Uint8Array = nothing
  #at = 0
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  /** The cut message: so much of it has arrived, so long it will be (0 until its header is whole). */
  #join: Uint8Array = nothing
  #joined = 0
  #joinLength = 0

  constructor(limits: { messageBytesMax: number }) {
    this.#lengthMax = limits.messageBytesMax
  }

  /** Bytes held that `next` has not given yet. */
  get pendingBytes(): number {
    return this.#joined + this.#chunk.length - this.#at + this.#waitingBytes
  }

  /** Takes the next bytes of the stream. They are kept by reference, so nobody may write to them afterwards. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    if (this.#at === this.#chunk.length && this.#waiting.length === 0) {
      this.#chunk = chunk
      this.#at = 0
    } else {
      this.#waiting.push(chunk)
      this.#waitingBytes += chunk.length
    }
  }

  /** Moves to the next whole message, or gives false when more bytes are needed. Throws `WireError` for a length that cannot be. */
  next(): boolean {
    for (;;) {
      if (this.#joined === 0) {
        const chunk = this.#chunk
        const start = this.#at
        const available = chunk.length - start
        if (available >= headerBytes) {
          const whole = 1 + this.#lengthAt(chunk, start + 1)
          if (whole <= available) {
            this.#at = start + whole
            this.#show(chunk, start, start + whole)
            return true
          }
        }
      }
      // A header that was refused is refused again, though its chunk is used up.
      if ((this.#at < this.#chunk.length || this.#joined === headerBytes) && this.#fill()) return true
      const chunk = this.#waiting.shift()
      this.#chunk = chunk ?? nothing
      this.#at = 0
      if (!chunk) {
        this.#show(nothing, 0, 0)
        return false
      }
      this.#waitingBytes -= chunk.length
    }
  }

  /** Gives what has not been read and forgets it, for whoever goes on with the stream. The current message stays. */
  takeRest(): Uint8Array {
    const rest = new Uint8Array(this.pendingBytes)
    rest.set(this.#join.subarray(0, this.#joined))
    let at = this.#joined
    for (const chunk of [this.#chunk.subarray(this.#at), ...this.#waiting]) {
      rest.set(chunk, at)
      at += chunk.length
    }
    this.#forgetJoin()
    this.#chunk = nothing
    this.#at = 0
    this.#waiting = []
    this.#waitingBytes = 0
    return rest
  }

  /** Moves bytes of the chunk to the cut message; gives true when that is whole. */
  #fill(): boolean {
    if (this.#joinLength === 0) {
      this.#move(headerBytes)
      if (this.#joined < headerBytes) return false
      this.#joinLength = 1 + this.#lengthAt(this.#join, 1)
    }
    this.#move(this.#joinLength)
    if (this.#joined < this.#joinLength) return false
    this.#show(this.#join, 0, this.#joinLength)
    this.#forgetJoin()
    return true
  }

  #move(lengthWanted: number): void {
    const count = Math.min(lengthWanted - this.#joined, this.#chunk.length - this.#at)
    const needed = this.#joined + count
    if (needed > this.#join.length) {
      // Doubling keeps the copying linear, however small the chunks are.
      const grown = new Uint8Array(Math.min(lengthWanted, Math.max(needed, 2 * this.#join.length, joinBytesFirst)))
      grown.set(this.#join.subarray(0, this.#joined))
      this.#join = grown
    }
    this.#join.set(this.#chunk.subarray(this.#at, this.#at + count), this.#joined)
    this.#joined = needed
    this.#at += count
  }

  #forgetJoin(): void {
    this.#join = nothing
    this.#joined = 0
    this.#joinLength = 0
  }

  #lengthAt(bytes: Uint8Array, at: number): number {
    const length = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
    if (length < 4) throw new WireError('08P01', `invalid message length ${length}`)
    if (length > this.#lengthMax)
      throw new WireError('54000', `message of ${length} bytes is longer than messageBytesMax, which is ${this.#lengthMax}`)
    return length
  }

  #show(bytes: Uint8Array, start: number, end: number): void {
    this.type = end > start ? bytes[start]! : 0
    this.bytes = bytes
    this.start = start
    this.bodyStart = end > start ? start + headerBytes : 0
    this.end = end
  }
}
