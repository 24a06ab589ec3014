import type { Cell, Command, Operation, Parameter, Principal, Run, Session, SessionDetail } from '@steno/recordings'
import type {
  Difference,
  Finding,
  FlippedGroup,
  LiveSchema,
  MaskedCommand,
  MaskSample,
  Problem as PolicyProblem,
  RehearsalReport,
  RehearsedFlip,
  RehearsedRule,
  TestOutcome,
} from '@steno/policy-dsl'
import { z } from 'zod'
import { grantMinutesMax } from '../approvals/index.ts'
import { groupName, personGroup, principalName, ttlSecondsMax } from '../identity/names.ts'
import { roles } from '../identity/roles.ts'
import { policyName } from '../policies/policy-name.ts'

/** The shapes of what the API takes and gives, which are also its documentation. */

const time = z.string().meta({ format: 'date-time', description: 'RFC 3339, UTC' })
const count = z.int().min(0)

/** A moment to begin or end at. */
const pastTime = z.string().max(40).optional().meta({ description: 'RFC 3339, or an age such as 30m, 1h, 7d' })

const cell = z.union([
  z.string(),
  z.null(),
  z.strictObject({ hex: z.string() }),
  z.strictObject({ cut: z.string(), lengthBytes: count, sha256: z.string() }),
  z.strictObject({ masked: z.string().nullable(), rule: z.string() }),
]) satisfies z.ZodType<Cell>

const parameter = z.strictObject({ type: z.string(), oid: z.int(), value: cell }) satisfies z.ZodType<Parameter>

const operation = z.strictObject({
  verb: z.string(),
  object: z.string().exactOptional(),
  tables: z.array(z.string()),
  columns: z.array(z.string()),
  hasWhere: z.boolean().exactOptional(),
  hasLimit: z.boolean().exactOptional(),
  reads: z.array(z.string()).exactOptional(),
  writes: z.array(z.string()).exactOptional(),
  functions: z.array(z.string()).exactOptional(),
  statement: count.exactOptional(),
  inside: z.string().exactOptional(),
  isOpaque: z.boolean().exactOptional(),
  at: z.tuple([count, count]).exactOptional().meta({ description: 'where it stands in the text, in UTF-16 units' }),
}) satisfies z.ZodType<Operation>

const verdict = z.enum(['allow', 'hold', 'deny'])

const principal = z.strictObject({
  kind: z.enum(['human', 'service', 'agent']),
  name: z.string(),
  groups: z.array(z.string()),
}) satisfies z.ZodType<Principal>

export const command = z
  .strictObject({
    id: z.string(),
    session: z.string(),
    number: z.int().min(1),
    run: z.string(),
    attempt: z.int().min(1),
    task: z.string().nullable(),
    principal: z.string(),
    delegation: z.array(z.string()).meta({ description: 'whoever launched the principal, nearest first' }),
    target: z.string(),
    protocol: z.string(),
    at: time,
    kind: z.string(),
    text: z.string(),
    textLength: count.exactOptional().meta({ description: 'how long the text is, when only its start is here' }),
    parameters: z.array(parameter),
    operations: z.array(operation),
    verdict,
    rule: z.string().optional(),
    reason: z.string().optional(),
    matched: z
      .array(z.strictObject({ rule: z.string(), effect: z.string(), operation: count, isObserved: z.boolean().exactOptional() }))
      .exactOptional()
      .meta({ description: 'what holds for its answer, and what observed rules would have done' }),
    policyVersion: z.string(),
    masked: count,
    approval: z.string().exactOptional(),
    rows: count.exactOptional(),
    affected: count.exactOptional(),
    error: z.strictObject({ code: z.string(), message: z.string() }).exactOptional(),
    durationMs: z.number().nullable(),
    frame: count.meta({ description: 'the line of the recording it stands on' }),
  })
  .meta({ id: 'Command' }) satisfies z.ZodType<Command>

const endReason = z.enum([
  'client closed',
  'client lost',
  'target closed',
  'target lost',
  'target refused',
  'run ended',
  'run expired',
  'terminated',
  'gateway stopped',
  'protocol violation',
  'interrupted',
])

const sessionFields = {
  id: z.string(),
  run: z.string(),
  attempt: z.int().min(1),
  attempts: count,
  task: z.string().nullable(),
  agentVersion: z.string().nullable(),
  principal: z.string(),
  delegation: z.array(z.string()),
  target: z.string(),
  protocol: z.string(),
  startedAt: time,
  endedAt: time.nullable(),
  endReason: endReason.nullable(),
  durationMs: z.number().nullable(),
  commands: count,
  errors: count,
  denied: count,
  held: count,
  masked: count,
  sizeBytes: count,
  clientAddress: z.string(),
  application: z.string().nullable().meta({ description: 'as the client claims' }),
  policyVersion: z.string(),
}

