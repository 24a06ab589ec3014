import { mayDo, personOf, type Role } from '../identity/index.ts'
import type { Actor, Ledger, LedgerEntry, LedgerEvent, RehearsedSummary } from '../journal/ledger.ts'
import { toHex } from '../runtime/bytes.ts'
import { sha256 } from '../runtime/crypto.ts'
import { newId } from '../runtime/id.ts'
import type { Machine } from '../runtime/machine.ts'
import { versionOf, type Policies, type PublishedPolicy, type PublishRequest } from './policies.ts'
import { PolicyRefused } from './refused.ts'

type Proposed = Extract<LedgerEvent, { kind: 'policy proposed' }>

/** How a proposal stands. `overtaken`: what it would take the place of is no longer in force, so nobody can agree to it any more. */
export type ProposalState = 'pending' | 'overtaken' | 'accepted' | 'refused' | 'withdrawn'

/** A change to a policy that waits for a second person, or did. */
export interface Proposal {
  readonly id: string
  readonly state: ProposalState
  readonly name: string
  /** What would be published; null for a proposal to remove the policy. */
  readonly source: string | null
  /** The version that would be. */
  readonly version: string | null
  /** The version it would take the place of; null for none. */
  readonly base: string | null
  readonly reason: string | null
  readonly rehearsed: RehearsedSummary | null
  /** Binds agreement to everything above. */
  readonly digest: string
  readonly by: Actor
  readonly proposedAtUs: number
  /** Null while it is open. */
  readonly closed: { readonly by: Actor; readonly comment: string; readonly atUs: number } | null
}

/** Who would agree or refuse. */
export interface ProposalReviewer {
  kind: 'token' | 'person'
  name: string
  role: Role
  groups: readonly string[]
}

export interface ProposalsOptions {
  machine: Machine
  ledger: Ledger
  entries: readonly LedgerEntry[]
  policies: Policies
  /** Roles and groups whose members agree to what others want published; empty where nobody needs to. */
  reviewers: readonly string[]
  /** A proposal came, or ended. */
  onChanged: (id: string) => void
}

interface Kept {
  entry: Proposed
  atUs: number
  end: { state: 'accepted' | 'refused' | 'withdrawn'; by: Actor; comment: string; atUs: number } | null
  /** While what somebody decided about it is being written. */
  isDeciding: boolean
}

/** The most proposals that are shown after they ended; the ledger has them all. */
const endedMax = 200
/** The most of one policy that may be open at once. */
const openMax = 20

/**
 * Changes to policies that a second person must agree to, never their author.
 *
 * INVARIANT: what is agreed to is what was proposed, byte for byte, in the place
 * of what its author saw in force. One line of the ledger says that it was
 * agreed to and that it is in force.
 */
export class Proposals {
  readonly #options: ProposalsOptions
  /** Oldest first. */
  readonly #kept = new Map<string, Kept>()

  constructor(options: ProposalsOptions) {
    this.#options = options
    for (const entry of options.entries) {
      const { atUs } = entry
      if (entry.kind === 'policy proposed') this.#kept.set(entry.proposal, { entry, atUs, end: null, isDeciding: false })
      if (entry.kind === 'policy proposal closed')
        this.#end(entry.proposal, { state: entry.because, by: entry.by, comment: entry.comment, atUs })
      if ((entry.kind === 'policy published' || entry.kind === 'policy removed') && entry.agreed)
        this.#end(entry.agreed.proposal, { state: 'accepted', by: entry.agreed.by, comment: entry.agreed.comment, atUs })
    }
  }

  /** Roles and groups whose members agree; empty where nobody needs to. */
  get reviewers(): readonly string[] {
    return this.#options.reviewers
  }

