import { LineCounter, parseDocument, type Document } from 'yaml'
import { z } from 'zod'
import type { Role } from '../identity/roles.ts'
import type { Limits } from '../protocols/protocol.ts'
import type { Secret } from '../protocols/shared/secret.ts'
import type { Address, Disk, ServerTls } from '../runtime/machine.ts'
import { formatAddress, isEveryInterface, isLoopback, parseAddress } from './address.ts'
import { ConfigInvalid, placeOf, type Mistake } from './mistakes.ts'
import { configSchema, targetBase, type ConfigurableProtocol } from './schema.ts'
import { createSecrets, type Secrets } from './secrets.ts'

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
  agents: Record<string, { secret: string; groups: string[] }>
  tokens: Record<string, { secret: string; role: Role; groups: string[] }>
  /** The directory that policies are published from, or null for those that are published through the API. */
  policies: string | null
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

export interface ConfigSource {
  /** As the person wrote it; relative paths inside the file count from its directory. */
  path: string
  disk: Pick<Disk, 'read' | 'exists'>
  env: Readonly<Record<string, string | undefined>>
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
  const lines = new LineCounter()
  const document = parseDocument(readText(source), { lineCounter: lines, prettyErrors: false, logLevel: 'error' })
  const check = new Check(source, document, lines)
  if (!check.isReadable()) throw new ConfigInvalid(check.mistakes)
  const raw: unknown = document.toJS() ?? {}
  const parsed = configSchema(source.protocols).safeParse(raw, { error: expectation })
  for (const issue of parsed.error?.issues ?? []) check.issue(raw, issue)
  const targets = check.targets(raw)
  const ports = check.ports(raw)
  const agents = check.secretsOf(raw, 'agents')
  const tokens = check.secretsOf(raw, 'tokens')
  check.distinct([...agents, ...tokens])
  const tls = check.tls(raw)
  if (!parsed.success || check.mistakes.length > 0) throw new ConfigInvalid(check.mistakes)
  const given = parsed.data
  const config: Config = {
    file: source.path,
    gateway: given.gateway ?? { name: 'steno' },
    data: check.secrets.resolve(given.data),
    store: given.store ?? null,
    listen: ports,
    publicHost: given.publicHost ?? null,
    tls,
    durability: given.durability,
    limits: { ...defaultLimits, ...withoutUndefined(given.limits ?? {}) },
    targets,
    agents: Object.fromEntries(agents.map(({ name, text }) => [name, { secret: text, groups: given.agents?.[name]?.groups ?? [] }])),
    tokens: Object.fromEntries(
      tokens.map(({ name, text }) => {
        const { role, groups } = given.tokens![name]!
        return [name, { secret: text, role, groups }]
      }),
    ),
    policies: given.policies === undefined ? null : check.secrets.resolve(given.policies),
  }
  check.reachable(config)
  if (check.mistakes.length > 0) throw new ConfigInvalid(check.mistakes)
  return { config, secrets: check.secrets, warnings: warningsOf(config) }
}

interface FoundSecret {
  path: string[]
  name: string
  text: string
}

/** One reading of one file: what it found wrong, and where. */
class Check {
  readonly mistakes: Mistake[] = []
  readonly secrets: Secrets
  readonly #source: ConfigSource
  readonly #document: Document.Parsed
  readonly #lines: LineCounter

  constructor(source: ConfigSource, document: Document.Parsed, lines: LineCounter) {
    this.#source = source
    this.#document = document
    this.#lines = lines
    this.secrets = createSecrets({ ...source, directory: directoryOf(source.path) })
  }

  /** Whether the text is YAML enough to look into; its syntax errors are mistakes in any case. */
  isReadable(): boolean {
    const harmless = new Set(['DUPLICATE_KEY', 'TAB_AS_INDENT'])
    for (const { message, pos } of [...this.#document.errors, ...this.#document.warnings]) this.#at(pos[0], [], decapitalised(message))
    if (!this.#document.errors.every(error => harmless.has(error.code))) return false
    try {
      this.#document.toJS()
      return true
    } catch (error) {
      // An alias to nothing, or a few lines of aliases that unfold to millions.
      this.#at(0, [], decapitalised(error instanceof Error ? error.message : String(error)))
      return false
    }
  }

  issue(raw: unknown, issue: z.core.$ZodIssue, under: PropertyKey[] = []): void {
    const path = [...under, ...issue.path]
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) this.#mistake([...path, key], issue.message, `\`${key}\``, 'key')
    } else if (issue.code === 'invalid_key') this.#mistake(path, issue.issues[0]?.message ?? 'a name', `\`${String(path.at(-1))}\``, 'key')
    else
      this.#mistake(
        path,
        issue.message,
        issue.code === 'invalid_union' ? describeQuietly(valueAt(raw, path)) : describe(valueAt(raw, path)),
        'value',
      )
  }

