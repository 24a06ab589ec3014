import { tokensOf, type Token } from './tokens.ts'

/** Finds a literal's place in a text from where the parser says it begins. */
export class Literals {
  readonly #text: string
  #tokens: Token[] | null = null
  #offsets: Uint32Array | null = null

  constructor(text: string) {
    this.#text = text
  }

  get tokens(): Token[] {
    this.#tokens ??= tokensOf(this.#text)
    return this.#tokens
  }

  /** The literal that begins at a byte of the UTF-8 text, in UTF-16 offsets. The parser leaves out a location of 0. */
  at(location: unknown): { start: number; end: number } | null {
    if (location !== undefined && (typeof location !== 'number' || location < 0)) return null
    const start = this.#fromByte(location ?? 0)
    const first = this.tokens.findIndex(token => token.start >= start)
    const literal = this.tokens.slice(first === -1 ? this.tokens.length : first).find(isLiteral)
    return literal ? { start: Math.min(start, literal.start), end: literal.end } : null
  }

  #fromByte(byte: number): number {
    this.#offsets ??= offsetsByByte(this.#text)
    return this.#offsets[byte] ?? this.#text.length
  }
}

/** Whether a token is a value written out. */
export function isLiteral(token: Token): boolean {
  return token.kind === 'string' || token.kind === 'number'
}

function offsetsByByte(text: string): Uint32Array {
  const offsets = new Uint32Array(text.length * 3 + 1)
  let byte = 0
  for (let at = 0; at < text.length;) {
    const point = text.codePointAt(at)!
    const sizeBytes = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
    for (let part = 0; part < sizeBytes; part++) offsets[byte++] = at
    at += point < 0x10000 ? 1 : 2
  }
  offsets[byte] = text.length
  return offsets.subarray(0, byte + 1)
}
