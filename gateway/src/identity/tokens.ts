import type { Actor, Ledger, LedgerEntry } from '../journal/ledger.ts'
import type { Machine } from '../runtime/machine.ts'
import { IdentityRefused } from './refused.ts'
import type { Role } from './roles.ts'
import { newSecret, secretHash } from './secret-text.ts'

/** An API token for automation. */
export interface ApiToken {
  name: string
  role: Role
  /** The groups of people it counts as a member of, for rules that ask for consent. */
  groups: string[]
  /** Declared in `steno.yaml`, or created while the gateway ran. */
  declared: boolean
}

export interface TokensOptions {
  machine: Machine
  ledger: Ledger
  entries: readonly LedgerEntry[]
  declared: Readonly<Record<string, { secret: string; role: Role; groups?: string[] }>>
}

/** The API tokens, each with its role. */
export class Tokens {
  readonly #machine: Machine
  readonly #ledger: Ledger
  readonly #byName = new Map<string, ApiToken & { hash: string }>()
  readonly #byHash = new Map<string, ApiToken>()

  constructor({ machine, ledger, entries, declared }: TokensOptions) {
    this.#machine = machine
    this.#ledger = ledger
    for (const entry of entries) {
      if (entry.kind === 'token.create') {
        const { name, role, groups = [], sha256: hash } = entry
        this.#set({ name, role, groups, declared: false, hash })
      }
      if (entry.kind === 'token.remove') this.#unset(entry.name)
    }
    for (const [name, { secret, role, groups = [] }] of Object.entries(declared)) {
      this.#unset(name)
      this.#set({ name, role, groups, declared: true, hash: secretHash(secret) })
    }
  }

  /** The token that this secret is. */
  authenticate(secret: string): ApiToken | null {
    return this.#byHash.get(secretHash(secret)) ?? null
  }

  list(): ApiToken[] {
    return [...this.#byName.values()].map(shown).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** Creates a token and gives its secret, which is shown this once and kept nowhere. */
  async create(
    { name, role, groups = [] }: { name: string; role: Role; groups?: string[] },
    by: Actor,
  ): Promise<{ token: ApiToken; secret: string }> {
    if (this.#byName.has(name)) throw new IdentityRefused('already_there', `a token \`${name}\` is there already`)
    const secret = newSecret(this.#machine, 'token')
    const token = { name, role, groups: [...groups], declared: false, hash: secretHash(secret) }
    const written = this.#ledger.append({ kind: 'token.create', name, role, groups: token.groups, sha256: token.hash, by })
    this.#set(token)
    await written
    return { token: shown(token), secret }
  }

  async remove(name: string, by: Actor): Promise<void> {
    const token = this.#byName.get(name)
    if (!token) throw new IdentityRefused('not_found', `no token \`${name}\``)
    if (token.declared) throw new IdentityRefused('not_allowed', `token \`${name}\` is declared in the configuration: remove it there`)
    const written = this.#ledger.append({ kind: 'token.remove', name, by })
    this.#unset(name)
    await written
  }

  #set(token: ApiToken & { hash: string }): void {
    this.#byName.set(token.name, token)
    this.#byHash.set(token.hash, token)
  }

  #unset(name: string): void {
    const token = this.#byName.get(name)
    if (token) this.#byHash.delete(token.hash)
    this.#byName.delete(name)
  }
}

function shown({ name, role, groups, declared }: ApiToken): ApiToken {
  return { name, role, groups, declared }
}
