import type { LiveNamespace, LiveSchema } from '@steno/policy-dsl'
import type { Clock } from '../runtime/machine.ts'

export interface LiveWorldOptions {
  clock: Clock
  targets: readonly { name: string; protocol: string; labels: Record<string, string> }[]
  /** What a target holds; rejects when it does not tell. */
  describe: (target: string) => Promise<LiveNamespace[]>
  groups: () => string[]
  agents: () => string[]
  approvers: () => string[]
}

/** What is known of a target is asked for again when somebody looks and it is older than this; what they hold is kept fresh by them. */
const ageUsMax = 5 * 1_000_000

/**
 * What policies can name, as far as it is known: targets are asked what they
 * hold in the background, and one that does not tell keeps what it told last.
 */
export class LiveWorld {
  readonly #options: LiveWorldOptions
  readonly #schemas = new Map<string, LiveNamespace[]>()
  #refreshedAtUs = -Infinity
  #refreshing: Promise<void> | null = null

  constructor(options: LiveWorldOptions) {
    this.#options = options
  }

  get(): LiveSchema {
    const { clock, targets, groups, agents, approvers } = this.#options
    if (clock.monotonicUs() - this.#refreshedAtUs > ageUsMax) void this.refresh()
    return {
      targets: targets.map(({ name, protocol, labels }) => ({ name, protocol, labels, schemas: this.#schemas.get(name) ?? null })),
      groups: groups(),
      agents: agents(),
      approvers: approvers(),
    }
  }

  /** Asks every target, and settles when all have answered or failed to. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refresh().finally(() => {
      this.#refreshing = null
    })
    return this.#refreshing
  }

  async #refresh(): Promise<void> {
    const { clock, targets, describe } = this.#options
    this.#refreshedAtUs = clock.monotonicUs()
    const asked = targets.map(async ({ name }) => this.#schemas.set(name, await describe(name)))
    // One that cannot be reached now is a target like any other: its columns are not checked.
    await Promise.allSettled(asked)
  }
}
