import { spawn } from 'node:child_process'
import { cpSync, existsSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { audit, leafHash, rootOf, type Audited } from '../support/auditor.ts'
import { adminSecret, psql, readRecording, startGateway, type Gateway, type Recording } from '../support/gateway.ts'
import { stopChild, until } from '../support/machine.ts'
import { startPostgres, type Postgres } from '../support/postgres.ts'
import { message } from '../support/raw.ts'
import { rawLogin, readies } from '../support/raw-login.ts'

let postgres: Postgres
let gateway: Gateway

beforeAll(async () => {
  postgres = await startPostgres()
  await postgres.sql('create table t (id int, name text)')
  gateway = await startGateway(postgres, { log: { origin: 'log.example/gateway-1' } })
})

afterAll(async () => {
  await gateway?.stop()
  await postgres?.stop()
})

const state = async () => (await gateway.call('GET', '/api/log')).body as { vkey: string; size: number; published: number }
const auditNow = async () => audit(gateway.url, (await state()).vkey)

/** The log, once it says something. */
async function auditUntil(what: string, isThere: (log: Audited) => boolean): Promise<Audited> {
  let log = await auditNow()
  await until(what, async () => isThere((log = await auditNow())))
  return log
}

/** What the server reported on a connection under a name. */
const reported = (received: Buffer, name: string) => {
  const at = received.indexOf(`${name}\0`)
  return at < 0 ? null : received.subarray(at + name.length + 1, received.indexOf(0, at + name.length + 1)).toString()
}

const linesOf = (session: string) => {
  const path = gateway.recordings().find(one => one.path.includes(session))!.path
  return readFileSync(path, 'utf8').split('\n').slice(0, -1)
}

const hasText = (events: Recording['events'], text: string) => events.some(({ code, data }) => code === 'q' && data.text.includes(text))

const rootOfLines = (lines: string[]) => rootOf(lines.map(leafHash)).toString('base64')

describe('the gateway’s log', () => {
  it('begins with its key and its configuration, and is signed', async () => {
    const { leaves, origin, signers } = await auditNow()
    expect(origin).toBe('log.example/gateway-1')
    expect(signers).toEqual(['log.example/gateway-1'])
    expect(leaves.slice(0, 3).map(({ kind }) => kind)).toEqual(['key', 'config', 'epoch'])
    expect(leaves[0]).toEqual({ kind: 'key', atUs: expect.any(Number), vkey: (await state()).vkey, replaces: null })
  })

  it('is there for everybody, and caches keep what never changes', async () => {
    const { size } = await auditNow()
    const ask = async (path: string) => {
      const { status, headers } = await fetch(`${gateway.url}${path}`)
      return [status, headers.get('cache-control')]
    }
    expect(await ask('/checkpoint')).toEqual([200, 'no-cache'])
    expect(await ask('/tile/0/000.p/2')).toEqual([200, 'public, max-age=31536000, immutable'])
    expect(await ask('/tile/entries/000.p/2')).toEqual([200, 'public, max-age=31536000, immutable'])
    // What no checkpoint has is not shown, and not remembered as missing.
    expect(await ask(`/tile/0/000.p/${Math.min(255, size + 50)}`)).toEqual([404, 'no-store'])
  })

  it('has a checkpoint each second while anything changes', async () => {
    const { url } = await gateway.run()
    const from = (await auditNow()).size
    expect((await psql(url, 'select pg_sleep(0.2);'.repeat(25))).stderr).toBe('')
    const { leaves } = await auditUntil('the seal', log => log.leaves.slice(from).some(({ kind }) => kind === 'seal'))
    const ends = leaves.slice(from).flatMap(({ kind, atUs }) => (kind === 'epoch' ? [atUs / 1e6] : []))
    expect(ends.length).toBeGreaterThanOrEqual(3)
    // A second, and what a busy machine makes of it.
    expect(Math.max(...ends.slice(1).map((at, i) => at - ends[i]!))).toBeLessThan(2)
  })

  it('gives a client a receipt: its session, and the leaf that opened it', async () => {
    const run = await gateway.run()
    // Nothing that a driver shows changes.
    expect(await psql(run.url, 'select 1')).toMatchObject({ stdout: '1\n', stderr: '' })
    const raw = await rawLogin(gateway.port, run)
    const [session, index, origin] = reported(raw.received, 'steno.receipt')!.split(' ') as [string, string, string]
    expect(origin).toBe('log.example/gateway-1')
    const { leaves } = await auditUntil('the session to be in the log', log => log.size > Number(index))
    expect(leaves[Number(index)]).toMatchObject({ kind: 'open', session })
    const header = linesOf(session)[0]!
    expect(leaves[Number(index)].header).toBe(leafHash(header).toString('base64'))
    const { number, log } = JSON.parse(header).steno
    expect(number).toBe(leaves[Number(index)].number)
    expect(log).toMatchObject({ origin: 'log.example/gateway-1', size: expect.any(Number) })
    const known = await auditNow()
    expect(rootOf(known.leafHashes.slice(0, log.size)).toString('base64')).toBe(log.root)
    raw.socket.destroy()
  })

  it('anchors what a session has done while it still goes on', async () => {
    const raw = await rawLogin(gateway.port, await gateway.run())
    const session = reported(raw.received, 'steno.receipt')!.split(' ')[0]!
    for (let n = 1; n <= 5; n++) {
      raw.send(message('Q', `select ${n}\0`))
      await raw.until(received => readies(received) === n + 1)
    }
    const lines = linesOf(session)
    let head: string[] | undefined
    let epoch: any
    await until('the lines to be anchored', async () => {
      const { leaves } = await auditNow()
      epoch = leaves.findLast(({ kind }) => kind === 'epoch')
      const list = await gateway.call('GET', `/api/log/epochs/${epoch.number}`)
      const heads = (list.body as string).trimEnd().split('\n')
      expect(rootOf(heads.map(leafHash)).toString('base64')).toBe(epoch.root)
      expect(heads).toHaveLength(epoch.count)
      head = heads.find(one => one.startsWith(session))?.split(' ')
      return Number(head?.[1]) === lines.length
    })
    expect(head![2]).toBe(rootOfLines(lines))
    raw.socket.destroy()
  })

  it('says what was refused, and what a session was when it ended', async () => {
    const run = await gateway.run()
    const { stderr } = await psql(run.url, 'select 1;\nset standard_conforming_strings = off;\n')
    expect(stderr).toContain('ERROR')
    const id = gateway.recordings().find(({ header }) => header.steno.run.id === run.id)!.header.steno.session as string
    const { leaves } = await auditUntil('the seal', log => log.leaves.some(leaf => leaf.kind === 'seal' && leaf.session === id))
    const lines = linesOf(id)
    const denied = leaves.find(leaf => leaf.kind === 'deny' && leaf.session === id)
    expect(denied).toMatchObject({ reason: 'built in', hash: leafHash(lines[denied.line]!).toString('base64') })
    expect(lines[denied.line]).toContain('standard_conforming_strings')
    const sealed = leaves.find(leaf => leaf.kind === 'seal' && leaf.session === id)
    expect(sealed).toMatchObject({ size: lines.length, root: rootOfLines(lines), reason: 'client closed' })
    expect(sealed.bytes).toBe(Buffer.byteLength(`${lines.join('\n')}\n`))
  })

  it('says that a connection was refused, and the ledger says whose', async () => {
    const { stderr } = await psql(`postgres://nobody:wrong@127.0.0.1:${gateway.port}/shop`, 'select 1')
    expect(stderr).toContain('authentication failed')
    const { leaves } = await auditUntil('the refusal', log => log.leaves.some(leaf => leaf.commitment))
    const { commitment, reason } = leaves.findLast(leaf => leaf.commitment)
    const ledger = readFileSync(join(gateway.data, 'ledger.ndjson'), 'utf8').split('\n')
    const line = ledger.find(one => leafHash(one).toString('base64') === commitment)!
    expect(reason).toBe('connection')
    expect(JSON.parse(line)).toMatchObject({ kind: 'connections refused', count: 1, first: [{ run: 'nobody', target: 'shop' }] })
  })

  it('only grows, through kill -9 at any moment', async () => {
    let before = await auditNow()
    for (let round = 0; round < 3; round++) {
      const run = await gateway.run()
      const raw = await rawLogin(gateway.port, run)
      const [session, index] = reported(raw.received, 'steno.receipt')!.split(' ') as [string, string]
      raw.send(message('Q', `select ${round}\0`))
      await raw.until(received => readies(received) === 2)
      await gateway.kill()
      await gateway.start()
      const after = await auditUntil('the seal', log => log.leaves.some(leaf => leaf.kind === 'seal' && leaf.session === session))
      expect(rootOf(after.leafHashes.slice(0, before.size)).toString('base64')).toBe(before.root)
      // What the receipt said is so also when no checkpoint had it yet.
      expect(after.leaves[Number(index)]).toMatchObject({ kind: 'open', session })
      const sealed = after.leaves.find(leaf => leaf.kind === 'seal' && leaf.session === session)
      const lines = linesOf(session)
      expect(sealed).toMatchObject({ size: lines.length, root: rootOfLines(lines), reason: 'interrupted' })
      before = after
    }
    const numbers = before.leaves.flatMap(leaf => (leaf.kind === 'open' ? [leaf.number] : []))
    expect(numbers).toEqual(numbers.map((_, at) => at + 1))
  })

  it('has its key changed: both sign for the change, and the old one is gone', async () => {
    const old = (await state()).vkey
    const keyFile = join(gateway.data, 'keys/log.key')
    const oldSeed = readFileSync(keyFile, 'utf8')
    const { code, stdout, stderr } = await gateway.steno(['log', 'rotate-key'], { env: { STENO_TOKEN: adminSecret } })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    const vkey = stdout.trim()
    expect(vkey).not.toBe(old)
    const { leaves } = await audit(gateway.url, vkey)
    const changed = leaves.findLastIndex(leaf => leaf.kind === 'key')
    expect(leaves[changed]).toMatchObject({ vkey, replaces: old })
    const handover = await (await fetch(`${gateway.url}/handover/${changed}`)).text()
    expect(handover).toMatch(/^c2sp\.org\/tlog-proof@v1\n/)
    expect(handover.match(/^— log\.example\/gateway-1 /gm)).toHaveLength(2)
    expect(readFileSync(keyFile, 'utf8')).not.toBe(oldSeed)
    expect(existsSync(`${keyFile}.next`)).toBe(false)
    expect(statSync(keyFile).mode & 0o777).toBe(0o600)
    await gateway.kill()
    await gateway.start()
    expect((await state()).vkey).toBe(vkey)
    await auditNow()
  })

  it('says how it does, to people and to what watches', async () => {
    const asAdmin = { env: { STENO_TOKEN: adminSecret } }
    const { stdout } = await gateway.steno(['log', 'show'], asAdmin)
    expect(stdout).toMatch(
      /^name +log\.example\/gateway-1\nkey +log\.example\/gateway-1\+\S+\nleaves +\d+, of which the newest checkpoint has \d+\n/,
    )
    expect((await gateway.steno(['doctor'], asAdmin)).stdout).toMatch(/^ok {5}log: log\.example\/gateway-1 has \d+ leaves/m)
    const metrics = (await gateway.call('GET', '/metrics')).body as string
    expect(metrics).toMatch(/^steno_log_size \d+$/m)
    expect(Number(/^steno_unanchored_seconds (\S+)$/m.exec(metrics)?.[1])).toBeLessThan(5)
  })

  it('has all of it behind a checkpoint when the gateway was stopped, whoever stays and whoever comes', async () => {
    const run = await gateway.run()
    // A psql that waits for its user does not hang up.
    const idle = spawn('psql', [run.url, '-X', '-q'], { stdio: ['pipe', 'ignore', 'ignore'] })
    idle.stdin.write("select 'the last word';\n")
    const last = await until('it to be recorded', () =>
      gateway
        .recordings()
        .find(({ events }) => events.some(({ code, data }) => code === 'a' && data.n === 1) && hasText(events, 'the last word')),
    )
    const coming = Promise.all(Array.from({ length: 8 }, () => psql(run.url, 'select 1')))
    await stopChild(gateway.process)
    await coming
    expect([gateway.process.exitCode, idle.exitCode]).toEqual([0, null])
    const { code, stdout } = await gateway.steno(['verify', gateway.data])
    expect([code, stdout.split(':')[0]]).toEqual([0, 'WHOLE'])
    expect(readRecording(last.path).events.at(-1)!.data).toMatchObject({ reason: 'gateway stopped' })
    await stopChild(idle)
    await gateway.start()
  })

  it('is not gone on with when it was rolled back', async () => {
    const log = join(gateway.data, 'log')
    const copy = `${gateway.data}-log-of-yesterday`
    await gateway.kill()
    cpSync(log, copy, { recursive: true })
    await gateway.start()
    const { size } = await auditNow()
    await gateway.kill()
    cpSync(log, `${copy}-newest`, { recursive: true })
    rmSync(log, { recursive: true })
    cpSync(copy, log, { recursive: true })
    await expect(gateway.start()).rejects.toThrow(/the log has fewer leaves than the \d+ that were signed for/)
    rmSync(log, { recursive: true })
    cpSync(`${copy}-newest`, log, { recursive: true })
    await gateway.start()
    expect((await auditNow()).size).toBeGreaterThanOrEqual(size)
  })
})
