import { z } from 'zod'
import { secret } from '../protocols/shared/secret.ts'
import { groupName, personGroup, principalName } from '../identity/names.ts'
import { roles } from '../identity/roles.ts'
import { parseAddress } from './address.ts'
import { keyName } from './key-name.ts'
import { witnessFields } from './log-witnesses.ts'
import { watchedLogs } from './logs-to-watch.ts'
import { section } from './section.ts'
import { webhook } from './webhooks.ts'

/** What config needs to know of a protocol: its name, its port, and how to check its targets. */
export interface ConfigurableProtocol {
  readonly name: string
  readonly port: number
  readonly settings: z.ZodType
}

/** The names of targets: they stand in URLs, in database names and, in upper case, in environment variables. */
export const targetName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/, 'a name of letters, digits, `-` and `_`, at most 63')

const address = z
  .string('an address `host:port` such as 127.0.0.1:7700')
  .refine(text => parseAddress(text) !== null, 'an address `host:port` such as 127.0.0.1:7700')
  .meta({ description: 'host:port', examples: ['127.0.0.1:7700', '[::1]:7700'] })

const listenAddress = z
  .union([z.string(), z.literal(false)], 'an address `host:port` such as 127.0.0.1:7700, or false to turn the port off')
  .refine(
    value => value === false || parseAddress(value) !== null,
    'an address `host:port` such as 127.0.0.1:7700, or false to turn the port off',
  )
  .meta({ examples: ['127.0.0.1:7700', '[::1]:7700', false] })

const path = z.string().min(1, 'a path')

const positive = (what: string) => z.int(what).min(1, what)

const labels = z
  .record(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, 'a label name'), z.string('text (quote it when it looks like a number)'))
  .meta({ description: 'what the target is, for rules and for people' })

const retention = z
  .string('days such as 30d')
  .regex(/^[1-9][0-9]{0,4}d$/, 'days such as 30d')
  .meta({ description: 'how long recordings are kept once their session is over; for good when left out', examples: ['30d', '365d'] })

/** What every target says, whatever its protocol. */
export const targetBase = z.looseObject({
  protocol: z.string('the name of a protocol'),
  address,
  labels: labels.optional(),
  retention: retention.optional(),
})

/** `steno.yaml` but for what each protocol's targets say of their own. */
export function configSchema(protocols: Readonly<Record<string, ConfigurableProtocol>>) {
  const ports = Object.fromEntries(['web', ...Object.keys(protocols)].map(name => [name, listenAddress.optional()]))
  return section({
    data: path.default('./data').meta({ description: 'where recordings, ledger, keys and the embedded store live' }),
    store: z
      .string()
      .regex(/^postgres(ql)?:\/\/\S+$/, 'a URL postgres://…')
      .optional()
      .meta({ description: 'a PostgreSQL server for the index, instead of the embedded one' }),
    gateway: section({ name: principalName.default('steno') }).optional(),
    listen: section(ports).optional().meta({ description: 'one port for the web and the API, one a protocol; false turns a port off' }),
    publicHost: z
      .string()
      .regex(/^[A-Za-z0-9.:-]{1,253}$/, 'a host name or address, without a port')
      .optional()
      .meta({ description: 'the host that clients reach the ports at, when it is not the one they listen on' }),
    tls: section({ certificate: path, key: path })
      .optional()
      .meta({ description: 'PEM files; TLS on the web port, offered on all others' }),
    durability: z.enum(['standard', 'strict']).default('standard'),
    limits: section({
      startupMs: positive('milliseconds, at least 1').optional(),
      messageBytesMax: positive('bytes, at least 1').optional(),
      valueBytesMax: positive('bytes, at least 1').optional(),
      connectMs: positive('milliseconds, at least 1').optional(),
    }).optional(),
    targets: z.record(targetName, targetBase).optional(),
    agents: z.record(principalName, section({ secret, groups: z.array(groupName).default([]) })).optional(),
    tokens: z.record(principalName, section({ role: z.enum(roles), groups: z.array(personGroup).default([]), secret })).optional(),
    oidc: z.array(z.unknown()).max(0, 'an empty list: OIDC is not supported in this version').optional(),
    policies: z
      .union(
        [path, section({ reviewers: z.array(groupName).min(1, 'at least one role or group') })],
        'a directory with policies, or a section with `reviewers`',
      )
      .optional()
      .meta({
        description:
          'a directory of files NAME.policy.ts, published as they stand there and read-only in the browser; relative to this file. Or `reviewers`: roles and groups, one of whose members must agree to what another person wants published',
        examples: ['./policies', { reviewers: ['admin', 'dba'] }],
      }),
    log: section({
      origin: keyName.optional().meta({ description: 'the name of the gateway’s log, for good; made up once when not said' }),
      head: path.optional().meta({ description: 'where the newest head of the log is kept, apart from the data; relative to this file' }),
      ...witnessFields,
    }).optional(),
    webhooks: z
      .record(principalName, webhook)
      .optional()
      .meta({ description: 'endpoints that are told of approvals, signed by the Standard Webhooks convention' }),
    witness: section({ name: keyName, logs: watchedLogs })
      .optional()
      .meta({ description: 'the logs of other gateways that this one is a witness of, at /witness on its web port' }),
    recordings: z.never('nothing here: object storage is not supported in this version').optional(),
  })
}

/** The JSON Schema of `steno.yaml`, for editors. */
export function configJsonSchema(protocols: Readonly<Record<string, ConfigurableProtocol>>): Record<string, unknown> {
  const whole = asJsonSchema(configSchema(protocols))
  const base = asJsonSchema(targetBase)
  const targets = Object.values(protocols).map(protocol => {
    const settings = asJsonSchema(protocol.settings)
    return {
      type: 'object',
      title: `a ${protocol.name} target`,
      properties: { ...base.properties, protocol: { const: protocol.name }, ...settings.properties },
      required: [...(base.required ?? []), ...(settings.required ?? [])],
      additionalProperties: false,
    }
  })
  const properties = { ...whole.properties, targets: { ...whole.properties?.['targets'], additionalProperties: { oneOf: targets } } }
  return { $schema: 'https://json-schema.org/draft/2020-12/schema', title: 'steno.yaml', ...whole, properties }
}

interface ObjectSchema {
  properties?: Record<string, object>
  required?: string[]
  [key: string]: unknown
}

function asJsonSchema(schema: z.ZodType): ObjectSchema {
  // Definitions are written where they are used, so that parts of two schemas can be joined.
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io: 'input', reused: 'inline', unrepresentable: 'any' })
  return inlineDefinitions(json) as ObjectSchema
}

function inlineDefinitions(root: Record<string, unknown>): unknown {
  const definitions = (root['$defs'] ?? {}) as Record<string, Record<string, unknown>>
  const visit = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(visit)
    if (typeof node !== 'object' || node === null) return node
    const { $ref: reference, $defs: _, ...rest } = node as Record<string, unknown>
    if (typeof reference === 'string') {
      const { id: __, ...definition } = definitions[reference.slice('#/$defs/'.length)] ?? {}
      return visit({ ...definition, ...rest })
    }
    return Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, visit(value)]))
  }
  return visit(root)
}
