const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The bytes do not have the form of their type, or their text would be out of all proportion. */
export class Malformed extends Error {}

/** Reads one value in binary format from front to back. Throws `Malformed` instead of looking past its end. */
export class ValueReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  uint8(): number {
    return this.#view.getUint8(this.#take(1))
  }

  int16(): number {
    return this.#view.getInt16(this.#take(2))
  }

  uint16(): number {
    return this.#view.getUint16(this.#take(2))
  }

  int32(): number {
    return this.#view.getInt32(this.#take(4))
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4))
  }

  int64(): bigint {
    return this.#view.getBigInt64(this.#take(8))
  }

  uint64(): bigint {
    return this.#view.getBigUint64(this.#take(8))
  }

  float32(): number {
    return this.#view.getFloat32(this.#take(4))
  }

  float64(): number {
    return this.#view.getFloat64(this.#take(8))
  }

  /** A 32-bit count, refused when so many things cannot follow. */
  count(itemBytesMin: number): number {
    const count = this.int32()
    if (count < 0 || count * itemBytesMin > this.left) throw new Malformed('a count that the bytes cannot hold')
    return count
  }

  raw(count: number): Uint8Array {
    const at = this.#take(count)
    return this.#bytes.subarray(at, at + count)
  }

  /** Bytes with their length in front; null for the length -1. */
  value(): Uint8Array | null {
    const length = this.int32()
    return length === -1 ? null : this.raw(length)
  }

  /** Text up to its NUL. */
  terminated(): string {
    const nul = this.#bytes.indexOf(0, this.#at)
    if (nul < 0) throw new Malformed('expected a NUL')
    const text = decode(this.raw(nul - this.#at))
    this.#at++
    return text
  }

  /** All that is left, as text. */
  text(): string {
    return decode(this.raw(this.left))
  }

  #take(count: number): number {
    const at = this.#at
    if (count < 0 || count > this.#bytes.length - at) throw new Malformed('the value ends too early')
    this.#at = at + count
    return at
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new Malformed('expected UTF-8')
  }
}
