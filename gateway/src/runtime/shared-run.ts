/**
 * Work that many ask for. Whoever asks gets a run that begins after asking:
 * those who come while one is under way share the next.
 */
export class SharedRun {
  readonly #work: () => Promise<void>
  #running: Promise<void> | null = null
  #next: Promise<void> | null = null

  constructor(work: () => Promise<void>) {
    this.#work = work
  }

  run(): Promise<void> {
    if (this.#running === null) {
      this.#running = this.#work().finally(() => {
        this.#running = null
      })
      return this.#running
    }
    const next = () => {
      this.#next = null
      return this.run()
    }
    return (this.#next ??= this.#running.then(next, next))
  }

  /** Resolves when nothing is under way, however that ended. */
  async settled(): Promise<void> {
    while (this.#running !== null) await this.#running.catch(() => {})
  }
}
