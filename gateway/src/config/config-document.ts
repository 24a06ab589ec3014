import { LineCounter, parseDocument, type Document } from 'yaml'
import type { z } from 'zod'
import type { Disk, ServerTls } from '../runtime/machine.ts'
import { ConfigInvalid, placeOf, type Mistake } from './mistakes.ts'
import { createSecrets, type Secrets } from './secrets.ts'

export interface DocumentSource {
  /** As the person wrote it; relative paths inside the file count from its directory. */
  path: string
  disk: Pick<Disk, 'read' | 'exists'>
  env: Readonly<Record<string, string | undefined>>
}

/** One reading of one configuration file: what it says, what is wrong with it, and where. */
export class ConfigDocument {
  /** What the file says, not checked. */
  readonly raw: unknown
  readonly secrets: Secrets
  readonly #mistakes: Mistake[] = []
  readonly #path: string
  readonly #document: Document.Parsed
  readonly #lines = new LineCounter()

  /** Throws `ConfigInvalid` for a file that cannot be looked into. */
  constructor(source: DocumentSource) {
    this.#path = source.path
    this.secrets = createSecrets({ ...source, directory: directoryOf(source.path) })
    this.#document = parseDocument(readText(source), { lineCounter: this.#lines, prettyErrors: false, logLevel: 'error' })
    this.raw = this.#readable() ?? {}
  }

  /** What the file says by a schema; null where it does not fit, and then the mistakes are told. */
  check<Schema extends z.ZodType>(schema: Schema): z.output<Schema> | null {
    const parsed = schema.safeParse(this.raw, { error: expectation })
    for (const issue of parsed.error?.issues ?? []) this.issue(issue)
    return parsed.success ? parsed.data : null
  }

  issue(issue: z.core.$ZodIssue, under: PropertyKey[] = []): void {
    const path = [...under, ...issue.path]
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) this.mistake([...path, key], issue.message, `\`${key}\``, 'key')
    } else if (issue.code === 'invalid_key') this.mistake(path, issue.issues[0]?.message ?? 'a name', `\`${String(path.at(-1))}\``, 'key')
    else
      this.mistake(
        path,
        issue.message,
        issue.code === 'invalid_union' ? describeQuietly(valueAt(this.raw, path)) : describe(valueAt(this.raw, path)),
        'value',
      )
  }

  mistake(path: PropertyKey[], expected: string, got: string, part: 'key' | 'value'): void {
    this.#at(placeOf(this.#document, path, part), path, `expected ${expected}, got ${got}`)
  }

  /** A mistake in another file that this one names. */
  mistakeElsewhere(mistake: Mistake): void {
    this.#mistakes.push(mistake)
  }

  /** Throws `ConfigInvalid` with everything that was found. */
  mustBeRight(): void {
    if (this.#mistakes.length > 0) throw new ConfigInvalid(this.#mistakes)
  }

  /** The certificate and the key that `tls` names, read. */
  tls(): ServerTls | null {
    const given = record(valueAt(this.raw, ['tls']))
    const read = (key: 'certificate' | 'key', label: string): string | null => {
      const path = given[key]
      if (typeof path !== 'string') return null
      const opened = this.secrets.open({ file: path })
      if ('missing' in opened) this.mistake(['tls', key], opened.expected, opened.missing, 'value')
      else if (!opened.text.includes(`-----BEGIN ${label}`) && !/-----BEGIN [A-Z ]*PRIVATE KEY/.test(opened.text)) {
        this.mistake(['tls', key], `a PEM file with a ${label.toLowerCase()}`, `\`${path}\``, 'value')
      } else return opened.text
      return null
    }
    const certificate = read('certificate', 'CERTIFICATE')
    const key = read('key', 'PRIVATE KEY')
    return certificate && key ? { certificate, key, alpn: [] } : null
  }

  /** The document as values, unless it is not YAML enough for that; its syntax errors are mistakes in any case. */
  #readable(): unknown {
    const harmless = new Set(['DUPLICATE_KEY', 'TAB_AS_INDENT'])
    for (const { message, pos } of [...this.#document.errors, ...this.#document.warnings]) this.#at(pos[0], [], decapitalised(message))
    if (!this.#document.errors.every(error => harmless.has(error.code))) throw new ConfigInvalid(this.#mistakes)
    try {
      return this.#document.toJS()
    } catch (error) {
      // An alias to nothing, or a few lines of aliases that unfold to millions.
      this.#at(0, [], decapitalised(error instanceof Error ? error.message : String(error)))
      throw new ConfigInvalid(this.#mistakes)
    }
  }

  #at(offset: number, path: PropertyKey[], message: string): void {
    const { line, col } = this.#lines.linePos(offset)
    const mistake: Mistake = {
      file: this.#path,
      line: Math.max(1, line),
      column: Math.max(1, col),
      path: path.map(String).join('.'),
      message,
    }
    const isKnown = this.#mistakes.some(
      known => known.line === mistake.line && known.column === mistake.column && known.message === message,
    )
    if (!isKnown) this.#mistakes.push(mistake)
  }
}

/** What was expected, for each kind of issue whose schema does not say it better. */
export function expectation(issue: z.core.$ZodRawIssue): string | undefined {
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
export function describe(value: unknown): string {
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

function readText({ path, disk }: DocumentSource): string {
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

export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, key) => {
    if (typeof inner !== 'object' || inner === null || !Object.hasOwn(inner, key)) return undefined
    return (inner as Record<PropertyKey, unknown>)[key]
  }, value)
}

export function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
}

function decapitalised(message: string): string {
  return message.slice(0, 1).toLowerCase() + message.slice(1)
}
