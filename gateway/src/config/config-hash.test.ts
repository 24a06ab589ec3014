import { describe, expect, it } from 'vitest'
import { toHex } from '../runtime/bytes.ts'
import { configHash } from './config-hash.ts'
import type { Config } from './read-config.ts'

const config: Config = {
  file: '/etc/steno.yaml',
  gateway: { name: 'gw' },
  data: '/data',
  store: 'postgres://steno:hunter2@db:5432/steno',
  listen: { web: { host: '127.0.0.1', port: 7700 }, protocols: {} },
  publicHost: null,
  tls: { certificate: 'CERT', key: 'KEY', alpn: [] },
  durability: 'standard',
  limits: { startupMs: 1, messageBytesMax: 1, valueBytesMax: 1, connectMs: 1 },
  targets: {
    shop: {
      name: 'shop',
      protocol: 'postgres',
      address: { host: 'db', port: 5432 },
      labels: { value: 'high' },
      settings: { user: 'app', password: { value: 'hunter2' }, tls: { ca: '/ca.pem' } },
    },
  },
  agents: { etl: { secret: 'agent-secret', groups: ['a'] } },
  tokens: { ci: { secret: 'token-secret', role: 'admin', groups: [] } },
  retentionDays: {},
  policies: null,
  policyReviewers: [],
  log: { origin: null, head: null, witnesses: null },
  webhooks: { chat: { url: 'https://chat.example/', key: new Uint8Array([1, 2]), events: ['approval.requested'] } },
  witness: null,
}

const hash = (changes: Partial<Config> = {}) => toHex(configHash({ ...config, ...changes }))
const { shop } = config.targets

describe('the hash of the configuration', () => {
  it('is the same for the same configuration, in whatever order it was written', () => {
    const turned = Object.fromEntries(Object.entries(config).toReversed()) as unknown as Config
    expect(toHex(configHash(turned))).toBe(hash())
  })

  it.each<[string, Partial<Config>]>([
    ['a port', { listen: { web: null, protocols: {} } }],
    ['what it listens with', { tls: { certificate: 'OTHER', key: 'KEY', alpn: [] } }],
    ['durability', { durability: 'strict' }],
    ['a label', { targets: { shop: { ...shop!, labels: { value: 'low' } } } }],
    ['where a secret is found', { targets: { shop: { ...shop!, settings: { user: 'app', password: { env: 'PW' } } } } }],
    ['a group', { agents: { etl: { secret: 'agent-secret', groups: ['b'] } } }],
    ['a role', { tokens: { ci: { secret: 'token-secret', role: 'author', groups: [] } } }],
    ['the store', { store: 'postgres://steno:hunter2@other:5432/steno' }],
    ['its log', { log: { origin: 'x', head: null, witnesses: null } }],
  ])('changes with %s', (_, changes) => {
    expect(hash(changes)).not.toBe(hash())
  })

  it.each<[string, Partial<Config>]>([
    ['the store’s password', { store: 'postgres://steno:hunter3@db:5432/steno' }],
    ['the private key', { tls: { certificate: 'CERT', key: 'OTHER', alpn: [] } }],
    [
      'a target’s password',
      { targets: { shop: { ...shop!, settings: { user: 'app', password: { value: 'x' }, tls: { ca: '/ca.pem' } } } } },
    ],
    ['an agent’s secret', { agents: { etl: { secret: 'x', groups: ['a'] } } }],
    ['a token', { tokens: { ci: { secret: 'x', role: 'admin', groups: [] } } }],
  ])('does not tell of %s', (_, changes) => {
    expect(hash(changes)).toBe(hash())
  })
})
