import type { Content } from '@steno/recordings'
import { contentOf } from '../shared/content.ts'
import type { MessageReader } from './wire/message-reader.ts'

/** Gathers CopyData messages that lie side by side, so that what came together is recorded and sent on together. */
export class CopyCollector {
  #bodies: Uint8Array[] = []
  #bytes: Uint8Array | null = null
  #start = 0
  #end = 0

  get hasData(): boolean {
    return this.#bytes !== null
  }

  /** Gives false when the message does not follow the last one directly: take first. */
  append(message: MessageReader): boolean {
    if (this.#bytes === null) {
      this.#bytes = message.bytes
      this.#start = message.start
    } else if (this.#bytes !== message.bytes || this.#end !== message.start) return false
    this.#end = message.end
    this.#bodies.push(message.bytes.subarray(message.bodyStart, message.end))
    return true
  }

  take(): { content: Content; bytes: Uint8Array } {
    const bytes = this.#bytes!.subarray(this.#start, this.#end)
    const content = contentOf(joined(this.#bodies))
    this.#bytes = null
    this.#bodies = []
    return { content, bytes }
  }
}

function joined(bodies: Uint8Array[]): Uint8Array {
  if (bodies.length === 1) return bodies[0]!
  const whole = new Uint8Array(bodies.reduce((sum, body) => sum + body.length, 0))
  let at = 0
  for (const body of bodies) {
    whole.set(body, at)
    at += body.length
  }
  return whole
}