export const session = z.strictObject(sessionFields).meta({ id: 'Session' }) satisfies z.ZodType<Session>

export const sessionDetail = z
  .strictObject({
    ...sessionFields,
    runIdentity: z.strictObject({
      id: z.string(),
      attempt: z.int().min(1),
      task: z.string().nullable(),
      trigger: z.string().nullable(),
      agentVersion: z.string().nullable(),
      parent: z.string().nullable(),
    }),
    principalDetail: principal,
    delegationDetail: z.array(principal),
    labels: z.record(z.string(), z.string()),
  })
  .meta({ id: 'SessionDetail' }) satisfies z.ZodType<SessionDetail>

export const run = z
  .strictObject({
    id: z.string(),
    principal: z.string(),
    delegation: z.array(z.string()),
    task: z.string().nullable(),
    trigger: z.string().nullable(),
    agentVersion: z.string().nullable(),
    attempt: z.int().min(1),
    attempts: count,
    parent: z.string().nullable(),
    targets: z.array(z.string()),
    openedAt: time,
    expiresAt: time,
    endedAt: time.nullable(),
    exitCode: z.int().nullable(),
    state: z.enum(['open', 'ended', 'expired']),
    sessions: count,
    commands: count,
    errors: count,
    denied: count,
    held: count,
    masked: count,
  })
  .meta({ id: 'Run' }) satisfies z.ZodType<Run>

/** Text that people write about their runs: one line, no control characters. */
const line = z
  .string()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, 'expected one line of text')

export const runRequest = z
  .strictObject({
    agent: principalName
      .optional()
      .meta({ description: 'must be the agent whose secret it is; inside a run, what the child is called under its parent' }),
    version: line.optional(),
    task: line.optional().meta({ description: 'reruns of one task are its attempts' }),
    trigger: line.optional(),
    targets: z.array(z.string().max(63)).min(1).max(100).optional().meta({ description: 'all that may be reached, when left out' }),
    ttlSeconds: z.int().min(1).max(ttlSecondsMax).optional(),
  })
  .meta({ id: 'RunRequest' })

export const openedRun = z
  .strictObject({
    id: z.string(),
    token: z.string().meta({ description: 'shown this once' }),
    attempt: z.int().min(1),
    expiresAt: time,
    targets: z.record(z.string(), z.strictObject({ protocol: z.string(), url: z.string(), env: z.record(z.string(), z.string()) })),
  })
  .meta({ id: 'OpenedRun' })

export const runEnd = z.strictObject({ exitCode: z.int().min(-255).max(255).nullable().optional() }).meta({ id: 'RunEnd' })

export const comparison = z
  .strictObject({
    task: z.string(),
    runs: z.array(run).meta({ description: 'the attempts, oldest first' }),
    shapes: z
      .array(
        z.strictObject({
          shape: z.string().meta({ description: 'the text without its literals' }),
          example: z.string(),
          verbs: z.array(z.string()),
          tables: z.array(z.string()),
          counts: z.array(count).meta({ description: 'how often each run issued it, in the order of `runs`' }),
          first: z.array(z.string().nullable()).meta({ description: 'the first such command of each run' }),
        }),
      )
      .meta({ description: 'in the order they were first issued' }),
    truncated: z.boolean().meta({ description: 'whether a run had more commands than were compared' }),
  })
  .meta({ id: 'Comparison' })

export const histogram = z
  .strictObject({
    buckets: z.array(z.strictObject({ at: time, commands: count, errors: count, denied: count, held: count })),
    sessions: count,
    commands: count,
  })
  .meta({ id: 'Histogram' })

export const target = z
  .strictObject({
    name: z.string(),
    protocol: z.string(),
    address: z.string(),
    database: z.string().nullable(),
    labels: z.record(z.string(), z.string()),
    listen: z.string().nullable().meta({ description: 'where clients reach it; null when its port is turned off' }),
  })
  .meta({ id: 'Target' })

export const agent = z.strictObject({ name: z.string(), groups: z.array(z.string()), declared: z.boolean() }).meta({ id: 'Agent' })
export const agentRequest = z
  .strictObject({ name: principalName, groups: z.array(groupName).max(64).default([]) })
  .meta({ id: 'AgentRequest' })
