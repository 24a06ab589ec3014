import type { ContentBlock } from '@steno/recordings'
import type { Message } from './wire/message-reader.ts'

/** Gathers CopyData messages that lie side by side, so that what came together is recorded and sent on together. */
export class CopyCollector {
  #bytes: Uint8Array | null = null
  #start = 0
  #end = 0
  #ranges = new Int32Array(256)
  #count = 0

  get hasData(): boolean {
    return this.#bytes !== null
  }

  /** Gives false when the message does not follow the last one directly: take first. */
  append(message: Message): boolean {
    if (this.#bytes === null) {
      this.#bytes = message.bytes
      this.#start = message.start
      this.#count = 0
    } else if (this.#bytes !== message.bytes || this.#end !== message.start) return false
    this.#end = message.end
    if (2 * this.#count === this.#ranges.length) this.#grow()
    this.#ranges[2 * this.#count] = message.bodyStart
    this.#ranges[2 * this.#count + 1] = message.end
    this.#count++
    return true
  }

  /** The content, good until the next append, and the messages that carry it. */
  take(): { content: ContentBlock; bytes: Uint8Array } {
    const bytes = this.#bytes!
    this.#bytes = null
    return { content: { bytes, ranges: this.#ranges, count: this.#count }, bytes: bytes.subarray(this.#start, this.#end) }
  }

  #grow(): void {
    const grown = new Int32Array(2 * this.#ranges.length)
    grown.set(this.#ranges)
    this.#ranges = grown
  }
}
