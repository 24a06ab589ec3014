import { createEvaluator, type Evaluator, type Ruleset } from '@steno/policy-dsl'
import type { Law, LawfulSession, SessionLaw } from '../guard/law.ts'
import type { Actor, Agreed, Ledger, LedgerEntry, RehearsedSummary } from '../journal/ledger.ts'
import { toHex } from '../runtime/bytes.ts'
import { sha256 } from '../runtime/crypto.ts'
import type { Clock } from '../runtime/machine.ts'
import { checkPolicy, type CheckedPolicy, type PolicyWorld } from './check-policy.ts'
import { wrongPolicyName } from './policy-name.ts'
import { PolicyRefused } from './refused.ts'
import { RunMemories } from './run-memories.ts'
import { lawOfSession, lawVersionOf, type PolicyInForce } from './session-law.ts'

/** One version of a policy. It never changes: what is published later is another one. */
export interface PublishedPolicy {
  readonly name: string
  /** `<name>@<the first 12 hex digits of its source's SHA-256>` */
  readonly version: string
  readonly source: string
  readonly ruleset: Ruleset
  readonly publishedAtUs: number
  readonly by: Actor
  readonly reason: string | null
  /** What its author was shown of the past under it; null where nothing was. */
  readonly rehearsed: RehearsedSummary | null
  /** The second person, where one was needed. */
  readonly agreed: Agreed | null
}

/** What whoever publishes says. */
export interface PublishRequest {
  name: string
  source: string
  by: Actor
  reason: string | null
  /** The version that must be in force for this to make sense: null for none, left out for any. */
  expectedVersion?: string | null | undefined
  /** What they were shown of the past under it, and the hash of the rules that was of. */
  rehearsed?: { of: string; summary: RehearsedSummary } | undefined
  agreed?: Agreed | undefined
}

export interface PoliciesOptions {
  clock: Clock
  ledger: Ledger
  entries: readonly LedgerEntry[]
  world: PolicyWorld
  /** A policy in force could not be evaluated, which denied what it was asked about. */
  onProblem: (message: string) => void
}

/**
 * The published policies. Several are in force together and the strictest
 * verdict wins. Whoever publishes is in the ledger, with the source and what was
 * made of it, before a command is judged by it.
 */
export class Policies implements Law {
  readonly #options: PoliciesOptions
  readonly #inForce = new Map<string, PublishedPolicy & { evaluator: Evaluator }>()
  /** Every publication of each name, the oldest first; those of removed policies too. */
  readonly #history = new Map<string, PublishedPolicy[]>()
  readonly #memories: RunMemories
  readonly #watchers = new Set<(name: string) => void>()
  /** One publication at a time: what it expects to be in force must still be when it is written. */
  #turn: Promise<unknown> = Promise.resolve()
  #asOneList: readonly PolicyInForce[] = []

  /** Takes up what the ledger shows as published. Throws when one of them cannot be taken up: without it commands would pass that it forbids. */
  constructor(options: PoliciesOptions) {
    this.#options = options
    this.#memories = new RunMemories(options.clock)
    for (const entry of options.entries) {
      if (entry.kind === 'policy published') {
        const { name, version, source, ruleset, by, reason } = entry
        if (version !== versionOf(name, source))
          throw new Error(`the ledger’s policy \`${name}\` is not what its version ${version} says: expected ${versionOf(name, source)}`)
        const { rehearsed = null, agreed = null } = entry
        this.#take({ name, version, source, ruleset, publishedAtUs: entry.atUs, by, reason, rehearsed, agreed }, createEvaluator(ruleset))
      }
      if (entry.kind === 'policy removed') this.#drop(entry.name)
    }
  }

