/** Where a writer gets the salts of its lines. */
export interface SaltSource {
  /** Copies the next salt, `saltLength` characters of base64url, to where it is wanted. */
  copyNext(into: Uint8Array, at: number): void
}

/** 96 bits in base64url: enough that a hash of a line whose content is erased cannot be guessed back to it. */
export const saltLength = 16

const blockBytes = 256 * saltLength

/** Salts made of chance, many at a time: asking for chance costs more than copying it. */
export class SaltPool implements SaltSource {
  readonly #random: (sizeBytes: number) => Uint8Array
  readonly #block = new Uint8Array(blockBytes)
  #next = blockBytes

  constructor(random: (sizeBytes: number) => Uint8Array) {
    this.#random = random
  }

  copyNext(into: Uint8Array, at: number): void {
    if (this.#next === blockBytes) this.#refill()
    const block = this.#block
    const next = this.#next
    for (let i = 0; i < saltLength; i++) into[at + i] = block[next + i]!
    this.#next = next + saltLength
  }

  /** The next salt as text. */
  next(): string {
    const salt = new Uint8Array(saltLength)
    this.copyNext(salt, 0)
    return String.fromCharCode(...salt)
  }

  #refill(): void {
    const chance = this.#random(blockBytes)
    for (let i = 0; i < blockBytes; i++) this.#block[i] = alphabet[chance[i]! & 63]!
    this.#next = 0
  }
}

const alphabet = Uint8Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_', letter => letter.charCodeAt(0))
