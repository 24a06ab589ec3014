import { z } from 'zod'
import type { Role } from '../identity/roles.ts'
import type { Limits } from '../protocols/protocol.ts'
import type { Secret } from '../protocols/shared/secret.ts'
import { assert } from '../runtime/assert.ts'
import type { Address, ServerTls } from '../runtime/machine.ts'
import { formatAddress, isEveryInterface, isLoopback, parseAddress } from './address.ts'
import { ConfigDocument, describe, expectation, record, valueAt, type DocumentSource } from './config-document.ts'
import type { LogToWatch } from '../witness/witness.ts'
import { logsToWatch } from './logs-to-watch.ts'
import { readWitnesses, type LogWitnesses } from './log-witnesses.ts'
import { readWebhooks } from './webhooks.ts'
import type { Webhook } from '../webhooks/index.ts'
import { configSchema, targetBase, type ConfigurableProtocol } from './schema.ts'
import type { Secrets } from './secrets.ts'

/** What the gateway runs by: `steno.yaml`, checked, with its defaults. */
export interface Config {
  /** Where it was read from. */
  file: string
  gateway: { name: string }
  data: string
  /** The URL of a PostgreSQL server, or null for the embedded store. */
  store: string | null
  listen: { web: Address | null; protocols: Record<string, Address> }
  /** The host in the URLs that clients are given, or null for the one a port listens on. */
  publicHost: string | null
  tls: ServerTls | null
  durability: 'standard' | 'strict'
  limits: Limits
  targets: Record<string, Target>
  /** Days that recordings are kept for, by the target's name; those of others are kept for good. */
  retentionDays: Record<string, number>
  agents: Record<string, { secret: string; groups: string[] }>
  tokens: Record<string, { secret: string; role: Role; groups: string[] }>
  /** The directory that policies are published from, or null for those that are published through the API. */
  policies: string | null
  /** Roles and groups one of whose members must agree to what another person publishes; empty where nobody needs to. */
  policyReviewers: string[]
  log: {
    /** Its name, or null for one that is made up once and kept. */
    origin: string | null
    /** Where the newest head is kept apart from the log, or null for the data directory. */
    head: string | null
    /** Who is asked to sign its checkpoints; null for nobody. */
    witnesses: LogWitnesses | null
  }
  /** Who is told of what happens, by a name. */
  webhooks: Record<string, Webhook>
  /** The witness that this gateway is for other logs, or null. */
  witness: { name: string; logs: LogToWatch[] } | null
}

/** Something that can be reached through the gateway. */
export interface Target {
  name: string
  protocol: string
  address: Address
  labels: Record<string, string>
  /** As the protocol's own schema gave it; secrets in it are still references. */
  settings: unknown
}

export interface ConfigSource extends DocumentSource {
  protocols: Readonly<Record<string, ConfigurableProtocol>>
}

export interface ReadConfig {
  config: Config
  /** Opens what the configuration points to: secrets and PEM files. */
  secrets: Secrets
  /** Allowed, but better known. */
  warnings: string[]
}

const defaultLimits: Limits = { startupMs: 10_000, messageBytesMax: 256 * 1024 * 1024, valueBytesMax: 16 * 1024 * 1024, connectMs: 10_000 }

const webPort = 7700

/** The fewest characters of a secret that a person chose for an agent or a token. */
const secretLengthMin = 16

