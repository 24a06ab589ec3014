import type { Message } from './message-reader.ts'
import { WireError } from './wire-error.ts'

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const lenient = new TextDecoder('utf-8', { ignoreBOM: true })
const shortTextMax = 24

/**
 * Reads the fields of one message from front to back and never past its end.
 * Everything it throws is a `WireError`; `done` must be called last, since
 * bytes behind the last field break the protocol too.
 */
export class Body {
  readonly #bytes: Uint8Array
  readonly #end: number
  readonly #decoder: InstanceType<typeof TextDecoder>
  #at: number

  /**
   * `isTrusted`: whether text that is not UTF-8 is taken with replacement
   * characters. A target may send such (an error before its encoding is
   * settled, names in a database without an encoding), a client may not.
   */
  constructor(message: Pick<Message, 'bytes' | 'bodyStart' | 'end'>, { isTrusted }: { isTrusted: boolean }) {
    this.#bytes = message.bytes
    this.#at = message.bodyStart
    this.#end = message.end
    this.#decoder = isTrusted ? lenient : strict
  }

  get left(): number {
    return this.#end - this.#at
  }

  byte(): number {
    return this.#bytes[this.#take(1)]!
  }

  int16(): number {
    const at = this.#take(2)
    return ((this.#bytes[at]! << 24) >> 16) | this.#bytes[at + 1]!
  }

  uint16(): number {
    return this.int16() & 0xffff
  }

  int32(): number {
    const at = this.#take(4)
    const bytes = this.#bytes
    return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
  }

  uint32(): number {
    return this.int32() >>> 0
  }

  /** Text up to its NUL. */
  text(): string {
    const start = this.#at
    const nul = this.#bytes.indexOf(0, start)
    if (nul < 0 || nul >= this.#end) throw new WireError('08P01', 'invalid string in message')
    this.#at = nul + 1
    return decodeText(this.#bytes, start, nul, this.#decoder)
  }

  /** The next bytes as they are, not copied. */
  raw(count: number): Uint8Array {
    const at = this.#take(count)
    return this.#bytes.subarray(at, at + count)
  }

  /** All that is left, as text. */
  rest(): string {
    const start = this.#at
    this.#at = this.#end
    return decodeText(this.#bytes, start, this.#end, this.#decoder)
  }

  /** A 16-bit count, refused before anything is allocated by it when so many things cannot follow. */
  count(itemBytesMin: number): number {
    const count = this.uint16()
    if (count * itemBytesMin > this.left) throw insufficient()
    return count
  }

  /** A value with its length in front; null for the length -1. */
  value(): Uint8Array | null {
    const length = this.int32()
    if (length === -1) return null
    if (length < 0) throw insufficient()
    return this.raw(length)
  }

  done(): void {
    if (this.#at !== this.#end) throw new WireError('08P01', 'invalid message format')
  }

  #take(count: number): number {
    const at = this.#at
    if (count > this.#end - at) throw insufficient()
    this.#at = at + count
    return at
  }
}

function insufficient(): WireError {
  return new WireError('08P01', 'insufficient data left in message')
}

function decodeText(bytes: Uint8Array, start: number, end: number, decoder: InstanceType<typeof TextDecoder>): string {
  if (start === end) return ''
  // Names and tags are short and ASCII; for those the decoder's start-up costs more than the text.
  if (end - start <= shortTextMax) {
    let text = ''
    let at = start
    while (at < end && bytes[at]! < 0x80) text += String.fromCharCode(bytes[at++]!)
    if (at === end) return text
  }
  try {
    return decoder.decode(bytes.subarray(start, end))
  } catch {
    throw new WireError('22021', 'invalid byte sequence for encoding "UTF8"')
  }
}
