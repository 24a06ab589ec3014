/** Counts by name, in bounded memory: past `namesMax` names the rest are counted together. */
export class Tally<T> {
  readonly #entries = new Map<string, T>()
  readonly #namesMax: number
  readonly #make: (name: string) => T
  /** How often something was counted under a name that there was no room for. */
  dropped = 0

  constructor(namesMax: number, make: (name: string) => T) {
    this.#namesMax = namesMax
    this.#make = make
  }

  /** The entry of a name; null when there is no room for one more. */
  of(name: string): T | null {
    const known = this.#entries.get(name)
    if (known !== undefined) return known
    if (this.#entries.size >= this.#namesMax) {
      this.dropped++
      return null
    }
    const entry = this.#make(name)
    this.#entries.set(name, entry)
    return entry
  }

  get size(): number {
    return this.#entries.size
  }

  values(): T[] {
    return [...this.#entries.values()]
  }
}
