import { hashLeaf, parseHeader, readRecording } from '@steno/recordings'
import { beforeEach, describe, expect, it } from 'vitest'
import { Guard } from '../guard/guard.ts'
import { decidedBy, lawOf } from '../guard/test-law.ts'
import type { CommandDraft } from '../guard/index.ts'
import type { SessionRequest } from '../protocols/protocol.ts'
import { Ledger } from '../journal/ledger.ts'
import { Recordings } from '../journal/recordings.ts'
import { toBase64 } from '../runtime/bytes.ts'
import { sha256 } from '../runtime/crypto.ts'
import { settle, type SimulatedMachine } from '../runtime/simulated.ts'
import { data, leavesOn, machineWithData, openTestRoom } from './test-log.ts'

let machine: SimulatedMachine
let room: Awaited<ReturnType<typeof openTestRoom>>
let guard: Guard

beforeEach(async () => {
  machine = machineWithData()
  const { ledger } = Ledger.open(machine, { directory: data, onSyncFailed: () => {} })
  room = await openTestRoom(machine, ledger)
  const recordings = new Recordings(machine, {
    directory: data,
    onSyncFailed: () => {},
    onGrown: () => {},
    seal: closed => room.sessions.seal(closed),
  })
  const law = lawOf(({ text }) => (text.startsWith('drop') ? decidedBy('deny', 'no drops', 'never') : null))
  guard = new Guard(machine, recordings, { gateway: 'gw', durability: 'standard', law, log: room.sessions, consent: null })
})

const request: SessionRequest = {
  run: {
    identity: { id: 'r1', attempt: 1, task: null, trigger: null, agentVersion: null, parent: null },
    root: 'r1',
    principal: { kind: 'agent', name: 'a', groups: [] },
    delegation: [],
    targets: ['shop'],
    expiresAtUs: Number.MAX_SAFE_INTEGER,
    over: new AbortController().signal,
  },
  protocol: 'postgres',
  target: { name: 'shop', address: { host: 'db', port: 5432 }, labels: {}, settings: {} },
  client: { address: '10.0.0.1:5000', application: null, tls: false },
}

const draft = (text: string): CommandDraft => ({
  kind: 'query',
  text,
  transaction: 'idle',
  transcript: '',
  understand: () => ({ operations: [], comply: () => ({ possible: false, rule: 'r', reason: '', hint: '' }) }),
  renew: () => {},
})

const leaves = () => leavesOn(machine.disk, room.log.size)
const pathOf = (session: string) => `${data}/sessions/2026-01-01/${session}.cast`
const linesOf = (session: string) =>
  new TextDecoder()
    .decode(machine.disk.read(pathOf(session)))
    .split('\n')
    .slice(0, -1)
const leafHash = (line: string) => toBase64(hashLeaf(sha256, new TextEncoder().encode(line)))