  /** The targets, each checked by its own protocol, as far as they make sense. */
  targets(raw: unknown): Record<string, Target> {
    const targets: Record<string, Target> = {}
    for (const [name, value] of Object.entries(record(valueAt(raw, ['targets'])))) {
      const { protocol: protocolName, address, labels, ...rest } = record(value)
      if (typeof protocolName !== 'string') continue
      const protocol = Object.hasOwn(this.#source.protocols, protocolName) ? this.#source.protocols[protocolName] : undefined
      if (!protocol) {
        const known = Object.keys(this.#source.protocols).join(', ')
        this.#mistake(['targets', name, 'protocol'], `one of the protocols ${known}`, describe(protocolName), 'value')
        continue
      }
      const settings = protocol.settings.safeParse(rest, { error: expectation })
      const known = `one of protocol, address, labels, ${settingNames(protocol).join(', ')}`
      for (const issue of settings.error?.issues ?? []) {
        this.issue(raw, issue.code === 'unrecognized_keys' ? { ...issue, message: known } : issue, ['targets', name])
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

  ports(raw: unknown): Config['listen'] {
    const given = record(valueAt(raw, ['listen']))
    const taken = new Map<string, string>()
    const port = (name: string, fallback: number): Address | null => {
      const value = given[name]
      if (value === false) return null
      const address = value === undefined ? { host: '127.0.0.1', port: fallback } : typeof value === 'string' ? parseAddress(value) : null
      if (!address) return null
      const text = formatAddress(address)
      const other = taken.get(text)
      if (other && address.port !== 0) this.#mistake(['listen', name], `another address than that of ${other}`, `\`${text}\``, 'value')
      taken.set(text, name)
      return address
    }
    const web = port('web', webPort)
    const protocols = Object.values(this.#source.protocols).flatMap(protocol => {
      const address = port(protocol.name, protocol.port)
      return address ? [[protocol.name, address] as const] : []
    })
    return { web, protocols: Object.fromEntries(protocols) }
  }

  /** The secrets of agents or tokens, read. */
  secretsOf(raw: unknown, kind: 'agents' | 'tokens'): FoundSecret[] {
    return Object.entries(record(valueAt(raw, [kind]))).flatMap(([name, value]) => {
      const path = [kind, name, 'secret']
      const source = record(value)['secret']
      if (!isSecret(source)) return []
      const opened = this.secrets.open(source)
      if ('missing' in opened) this.#mistake(path, opened.expected, opened.missing, 'value')
      else if (opened.text.length < secretLengthMin) {
        this.#mistake(path, `a secret of at least ${secretLengthMin} characters`, `one of ${opened.text.length}`, 'value')
      } else return [{ path, name, text: opened.text }]
      return []
    })
  }

  /** Whoever shows a secret must be one principal only. */
  distinct(secrets: FoundSecret[]): void {
    const owners = new Map<string, FoundSecret>()
    for (const secret of secrets) {
      const owner = owners.get(secret.text)
      if (owner) this.#mistake(secret.path, 'a secret of its own', `that of ${owner.path.slice(0, 2).join('.')}`, 'value')
      else owners.set(secret.text, secret)
    }
  }

  tls(raw: unknown): ServerTls | null {
    const given = record(valueAt(raw, ['tls']))
    const read = (key: 'certificate' | 'key', label: string): string | null => {
      const path = given[key]
      if (typeof path !== 'string') return null
      const opened = this.secrets.open({ file: path })
      if ('missing' in opened) this.#mistake(['tls', key], opened.expected, opened.missing, 'value')
      else if (!opened.text.includes(`-----BEGIN ${label}`) && !/-----BEGIN [A-Z ]*PRIVATE KEY/.test(opened.text)) {
        this.#mistake(['tls', key], `a PEM file with a ${label.toLowerCase()}`, `\`${path}\``, 'value')
      } else return opened.text
      return null
    }
    const certificate = read('certificate', 'CERTIFICATE')
    const key = read('key', 'PRIVATE KEY')
    return certificate && key ? { certificate, key, alpn: [] } : null
  }

  /** Clients are given URLs, and `0.0.0.0` is not a place they can go to. */
  reachable({ listen, publicHost }: Config): void {
    if (publicHost) return
    for (const [name, address] of Object.entries({ web: listen.web, ...listen.protocols })) {
      if (!address || !isEveryInterface(address)) continue
      this.#mistake(
        ['listen', name],
        '`publicHost` beside it, since this listens on every interface',
        `\`${formatAddress(address)}\` alone`,
        'value',
      )
    }
  }

  #missingSecrets(path: PropertyKey[], value: unknown): void {
    if (isSecret(value)) {
      const opened = this.secrets.open(value)
      if ('missing' in opened) this.#mistake(path, opened.expected, opened.missing, 'value')
    } else for (const [key, inner] of Object.entries(record(value))) this.#missingSecrets([...path, key], inner)
  }

  #mistake(path: PropertyKey[], expected: string, got: string, part: 'key' | 'value'): void {
    this.#at(placeOf(this.#document, path, part), path, `expected ${expected}, got ${got}`)
  }

  #at(offset: number, path: PropertyKey[], message: string): void {
    const { line, col } = this.#lines.linePos(offset)
    const mistake: Mistake = {
      file: this.#source.path,
      line: Math.max(1, line),
      column: Math.max(1, col),
      path: path.map(String).join('.'),
      message,
    }
    const isKnown = this.mistakes.some(known => known.line === mistake.line && known.column === mistake.column && known.message === message)
    if (!isKnown) this.mistakes.push(mistake)
  }
}

