import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { secret } from '../protocols/shared/secret.ts'
import { ConfigInvalid, configJsonSchema, readConfig } from './index.ts'

const settings = z.strictObject({ database: z.string().min(1), user: z.string().min(1), password: secret.optional() })
const protocols = {
  postgres: { name: 'postgres', port: 7432, settings },
  other: { name: 'other', port: 7999, settings: z.strictObject({}) },
}

function read(text: string, more: { env?: Record<string, string>; files?: Record<string, string> } = {}) {
  const files: Record<string, string> = { '/etc/steno/steno.yaml': text, ...more.files }
  const disk = {
    exists: (path: string) => path in files,
    read: (path: string) => {
      const content = files[path]
      if (content === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' })
      return new TextEncoder().encode(content)
    },
  }
  return readConfig({ path: '/etc/steno/steno.yaml', disk, env: more.env ?? {}, protocols })
}

function mistakesIn(...given: Parameters<typeof read>): string[] {
  try {
    read(...given)
  } catch (error) {
    if (error instanceof ConfigInvalid) return error.message.split('\n').map(line => line.replace('/etc/steno/steno.yaml:', ''))
    throw error
  }
  return []
}

describe('readConfig', () => {
  it('gives every default of the contract for an empty file', () => {
    const { config, warnings } = read('')
    expect(config).toMatchObject({
      gateway: { name: 'steno' },
      data: '/etc/steno/data',
      store: null,
      listen: { web: { host: '127.0.0.1', port: 7700 }, protocols: { postgres: { host: '127.0.0.1', port: 7432 } } },
      durability: 'standard',
      targets: {},
      policies: null,
      policyReviewers: [],
      webhooks: {},
    })
    expect(warnings).toEqual([])
  })

  it('reads how long recordings of a target are kept, in days', () => {
    const target = (more: string) => `targets: { shop: { protocol: postgres, address: "h:1", database: d, user: u${more} } }`
    expect(read(target(', retention: 30d')).config.retentionDays).toEqual({ shop: 30 })
    expect(read(target('')).config.retentionDays).toEqual({})
    for (const wrong of ['30', '0d', '-1d', '1.5d', '30 days', '1000000d', 'true'])
      expect(mistakesIn(target(`, retention: ${wrong}`))).toEqual([
        expect.stringContaining('targets.shop.retention: expected days such as 30d'),
      ])
  })

  it('reads the example of the contract', () => {
    const text = `
data: ./data
listen: { web: 127.0.0.1:7700, postgres: 127.0.0.1:7432 }
targets:
  shop:
    protocol: postgres
    address: 127.0.0.1:5432
    database: shop
    user: app
    password: { env: SHOP_PASSWORD }
    labels: { env: prod, owner: payments }
agents:   { agent-backfill: { secret: { env: BACKFILL_SECRET }, groups: [etl] } }
tokens:   { ci: { role: admin, secret: { env: STENO_CI_TOKEN } }, alice: { role: approver, groups: [dba], secret: { env: ALICE_TOKEN } } }
oidc:     []
policies: ./policies
durability: standard
`
    const { config } = read(text, {
      env: {
        SHOP_PASSWORD: 'x',
        BACKFILL_SECRET: 'backfill-secret-0123',
        STENO_CI_TOKEN: 'ci-token-0123456789',
        ALICE_TOKEN: 'alice-token-0123456',
      },
    })
    expect(config.targets['shop']).toEqual({
      name: 'shop',
      protocol: 'postgres',
      address: { host: '127.0.0.1', port: 5432 },
      labels: { env: 'prod', owner: 'payments' },
      settings: { database: 'shop', user: 'app', password: { env: 'SHOP_PASSWORD' } },
    })
    expect(config.agents).toEqual({ 'agent-backfill': { secret: 'backfill-secret-0123', groups: ['etl'] } })
    expect(config.tokens).toEqual({
      ci: { role: 'admin', secret: 'ci-token-0123456789', groups: [] },
      alice: { role: 'approver', secret: 'alice-token-0123456', groups: ['dba'] },
    })
    expect(config.policies).toBe('/etc/steno/policies')
    expect(config.policyReviewers).toEqual([])
  })

  it('names who must agree to what is published in the browser', () => {
    const { config } = read('policies: { reviewers: [admin, dba] }')
    expect([config.policies, config.policyReviewers]).toEqual([null, ['admin', 'dba']])
    expect(mistakesIn('policies: { reviewers: [] }')).toHaveLength(1)
    expect(mistakesIn('policies: { reviewer: [dba] }').join()).toContain('policies')
  })

  it('names who is told of approvals, over nothing that others can read or answer for', () => {
    const secret = `whsec_${'A'.repeat(32)}`
    const one = (url: string, more = '') => `webhooks: { chat: { url: "${url}", secret: { value: ${secret} } ${more} } }`
    expect(read(one('https://chat.example/hook')).config.webhooks).toEqual({
      chat: { url: 'https://chat.example/hook', key: new Uint8Array(24), events: ['approval.requested', 'approval.settled'] },
    })
    for (const url of ['http://127.0.0.1:9/', 'http://localhost/', 'http://[::1]:1/']) expect(mistakesIn(one(url))).toEqual([])
    expect(mistakesIn(one('http://chat.example/', ', allowHttp: true'))).toEqual([])
    for (const url of [
      'http://chat.example/',
      'http://127.evil.example/',
      'http://10.0.0.1/',
      'https://ada:pw@chat.example/',
      'file:///etc/passwd',
    ])
      expect(mistakesIn(one(url)).join()).toContain('webhooks.chat.url')
    for (const wrong of ['short', 'whsec_', 'whsec_AAAA', `whsec_${'A'.repeat(33)}`])
      expect(mistakesIn(`webhooks: { chat: { url: "https://x/", secret: { value: "${wrong}" } } }`).join()).toContain(
        'webhooks.chat.secret',
      )
    expect(mistakesIn(one('https://chat.example/', ', events: [everything]')).join()).toContain('webhooks.chat.events')
  })

  it('reads JSON, which is YAML', () => {
    const { config } = read('{"listen": {"web": "127.0.0.1:1", "postgres": false, "other": "[::1]:2"}}')
    expect(config.listen).toEqual({ web: { host: '127.0.0.1', port: 1 }, protocols: { other: { host: '::1', port: 2 } } })
  })

  it('names all mistakes at once, each with its place and what was expected', () => {
    const text = `listen: { web: nowhere }
targets:
  a: { protocol: postgress, address: 1 }
  b:
    protocol: postgres
    address: 127.0.0.1:5432
    databas: shop
    user: app
    password: hunter2
agents:
  x: { secret: { env: UNSET } }
  y: { secret: { file: ./absent } }
tokens:
  ci: { role: boss, secret: { value: short } }
durability: maybe
policies: [./policies]
surprise: true
`
    expect(mistakesIn(text)).toMatchInlineSnapshot(`
      [
        "1:16: listen.web: expected an address \`host:port\` such as 127.0.0.1:7700, or false to turn the port off, got \`nowhere\`",
        "3:18: targets.a.protocol: expected one of the protocols postgres, other, got \`postgress\`",
        "3:38: targets.a.address: expected an address \`host:port\` such as 127.0.0.1:7700, got the number 1",
        "4:3: targets.b.database: expected text, got nothing",
        "7:5: targets.b.databas: expected one of protocol, address, labels, retention, database, user, password, got \`databas\`",
        "9:15: targets.b.password: expected a secret: { env: NAME }, { file: PATH } or, in clear, { value: TEXT }, got text",
        "11:16: agents.x.secret: expected the environment variable \`UNSET\` to be set, got nothing",
        "12:16: agents.y.secret: expected a readable file \`./absent\`, got none",
        "14:15: tokens.ci.role: expected one of admin, author, approver, investigator, got \`boss\`",
        "14:29: tokens.ci.secret: expected a secret of at least 16 characters, got one of 5",
        "15:13: durability: expected one of standard, strict, got \`maybe\`",
        "16:11: policies: expected a directory with policies, or a section with \`reviewers\`, got a list",
        "17:1: surprise: expected one of data, store, gateway, listen, publicHost, tls, durability, limits, targets, agents, tokens, oidc, policies, log, webhooks, witness, recordings, got \`surprise\`",
      ]
    `)
  })

  it.each([
    ['a duplicate key', 'data: a\ndata: b\n', '2:1: map keys must be unique'],
    ['a tab', 'targets:\n\tshop: 1\n', '2:1: tabs are not allowed as indentation'],
    ['a text that is not YAML', 'data: [a\n', '2:1: flow sequence in block collection must be sufficiently indented and end with a ]'],
    ['two documents', 'data: a\n---\ndata: b\n', '2:1: source contains multiple documents; please use YAML.parseAllDocuments()'],
    ['an alias to nothing', 'data: *a\n', '1:1: unresolved alias (the anchor must be set before the alias): a'],
    ['a list instead of a file', '- a\n', '1:1: expected a section of keys and values, got a list'],
  ])('names %s', (_, text, mistake) => {
    expect(mistakesIn(text)).toContain(mistake)
  })

  it('refuses a port that two names share, and one on every interface without a public host', () => {
    expect(mistakesIn('listen: { web: 127.0.0.1:7432 }')).toEqual([
      '1:1: listen.postgres: expected another address than that of web, got `127.0.0.1:7432`',
    ])
    expect(mistakesIn('listen: { web: 0.0.0.0:7700 }')).toEqual([
      '1:16: listen.web: expected `publicHost` beside it, since this listens on every interface, got `0.0.0.0:7700` alone',
    ])
    expect(read('listen: { web: 0.0.0.0:7700 }\npublicHost: steno.example').warnings).toHaveLength(1)
  })

  it('refuses one secret for two principals without showing it', () => {
    const text = 'agents: { a: { secret: { env: S } } }\ntokens: { b: { role: admin, secret: { env: S } } }'
    const mistakes = mistakesIn(text, { env: { S: 'the-very-same-secret' } })
    expect(mistakes).toEqual(['2:37: tokens.b.secret: expected a secret of its own, got that of agents.a'])
  })

  it('never shows a password that was written where a reference belongs', () => {
    const text = 'targets: { a: { protocol: postgres, address: "h:1", database: d, user: u, password: hunter2hunter2 } }'
    expect(mistakesIn(text).join('\n')).not.toContain('hunter2')
    expect(mistakesIn('tokens: { t: { role: admin, secret: hunter2hunter2 } }').join('\n')).not.toContain('hunter2')
  })

  it('refuses a bomb of aliases', () => {
    const bomb = ['a0: &a0 [x]']
    for (let n = 1; n < 30; n++)
      bomb.push(
        `a${n}: &a${n} [${Array(9)
          .fill(`*a${n - 1}`)
          .join(', ')}]`,
      )
    expect(mistakesIn(bomb.join('\n'))).toHaveLength(1)
  })

  it('is not fooled by names that objects inherit', () => {
    expect(mistakesIn('targets: { constructor: { protocol: constructor, address: "h:1" } }')).toEqual([
      '1:37: targets.constructor.protocol: expected one of the protocols postgres, other, got `constructor`',
    ])
    expect(mistakesIn('__proto__: { data: x }')).toHaveLength(1)
  })
})

describe('configJsonSchema', () => {
  it('knows the targets of each protocol by what they say of their own', () => {
    const schema = JSON.parse(JSON.stringify(configJsonSchema(protocols)))
    const [postgres] = schema.properties.targets.additionalProperties.oneOf
    expect(postgres.properties).toHaveProperty('database')
    expect(postgres.properties.protocol).toEqual({ const: 'postgres' })
    expect(postgres.required).toEqual(['protocol', 'address', 'database', 'user'])
    expect(JSON.stringify(schema)).not.toContain('$ref')
  })
})
