/** Cuts bytes, as they come, into lines with their newline. A line in one piece is a view of it. */
export class LineCutter {
  readonly #lineBytesMax: number
  #pieces: Uint8Array[] = []
  #restBytes = 0

  constructor({ lineBytesMax }: { lineBytesMax: number }) {
    this.#lineBytesMax = lineBytesMax
  }

  /** How many bytes came after the last newline. */
  get restBytes(): number {
    return this.#restBytes
  }

  /** Whether a line is longer than is kept: what follows is not looked at. */
  get isTooLong(): boolean {
    return this.#restBytes > this.#lineBytesMax
  }

  push(bytes: Uint8Array, onLine: (line: Uint8Array) => void): void {
    let from = 0
    while (!this.isTooLong) {
      const newline = bytes.indexOf(0x0a, from)
      if (newline < 0) break
      onLine(this.#whole(bytes.subarray(from, newline + 1)))
      from = newline + 1
    }
    if (from < bytes.length && !this.isTooLong) this.#keep(bytes.slice(from))
  }

  #keep(piece: Uint8Array): void {
    this.#pieces.push(piece)
    this.#restBytes += piece.length
  }

  #whole(end: Uint8Array): Uint8Array {
    if (this.#pieces.length === 0) return end
    const line = new Uint8Array(this.#restBytes + end.length)
    let at = 0
    for (const piece of [...this.#pieces, end]) {
      line.set(piece, at)
      at += piece.length
    }
    this.#pieces = []
    this.#restBytes = 0
    return line
  }
}
