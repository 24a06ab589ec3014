import type { Actor, Ledger, LedgerEntry, LedgerPlace } from '../journal/ledger.ts'
import type { Machine } from '../runtime/machine.ts'
import type { Role } from './roles.ts'
import { newSecret, secretHash } from './secret-text.ts'

/** A person who has signed in. */
export interface Person {
  name: string
  role: Role
  groups: string[]
  expiresAtUs: number
}

export interface SignInOptions {
  machine: Machine
  ledger: Ledger
  entries: readonly LedgerEntry[]
}

const linkLifeMs = 24 * 3600 * 1000
const cookieLifeMs = 12 * 3600 * 1000
/** After this long a cookie is exchanged for a fresh one. */
const renewAfterMs = 3600 * 1000
/** How long the replaced cookie still works, for requests that were under way. */
const graceMs = 60 * 1000
/** More links than this are not outstanding at once; the oldest goes. */
const linksMax = 100

interface Stay {
  person: Person
  since: number
  /** Set once a newer cookie took its place. */
  replaced: boolean
}

/** How people come in: a link that works once, then a cookie that is renewed every hour. */
export class SignIn {
  readonly #machine: Machine
  readonly #ledger: Ledger
  readonly #links = new Map<string, Person>()
  readonly #stays = new Map<string, Stay>()

  constructor({ machine, ledger, entries }: SignInOptions) {
    this.#machine = machine
    this.#ledger = ledger
    for (const entry of entries) {
      if (entry.kind === 'sign-in') {
        if (entry.replaces) this.#stays.delete(entry.replaces)
        this.#stays.set(entry.cookie, {
          person: { name: entry.name, role: entry.role, groups: entry.groups ?? [], expiresAtUs: entry.expiresAtUs },
          since: entry.atUs,
          replaced: false,
        })
      }
      if (entry.kind === 'sign-out') this.#stays.delete(entry.cookie)
    }
    this.#forgetExpired()
  }

  /** Makes a secret that signs one person in, once, within a day. A restart of the gateway ends it. */
  createLink({ name, role, groups = [] }: { name: string; role: Role; groups?: string[] }): { secret: string; expiresAtUs: number } {
    const secret = newSecret(this.#machine, 'link')
    const expiresAtUs = this.#machine.clock.nowUs() + linkLifeMs * 1000
    const [oldest] = this.#links.keys()
    if (this.#links.size >= linksMax && oldest !== undefined) this.#links.delete(oldest)
    this.#links.set(secretHash(secret), { name, role, groups: [...groups], expiresAtUs })
    return { secret, expiresAtUs }
  }

  /** Spends a link and gives the cookie; null for a link that is unknown, spent or expired. */
  async enter(linkSecret: string): Promise<{ cookie: string; person: Person } | null> {
    const hash = secretHash(linkSecret)
    const link = this.#links.get(hash)
    if (!link || link.expiresAtUs <= this.#machine.clock.nowUs()) return null
    this.#forgetExpired()
    const person: Person = { ...link, expiresAtUs: this.#machine.clock.nowUs() + cookieLifeMs * 1000 }
    const cookie = newSecret(this.#machine, 'cookie')
    const written = this.#write({ method: 'link', person, cookie, replaces: null })
    this.#links.delete(hash)
    this.#keep(cookie, person)
    await written
    return { cookie, person }
  }

  /** Who a cookie is. */
  authenticate(cookie: string): Person | null {
    const hash = secretHash(cookie)
    const stay = this.#stays.get(hash)
    if (!stay) return null
    if (stay.person.expiresAtUs > this.#machine.clock.nowUs()) return stay.person
    this.#stays.delete(hash)
    return null
  }

  /** A fresh cookie in place of one that is an hour old; null while it is young, or gone. The stay does not get longer. */
  async renew(cookie: string): Promise<{ cookie: string; person: Person } | null> {
    const hash = secretHash(cookie)
    const stay = this.#stays.get(hash)
    const { clock } = this.#machine
    if (!stay || stay.replaced || clock.nowUs() - stay.since < renewAfterMs * 1000) return null
    const fresh = newSecret(this.#machine, 'cookie')
    const written = this.#write({ method: 'renewal', person: stay.person, cookie: fresh, replaces: hash })
    stay.replaced = true
    clock.after(graceMs, () => this.#stays.delete(hash))
    this.#keep(fresh, stay.person)
    await written
    return { cookie: fresh, person: stay.person }
  }

  /** Ends a stay: its cookie is worth nothing from here on. */
  async leave(cookie: string, by: Actor): Promise<void> {
    const hash = secretHash(cookie)
    const stay = this.#stays.get(hash)
    if (!stay) return
    const written = this.#ledger.append({ kind: 'sign-out', cookie: hash, by })
    // The cookie it replaced may still be in its minute of grace.
    for (const [other, { person }] of this.#stays) if (person === stay.person) this.#stays.delete(other)
    await written
  }

  #keep(cookie: string, person: Person): void {
    this.#stays.set(secretHash(cookie), { person, since: this.#machine.clock.nowUs(), replaced: false })
  }

  #write({
    method,
    person,
    cookie,
    replaces,
  }: {
    method: 'link' | 'renewal'
    person: Person
    cookie: string
    replaces: string | null
  }): Promise<LedgerPlace> {
    return this.#ledger.append({ kind: 'sign-in', method, ...person, cookie: secretHash(cookie), replaces })
  }

  #forgetExpired(): void {
    const nowUs = this.#machine.clock.nowUs()
    for (const [hash, { person }] of this.#stays) if (person.expiresAtUs <= nowUs) this.#stays.delete(hash)
    for (const [hash, { expiresAtUs }] of this.#links) if (expiresAtUs <= nowUs) this.#links.delete(hash)
  }
}
