import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { keeper } from './postgres-keeper.ts'
import { startPostgres, type PostgresOptions } from './embedded-postgres.ts'

// One cluster serves the tests that only start and stop it.
const shared = mkdtempSync(join(tmpdir(), 'steno-pg-'))
afterAll(() => remove(shared))

describe('the embedded PostgreSQL', () => {
  it('speaks UTF-8, sorts alike everywhere, and keeps its data between starts', async () => {
    const first = await start(shared)
    const sql = connect(first)
    const [facts] = await sql`SELECT current_setting('server_encoding') AS encoding, 'B' < 'a' AS by_bytes, upper('ä') AS upper`
    expect(facts).toEqual({ encoding: 'UTF8', by_bytes: true, upper: 'Ä' })
    await sql`CREATE TABLE kept AS SELECT 'still here' AS text`
    await sql.end()
    await first.stop()

    const second = await start(shared)
    const again = connect(second)
    expect(await again`SELECT text FROM kept`).toEqual([{ text: 'still here' }])
    await again.end()
    await second.stop()
    expect(existsSync(second.connection.host)).toBe(false)
  })

  it('listens on 127.0.0.1 with a password, when it is given a port', async () => {
    const server = await start(shared, { port: await freePort() })
    const sql = connect(server)
    expect(await sql`SELECT inet_server_addr()::text AS address`).toEqual([{ address: '127.0.0.1/32' }])
    await sql.end()
    const stranger = postgres({ ...server.connection, password: 'guess', database: 'postgres', max: 1 })
    await expect(stranger`SELECT 1`).rejects.toMatchObject({ code: '28P01' })
    await stranger.end()
    await server.stop()
  })

  it('names a port that is in use', async () => {
    const port = await freePort()
    const squatter = createServer().listen(port, '127.0.0.1')
    await new Promise(resolve => squatter.once('listening', resolve))
    await expect(start(shared, { port })).rejects.toMatchObject({ code: 'port in use', message: `port ${port} is in use` })
    await new Promise(resolve => squatter.close(resolve))
  })

  it('passes settings on', async () => {
    const server = await start(shared, { settings: { work_mem: '7MB' } })
    const sql = connect(server)
    expect(await sql`SHOW work_mem`).toEqual([{ work_mem: '7MB' }])
    await sql.end()
    await server.stop()
  })

  it('finds a short place for its socket under a long directory', async () => {
    const long = join(shared, 'a'.repeat(120))
    const server = await start(long)
    expect(server.connection.host.length).toBeLessThan(90)
    await server.stop()
    remove(long)
  })

  it('refuses a directory that another Steno uses', async () => {
    const server = await start(shared)
    await expect(start(shared)).rejects.toMatchObject({ code: 'in use' })
    await server.stop()
  })

  it('is there again after it was killed', async () => {
    const server = await start(shared)
    const firstPid = server.pid
    process.kill(firstPid, 'SIGKILL')
    const sql = connect(server)
    await expect
      .poll(
        () =>
          sql`SELECT 1 AS one`.then(
            rows => rows[0]?.one,
            () => null,
          ),
        { timeout: 10_000 },
      )
      .toBe(1)
    expect(server.pid).not.toBe(firstPid)
    await sql.end()
    await server.stop()
  })

  it('ends with the process that started it, also when that is killed', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'steno-pg-'))
    onTestFinished(() => rmSync(directory, { recursive: true }))
    const mark = join(directory, 'ended')
    // Stands in for the server: an interrupt is how PostgreSQL is asked for a fast shutdown.
    writeFileSync(
      join(directory, 'server.mjs'),
      `import { writeFileSync } from 'node:fs'
       process.on('SIGINT', () => process.exit(writeFileSync(${JSON.stringify(mark)}, '')))
       setInterval(() => {}, 1000)
       writeFileSync(${JSON.stringify(`${mark}.ready`)}, '')`,
    )
    const kept = ['-c', keeper, 'steno-keeper', '0', process.execPath, join(directory, 'server.mjs')]
    writeFileSync(
      join(directory, 'owner.mjs'),
      `import { spawn } from 'node:child_process'
       spawn('/bin/sh', ${JSON.stringify(kept)}, { stdio: ['pipe', 'ignore', 'ignore'], detached: true })`,
    )
    const owner = spawn(process.execPath, [join(directory, 'owner.mjs')], { stdio: 'inherit' })
    await expect.poll(() => existsSync(`${mark}.ready`), { timeout: 5_000 }).toBe(true)
    expect(existsSync(mark)).toBe(false)
    owner.kill('SIGKILL')
    await expect.poll(() => existsSync(mark), { timeout: 5_000 }).toBe(true)
  })

  it('takes a lock for stale when its number belongs to another program now', async () => {
    const server = await start(shared)
    await server.stop()
    const lock = join(placeOf(shared), 'cluster', 'postmaster.pid')
    writeFileSync(lock, `${process.pid}\n${placeOf(shared)}/cluster\n`)
    const again = await start(shared)
    await again.stop()
  })

  it('refuses a cluster of another version', async () => {
    const old = mkdtempSync(join(tmpdir(), 'steno-pg-'))
    onTestFinished(() => remove(old))
    const server = await start(old)
    await server.stop()
    writeFileSync(join(placeOf(old), 'cluster', 'PG_VERSION'), '12\n')
    await expect(start(old)).rejects.toMatchObject({ code: 'other version' })
  })
})

function start(directory: string, options: Partial<PostgresOptions> = {}) {
  mkdirSync(directory, { recursive: true })
  return startPostgres({ directory, user: 'steno', log: () => {}, ...options })
}

function connect({ connection }: Awaited<ReturnType<typeof start>>) {
  return postgres({ ...connection, database: 'postgres', max: 1, onnotice: () => {}, backoff: () => 0.05 })
}

/** Where the cluster really lies: elsewhere when the tests run as root. */
function placeOf(directory: string): string {
  return existsSync(join(directory, 'place')) ? realpathSync(join(directory, 'place')) : directory
}

function remove(directory: string): void {
  const place = placeOf(directory)
  expect(existsSync(join(place, 'cluster', 'postmaster.pid')) && readFileSync(join(place, 'cluster', 'postmaster.pid'))).toBe(false)
  rmSync(place, { recursive: true, force: true })
  rmSync(directory, { recursive: true, force: true })
}

function freePort(): Promise<number> {
  return new Promise(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