/** Reads `steno.yaml`. Throws `ConfigInvalid` with every mistake in it, each with its place. */
export function readConfig(source: ConfigSource): ReadConfig {
  const document = new ConfigDocument(source)
  const given = document.check(configSchema(source.protocols))
  const check = new Check(document, source.protocols)
  const targets = check.targets()
  const listen = check.ports()
  const agents = check.secretsOf('agents')
  const tokens = check.secretsOf('tokens')
  check.distinct([...agents, ...tokens])
  const tls = document.tls()
  const witnesses = given?.log ? readWitnesses(document, given.log, source.disk) : null
  const webhooks = given?.webhooks ? readWebhooks(document, given.webhooks) : {}
  if (given) check.reachable(given, listen)
  if (given?.witness && listen.web === null)
    document.mistake(['witness'], 'the web port to be on: the witness answers there', 'it turned off', 'key')
  document.mustBeRight()
  assert(given !== null, 'a document without mistakes fits its schema')
  const config: Config = {
    file: source.path,
    gateway: given.gateway ?? { name: 'steno' },
    data: document.secrets.resolve(given.data),
    store: given.store ?? null,
    listen,
    publicHost: given.publicHost ?? null,
    tls,
    durability: given.durability,
    limits: { ...defaultLimits, ...withoutUndefined(given.limits ?? {}) },
    targets,
    retentionDays: retentionDays(given.targets ?? {}),
    agents: Object.fromEntries(agents.map(({ name, text }) => [name, { secret: text, groups: given.agents?.[name]?.groups ?? [] }])),
    tokens: Object.fromEntries(
      tokens.map(({ name, text }) => {
        const { role, groups } = given.tokens![name]!
        return [name, { secret: text, role, groups }]
      }),
    ),
    policies: typeof given.policies === 'string' ? document.secrets.resolve(given.policies) : null,
    policyReviewers: typeof given.policies === 'object' ? given.policies.reviewers : [],
    log: {
      origin: given.log?.origin ?? null,
      head: given.log?.head === undefined ? null : document.secrets.resolve(given.log.head),
      witnesses,
    },
    webhooks,
    witness: given.witness ? { name: given.witness.name, logs: logsToWatch(given.witness.logs) } : null,
  }
  return { config, secrets: document.secrets, warnings: warningsOf(config) }
}

interface FoundSecret {
  path: string[]
  name: string
  text: string
}

/** What no schema sees: what names something else, and what goes with what. */
class Check {
  readonly #document: ConfigDocument
  readonly #protocols: ConfigSource['protocols']

  constructor(document: ConfigDocument, protocols: ConfigSource['protocols']) {
    this.#document = document
    this.#protocols = protocols
  }

