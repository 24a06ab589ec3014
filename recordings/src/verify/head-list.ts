import { hashBytes } from '../proof/hash.ts'
import type { Anchor } from './anchors.ts'

/** Heads of one recording, in the order of their epochs. Packed: an hour of epochs of many sessions is held at once. */
export class HeadList {
  #count = 0
  // Most sessions of a long log have none.
  #numbers = new Float64Array(0)
  #roots = new Uint8Array(0)

  get length(): number {
    return this.#count
  }

  push({ size, root, leaf, atUs }: Omit<Anchor, 'by'>): void {
    if ((this.#count + 1) * 3 > this.#numbers.length) this.#grow()
    this.#numbers.set([size, leaf, atUs], this.#count * 3)
    this.#roots.set(root, this.#count * hashBytes)
    this.#count++
  }

  last(): Anchor | null {
    return this.#count === 0 ? null : this.#at(this.#count - 1)
  }

  all(): Anchor[] {
    return Array.from({ length: this.#count }, (_, at) => this.#at(at))
  }

  #at(at: number): Anchor {
    const [size, leaf, atUs] = this.#numbers.subarray(at * 3, at * 3 + 3) as unknown as [number, number, number]
    return { by: 'epoch', size, leaf, atUs, root: this.#roots.slice(at * hashBytes, (at + 1) * hashBytes) }
  }

  #grow(): void {
    const room = Math.max(4, 2 * this.#count)
    const numbers = new Float64Array(3 * room)
    numbers.set(this.#numbers)
    this.#numbers = numbers
    const roots = new Uint8Array(hashBytes * room)
    roots.set(this.#roots)
    this.#roots = roots
  }
}
