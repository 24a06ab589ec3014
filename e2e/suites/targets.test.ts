import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { psql, startGateway, type Gateway } from '../support/gateway.ts'
import { freePort, run, temporaryDirectory } from '../support/machine.ts'
import { startPostgres, superuserPassword, type Postgres } from '../support/postgres.ts'

const certificates = temporaryDirectory('tls')
const certificate = `${certificates.path}/server.crt`
const key = `${certificates.path}/server.key`

beforeAll(async () => {
  const made = await run('openssl', [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=localhost',
    '-addext',
    'subjectAltName=DNS:localhost',
    '-keyout',
    key,
    '-out',
    certificate,
  ])
  expect(made.code, made.stderr).toBe(0)
  await run('chmod', ['644', certificate, key])
})

afterAll(() => certificates.remove())

async function through(
  auth: 'trust' | 'md5' | 'scram-sha-256' | 'password',
  target: Record<string, unknown>,
  tls: boolean,
): Promise<{ stdout: string; stderr: string; log: string }> {
  let postgres: Postgres | null = null
  let gateway: Gateway | null = null
  try {
    postgres = await startPostgres({ auth, ...(tls ? { tls: { certificate, key } } : {}) })
    const address = target['address'] === undefined ? {} : { address: String(target['address']).replace('PORT', String(postgres.port)) }
    gateway = await startGateway(postgres, { target: { ...target, ...address } })
    const { url } = await gateway.run()
    const ran = await psql(url, "select 'in', ssl from pg_stat_ssl where pid = pg_backend_pid()")
    return { stdout: ran.stdout.trim(), stderr: ran.stderr, log: gateway.log() + JSON.stringify(gateway.recordings()) }
  } finally {
    await gateway?.stop()
    await postgres?.stop()
  }
}

describe('a target', () => {
  it.each(['trust', 'md5', 'scram-sha-256'] as const)('lets the gateway in by %s', async auth => {
    expect((await through(auth, { tls: 'disable' }, false)).stdout).toBe('in|f')
  })

  it('is not told the password in clear', async () => {
    const { stderr, log } = await through('password', {}, false)
    expect(stderr).toContain('asks for the password in clear')
    expect(stderr + log).not.toContain(superuserPassword)
  })

  it.each([
    [{ tls: 'disable' }, 'in|f'],
    [{ tls: 'prefer' }, 'in|t'],
    [{ tls: 'require' }, 'in|t'],
    [{ tls: 'verify-full', address: 'localhost:PORT', authorities: certificate }, 'in|t'],
  ])('is reached with %j', async (target, expected) => {
    expect((await through('scram-sha-256', target, true)).stdout).toBe(expected)
  })

  it.each([
    [{ tls: 'verify-full', address: '127.0.0.1:PORT', authorities: certificate }, true, 'TLS with target'],
    [{ tls: 'verify-full', address: 'localhost:PORT' }, true, 'TLS with target'],
    [{ tls: 'require' }, false, 'does not offer TLS'],
    [{ password: { value: 'wrong' } }, false, 'refuses the credential'],
    [{ database: 'nowhere' }, false, 'does not exist'],
  ])('is refused with %j (TLS %s): %s', async (target, tls, words) => {
    const { stdout, stderr, log } = await through('scram-sha-256', target, tls)
    expect(stdout).toBe('')
    expect(stderr).toContain(words)
    expect(stderr + log).not.toContain(superuserPassword)
  })

  it('that is unreachable, full or gone is said to be', async () => {
    const postgres = await startPostgres({ settings: { max_connections: '5', superuser_reserved_connections: '0', max_wal_senders: '0' } })
    const gateway = await startGateway(postgres, { target: {} })
    try {
      const { url } = await gateway.run()
      const busy = Array.from({ length: 5 }, () => psql(url, 'select pg_sleep(3)'))
      await new Promise(resolve => setTimeout(resolve, 1500))
      expect((await psql(url, 'select 1')).stderr).toContain('too many')
      await Promise.all(busy)
      const killed = psql(url, 'select pg_sleep(30)')
      await new Promise(resolve => setTimeout(resolve, 800))
      await postgres.stop('fast')
      expect((await killed).stderr).toContain('terminating connection due to administrator command')
      expect((await psql(url, 'select 1')).stderr).toContain('cannot be reached')
      expect(gateway.recordings().some(({ events }) => events.at(-1)?.data.reason === 'target refused')).toBe(true)
    } finally {
      await gateway.stop()
      await postgres.stop()
    }
  })
})

describe('TLS on the port', () => {
  it('is offered by SSLRequest and by direct negotiation, and carries the session', async () => {
    const postgres = await startPostgres()
    // Our own certificate: no authority vouches for it to this process.
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    const gateway = await startGateway(postgres, { tls: { certificate, key } })
    try {
      const { url } = await gateway.run()
      const separator = url.includes('?') ? '&' : '?'
      const ran = await psql(url.includes('sslmode') ? url : `${url}${separator}sslmode=require`, '\\conninfo\nselect 42;')
      expect(ran.stdout).toContain('42')
      expect(ran.stdout).toContain('SSL connection')
      const direct = await run('openssl', ['s_client', '-connect', `127.0.0.1:${gateway.port}`, '-alpn', 'postgresql', '-brief'], {
        input: '',
        timeoutMs: 10_000,
      })
      expect(direct.stdout + direct.stderr).toMatch(/ALPN protocol: postgresql|CONNECTION ESTABLISHED/)
    } finally {
      vi.unstubAllEnvs()
      await gateway.stop()
      await postgres.stop()
    }
  })
})

describe('a configuration', () => {
  it('with five mistakes is refused with all five, each with its place', async () => {
    const directory = temporaryDirectory('config')
    const { writeFileSync } = await import('node:fs')
    const text = [
      'listen: { web: nowhere }',
      'targets:',
      '  a: { protocol: postgress, address: 127.0.0.1:1 }',
      '  b:',
      '    protocol: postgres',
      `    address: 127.0.0.1:${await freePort()}`,
      '    database: x',
      '    user: y',
      '    tls: sometimes',
      'durability: maybe',
      'surprise: true',
      '',
    ].join('\n')
    writeFileSync(`${directory.path}/steno.yaml`, text)
    const cli = new URL('../../gateway/bin/steno.js', import.meta.url).pathname
    const ran = await run('node', [cli, 'start', '--config', `${directory.path}/steno.yaml`])
    expect(ran.code).not.toBe(0)
    const said = ran.stdout + ran.stderr
    for (const place of [/:1:\d+: .*web/, /:3:\d+: .*protocol/, /:9:\d+: .*tls/, /:10:\d+: .*durability/, /:11:\d+: .*surprise/])
      expect(said).toMatch(place)
    directory.remove()
  })
})
