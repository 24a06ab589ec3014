import { hashLeaf, openTlogProof, parseEntryBundle, parseEpochList, parseLogLeaf, parseTlogProof, type LogLeaf } from '@steno/recordings'
import { Hono } from 'hono'
import { beforeEach, describe, expect, it } from 'vitest'
import { toHex } from '../runtime/bytes.ts'
import { sha256 } from '../runtime/crypto.ts'
import { newId } from '../runtime/id.ts'
import { Agents, Runs, SignIn, Tokens } from '../identity/index.ts'
import { Ledger, readLedger } from '../journal/ledger.ts'
import { data, machineWithData, openTestRoom, verifierOn } from '../log/test-log.ts'
import { logApi, logFilesApi } from './log.ts'
import { writeProblem, Problem } from './problem.ts'
import { authenticate, type ApiEnv } from './caller.ts'

const admin = 'admin-secret-0123456789'
const investigator = 'investigator-secret-0123'

/** The log's routes alone, with those who may ask. */
async function build() {
  const machine = machineWithData()
  const { ledger, entries } = Ledger.open(machine, { directory: data, onSyncFailed: () => {} })
  const { log, epochs, epochLists } = await openTestRoom(machine, ledger)
  const parts = { machine, ledger, entries }
  const declared = { ci: { secret: admin, role: 'admin' }, eye: { secret: investigator, role: 'investigator' } } as const
  const callers = {
    machine,
    secure: false,
    runs: new Runs({ ...parts, targets: [], onUnrecordedEnd: () => {} }),
    agents: new Agents({ ...parts, declared: {} }),
    tokens: new Tokens({ ...parts, declared }),
    signIn: new SignIn(parts),
  }
  const app = new Hono<ApiEnv>()
  app.onError((error, c) => {
    if (error instanceof Problem) return writeProblem(c, error)
    throw error
  })
  app.route('/', logFilesApi({ log }))
  app.use('/api/*', authenticate(callers))
  app.route('/api/log', logApi({ log, epochs, epochLists, ledger, machine }))
  const ask = (method: string, path: string, token: string | null = admin) =>
    app.request(path, { method, headers: token === null ? {} : { authorization: `Bearer ${token}` } })
  return { machine, ledger, log, epochs, ask }
}

let gateway: Awaited<ReturnType<typeof build>>
beforeEach(async () => {
  gateway = await build()
})

/** Appends so many leaves and publishes. */
async function grow(leaves: number): Promise<void> {
  for (let i = 0; i < leaves; i++) gateway.log.append({ kind: 'config', hash: `${'A'.repeat(43)}=` })
  await gateway.log.publish()
}

const get = async (path: string, token: string | null = null) => {
  const answer = await gateway.ask('GET', path, token)
  return { answer, bytes: new Uint8Array(await answer.arrayBuffer()), header: (name: string) => answer.headers.get(name) }
}

const leavesOf = (bundle: Uint8Array, width: number): LogLeaf[] => parseEntryBundle(bundle, width).map(parseLogLeaf)