/** What was expected, for each kind of issue whose schema does not say it better. */
function expectation(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return typeNames[issue.expected] ?? issue.expected
    case 'invalid_value':
      return `one of ${issue.values.map(String).join(', ')}`
    case 'too_small':
      return `at least ${issue.minimum}`
    case 'too_big':
      return `at most ${issue.maximum}`
    case 'invalid_union':
      return 'a secret: { env: NAME }, { file: PATH } or, in clear, { value: TEXT }'
    case 'unrecognized_keys':
      return 'only keys this version knows'
    default:
      return undefined
  }
}

const typeNames: Partial<Record<string, string>> = {
  string: 'text',
  object: 'a section of keys and values',
  record: 'a section of names and values',
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
}

/** A value as a mistake shows it: outside names in backticks, long ones cut, what may be a secret never. */
function describe(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'an empty value'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object') return `a section with ${Object.keys(value).slice(0, 5).join(', ') || 'nothing in it'}`
  if (typeof value === 'string') return `\`${value.length > 60 ? `${value.slice(0, 60)}…` : value}\``
  return typeof value === 'number' || typeof value === 'boolean' ? `the ${typeof value} ${value}` : `a ${typeof value}`
}

/** A value that may be a secret in the wrong place: only what kind of thing it is. */
function describeQuietly(value: unknown): string {
  return typeof value === 'string' ? 'text' : describe(value)
}

function settingNames({ settings }: ConfigurableProtocol): string[] {
  return settings instanceof z.ZodObject ? Object.keys(settings.shape) : []
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

function readText({ path, disk }: ConfigSource): string {
  if (!disk.exists(path))
    throw new ConfigInvalid([{ file: path, line: 1, column: 1, path: '', message: 'expected a configuration file, found none' }])
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(disk.read(path))
  } catch (error) {
    const cause =
      error instanceof TypeError
        ? 'expected UTF-8 text'
        : `expected a readable file: ${error instanceof Error ? error.message : String(error)}`
    throw new ConfigInvalid([{ file: path, line: 1, column: 1, path: '', message: cause }])
  }
}

function directoryOf(path: string): string {
  const slash = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'))
  return slash < 0 ? '.' : path.slice(0, Math.max(1, slash))
}

function isSecret(value: unknown): value is Secret {
  const keys = Object.keys(record(value))
  return keys.length === 1 && ['env', 'file', 'value'].includes(keys[0]!) && typeof Object.values(record(value))[0] === 'string'
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, key)) return undefined
    return (inner as Record<PropertyKey, unknown>)[key]
  }, value)
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

function withoutUndefined<T extends object>(given: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as never
}

function decapitalised(message: string): string {
  return message.slice(0, 1).toLowerCase() + message.slice(1)
}
