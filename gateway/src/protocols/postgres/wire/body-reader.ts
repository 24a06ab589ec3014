import { WireError } from './wire-error.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** What a body is read from: a message's bytes and where its body lies in them. */
export interface Body {
  readonly bytes: Uint8Array
  readonly bodyStart: number
  readonly end: number
}

/** Reads the fields of one message body in order. Every read is checked against the body's end; `done` demands that nothing is left. */
export class BodyReader {
  readonly #bytes: Uint8Array
  readonly #end: number
  #at: number

  constructor(body: Body) {
    this.#bytes = body.bytes
    this.#at = body.bodyStart
    this.#end = body.end
  }

  get leftBytes(): number {
    return this.#end - this.#at
  }

  uint8(): number {
    this.#need(1)
    return this.#bytes[this.#at++]!
  }

  int16(): number {
    return (this.uint16() << 16) >> 16
  }

  uint16(): number {
    this.#need(2)
    const value = (this.#bytes[this.#at]! << 8) | this.#bytes[this.#at + 1]!
    this.#at += 2
    return value
  }

  int32(): number {
    this.#need(4)
    const { bytes, at } = { bytes: this.#bytes, at: this.#at }
    this.#at += 4
    return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
  }

  uint32(): number {
    return this.int32() >>> 0
  }

  /** A count of things of at least `sizeBytes` each, checked before anything is made for them. */
  count(sizeBytes: number): number {
    const count = this.uint16()
    this.#need(count * sizeBytes)
    return count
  }

  string(): string {
    const nul = this.#bytes.indexOf(0, this.#at)
    if (nul < 0 || nul >= this.#end) throw new WireError('08P01', 'invalid string in message')
    const text = readUtf8(this.#bytes.subarray(this.#at, nul))
    this.#at = nul + 1
    return text
  }

  take(sizeBytes: number): Uint8Array {
    this.#need(sizeBytes)
    const taken = this.#bytes.subarray(this.#at, this.#at + sizeBytes)
    this.#at += sizeBytes
    return taken
  }

  /** A value with its length before it; null for the length -1. */
  value(): Uint8Array | null {
    const sizeBytes = this.int32()
    if (sizeBytes === -1) return null
    return this.take(sizeBytes)
  }

  done(): void {
    if (this.#at !== this.#end) throw new WireError('08P01', 'invalid message format')
  }

  #need(sizeBytes: number): void {
    if (sizeBytes < 0 || sizeBytes > this.#end - this.#at) throw new WireError('08P01', 'insufficient data left in message')
  }
}

/** Text from bytes that must be UTF-8, as the session is. */
export function readUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new WireError('22021', 'invalid byte sequence for encoding "UTF8"')
  }
}