  /** Those in force, by name. */
  list(): PublishedPolicy[] {
    return [...this.#inForce.values()].map(shown).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** What decisions of sessions that ask all policies name. */
  get lawVersion(): string {
    return lawVersionOf(this.#asOneList)
  }

  /** The version that is in force. */
  get(name: string): PublishedPolicy | null {
    const policy = this.#inForce.get(name)
    return policy ? shown(policy) : null
  }

  /** Everything that was ever published under a name, the newest first. */
  history(name: string): PublishedPolicy[] {
    return (this.#history.get(name) ?? []).toReversed()
  }

  /** One version, in force or not, as it was last published. */
  version(name: string, version: string): PublishedPolicy | null {
    return this.#history.get(name)?.findLast(policy => policy.version === version) ?? null
  }

  /** What the compiler and its own tests say of a source, against what is known now. */
  check(source: string): CheckedPolicy {
    return checkPolicy(source, this.#options.world)
  }

  /**
   * Publishes a source under a name; from then on the next command of every
   * session is judged by it. The source that is in force already makes no new
   * version. Throws `PolicyRefused` or `LedgerFailed`, and then nothing changed.
   */
  publish(request: PublishRequest): Promise<{ policy: PublishedPolicy; isNew: boolean }> {
    return this.#inTurn(async () => {
      const { name, source, by, reason, rehearsed, agreed = null } = request
      const { current, ruleset } = this.consider(request)
      if (current?.source === source || !ruleset) return { policy: current!, isNew: false }
      const evaluator = createEvaluator(ruleset)
      const version = versionOf(name, source)
      const publishedAtUs = this.#options.clock.nowUs()
      const summary = rehearsed?.summary ?? null
      const said = { ...(summary && { rehearsed: summary }), ...(agreed && { agreed }) }
      await this.#options.ledger.append({ kind: 'policy published', name, version, source, ruleset, reason, by, ...said })
      const policy = { name, version, source, ruleset, publishedAtUs, by, reason, rehearsed: summary, agreed }
      this.#take(policy, evaluator)
      this.#tell(name)
      return { policy, isNew: true }
    })
  }

  /**
   * What is in force under a name, and what would be. Throws `PolicyRefused` where
   * that cannot be published. `ruleset` is null where the source is in force already.
   */
  consider({ name, source, expectedVersion, rehearsed }: Omit<PublishRequest, 'by' | 'reason'>): {
    current: PublishedPolicy | null
    ruleset: Ruleset | null
  } {
    const wrong = wrongPolicyName(name)
    if (wrong !== null) throw new PolicyRefused('bad_name', wrong)
    const current = this.get(name)
    if (expectedVersion !== undefined && expectedVersion !== (current?.version ?? null)) throw stale(name, expectedVersion, current)
    if (current?.source === source) return { current, ruleset: null }
    const { ruleset } = acceptable(this.check(source))
    if (rehearsed && rehearsed.of !== ruleset.hash)
      throw new PolicyRefused('stale', 'what was rehearsed are not the rules of this source: rehearse it again')
    return { current, ruleset }
  }

  /** Takes a policy out of force; its versions stay readable. */
  remove({ name, by, reason, expectedVersion, agreed }: Omit<PublishRequest, 'source' | 'rehearsed'>): Promise<void> {
    return this.#inTurn(async () => {
      const current = this.get(name)
      if (!current) throw new PolicyRefused('not_found', `no policy \`${name}\` is in force`)
      if (expectedVersion !== undefined && expectedVersion !== current.version) throw stale(name, expectedVersion, current)
      await this.#options.ledger.append({ kind: 'policy removed', name, reason, by, ...(agreed && { agreed }) })
      this.#drop(name)
      this.#tell(name)
    })
  }

  /** Calls back with the name of each policy that is published or removed. */
  onChanged(watch: (name: string) => void): void {
    this.#watchers.add(watch)
  }

  forSession(session: LawfulSession): SessionLaw {
    const { clock, onProblem } = this.#options
    return lawOfSession(session, { clock, onProblem, memories: this.#memories, inForce: () => this.#asOneList })
  }

  #take(policy: PublishedPolicy, evaluator: Evaluator): void {
    this.#inForce.set(policy.name, { ...policy, evaluator })
    const history = this.#history.get(policy.name)
    if (history) history.push(policy)
    else this.#history.set(policy.name, [policy])
    this.#changed()
  }

  #drop(name: string): void {
    this.#inForce.delete(name)
    this.#changed()
  }

  /** A new list for each change, so that whoever holds the old one can tell. */
  #changed(): void {
    this.#asOneList = [...this.#inForce.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }

  #tell(name: string): void {
    for (const watch of this.#watchers) watch(name)
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const acted = this.#turn.then(act)
    this.#turn = acted.catch(() => {})
    return acted
  }
}

/** The name of a version: the same for the same source, wherever and whenever it is published. */
export function versionOf(name: string, source: string): string {
  const hash = sha256(new TextEncoder().encode(source))
  return `${name}@${toHex(hash.subarray(0, 6))}`
}

function acceptable({ ruleset, problems, tests }: CheckedPolicy): { ruleset: Ruleset } {
  const errors = problems.filter(({ severity }) => severity === 'error')
  if (!ruleset || errors.length > 0) {
    const said = errors.map(({ line, column, message }) => `line ${line}:${column}: ${message}`)
    throw new PolicyRefused('invalid', said.length > 0 ? firstOf(said) : 'expected a policy that compiles', { problems })
  }
  const failed = tests.filter(({ passed }) => !passed)
  if (failed.length > 0) {
    const said = failed.map(({ name, line, message }) => `line ${line}: test \`${name}\`: ${message}`)
    throw new PolicyRefused('tests_failed', `its own tests must pass; ${firstOf(said)}`, { tests: failed })
  }
  return { ruleset }
}

/** As many as people read in one message; the whole list stands beside it. */
function firstOf(said: string[]): string {
  const shownMax = 10
  const more = said.length - shownMax
  return `${said.slice(0, shownMax).join('; ')}${more > 0 ? `; and ${more} more` : ''}`
}

function stale(name: string, expected: string | null, current: PublishedPolicy | null): PolicyRefused {
  const is = current ? `${current.version} is in force` : 'none is in force'
  return new PolicyRefused('stale', `policy \`${name}\`: expected ${expected ?? 'none to be there'}, but ${is}: look at it first`)
}

function shown(policy: PublishedPolicy): PublishedPolicy {
  const { name, version, source, ruleset, publishedAtUs, by, reason, rehearsed, agreed } = policy
  return { name, version, source, ruleset, publishedAtUs, by, reason, rehearsed, agreed }
}
