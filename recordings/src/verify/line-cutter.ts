/** Cuts bytes, as they come, into lines. */
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

  /** Calls back with each line, from `start` to before `end` with its newline; the bytes it stands in may be changed meanwhile if they are put back. */
  push(bytes: Uint8Array, onLine: (bytes: Uint8Array, start: number, end: number) => void): void {
    let from = 0
    while (!this.isTooLong) {
      const newline = bytes.indexOf(0x0a, from)
      if (newline < 0) break
      if (this.#pieces.length === 0) onLine(bytes, from, newline + 1)
      else {
        const line = this.#joined(bytes.subarray(from, newline + 1))
        onLine(line, 0, line.length)
      }
      from = newline + 1
    }
    if (from < bytes.length && !this.isTooLong) this.#keep(bytes.slice(from))
  }

  #keep(piece: Uint8Array): void {
    this.#pieces.push(piece)
    this.#restBytes += piece.length
  }

  #joined(end: Uint8Array): Uint8Array {
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