export const addedAgent = z.strictObject({ agent, secret: z.string().meta({ description: 'shown this once' }) }).meta({ id: 'AddedAgent' })

export const token = z
  .strictObject({ name: z.string(), role: z.enum(roles), groups: z.array(z.string()), declared: z.boolean() })
  .meta({ id: 'Token' })
export const tokenRequest = z
  .strictObject({ name: principalName, role: z.enum(roles), groups: z.array(personGroup).max(64).default([]) })
  .meta({ id: 'TokenRequest' })
export const createdToken = z
  .strictObject({ token, secret: z.string().meta({ description: 'shown this once' }) })
  .meta({ id: 'CreatedToken' })

const digest = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in hex')
  .meta({ description: 'SHA-256, in hex, of exactly what is asked for' })

export const approvalState = z.enum(['pending', 'granted', 'rejected', 'expired', 'withdrawn'])

export const approval = z
  .strictObject({
    id: z.string(),
    state: approvalState,
    command: z.string().meta({ description: 'the id of the command that is held' }),
    session: z.string(),
    run: z.string(),
    attempt: z.int().min(1),
    principal: z.string(),
    delegation: z.array(z.string()).meta({ description: 'whoever launched the principal, nearest first' }),
    task: z.string().nullable(),
    trigger: z.string().nullable(),
    agentVersion: z.string().nullable(),
    target: z.string(),
    labels: z.record(z.string(), z.string()),
    protocol: z.string(),
    text: z.string(),
    parameters: z.array(parameter),
    isCut: z.boolean().meta({ description: 'whether text or values are cut here, in a list; by its id it comes whole' }),
    isMissing: z
      .boolean()
      .meta({ description: 'whether text and values are not here: their recording was erased, or search has not read it again yet' }),
    isAsSent: z.boolean().meta({ description: 'whether nothing in text and values is masked' }),
    shape: z.string().nullable().meta({
      description: 'SHA-256, in hex, of what commands are alike in that differ in plain values; null where it can only be approved once',
    }),
    operations: z.array(operation),
    transaction: z.enum(['idle', 'transaction', 'failed']),
    reason: z.string(),
    rules: z.array(z.string()),
    demands: z
      .array(
        z.strictObject({
          rule: z.string(),
          by: z.array(z.string()).meta({ description: 'groups or roles, any of which will do' }),
          quorum: z.int().min(1),
          votes: count.meta({ description: 'how many who count for it have approved' }),
          met: z.boolean(),
        }),
      )
      .meta({ description: 'all must be met' }),
    policyVersion: z.string(),
    digest,
    askedAt: time,
    expiresAt: time,
    decidedAt: time.exactOptional(),
    because: z
      .enum(['votes', 'time', 'session over', 'policies changed', 'gateway restarted'])
      .exactOptional()
      .meta({ description: 'what ended it' }),
    grant: z
      .strictObject({
        shape: z.string(),
        by: z.array(z.string()),
        at: time,
        until: time,
        passed: count.meta({ description: 'how many commands it let pass since the gateway started' }),
        ended: z
          .strictObject({
            because: z.enum(['time', 'run over', 'policies changed', 'taken back', 'gateway restarted']),
            by: z.string().nullable(),
            at: time,
          })
          .nullable()
          .meta({ description: 'null while it lets commands pass' }),
      })
      .exactOptional()
      .meta({ description: 'consent to every command of the shape, in the run and for a while' }),
    reviews: z.array(
      z.strictObject({ by: z.string(), vote: z.enum(['approve', 'reject']), comment: z.string(), at: time, digest: z.string() }),
    ),
    canReview: z.boolean().meta({ description: 'whether a vote of whoever asks would count now' }),
    cannotReview: z.string().exactOptional().meta({ description: 'why not' }),
  })
  .meta({ id: 'Approval' })

export const reviewRequest = z
  .strictObject({
    vote: z.enum(['approve', 'reject']),
    comment: z
      .string()
      .max(2000)
      .regex(/^(?:[^\p{Cc}\p{Zl}\p{Zp}]|[\n\t])*$/u, 'expected text without control characters')
      .default(''),
    forMinutes: z
      .int()
      .min(1)
      .max(grantMinutesMax)
      .optional()
      .meta({ description: 'agrees to every command of the shape, in the run and for so long; to this one alone when left out' }),
    digest: digest.optional().meta({ description: 'of what was looked at: refused when it is not what is asked for' }),
  })
  .meta({ id: 'ReviewRequest' })