describe('the log', () => {
  it('is public: its checkpoint, its tiles and its entries', async () => {
    await grow(300)
    const { size } = gateway.log.published!.checkpoint
    const checkpoint = await get('/checkpoint')
    expect(checkpoint.answer.status).toBe(200)
    expect(checkpoint.header('content-type')).toBe('text/plain; charset=utf-8')
    expect(checkpoint.header('cache-control')).toBe('no-cache')
    expect(checkpoint.bytes).toEqual(Uint8Array.from(gateway.log.published!.note))
    const full = await get('/tile/entries/000')
    expect(leavesOf(full.bytes, 256)[0]).toMatchObject({ kind: 'key' })
    expect(full.header('content-type')).toBe('application/octet-stream')
    expect(full.header('cache-control')).toBe('public, max-age=31536000, immutable')
    const partial = await get(`/tile/entries/001.p/${size - 256}`)
    expect(leavesOf(partial.bytes, size - 256)).toHaveLength(size - 256)
    const hashes = await get('/tile/0/000')
    expect(toHex(hashes.bytes.subarray(0, 32))).toBe(toHex(hashLeaf(sha256, parseEntryBundle(full.bytes, 256)[0]!)))
    expect((await get('/tile/1/000.p/1')).bytes).toHaveLength(32)
  })

  it('keeps a partial tile as it was when it grows', async () => {
    await grow(3)
    const before = await get('/tile/0/000.p/4')
    await grow(20)
    expect((await get('/tile/0/000.p/4')).bytes).toEqual(before.bytes)
  })

  it.each([
    ['a tile beyond its size', '/tile/0/009'],
    ['a full tile that is not full', '/tile/0/000'],
    ['a wider part of one than there is', '/tile/0/000.p/250'],
    ['a level it does not have', '/tile/3/000'],
    ['a tile by another path', '/tile/0/000.p/256'],
    ['a file that is no tile', '/tile/../keys/log.key'],
    ['a file beside', '/tile/entries/..%2f..%2fcheckpoint'],
    ['a proof of a key that was not changed', '/handover/1'],
    ['a proof of no leaf', '/handover/x'],
  ])('has nothing for %s', async (_, path) => {
    await grow(3)
    expect((await get(path)).answer.status).toBe(404)
  })

  it('shows nothing that no checkpoint has', async () => {
    const { size } = gateway.log
    gateway.log.append({ kind: 'config', hash: `${'A'.repeat(43)}=` })
    expect((await get(`/tile/entries/000.p/${size + 1}`)).answer.status).toBe(404)
    expect((await get(`/tile/entries/000.p/${size}`)).answer.status).toBe(200)
  })

  it('tells those who may read the trail how far recordings and ledger had come', async () => {
    await gateway.ledger.append({ kind: 'read', session: 's', by: { kind: 'token', name: 'x' } })
    await gateway.epochs.anchor()
    const list = await get('/api/log/epochs/2', admin)
    expect(parseEpochList(list.bytes)).toMatchObject([{ id: 'ledger', size: 1 }])
    expect((await get('/api/log/epochs/3', admin)).answer.status).toBe(404)
    const hashes = await get('/api/log/ledger', admin)
    const line = gateway.machine.disk.read(`${data}/ledger.ndjson`).slice(0, -1)
    expect(toHex(hashes.bytes)).toBe(toHex(hashLeaf(sha256, line)))
    for (const path of ['/api/log/epochs/2', '/api/log/ledger', '/api/log', '/api/log/sessions/s'])
      expect((await get(path)).answer.status, path).toBe(401)
  })

  it('finds the leaves that name a session, wherever its clock was', async () => {
    const session = newId(gateway.machine)
    const open = gateway.log.append({ kind: 'open', session, number: 1, header: `${'A'.repeat(43)}=` })
    await grow(700)
    gateway.machine.clock.step(-7_200_000)
    const late = newId(gateway.machine)
    const opened = gateway.log.append({ kind: 'open', session: late, number: 2, header: `${'A'.repeat(43)}=` })
    await grow(300)
    const denied = gateway.log.append({ kind: 'deny', session, line: 3, hash: `${'A'.repeat(43)}=`, reason: 'policy' })
    await grow(1)
    const leavesNaming = async (id: string) => {
      const asked = gateway.ask('GET', `/api/log/sessions/${id}`)
      await gateway.machine.advance(100)
      return (await asked).json()
    }
    expect(await leavesNaming(session)).toEqual({ leaves: [0, open, denied] })
    expect(await leavesNaming(late)).toEqual({ leaves: [0, opened] })
    expect(await leavesNaming('none')).toEqual({ leaves: [0] })
  })

  it('has its key changed by an administrator, and proves that the old one agreed', async () => {
    expect((await gateway.ask('POST', '/api/log/rotate-key', investigator)).status).toBe(403)
    const old = verifierOn(gateway.machine)
    const before = gateway.log.vkey
    const answer = await gateway.ask('POST', '/api/log/rotate-key')
    expect(answer.status).toBe(200)
    const { vkey } = (await answer.json()) as { vkey: string }
    expect(vkey).not.toBe(before)
    expect(await (await gateway.ask('GET', '/api/log')).json()).toMatchObject({ vkey, origin: gateway.log.origin })
    const index = gateway.log.published!.checkpoint.size - 1
    const proof = await get(`/handover/${index}`)
    const { extra } = parseTlogProof(proof.bytes)
    expect(parseLogLeaf(extra!)).toMatchObject({ kind: 'key', vkey, replaces: before })
    const opened = openTlogProof(sha256, proof.bytes, {
      leafHash: hashLeaf(sha256, extra!),
      logKeys: [old, verifierOn(gateway.machine)],
      witnesses: [],
    })
    expect(opened.logKeys).toHaveLength(2)
    expect(readLedger(gateway.machine.disk, data)).toMatchObject([{ kind: 'log key change', replaces: before, by: { name: 'ci' } }])
  })
})
