import type { Actor, Ledger, LedgerEntry } from '../journal/ledger.ts'
import type { Machine } from '../runtime/machine.ts'
import { IdentityRefused } from './refused.ts'
import { newSecret, secretHash } from './secret-text.ts'

/** A local identity of an agent, for those without an identity provider. */
export interface Agent {
  name: string
  groups: string[]
  /** Declared in `steno.yaml`, or added while the gateway ran. */
  declared: boolean
}

export interface AgentsOptions {
  machine: Machine
  ledger: Ledger
  entries: readonly LedgerEntry[]
  /** From the configuration; they win over what the ledger says of the same name. */
  declared: Readonly<Record<string, { secret: string; groups: string[] }>>
}

/** The agents that may open runs. */
export class Agents {
  readonly #machine: Machine
  readonly #ledger: Ledger
  readonly #byName = new Map<string, Agent & { hash: string }>()
  readonly #byHash = new Map<string, Agent>()

  constructor({ machine, ledger, entries, declared }: AgentsOptions) {
    this.#machine = machine
    this.#ledger = ledger
    for (const entry of entries) {
      if (entry.kind === 'agent.add') this.#set({ name: entry.name, groups: entry.groups, declared: false, hash: entry.sha256 })
      if (entry.kind === 'agent.remove') this.#unset(entry.name)
    }
    for (const [name, { secret, groups }] of Object.entries(declared)) {
      this.#unset(name)
      this.#set({ name, groups, declared: true, hash: secretHash(secret) })
    }
  }

  /** The agent whose secret this is. */
  authenticate(secret: string): Agent | null {
    return this.#byHash.get(secretHash(secret)) ?? null
  }

  list(): Agent[] {
    return [...this.#byName.values()].map(shown).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Adds an agent and gives its secret, which is shown this once and kept nowhere. */
  async add({ name, groups }: { name: string; groups: string[] }, by: Actor): Promise<{ agent: Agent; secret: string }> {
    if (this.#byName.has(name)) throw new IdentityRefused('already_there', `an agent \`${name}\` is there already`)
    const secret = newSecret(this.#machine, 'agent')
    const agent = { name, groups: [...groups], declared: false, hash: secretHash(secret) }
    const written = this.#ledger.append({ kind: 'agent.add', name, groups: agent.groups, sha256: agent.hash, by })
    this.#set(agent)
    await written
    return { agent: shown(agent), secret }
  }

  /** Removes an agent that was added; whoever calls ends its runs. */
  async remove(name: string, by: Actor): Promise<void> {
    const agent = this.#byName.get(name)
    if (!agent) throw new IdentityRefused('not_found', `no agent \`${name}\``)
    if (agent.declared) throw new IdentityRefused('not_allowed', `agent \`${name}\` is declared in the configuration: remove it there`)
    const written = this.#ledger.append({ kind: 'agent.remove', name, by })
    this.#unset(name)
    await written
  }

  #set(agent: Agent & { hash: string }): void {
    this.#byName.set(agent.name, agent)
    this.#byHash.set(agent.hash, agent)
  }

  #unset(name: string): void {
    const agent = this.#byName.get(name)
    if (agent) this.#byHash.delete(agent.hash)
    this.#byName.delete(name)
  }
}

function shown({ name, groups, declared }: Agent): Agent {
  return { name, groups, declared }
}
