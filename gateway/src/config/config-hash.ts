import { toHex } from '../runtime/bytes.ts'
import { sha256 } from '../runtime/crypto.ts'
import type { Config } from './read-config.ts'

/** SHA-256 of what the gateway runs by: the configuration as JSON, names sorted, with its certificate's hash and without anything that is secret. */
export function configHash({ store, tls, agents, tokens, targets, webhooks, ...rest }: Config): Uint8Array {
  const open = {
    ...rest,
    store: store?.replace(/\/\/[^/@]*@/, '//') ?? null,
    tls: tls && { certificate: toHex(sha256(utf8(tls.certificate))) },
    agents: each(agents, ({ groups }) => ({ groups })),
    tokens: each(tokens, ({ role, groups }) => ({ role, groups })),
    webhooks: each(webhooks, ({ url, events }) => ({ url, events })),
    targets: each(targets, target => ({ ...target, settings: withoutSecrets(target.settings) })),
  }
  return sha256(utf8(JSON.stringify(sorted(open))))
}

/** Where a secret is found stays; one that stands there in clear goes. */
function withoutSecrets(settings: unknown): unknown {
  if (Array.isArray(settings)) return settings.map(withoutSecrets)
  if (typeof settings !== 'object' || settings === null) return settings
  const names = Object.keys(settings)
  if (names.length === 1 && names[0] === 'value') return { value: null }
  return each(settings as Record<string, unknown>, withoutSecrets)
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (value instanceof Uint8Array) return toHex(value)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([name, inner]) => [name, sorted(inner)]))
}

function each<T, R>(values: Record<string, T>, change: (value: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]))
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}
