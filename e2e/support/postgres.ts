import { readdirSync } from 'node:fs'
import { freePort, run, temporaryDirectory } from './machine.ts'

/** A real PostgreSQL from the machine's packages, with one database `shop`. */
export interface Postgres {
  port: number
  /** Runs a script as the superuser, past the gateway, and gives what psql prints. */
  sql(text: string, database?: string): Promise<string>
  stop(how?: 'fast' | 'immediate'): Promise<void>
  start(): Promise<void>
  /** What the server has logged, from a byte on. */
  log(fromByte?: number): Promise<string>
  logBytes(): Promise<number>
}

export interface PostgresOptions {
  /** How the server asks for passwords. */
  auth?: 'trust' | 'md5' | 'scram-sha-256' | 'password'
  settings?: Record<string, string>
  /** PEM files: the server offers TLS. */
  tls?: { certificate: string; key: string }
}

export const superuserPassword = 'a password that no agent sees'

/** Starts a cluster of its own; as root it runs as the `postgres` account that Debian's package made. */
export async function startPostgres(options: PostgresOptions = {}): Promise<Postgres> {
  const version = readdirSync('/usr/lib/postgresql')
    .toSorted((a, b) => Number(a) - Number(b))
    .at(-1)
  const bin = `/usr/lib/postgresql/${version}/bin`
  const directory = temporaryDirectory('pg')
  const port = await freePort()
  const isRoot = process.getuid?.() === 0
  const shell = async (script: string) => {
    const ran = isRoot ? await run('su', ['postgres', '-s', '/bin/sh', '-c', script]) : await run('sh', ['-c', script])
    if (ran.code !== 0) throw new Error(`${script}: ${ran.stderr}${ran.stdout}`)
    return ran.stdout
  }
  if (isRoot) await run('chown', ['postgres', directory.path])
  const data = `${directory.path}/data`
  await shell(
    `printf '%s' '${superuserPassword}' > ${directory.path}/pw && ${bin}/initdb -D ${data} -U postgres -A trust --pwfile=${directory.path}/pw -E UTF8 --locale=C.UTF-8 >/dev/null`,
  )
  const auth = options.auth ?? 'scram-sha-256'
  await shell(`printf 'local all all trust\\nhost all all 127.0.0.1/32 ${auth}\\n' > ${data}/pg_hba.conf`)
  const settings = {
    port: String(port),
    unix_socket_directories: `'${directory.path}'`,
    listen_addresses: "'127.0.0.1'",
    fsync: 'off',
    max_connections: '120',
    password_encryption: auth === 'md5' ? 'md5' : "'scram-sha-256'",
    ...options.settings,
  }
  await shell(
    `printf '%s\\n' "${Object.entries(settings)
      .map(([name, value]) => `${name} = ${value}`)
      .join('\n')}" >> ${data}/postgresql.conf`,
  )
  if (options.tls) {
    await run('cp', [options.tls.certificate, `${data}/server.crt`])
    await run('cp', [options.tls.key, `${data}/server.key`])
    if (isRoot) await run('chown', ['postgres', `${data}/server.crt`, `${data}/server.key`])
    await shell(`chmod 600 ${data}/server.key && echo 'ssl = on' >> ${data}/postgresql.conf`)
  }
  const start = async () => void (await shell(`${bin}/pg_ctl -w -D ${data} -l ${directory.path}/log start >/dev/null`))
  const sql = async (text: string, database = 'shop') => {
    const ran = await run(
      'psql',
      ['-h', directory.path, '-p', String(port), '-U', 'postgres', '-d', database, '-XAtq', '-v', 'ON_ERROR_STOP=1'],
      { input: text },
    )
    if (ran.code !== 0) throw new Error(ran.stderr)
    return ran.stdout.trim()
  }
  await start()
  if (auth === 'md5') await sql(`set password_encryption = 'md5'; alter role postgres password '${superuserPassword}'`, 'postgres')
  await sql('create database shop', 'postgres')
  return {
    port,
    sql,
    start,
    stop: async (how = 'immediate') => {
      await shell(`${bin}/pg_ctl -m ${how} -D ${data} stop >/dev/null 2>&1 || true`)
      if (how === 'immediate') directory.remove()
    },
    log: (fromByte = 0) => shell(`tail -c +${fromByte + 1} ${directory.path}/log`),
    logBytes: async () => Number(await shell(`wc -c < ${directory.path}/log`)),
  }
}