describe('a session', () => {
  it('is in the log from its first line on, and says so itself', () => {
    const { size } = room.log
    const before = room.log.published!.checkpoint
    const first = guard.open(request)
    const second = guard.open(request)
    expect(leaves().slice(size)).toMatchObject([
      { kind: 'open', session: first.id, number: 1, header: leafHash(linesOf(first.id)[0]!) },
      { kind: 'open', session: second.id, number: 2, header: leafHash(linesOf(second.id)[0]!) },
    ])
    expect(second.receipt).toEqual({ session: second.id, index: size + 1, origin: room.log.origin })
    const { number, log } = parseHeader(linesOf(second.id)[0]!).steno
    expect({ number, log }).toEqual({ number: 2, log: { origin: before.origin, size: before.size, root: toBase64(before.root) } })
  })

  it('that the log cannot take does not begin, and its number is the next one’s', () => {
    // Room for the line, and none for the leaf.
    const { size } = room.log
    const first = guard.open(request)
    machine.disk.failWritesAfter(linesOf(first.id)[0]!.length + 1)
    expect(() => guard.open(request)).toThrow()
    machine.disk.heal()
    const next = guard.open(request)
    expect(leaves().slice(size)).toMatchObject([
      { kind: 'open', session: first.id, number: 1 },
      { kind: 'open', session: next.id, number: 2 },
    ])
    expect(machine.disk.list(`${data}/sessions/2026-01-01`)).toHaveLength(2)
  })

  it('has what it was refused in the log before anybody is told', async () => {
    const session = guard.open(request)
    const { size } = room.log
    const ruling = await session.submit(draft('drop table t'))
    expect(ruling).toMatchObject({ verdict: 'deny' })
    session.commit()
    const [leaf, ...more] = leaves().slice(size)
    expect(more).toEqual([])
    expect(leaf).toMatchObject({ kind: 'deny', session: session.id, reason: 'policy' })
    const { line, hash } = leaf as { line: number; hash: string }
    expect(linesOf(session.id)[line]).toContain('drop table t')
    expect(hash).toBe(leafHash(linesOf(session.id)[line]!))
  })

  it('refuses everything when the log does not take a refusal: nobody is told, and nothing is sent', async () => {
    const session = guard.open(request)
    await session.submit(draft('drop table t'))
    machine.disk.becomeReadOnly()
    expect(() => session.commit()).toThrow('the recording cannot be written')
    machine.disk.heal()
    expect(() => session.submit(draft('select 1'))).toThrow('the recording cannot be written')
  })

  it('is sealed as it ended once its end is on disk, and not before', async () => {
    const session = guard.open(request)
    const { size } = room.log
    machine.disk.syncMs = 50
    session.close('client closed')
    await machine.advance(40)
    expect(leaves().slice(size)).toEqual([])
    await machine.advance(1000)
    const lines = linesOf(session.id)
    expect(leaves().slice(size)).toMatchObject([
      { kind: 'seal', session: session.id, size: lines.length, bytes: machine.disk.sizeBytes(pathOf(session.id)), reason: 'client closed' },
    ])
    expect(readRecording(machine.disk.read(pathOf(session.id))).events.at(-1)?.event.code).toBe('e')
  })

  it('is not sealed as what somebody made of its file', async () => {
    const session = guard.open(request)
    const { size } = room.log
    machine.disk.syncMs = 50
    session.close('client closed')
    machine.disk.truncate(pathOf(session.id), 10)
    await machine.advance(1000)
    expect(leaves().slice(size)).toEqual([])
    expect(machine.disk.list(`${data}/open`)).toEqual([session.id])
  })
})

describe('an epoch', () => {
  const epochs = () => leaves().flatMap(leaf => (leaf.kind === 'epoch' ? [leaf] : []))

  it('ends each second while anything changes, and once a minute else', async () => {
    room.epochs.start()
    const session = guard.open(request)
    const before = epochs().length
    for (let second = 0; second < 5; second++) {
      void session.submit(draft('select 1'))
      session.commit()
      await machine.advance(1000)
    }
    expect(epochs().length - before).toBe(5)
    const quiet = epochs().length
    await machine.advance(59_000)
    expect(epochs().length).toBe(quiet)
    await machine.advance(2000)
    expect(epochs().length).toBe(quiet + 1)
    await room.epochs.close()
  })

  it('says how far each open recording had come, also of one that somebody cut', async () => {
    const session = guard.open(request)
    const headOf = () => room.epochLists.read(epochs().at(-1)!.number)!.find(({ id }) => id === session.id)
    await room.epochs.anchor()
    expect(headOf()).toMatchObject({ size: 1 })
    void session.submit(draft('select 1'))
    session.commit()
    await room.epochs.anchor()
    const { size } = headOf()!
    expect(size).toBe(linesOf(session.id).length)
    machine.disk.truncate(pathOf(session.id), 10)
    void session.submit(draft('select 2'))
    session.commit()
    await settle()
    await room.epochs.anchor()
    expect(headOf()).toMatchObject({ size })
  })
})