export const shapeHistory = z
  .strictObject({
    commands: count,
    allowed: count,
    denied: count,
    approved: count.meta({ description: 'those that people let pass' }),
    refused: count.meta({ description: 'those that were held and did not run' }),
    errors: count,
    principals: count,
    runs: count,
    firstAt: time.nullable(),
    lastAt: time.nullable(),
    last: z.string().nullable().meta({ description: 'the id of the last one' }),
    rows: z
      .strictObject({ median: count, max: count })
      .nullable()
      .meta({ description: 'given or changed by those that ran without an error' }),
  })
  .meta({ id: 'ShapeHistory', description: 'commands like it at the same target, before it' })

export const estimate = z
  .discriminatedUnion('isPossible', [
    z.strictObject({
      isPossible: z.literal(true),
      rows: count.meta({ description: 'the most rows that the planner expects a step that gives or changes rows to have' }),
      cost: z.number(),
      steps: z.array(z.strictObject({ depth: count, step: z.string(), relation: z.string().nullable(), rows: count })),
    }),
    z.strictObject({ isPossible: z.literal(false), because: z.string() }),
  ])
  .meta({ id: 'Estimate', description: 'what the target’s planner expects; nothing was run' })

const span = z.tuple([count, count]).meta({ description: 'the first character and the one after the last, in UTF-16 units' })

const policyProblem = z
  .strictObject({
    code: z.string(),
    severity: z.enum(['error', 'warning']),
    message: z.string(),
    at: span,
    line: z.int().min(1),
    column: z.int().min(1),
    suggestion: z.string().exactOptional(),
  })
  .meta({ id: 'PolicyProblem' }) satisfies z.ZodType<PolicyProblem>

const policyTest = z
  .strictObject({
    name: z.string(),
    line: z.int().min(1),
    passed: z.boolean(),
    expected: verdict,
    actual: verdict.nullable().meta({ description: 'null where it could not be asked' }),
    rule: z.string().nullable().meta({ description: 'what decided' }),
    message: z.string(),
  })
  .meta({ id: 'PolicyTest' }) satisfies z.ZodType<TestOutcome>

const policyFinding = z
  .strictObject({
    kind: z.enum([
      'never-matches',
      'always-matches',
      'unless-never-applies',
      'shadowed',
      'duplicate',
      'conflict',
      'text-pattern',
      'path-prefix',
      'unqualified-table',
      'unqualified-function',
      'unrestricted-verb',
      'not-decided',
    ]),
    rule: z.string(),
    line: z.int().min(1),
    at: span,
    message: z.string(),
    others: z.array(z.string()).exactOptional().meta({ description: 'the other rules it is about' }),
    witness: z.record(z.string(), z.string()).exactOptional().meta({ description: 'a command that shows it' }),
  })
  .meta({ id: 'PolicyFinding' }) satisfies z.ZodType<Finding>

const policyDifference = z
  .strictObject({
    kind: z.enum(['no-longer', 'newly', 'not-decided']),
    of: z.enum(['deny', 'hold', 'obligation']),
    effect: z.string(),
    rule: z.string(),
    line: z.int().min(1),
    message: z.string(),
    isLessStrict: z.boolean().meta({ description: 'whether some command is freer than it was' }),
    witness: z.record(z.string(), z.string()).exactOptional().meta({ description: 'a command for which it is so' }),
    isWitnessExact: z.boolean().exactOptional(),
    verdicts: z.strictObject({ before: verdict, after: verdict }).exactOptional(),
  })
  .meta({ id: 'PolicyDifference' }) satisfies z.ZodType<Difference>

export const policyLiveSchema = z
  .strictObject({
    targets: z.array(
      z.strictObject({
        name: z.string(),
        protocol: z.string(),
        labels: z.record(z.string(), z.string()),
        schemas: z
          .array(
            z.strictObject({
              name: z.string(),
              isDefault: z.boolean(),
              tables: z.array(
                z.strictObject({ name: z.string(), columns: z.array(z.strictObject({ name: z.string(), type: z.string() })) }),
              ),
            }),
          )
          .nullable()
          .meta({ description: 'null when the target could not be asked' }),
      }),
    ),
    groups: z.array(z.string()),
    agents: z.array(z.string()),
    approvers: z.array(z.string()).meta({ description: 'roles and groups that may be asked' }),
  })
  .meta({ id: 'PolicyLiveSchema' }) satisfies z.ZodType<LiveSchema>

const policyAuthor = z.strictObject({ kind: z.enum(['agent', 'run', 'token', 'person', 'gateway']), name: z.string() })

