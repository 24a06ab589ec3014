/** Everything that happens by chance in a simulation, drawn from its seed. */
export class Chance {
  readonly #random: () => number

  constructor(random: () => number) {
    this.#random = random
  }

  /** A whole number from 0 to below that. */
  below(count: number): number {
    return Math.floor(this.#random() * count)
  }

  /** True once in so many times. */
  isOne(inSo: number): boolean {
    return this.below(inSo) === 0
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!
  }
}
