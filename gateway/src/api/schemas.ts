import type { Cell, Command, Operation, Parameter, Principal, Run, Session, SessionDetail } from '@steno/recordings'
import { z } from 'zod'
import { groupName, principalName, ttlSecondsMax } from '../identity/names.ts'
import { roles } from '../identity/roles.ts'

/** The shapes of what the API takes and gives, which are also its documentation. */

const time = z.string().meta({ format: 'date-time', description: 'RFC 3339, UTC' })
const count = z.int().min(0)

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

export const token = z.strictObject({ name: z.string(), role: z.enum(roles), declared: z.boolean() }).meta({ id: 'Token' })
export const tokenRequest = z.strictObject({ name: principalName, role: z.enum(roles) }).meta({ id: 'TokenRequest' })
export const createdToken = z
  .strictObject({ token, secret: z.string().meta({ description: 'shown this once' }) })
  .meta({ id: 'CreatedToken' })

export const me = z
  .strictObject({
    kind: z.enum(['agent', 'run', 'token', 'person']),
    name: z.string(),
    role: z.enum(roles).nullable(),
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
