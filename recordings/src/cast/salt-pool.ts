/** Where a writer gets the salts of its lines. */
export interface SaltSource {
  /** Copies the next salt, `saltLength` characters of base64url, to where it is wanted. */
  copyNext(into: Uint8Array, at: number): void
}

/** 96 bits in base64url: enough that a hash of a line whose content is erased cannot be guessed back to it. */
export const saltLength = 16

const blockSalts = 256

/** Salts made of chance, many at a time: asking for chance costs more than copying it. */
export class SaltPool implements SaltSource {
  readonly #random: (sizeBytes: number) => Uint8Array
  #block = new Uint8Array(0)
  #next = 0

  constructor(random: (sizeBytes: number) => Uint8Array) {
    this.#random = random
  }

  copyNext(into: Uint8Array, at: number): void {
    if (this.#next === this.#block.length) this.#refill()
    const block = this.#block
    for (let i = 0; i < saltLength; i++) into[at + i] = block[this.#next + i]!
    this.#next += saltLength
  }

  /** The next salt as text. */
  next(): string {
    const salt = new Uint8Array(saltLength)
    this.copyNext(salt, 0)
    return String.fromCharCode(...salt)
  }

  #refill(): void {
    this.#block = this.#random(blockSalts * saltLength).map(byte => alphabet.charCodeAt(byte & 63))
    this.#next = 0
  }
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