const rehearsedSummary = z
  .strictObject({
    commands: count,
    newlyDenied: count,
    newlyHeld: count,
    newlyAllowed: count,
    from: time.nullable(),
    to: time.nullable(),
  })
  .meta({ description: 'what past commands would have met, as the author was shown it' })

const agreedBy = z
  .strictObject({ proposal: z.string(), digest: z.string(), comment: z.string(), by: policyAuthor })
  .meta({ description: 'the second person, and the digest of what they were shown' })

const policyVersionFields = {
  name: z.string(),
  version: z.string().meta({ description: 'name@hash: the same for the same source' }),
  publishedAt: time,
  by: policyAuthor,
  reason: z.string().nullable(),
  counts: z.strictObject({ rules: count, observed: count.meta({ description: 'rules that are only observed' }), tests: count }),
  rehearsed: rehearsedSummary.nullable(),
  agreed: agreedBy.nullable(),
}

const policyFields = {
  ...policyVersionFields,
  managed: z.enum(['files', 'api']),
  file: z.string().nullable().meta({ description: 'where it is published from' }),
  problem: z.string().nullable().meta({ description: 'why its file, as it stands now, is not what is in force' }),
}

const policyRule = z.strictObject({
  name: z.string(),
  line: z.int().min(1),
  mode: z.enum(['enforce', 'observe']),
  effects: z.array(z.string()),
})

const policyContentFields = {
  source: z.string(),
  hash: z.string().meta({ description: 'of what the source says; layout and comments do not change it' }),
  rules: z.array(policyRule),
  tests: z.array(z.strictObject({ name: z.string(), line: z.int().min(1), verdict })),
}

export const policy = z.strictObject(policyFields).meta({ id: 'Policy' })

export const policyList = z
  .strictObject({
    items: z.array(policy),
    files: z
      .strictObject({
        directory: z.string(),
        broken: z
          .array(
            z.strictObject({
              file: z.string(),
              name: z.string().nullable(),
              messages: z.array(z.string()),
              problems: z.array(policyProblem),
              tests: z.array(policyTest),
            }),
          )
          .meta({ description: 'what is not in force as it stands there' }),
      })
      .nullable()
      .meta({ description: 'where policies are published from; null when they are published here' }),
    reviewers: z.array(z.string()).meta({
      description: 'roles and groups, one of whose members must agree to what another person publishes; empty where nobody needs to',
    }),
  })
  .meta({ id: 'PolicyList' })

export const policyDetail = z
  .strictObject({
    ...policyFields,
    ...policyContentFields,
    versions: z.array(z.strictObject(policyVersionFields)).meta({ description: 'every publication, the newest first' }),
  })
  .meta({ id: 'PolicyDetail' })

export const policyVersion = z
  .strictObject({
    ...policyVersionFields,
    ...policyContentFields,
    differences: z.array(policyDifference).optional().meta({ description: 'from the version it is held `against` to this one' }),
  })
  .meta({ id: 'PolicyVersion' })

export const policyCompiled = z
  .strictObject({
    hash: z.string().nullable().meta({ description: 'null when it has an error' }),
    rules: z.array(policyRule),
    problems: z.array(policyProblem),
    tests: z.array(policyTest),
    findings: z.array(policyFinding),
    differences: z.array(policyDifference).nullable().meta({ description: 'null when there is nothing to compare it to' }),
    comparedTo: z.string().nullable().meta({ description: 'the version that is in force under that name' }),
  })
  .meta({ id: 'PolicyCompiled' })

export const policyRequest = z
  .strictObject({
    source: z.string(),
    reason: line.optional().meta({ description: 'why, for whoever reads the history' }),
    expectedVersion: z.string().nullable().optional().meta({ description: 'what must be in force; null for nothing' }),
    rehearsed: z
      .strictObject({ of: z.string().meta({ description: 'the `hash` of the rules that were rehearsed' }), summary: rehearsedSummary })
      .optional()
      .meta({ description: 'what the author was shown of the past under it; refused when it is of other rules' }),
  })
  .meta({ id: 'PolicyRequest' })

