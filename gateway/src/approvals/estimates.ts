import type { ConsentAsk } from '../guard/law.ts'
import type { Estimate, HeldStatement } from '../protocols/protocol.ts'
import { Lru } from '../runtime/lru.ts'

/** Asks what a target expects of a statement. */
export type AskEstimate = (target: string, protocol: string, statement: HeldStatement) => Promise<Estimate>

/** So many estimates are remembered, and so many are asked for at a time. */
const rememberedMax = 200
const askingMax = 2

/** What targets expect of commands that wait, asked once for each request, however many look at it. */
export class Estimates {
  readonly #ask: AskEstimate
  readonly #remembered = new Lru<string, Promise<Estimate>>(rememberedMax)
  #asking = 0

  constructor(ask: AskEstimate) {
    this.#ask = ask
  }

  of(id: string, ask: ConsentAsk): Promise<Estimate> {
    const remembered = this.#remembered.get(id)
    if (remembered) return remembered
    const { text, parameters, operations, isAsSent, session } = ask
    const { name, protocol } = session.target
    if (!isAsSent) return impossible('part of it is masked')
    if (this.#asking >= askingMax) return impossible('other estimates are under way; look again in a moment')
    this.#asking++
    const estimate = this.#ask(name, protocol, { text, operations, hasParameters: parameters.length > 0 }).finally(() => this.#asking--)
    this.#remembered.set(id, estimate)
    return estimate
  }
}

async function impossible(because: string): Promise<Estimate> {
  return { isPossible: false, because }
}