  /** All that are remembered, the newest first. */
  list(): Proposal[] {
    return [...this.#kept.values()].map(kept => this.#shown(kept)).toReversed()
  }

  get(id: string): Proposal | null {
    const kept = this.#kept.get(id)
    return kept ? this.#shown(kept) : null
  }

  /** Proposes to publish, or to remove where `source` is null. Throws `PolicyRefused` for what could not be published anyway. */
  async propose(request: Omit<PublishRequest, 'source' | 'agreed'> & { source: string | null }): Promise<Proposal> {
    const { name, source, by, reason, expectedVersion, rehearsed } = request
    const { machine, ledger, policies } = this.#options
    let current: PublishedPolicy | null
    if (source === null) {
      current = policies.get(name)
      if (!current) throw new PolicyRefused('not_found', `no policy \`${name}\` is in force`)
      if (expectedVersion !== undefined && expectedVersion !== current.version)
        throw new PolicyRefused('stale', `policy \`${name}\`: expected ${expectedVersion}, but ${current.version} is in force`)
    } else {
      const considered = policies.consider({ name, source, expectedVersion, rehearsed })
      current = considered.current
      if (!considered.ruleset) throw new PolicyRefused('stale', `policy \`${name}\` says exactly this already: nothing is to be published`)
    }
    const open = [...this.#kept.values()].filter(({ entry, end }) => entry.name === name && end === null)
    if (open.length >= openMax) throw new PolicyRefused('stale', `${openMax} proposals for \`${name}\` are open: close some first`)
    const said = {
      proposal: `pro_${newId(machine)}`,
      name,
      source,
      base: current?.version ?? null,
      reason,
      ...(rehearsed ? { rehearsed: rehearsed.summary } : {}),
      by,
    }
    const entry: Proposed = { kind: 'policy proposed', ...said, digest: digestOf(said) }
    await ledger.append(entry)
    const kept: Kept = { entry, atUs: machine.clock.nowUs(), end: null, isDeciding: false }
    this.#kept.set(entry.proposal, kept)
    this.#options.onChanged(entry.proposal)
    return this.#shown(kept)
  }

  /** Agrees, and with that it is in force. `digest` is of what was shown. Throws `PolicyRefused` or `LedgerFailed`, and then nothing changed. */
  accept(id: string, { digest, comment }: { digest: string; comment: string }, reviewer: ProposalReviewer): Promise<Proposal> {
    return this.#decide(id, async kept => {
      const objection = this.objection(id, reviewer)
      if (objection !== null) throw new PolicyRefused('not_allowed', objection)
      this.#mustBeOpen(kept)
      const { name, source, base, reason, rehearsed, by } = kept.entry
      if (digest !== kept.entry.digest)
        throw new PolicyRefused('stale', 'what you were shown is not what is proposed; look at it again before you agree')
      const { policies, machine } = this.#options
      const actor: Actor = { kind: reviewer.kind, name: reviewer.name }
      const agreed = { proposal: id, digest, comment, by: actor }
      if (source === null) await policies.remove({ name, by, reason, expectedVersion: base, agreed })
      else {
        const { ruleset } = policies.consider({ name, source, expectedVersion: base })
        const seen = rehearsed && ruleset ? { of: ruleset.hash, summary: rehearsed } : undefined
        await policies.publish({ name, source, by, reason, expectedVersion: base, rehearsed: seen, agreed })
      }
      return { state: 'accepted', by: actor, comment, atUs: machine.clock.nowUs() }
    })
  }