export const policyProposal = z
  .strictObject({
    id: z.string(),
    state: z.enum(['pending', 'overtaken', 'accepted', 'refused', 'withdrawn']).meta({
      description: '`overtaken`: another version is in force than the one it would replace',
    }),
    name: z.string(),
    source: z.string().nullable().meta({ description: 'what would be published; null for a proposal to remove the policy' }),
    version: z.string().nullable(),
    base: z.string().nullable().meta({ description: 'the version it would replace; null for none' }),
    reason: z.string().nullable(),
    rehearsed: rehearsedSummary.nullable(),
    digest: z.string().meta({ description: 'binds agreement to what is shown here' }),
    by: policyAuthor,
    proposedAt: time,
    closed: z.strictObject({ by: policyAuthor, comment: z.string(), at: time }).nullable(),
    reviewers: z.array(z.string()).meta({ description: 'roles and groups whose members can agree' }),
    canReview: z.boolean().meta({ description: 'whether the caller can agree or refuse now' }),
    cannotReview: z.string().optional().meta({ description: 'why not' }),
    isOwn: z.boolean().meta({ description: 'whether the caller proposed it, and can take it back' }),
    differences: z
      .array(policyDifference)
      .nullable()
      .optional()
      .meta({ description: 'to the version it would replace, where one proposal is asked for; null where there is nothing to compare' }),
  })
  .meta({ id: 'PolicyProposal' })

export const policyProposalReview = z
  .discriminatedUnion('vote', [
    z.strictObject({
      vote: z.literal('accept'),
      digest: z.string().regex(/^[0-9a-f]{64}$/, 'the digest of what was shown'),
      comment: line.optional(),
    }),
    z.strictObject({ vote: z.literal('refuse'), comment: line.meta({ description: 'why' }) }),
  ])
  .meta({ id: 'PolicyProposalReview', description: 'its author refusing it takes it back' })

