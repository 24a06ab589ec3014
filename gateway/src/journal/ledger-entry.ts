import { z } from 'zod'
import { rulesetShape } from './ruleset-shape.ts'

const hash = z.string().regex(/^[0-9a-f]{64}$/)
const base64 = z.base64()

const principal = z.strictObject({
  kind: z.enum(['human', 'service', 'agent']),
  name: z.string().min(1),
  groups: z.array(z.string()),
})

/** Who did something here: an agent, a run acting for itself, an API token, a signed-in person, or the gateway on its own. */
const actor = z.strictObject({ kind: z.enum(['agent', 'run', 'token', 'person', 'gateway']), name: z.string() })

export type Actor = z.infer<typeof actor>

const runIdentity = z.strictObject({
  id: z.string(),
  attempt: z.int().min(1),
  task: z.string().nullable(),
  trigger: z.string().nullable(),
  agentVersion: z.string().nullable(),
  parent: z.string().nullable(),
})

const role = z.enum(['admin', 'author', 'approver', 'investigator'])

/** The groups of a person or a token; entries from before there were any have none. */
const groups = z.array(z.string())

/** A SHA-256 as the log's leaves have it. */
const root = z.string().regex(/^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/)

/** Lines of a recording, from `from` to before `to`. */
const lineRange = z.strictObject({ from: z.int().min(1), to: z.int().min(2) })

const demand = z.strictObject({ rule: z.string(), by: z.array(z.string()), withinMs: z.int().min(1), quorum: z.int().min(1) })

/** What past commands would have met, as whoever published was shown it. */
const rehearsed = z.strictObject({
  commands: z.int().min(0),
  newlyDenied: z.int().min(0),
  newlyHeld: z.int().min(0),
  newlyAllowed: z.int().min(0),
  from: z.string().nullable(),
  to: z.string().nullable(),
})

export type RehearsedSummary = z.infer<typeof rehearsed>

/** Who agreed to a proposal, by the digest of what they were shown. */
const agreed = z.strictObject({ proposal: z.string(), digest: hash, comment: z.string(), by: actor })

export type Agreed = z.infer<typeof agreed>