  /** Ends it without anything being published: its author takes it back, or a reviewer refuses. */
  close(id: string, comment: string, reviewer: ProposalReviewer): Promise<Proposal> {
    return this.#decide(id, async kept => {
      const isAuthor = personOf(reviewer.name) === personOf(kept.entry.by.name)
      const objection = isAuthor ? null : this.objection(id, reviewer)
      if (objection !== null) throw new PolicyRefused('not_allowed', objection)
      if (kept.end) throw over(kept.end.state)
      const because = isAuthor ? 'withdrawn' : 'refused'
      const by: Actor = { kind: reviewer.kind, name: reviewer.name }
      await this.#options.ledger.append({ kind: 'policy proposal closed', proposal: id, because, comment, by })
      return { state: because, by, comment, atUs: this.#options.machine.clock.nowUs() }
    })
  }

  /** Why somebody cannot decide about a proposal of somebody else; null where they can, if it is open. */
  objection(id: string, reviewer: ProposalReviewer): string | null {
    const kept = this.#kept.get(id)
    if (!kept) return 'no such proposal is remembered'
    const { reviewers } = this.#options
    if (!mayDo(reviewer.role, 'review policies')) return `the role ${reviewer.role} may not review policies`
    if (personOf(reviewer.name) === personOf(kept.entry.by.name)) return 'nobody agrees to what they propose themselves'
    if (!reviewers.includes(reviewer.role) && !reviewer.groups.some(group => reviewers.includes(group)))
      return reviewers.length === 0
        ? 'policies have no reviewers any more: propose it again, and it is published'
        : `only members of ${reviewers.join(' or ')} may agree to it`
    return null
  }

  #mustBeOpen(kept: Kept): void {
    const state = this.#stateOf(kept)
    if (state === 'overtaken')
      throw new PolicyRefused(
        'stale',
        `another version of \`${kept.entry.name}\` is in force than the one it would replace: propose it anew`,
      )
    if (state !== 'pending') throw over(state)
  }

  /** One decision at a time: the first that is written counts. */
  async #decide(id: string, act: (kept: Kept) => Promise<NonNullable<Kept['end']>>): Promise<Proposal> {
    const kept = this.#kept.get(id)
    if (!kept) throw new PolicyRefused('not_found', 'no proposal of this id is remembered; the ledger tells how it ended')
    if (kept.isDeciding) throw new PolicyRefused('stale', 'somebody else is deciding about it at this moment: look at it again')
    kept.isDeciding = true
    try {
      this.#end(id, await act(kept))
    } finally {
      kept.isDeciding = false
    }
    this.#options.onChanged(id)
    return this.#shown(kept)
  }

  #end(id: string, end: NonNullable<Kept['end']>): void {
    const kept = this.#kept.get(id)
    if (!kept) return
    kept.end = end
    const ended = [...this.#kept].filter(([, one]) => one.end !== null)
    for (const [old] of ended.slice(0, Math.max(0, ended.length - endedMax))) this.#kept.delete(old)
  }

  #stateOf({ entry, end }: Kept): ProposalState {
    if (end) return end.state
    return (this.#options.policies.get(entry.name)?.version ?? null) === entry.base ? 'pending' : 'overtaken'
  }

  #shown(kept: Kept): Proposal {
    const { proposal, name, source, base, reason, rehearsed = null, digest, by } = kept.entry
    const { end } = kept
    return {
      id: proposal,
      state: this.#stateOf(kept),
      name,
      source,
      version: source === null ? null : versionOf(name, source),
      base,
      reason,
      rehearsed,
      digest,
      by,
      proposedAtUs: kept.atUs,
      closed: end && { by: end.by, comment: end.comment, atUs: end.atUs },
    }
  }
}

/** SHA-256, in hex, of everything that somebody agrees to. */
function digestOf({ proposal, name, source, base, reason, rehearsed, by }: Omit<Proposed, 'kind' | 'digest'>): string {
  // A list has one order, so its JSON is one text.
  const summary = rehearsed && [
    rehearsed.commands,
    rehearsed.newlyDenied,
    rehearsed.newlyHeld,
    rehearsed.newlyAllowed,
    rehearsed.from,
    rehearsed.to,
  ]
  const said = JSON.stringify([proposal, name, source, base, reason, summary ?? null, by.kind, by.name])
  return toHex(sha256(new TextEncoder().encode(said)))
}

function over(state: ProposalState): PolicyRefused {
  return new PolicyRefused('stale', `it is over: it was ${state}`)
}