  /** The targets, each checked by its own protocol, as far as they make sense. */
  targets(): Record<string, Target> {
    const targets: Record<string, Target> = {}
    for (const [name, value] of Object.entries(record(valueAt(this.#document.raw, ['targets'])))) {
      const { protocol: protocolName, address, labels, retention: _, ...rest } = record(value)
      if (typeof protocolName !== 'string') continue
      const protocol = Object.hasOwn(this.#protocols, protocolName) ? this.#protocols[protocolName] : undefined
      if (!protocol) {
        const known = Object.keys(this.#protocols).join(', ')
        this.#document.mistake(['targets', name, 'protocol'], `one of the protocols ${known}`, describe(protocolName), 'value')
        continue
      }
      const settings = protocol.settings.safeParse(rest, { error: expectation })
      const known = `one of protocol, address, labels, retention, ${settingNames(protocol).join(', ')}`
      for (const issue of settings.error?.issues ?? []) {
        this.#document.issue(issue.code === 'unrecognized_keys' ? { ...issue, message: known } : issue, ['targets', name])
      }
      this.#missingSecrets(['targets', name], rest)
      const base = targetBase.safeParse({ protocol: protocolName, address, labels })
      if (!settings.success || !base.success) continue
      targets[name] = {
        name,
        protocol: protocolName,
        address: parseAddress(base.data.address)!,
        labels: base.data.labels ?? {},
        settings: settings.data,
      }
    }
    return targets
  }

  ports(): Config['listen'] {
    const given = record(valueAt(this.#document.raw, ['listen']))
    const taken = new Map<string, string>()
    const port = (name: string, fallback: number): Address | null => {
      const value = given[name]
      if (value === false) return null
      const address = value === undefined ? { host: '127.0.0.1', port: fallback } : typeof value === 'string' ? parseAddress(value) : null
      if (!address) return null
      const text = formatAddress(address)
      const other = taken.get(text)
      if (other && address.port !== 0)
        this.#document.mistake(['listen', name], `another address than that of ${other}`, `\`${text}\``, 'value')
      taken.set(text, name)
      return address
    }
    const web = port('web', webPort)
    const protocols = Object.values(this.#protocols).flatMap(protocol => {
      const address = port(protocol.name, protocol.port)
      return address ? [[protocol.name, address] as const] : []
    })
    return { web, protocols: Object.fromEntries(protocols) }
  }

  /** The secrets of agents or tokens, read. */
  secretsOf(kind: 'agents' | 'tokens'): FoundSecret[] {
    return Object.entries(record(valueAt(this.#document.raw, [kind]))).flatMap(([name, value]) => {
      const path = [kind, name, 'secret']
      const source = record(value)['secret']
      if (!isSecret(source)) return []
      const opened = this.#document.secrets.open(source)
      if ('missing' in opened) this.#document.mistake(path, opened.expected, opened.missing, 'value')
      else if (opened.text.length < secretLengthMin) {
        this.#document.mistake(path, `a secret of at least ${secretLengthMin} characters`, `one of ${opened.text.length}`, 'value')
      } else return [{ path, name, text: opened.text }]
      return []
    })
  }

  /** Whoever shows a secret must be one principal only. */
  distinct(secrets: FoundSecret[]): void {
    const owners = new Map<string, FoundSecret>()
    for (const secret of secrets) {
      const owner = owners.get(secret.text)
      if (owner) this.#document.mistake(secret.path, 'a secret of its own', `that of ${owner.path.slice(0, 2).join('.')}`, 'value')
      else owners.set(secret.text, secret)
    }
  }

  /** Clients are given URLs, and `0.0.0.0` is not a place they can go to. */
  reachable({ publicHost }: { publicHost?: string | undefined }, listen: Config['listen']): void {
    if (publicHost) return
    for (const [name, address] of Object.entries({ web: listen.web, ...listen.protocols })) {
      if (!address || !isEveryInterface(address)) continue
      this.#document.mistake(
        ['listen', name],
        '`publicHost` beside it, since this listens on every interface',
        `\`${formatAddress(address)}\` alone`,
        'value',
      )
    }
  }

  #missingSecrets(path: PropertyKey[], value: unknown): void {
    if (isSecret(value)) {
      const opened = this.#document.secrets.open(value)
      if ('missing' in opened) this.#document.mistake(path, opened.expected, opened.missing, 'value')
    } else for (const [key, inner] of Object.entries(record(value))) this.#missingSecrets([...path, key], inner)
  }
}

function settingNames({ settings }: ConfigurableProtocol): string[] {
  return settings instanceof z.ZodObject ? Object.keys(settings.shape) : []
}

function retentionDays(targets: Record<string, { retention?: string | undefined }>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(targets).flatMap(([name, { retention }]) => (retention === undefined ? [] : [[name, Number.parseInt(retention, 10)]])),
  )
}

function warningsOf({ listen, tls, targets }: Config): string[] {
  const open = Object.entries({ web: listen.web, ...listen.protocols }).flatMap(([name, address]) =>
    address && !isLoopback(address) && !tls
      ? [`listen.${name} is reachable from other machines without TLS: set \`tls\`, or put a TLS proxy in front`]
      : [],
  )
  const idle = Object.values(targets).flatMap(({ name, protocol }) =>
    listen.protocols[protocol] ? [] : [`target ${name} cannot be reached: the ${protocol} port is turned off`],
  )
  return [...open, ...idle]
}

function isSecret(value: unknown): value is Secret {
  const keys = Object.keys(record(value))
  return keys.length === 1 && ['env', 'file', 'value'].includes(keys[0]!) && typeof Object.values(record(value))[0] === 'string'
}

function withoutUndefined<T extends object>(given: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as never
}