const events = [
  z.strictObject({
    kind: z.literal('run.open'),
    run: runIdentity,
    principal,
    delegation: z.array(principal),
    targets: z.array(z.string()),
    expiresAtUs: z.int(),
    /** The token's verifiers: its SHA-256, and what RFC 5803 keeps of it. The token itself is nowhere. */
    verifier: z.strictObject({
      sha256: hash,
      scram: z.strictObject({ iterations: z.int().min(1), salt: base64, storedKey: base64, serverKey: base64 }),
    }),
  }),
  z.strictObject({
    kind: z.literal('run.end'),
    run: z.string(),
    reason: z.enum(['ended', 'expired', 'parent over', 'agent removed']),
    exitCode: z.int().nullable(),
    by: actor,
  }),
  z.strictObject({ kind: z.literal('agent.add'), name: z.string(), groups: z.array(z.string()), sha256: hash, by: actor }),
  z.strictObject({ kind: z.literal('agent.remove'), name: z.string(), by: actor }),
  z.strictObject({ kind: z.literal('token.create'), name: z.string(), role, groups: groups.exactOptional(), sha256: hash, by: actor }),
  z.strictObject({ kind: z.literal('token.remove'), name: z.string(), by: actor }),
  /** A person came in with a link, or their cookie was exchanged for a fresh one (`renewal`, which names the one it replaces). */
  z.strictObject({
    kind: z.literal('sign-in'),
    method: z.enum(['link', 'renewal']),
    name: z.string(),
    role,
    groups: groups.exactOptional(),
    cookie: hash,
    replaces: hash.nullable(),
    expiresAtUs: z.int(),
  }),
  z.strictObject({ kind: z.literal('sign-out'), cookie: hash, by: actor }),
  /** Somebody looked at a recording. Once in a quarter of an hour for each reader and recording. */
  z.strictObject({ kind: z.literal('read'), session: z.string(), by: actor }),
  z.strictObject({ kind: z.literal('terminate'), session: z.string(), by: actor }),
  /** A policy is in force from here on, in the place of the one of its name: as its author wrote it, and as it is judged by. */
  z.strictObject({
    kind: z.literal('policy published'),
    name: z.string(),
    version: z.string().regex(/^[A-Za-z0-9_-]+@[0-9a-f]{12}$/),
    source: z.string(),
    ruleset: rulesetShape,
    reason: z.string().nullable(),
    rehearsed: rehearsed.exactOptional(),
    by: actor,
    agreed: agreed.exactOptional(),
  }),
  z.strictObject({
    kind: z.literal('policy removed'),
    name: z.string(),
    reason: z.string().nullable(),
    by: actor,
    agreed: agreed.exactOptional(),
  }),
  /** Somebody wants a policy changed where a second person must agree: published from `source`, or removed where that is null. */
  z.strictObject({
    kind: z.literal('policy proposed'),
    proposal: z.string(),
    name: z.string(),
    source: z.string().nullable(),
    /** The version it would take the place of; null for none. */
    base: z.string().nullable(),
    reason: z.string().nullable(),
    rehearsed: rehearsed.exactOptional(),
    digest: hash,
    by: actor,
  }),
  /** It will not be done: somebody who might have agreed refuses it, or whoever proposed it takes it back. That it is done is said by what was done. */
  z.strictObject({
    kind: z.literal('policy proposal closed'),
    proposal: z.string(),
    because: z.enum(['refused', 'withdrawn']),
    comment: z.string(),
    by: actor,
  }),
  /** A command is held until people agree. What it says is in its session's recording; `digest` binds the two. */
  z.strictObject({
    kind: z.literal('approval requested'),
    approval: z.string(),
    session: z.string(),
    number: z.int().min(1),
    run: z.string(),
    target: z.string(),
    principal,
    delegation: z.array(principal),
    demands: z.array(demand).min(1),
    reason: z.string(),
    policyVersion: z.string(),
    digest: hash,
    expiresAtUs: z.int(),
  }),
  /** One person's vote, and what they were entitled by when they cast it. */
  z.strictObject({
    kind: z.literal('approval reviewed'),
    approval: z.string(),
    vote: z.enum(['approve', 'reject']),
    /** They agree to every command of the shape in the run for so long, and not to this one alone. */
    forMinutes: z.int().min(1).exactOptional(),
    comment: z.string(),
    digest: hash,
    by: actor,
    role,
    groups,
  }),
  z.strictObject({
    kind: z.literal('approval settled'),
    approval: z.string(),
    state: z.enum(['granted', 'rejected', 'expired', 'withdrawn']),
    because: z.enum(['votes', 'time', 'session over', 'policies changed', 'gateway restarted']),
    /** Commands of this shape pass in the run, at the target and under these policies until then. */
    grant: z.strictObject({ shape: hash, lawVersion: z.string(), by: z.array(z.string()).min(1), untilUs: z.int() }).exactOptional(),
  }),
  /** What was granted to a shape lets nothing pass any more. */
  z.strictObject({
    kind: z.literal('grant ended'),
    approval: z.string(),
    because: z.enum(['time', 'run over', 'policies changed', 'taken back', 'gateway restarted']),
    by: actor.exactOptional(),
  }),
  /** Somebody has the log's key changed: the one named is to sign no more. */
  z.strictObject({ kind: z.literal('log key change'), replaces: z.string(), by: actor }),
  /** Connections were turned away before they had a session: how many since the last such entry, and the first of them, as they said they were. */
  z.strictObject({
    kind: z.literal('connections refused'),
    count: z.int().min(1),
    first: z.array(z.strictObject({ client: z.string(), reason: z.string(), run: z.string().nullable(), target: z.string().nullable() })),
  }),
  /** Nothing of a session, or of any session of a run, is removed or erased until this is lifted. One of the two is there. */
  z.strictObject({
    kind: z.literal('hold placed'),
    hold: z.string(),
    session: z.string().exactOptional(),
    run: z.string().exactOptional(),
    reason: z.string(),
    by: actor,
  }),
  z.strictObject({
    kind: z.literal('hold lifted'),
    hold: z.string(),
    session: z.string().exactOptional(),
    run: z.string().exactOptional(),
    reason: z.string(),
    by: actor,
  }),
  /** A recording is older than its target's rule keeps it, and goes. What it was: its tree, as it was sealed. */
  z.strictObject({
    kind: z.literal('recording removed'),
    session: z.string(),
    run: z.string(),
    target: z.string(),
    retentionDays: z.int().min(1),
    endedAtUs: z.int(),
    size: z.int().min(1),
    root,
  }),
  /** Somebody wants lines of a recording erased. What they say is said nowhere but there; `commands` are those whose lines are among them. */
  z.strictObject({
    kind: z.literal('erasure requested'),
    erasure: z.string(),
    session: z.string(),
    lines: z.array(lineRange).min(1),
    commands: z.array(z.int().min(1)),
    reason: z.string(),
    by: actor,
  }),
  z.strictObject({ kind: z.literal('erasure approved'), erasure: z.string(), by: actor }),
  z.strictObject({ kind: z.literal('erasure refused'), erasure: z.string(), reason: z.string(), by: actor }),
  /** These lines go now. `void` is the leaf hash of the line that stands in their place. */
  z.strictObject({
    kind: z.literal('lines erased'),
    erasure: z.string(),
    session: z.string(),
    from: z.int().min(1),
    to: z.int().min(2),
    hashes: z.array(root).min(1),
    void: root,
  }),
  /** Nothing of them is left here: not in the recording, not in the index. */
  z.strictObject({ kind: z.literal('erasure done'), erasure: z.string() }),
] as const

const ledgerEvent = z.discriminatedUnion('kind', events)

/** Something that happened to the gateway itself rather than in a session. */
export type LedgerEvent = z.infer<typeof ledgerEvent>

/** A line of the ledger: what happened, and when. */
export type LedgerEntry = LedgerEvent & { atUs: number }

/** The line of an entry. Its salt keeps what it says from being guessed from its hash, which the log makes public. */
export function formatLedgerEntry(entry: LedgerEntry, salt: string): string {
  return JSON.stringify({ ...entry, salt })
}

/** Gives the entry that a line holds, or says what is wrong with it. */
export function parseLedgerEntry(line: string): LedgerEntry | { expected: string } {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return { expected: 'expected a line of JSON' }
  }
  const { atUs, salt, ...event } = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  if (!Number.isSafeInteger(atUs)) return { expected: 'expected `atUs`, a whole number of microseconds' }
  if (typeof salt !== 'string' || !/^[\w-]{16}$/.test(salt)) return { expected: 'expected `salt`, 16 characters of base64url' }
  const parsed = ledgerEvent.safeParse(event)
  if (parsed.success) return { atUs: atUs as number, ...parsed.data }
  const [issue] = parsed.error.issues
  return { expected: `expected an entry this version knows: ${issue?.path.join('.') ?? ''} ${issue?.message.toLowerCase() ?? ''}`.trim() }
}