export const policyActivity = z
  .strictObject({
    since: time,
    items: z.array(
      z.strictObject({
        policy: z.string(),
        commands: count.meta({ description: 'commands that a rule of it decided or matched' }),
        denied: count,
        held: count,
        lastAt: time.nullable(),
        rules: z.array(
          z.strictObject({
            rule: z.string(),
            commands: count,
            decided: count.meta({ description: 'those whose verdict it gave' }),
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'PolicyActivity' })

export const policyRemoveRequest = z.strictObject({ reason: line.optional(), expectedVersion: z.string().optional() })

export const policyCompileRequest = z
  .strictObject({ source: z.string(), name: z.string().optional().meta({ description: 'the policy it would become a version of' }) })
  .meta({ id: 'PolicyCompileRequest' })

const rehearsedName = z.string().min(1).max(500)

export const rehearsalRequest = z
  .strictObject({
    source: z.string().optional().meta({ description: 'a draft' }),
    replaces: policyName.optional().meta({ description: 'the policy that the draft would become a version of; left out for one more' }),
    policies: z.record(policyName, z.string()).optional().meta({ description: 'drafts by the names they would be published under' }),
    since: pastTime.meta({ description: 'RFC 3339, or an age such as 30m, 1h, 7d; left out, seven days' }),
    until: pastTime,
    filter: z
      .strictObject({
        target: rehearsedName.optional(),
        agent: rehearsedName.optional(),
        principal: rehearsedName.optional(),
        task: rehearsedName.optional(),
      })
      .optional(),
    limit: z.int().min(1).max(20_000).default(2000).meta({ description: 'the most sessions, the newest' }),
  })
  .refine(({ source, policies }) => source !== undefined || Object.keys(policies ?? {}).length > 0, 'expected `source` or `policies`')
  .refine(({ source, replaces }) => source !== undefined || replaces === undefined, {
    message: 'goes with `source`',
    path: ['replaces'],
  })
  .refine(({ replaces, policies }) => replaces === undefined || !Object.hasOwn(policies ?? {}, replaces), {
    message: 'expected each policy once',
    path: ['replaces'],
  })
  .meta({ id: 'RehearsalRequest' })

const byVerdict = z.strictObject({ allow: count, hold: count, deny: count })

const flippedGroup = z.strictObject({
  name: z.string(),
  flips: count,
  newlyDenied: count,
  newlyHeld: count,
  newlyAllowed: count,
  example: z.strictObject({ session: z.string(), command: count, frame: count }),
}) satisfies z.ZodType<FlippedGroup>

const rehearsedRule = z.strictObject({
  policy: z.string(),
  rule: z.string(),
  line: z.int().min(1),
  isObserved: z.boolean(),
  matched: count,
  decided: count.meta({ description: 'those that it decided' }),
  newlyDenied: count,
  newlyHeld: count,
  newlyAllowed: count.meta({ description: 'commands that a rule of this name stopped then and nothing stops now' }),
  agents: count.meta({ description: 'principals whose commands it matched' }),
  agentsAffected: count.meta({ description: 'those for whom it changes a verdict' }),
}) satisfies z.ZodType<RehearsedRule>

const rehearsedFlip = z.strictObject({
  session: z.string(),
  command: z.int().min(1).meta({ description: 'its number in the session' }),
  frame: count.meta({ description: 'the line of the recording it stands on' }),
  at: time,
  principal: z.string(),
  target: z.string(),
  text: z.string().meta({ description: 'its start' }),
  shape: z.string(),
  before: verdict,
  after: verdict,
  rule: z.string().nullable().meta({ description: 'what decides now; null where nothing speaks against it any more' }),
  policy: z.string().nullable().meta({ description: 'the policy of that rule, where its name alone tells' }),
  reason: z.string().nullable(),
  ruleBefore: z.string().nullable().meta({ description: 'what decided then' }),
  clauses: z.array(span).meta({ description: 'places in the source of the rule that decides now: the clauses that held' }),
}) satisfies z.ZodType<RehearsedFlip>

const maskedCommand = z.strictObject({
  session: z.string(),
  command: z.int().min(1).meta({ description: 'its number in the session' }),
  frame: count,
  at: time,
  principal: z.string(),
  target: z.string(),
  text: z.string().meta({ description: 'its start' }),
  rows: count.meta({ description: 'of its answer then' }),
  rules: z.array(z.string()),
  wouldMask: z.array(z.string()).meta({ description: 'columns of the answer, by the names they came back under' }),
  reads: z.array(z.string()).meta({ description: 'masked columns that did not come back under their own names' }),
}) satisfies z.ZodType<MaskedCommand>

const maskSample = z.strictObject({
  column: z.string().meta({ description: 'of the answer, by the name it came back under' }),
  before: z.string().nullable().meta({ description: 'what history holds: its start' }),
  after: z
    .string()
    .nullable()
    .meta({ description: 'what would come back; `hash` and `token` are made with a key of this rehearsal’s own' }),
  maskedBy: z.string().nullable().meta({ description: 'the rule that masked it already then, so that nothing else is known of it' }),
  session: z.string(),
  command: z.int().min(1),
  frame: count,
}) satisfies z.ZodType<MaskSample>

export const rehearsalReport = z
  .strictObject({
    policies: z
      .array(z.strictObject({ name: z.string(), version: z.string().nullable().meta({ description: 'null for a draft' }) }))
      .meta({ description: 'what was rehearsed together' }),
    sessions: count,
    runs: count,
    agents: count,
    commands: count,
    from: time.nullable(),
    to: time.nullable(),
    matrix: z
      .strictObject({ allow: byVerdict, hold: byVerdict, deny: byVerdict })
      .meta({ description: 'commands by their verdict then, and under it by their verdict now' }),
    rules: z.array(rehearsedRule).meta({ description: 'every rule, also those that nothing matched' }),
    rulesGone: z
      .array(z.strictObject({ rule: z.string(), newlyAllowed: count }))
      .meta({ description: 'rules that decided then and are no more' }),
    flips: z.array(rehearsedFlip).meta({ description: 'commands whose verdict is another now: the first 1000, by time' }),
    flipsTotal: count,
    flipGroups: z.strictObject({ byShape: z.array(flippedGroup), byAgent: z.array(flippedGroup) }),
    masks: z
      .array(z.strictObject({ rule: z.string(), column: z.string(), commands: count, rows: count, samples: z.array(maskSample) }))
      .meta({
        description:
          'columns and patterns that would be masked, by what the record says of what commands read; `samples` are a few values for each, for whoever may read recordings',
      }),
    masked: z.array(maskedCommand).meta({ description: 'commands whose answers would come back masked: the first 500, by time' }),
    maskedTotal: count,
    limits: z.array(
      z.strictObject({
        rule: z.string(),
        commands: count,
        denied: count,
        held: count,
        cut: count,
        rowsCut: count,
        bytesCut: count,
        brokenOff: count,
      }),
    ),
    approvalsPerDay: z.array(z.strictObject({ day: z.string(), heldBefore: count, heldAfter: count, by: z.record(z.string(), count) })),
    unmatched: z.strictObject({ commands: count, byVerb: z.array(z.strictObject({ verb: z.string(), operations: count })) }),
    unknowns: z.array(z.string()).meta({ description: 'what history cannot tell' }),
    isTruncated: z.boolean().meta({ description: 'there is more history than was rehearsed' }),
    tookMs: count,
  })
  .meta({ id: 'Rehearsal' }) satisfies z.ZodType<RehearsalReport>

export const me = z
  .strictObject({
    kind: z.enum(['agent', 'run', 'token', 'person']),
    name: z.string(),
    role: z.enum(roles).nullable(),
    groups: z.array(z.string()),
    permissions: z.array(z.string()),
  })
  .meta({ id: 'Me' })

export const problem = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string(),
    faults: z.array(z.strictObject({ at: z.string(), message: z.string() })).optional(),
    problems: z.array(policyProblem).optional().meta({ description: 'of a policy that does not compile' }),
    tests: z.array(policyTest).optional().meta({ description: 'of a policy, those that fail' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details' })

/** A list as the API gives it: a page, and the cursor of the next one. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.strictObject({ items: z.array(item), cursor: z.string().nullable() })
}

/** A list that is always given whole. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.strictObject({ items: z.array(item) })
}

export const logState = z
  .strictObject({
    origin: z.string().meta({ description: 'the log’s name' }),
    vkey: z.string().meta({ description: 'the key that signs it, as a verifier takes it' }),
    size: count.meta({ description: 'its leaves' }),
    published: count.meta({ description: 'those of them that the newest checkpoint has' }),
    unanchoredSeconds: z.number().min(0).meta({ description: 'how old the oldest line may be that no checkpoint is behind' }),
    isWitnessed: z
      .boolean()
      .nullable()
      .meta({ description: 'whether a quorum of witnesses has signed the newest checkpoint; null where none is defined' }),
    witnesses: z.array(
      z.strictObject({
        name: z.string().meta({ description: 'what this gateway calls it' }),
        key: z.string().meta({ description: 'its key, as a verifier takes it' }),
        url: z.string(),
        state: z.enum(['unasked', 'signed', 'away', 'stranger', 'ahead', 'other tree', 'wrong']).meta({
          description: '`stranger`: it does not watch this log, or not under this key',
        }),
        reason: z.string().meta({ description: 'why it does not sign; empty where it does' }),
        size: count.nullable().meta({ description: 'the leaves of the newest checkpoint that it signed since the gateway started' }),
      }),
    ),
  })
  .meta({ id: 'Log' })

export const newLogKey = z.strictObject({ vkey: z.string() }).meta({ id: 'LogKey' })

export const sessionLeaves = z.strictObject({ leaves: z.array(count) }).meta({ id: 'SessionLeaves' })

const reason = z
  .string()
  .min(1)
  .max(2000)
  .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, 'expected a line of text')

const actor = z.strictObject({ kind: z.enum(['agent', 'run', 'token', 'person', 'gateway']), name: z.string() })

export const hold = z
  .strictObject({
    id: z.string(),
    session: z.string().optional(),
    run: z.string().optional().meta({ description: 'every session of this run is held' }),
    reason: z.string(),
    by: actor,
    placedAt: time,
  })
  .meta({ id: 'Hold' })

export const holdRequest = z
  .strictObject({ session: z.string().optional(), run: z.string().optional(), reason })
  .refine(({ session, run }) => (session === undefined) !== (run === undefined), 'expected either session or run')
  .meta({ id: 'HoldRequest' })

export const liftQuery = z.strictObject({ reason })

const lineNumber = z.int().min(1)

export const erasure = z
  .strictObject({
    id: z.string(),
    session: z.string(),
    lines: z
      .array(z.strictObject({ from: lineNumber, to: lineNumber }))
      .meta({ description: 'all lines of the recording that go: each from `from` to before `to`' }),
    commands: z.array(z.int().min(1)).meta({ description: 'the commands whose own lines are among them' }),
    reason: z.string(),
    state: z.enum(['pending', 'approved', 'done', 'refused']),
    requestedBy: actor,
    requestedAt: time,
    decidedBy: actor.optional(),
    decidedAt: time.optional(),
    doneAt: time.optional().meta({ description: 'when nothing of it was left here' }),
    canApprove: z.boolean().meta({ description: 'whether the caller can approve it now' }),
    cannotApprove: z.string().optional().meta({ description: 'why not' }),
  })
  .meta({ id: 'Erasure' })

export const erasureRequest = z
  .union([
    z.strictObject({ session: z.string(), command: z.int().min(1), reason }),
    z.strictObject({ session: z.string(), from: lineNumber, to: lineNumber, reason }),
  ])
  .meta({ id: 'ErasureRequest', description: 'a command with all that tells of it, or the lines from `from` to before `to`' })

export const erasureRefusal = z.strictObject({ reason }).meta({ id: 'ErasureRefusal' })
