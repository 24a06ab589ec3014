import { WireError } from './wire-error.ts'

const empty = new Uint8Array(0)

/**
 * Finds the messages in a stream of bytes cut anywhere (chapter 54.1): a type
 * byte, a length that counts itself, a body. `next` moves to the next whole
 * message; the fields then say where it lies in `bytes`. A message that lies
 * whole in a pushed chunk is not copied; one that was cut is joined.
 */
export class MessageReader {
  type = 0
  /** The bytes the message lies in: the pushed chunk itself, unless it was cut. */
  bytes: Uint8Array = empty
  /** Where the type byte is. */
  start = 0
  bodyStart = 0
  end = 0
  readonly #messageBytesMax: number
  #chunk: Uint8Array = empty
  #at = 0
  /** The beginning of a message whose end has not come, in a buffer with room to grow. */
  #partial: Uint8Array = empty
  #partialBytes = 0

  constructor(limits: { messageBytesMax: number }) {
    this.#messageBytesMax = limits.messageBytesMax
  }

  /** Bytes kept for a message that is not whole yet. */
  get pendingBytes(): number {
    return this.#partialBytes
  }

  /** Takes the next bytes of the stream. What was pushed before must have been read to its end. */
  push(chunk: Uint8Array): void {
    const rest = this.#chunk.subarray(this.#at)
    if (rest.length > 0) this.#keep(rest)
    this.#chunk = chunk
    this.#at = 0
  }

  /** Moves to the next whole message; false when more bytes are needed. Throws `WireError` at a length that cannot be. */
  next(): boolean {
    if (this.#partialBytes > 0) return this.#nextJoined()
    const left = this.#chunk.length - this.#at
    if (left < 5) return false
    const sizeBytes = this.#sizeAt(this.#chunk, this.#at)
    if (left < sizeBytes) return false
    this.#found(this.#chunk, this.#at, sizeBytes)
    this.#at += sizeBytes
    return true
  }

  /** Gives the bytes after the last message that `next` found, and forgets them. */
  takeRest(): Uint8Array {
    const rest = this.#partialBytes > 0 ? this.#partial.slice(0, this.#partialBytes) : this.#chunk.subarray(this.#at)
    this.#chunk = empty
    this.#at = 0
    this.#partialBytes = 0
    return rest
  }

  #nextJoined(): boolean {
    if (this.#partialBytes < 5) this.#keepUpTo(5)
    if (this.#partialBytes < 5) return false
    const sizeBytes = this.#sizeAt(this.#partial, 0)
    this.#keepUpTo(sizeBytes)
    if (this.#partialBytes < sizeBytes) return false
    this.#found(this.#partial, 0, sizeBytes)
    // The caller may keep the bytes, so the buffer is not used again.
    this.#partial = empty
    this.#partialBytes = 0
    return true
  }

  #found(bytes: Uint8Array, start: number, sizeBytes: number): void {
    this.bytes = bytes
    this.type = bytes[start]!
    this.start = start
    this.bodyStart = start + 5
    this.end = start + sizeBytes
  }

  /** The whole size of the message whose head is at `at`, checked before anything is kept for it. */
  #sizeAt(bytes: Uint8Array, at: number): number {
    const length = (bytes[at + 1]! << 24) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 8) | bytes[at + 4]!
    if (length < 4) throw new WireError('08P01', `invalid message length ${length}`)
    if (length + 1 > this.#messageBytesMax) throw new WireError('54000', `a message of ${length} bytes is over the limit messageBytesMax of ${this.#messageBytesMax}`)
    return length + 1
  }

  #keepUpTo(sizeBytes: number): void {
    const missing = Math.min(sizeBytes - this.#partialBytes, this.#chunk.length - this.#at)
    if (missing <= 0) return
    this.#keep(this.#chunk.subarray(this.#at, this.#at + missing))
    this.#at += missing
  }

  #keep(bytes: Uint8Array): void {
    const needed = this.#partialBytes + bytes.length
    if (needed > this.#partial.length) {
      // Doubling keeps the copying linear; the message's own size is the most.
      const grown = new Uint8Array(Math.max(needed, Math.min(this.#partial.length * 2, this.#messageBytesMax), 64))
      grown.set(this.#partial.subarray(0, this.#partialBytes))
      this.#partial = grown
    }
    this.#partial.set(bytes, this.#partialBytes)
    this.#partialBytes = needed
  }
}
