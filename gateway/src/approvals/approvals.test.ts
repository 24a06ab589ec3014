import type { ApprovalDemand } from '@steno/policy-dsl'
import type { Principal } from '@steno/recordings'
import { describe, expect, it } from 'vitest'
import type { ConsentAsk, ConsentOutcome, LawfulSession } from '../guard/law.ts'
import { Ledger, LedgerFailed, readLedger, type LedgerEvent } from '../journal/ledger.ts'
import { AssertionFailed } from '../runtime/assert.ts'
import { settle, SimulatedMachine } from '../runtime/simulated.ts'
import { Approvals, type Reviewer, ReviewRefused } from './index.ts'

const minute = 60_000
const digest = 'ab'.repeat(32)

function start(machine = new SimulatedMachine()) {
  if (!machine.disk.exists('/data')) machine.disk.makeDirectory('/data')
  const { ledger, entries } = Ledger.open(machine, { directory: '/data', onSyncFailed: () => {} })
  const changed: string[] = []
  const unrecorded: string[] = []
  const approvals = new Approvals({
    machine,
    ledger,
    entries,
    onChanged: id => changed.push(id),
    onUnrecorded: id => unrecorded.push(id),
  })
  /** Asks, and gives what came of it so far. */
  const ask = (given: { demands?: ApprovalDemand[]; session?: Partial<LawfulSession> } = {}, connection = new AbortController()) => {
    const { id, outcome } = approvals.request(asked(given), connection.signal)
    const outcomes: ConsentOutcome[] = []
    void outcome.then(settled => outcomes.push(settled))
    return { id, outcomes, disconnect: () => connection.abort() }
  }
  const vote = (id: string, reviewer: Reviewer, how: 'approve' | 'reject' = 'approve') =>
    approvals.review(id, { vote: how, comment: 'seen', digest }, reviewer)
  const state = (id: string) => approvals.get(id)?.state
  const endRun = (run: string) => ledger.append({ kind: 'run.end', run, reason: 'ended', exitCode: 0, by: { kind: 'run', name: run } })
  return { machine, approvals, ask, vote, state, endRun, changed, unrecorded }
}

const agent = (name: string): Principal => ({ kind: 'agent', name, groups: [] })

const demandOf = (given: Partial<ApprovalDemand> = {}): ApprovalDemand => ({
  rule: 'destructive SQL needs a DBA',
  by: ['dba'],
  withinMs: 15 * minute,
  quorum: 1,
  ...given,
})

function asked({ demands = [demandOf()], session = {} }: { demands?: ApprovalDemand[]; session?: Partial<LawfulSession> }): ConsentAsk {
  return {
    session: {
      id: 's',
      run: { id: 'run_1', attempt: 1, task: 'nightly', trigger: null, agentVersion: null, parent: null },
      rootRun: 'run_1',
      principal: agent('backfill'),
      delegation: [],
      target: { name: 'shop', protocol: 'postgres', labels: { env: 'prod' } },
      client: { address: '127.0.0.1:5', application: null },
      startedAtUs: 0,
      ...session,
    },
    number: 3,
    text: 'delete from orders',
    parameters: [],
    operations: [{ verb: 'DELETE', tables: ['orders'], columns: [], hasWhere: false }],
    transaction: 'idle',
    isAsSent: true,
    shape: 'ef'.repeat(32),
    lawVersion: 'prod@abc',
    policyVersion: 'prod@abc',
    demands,
    reason: 'a DELETE without WHERE',
    digest,
  }
}

const dba = (name: string, more: Partial<Reviewer> = {}): Reviewer => ({ kind: 'token', name, role: 'approver', groups: ['dba'], ...more })

const ledgerOf = (machine: SimulatedMachine): LedgerEvent[] => readLedger(machine.disk, '/data')
const settledIn = (machine: SimulatedMachine) =>
  ledgerOf(machine).flatMap(entry => (entry.kind === 'approval settled' ? [[entry.state, entry.because]] : []))

describe('a request for consent', () => {
  it('is granted by one member, and the ledger has every step before it counts', async () => {
    const { machine, ask, vote, state, changed } = start()
    const { id, outcomes } = ask()
    expect(ledgerOf(machine)).toMatchObject([{ kind: 'approval requested', approval: id, session: 's', number: 3, digest }])
    expect(state(id)).toBe('pending')
    const approval = await vote(id, dba('ada'))
    await settle()
    const review = { by: 'ada', vote: 'approve', comment: 'seen', at: '2026-01-01T00:00:00.000Z', digest }
    expect(outcomes).toEqual([{ granted: true, reviews: [review] }])
    expect(approval).toMatchObject({ state: 'granted', reviews: [review], demands: [{ votes: 1, met: true }] })
    expect(ledgerOf(machine).slice(1)).toMatchObject([
      {
        kind: 'approval reviewed',
        approval: id,
        vote: 'approve',
        by: { kind: 'token', name: 'ada' },
        role: 'approver',
        groups: ['dba'],
        digest,
      },
      { kind: 'approval settled', approval: id, state: 'granted', because: 'votes' },
    ])
    expect(changed).toEqual([id, id, id])
  })

  it('says nothing of the command’s text or values in the ledger', () => {
    const { machine, ask } = start()
    ask()
    expect(new TextDecoder().decode(machine.disk.read('/data/ledger.ndjson'))).not.toContain('delete from orders')
  })

  it('is not made when the ledger cannot take it', () => {
    const { machine, approvals } = start()
    machine.disk.failWritesAfter(0)
    expect(() => approvals.request(asked({}), new AbortController().signal)).toThrow(LedgerFailed)
    expect(approvals.pending).toBe(0)
  })

  it.each([
    ['nobody to ask', { demands: [] }],
    ['a quorum of none', { demands: [demandOf({ quorum: 0 })] }],
    ['no time to answer', { demands: [demandOf({ withinMs: 0 })] }],
  ])('is refused with %s, rather than granted by nobody', (_, given) => {
    const { machine, approvals } = start()
    expect(() => approvals.request(asked(given), new AbortController().signal)).toThrow(AssertionFailed)
    expect(() => approvals.request({ ...asked({}), digest: 'short' }, new AbortController().signal)).toThrow(AssertionFailed)
    expect(ledgerOf(machine)).toEqual([])
  })
})

describe('a quorum', () => {
  it('needs that many different people', async () => {
    const { ask, vote, state, approvals } = start()
    const { id, outcomes } = ask({ demands: [demandOf({ quorum: 2 })] })
    await vote(id, dba('ada'))
    expect(approvals.get(id)).toMatchObject({ state: 'pending', demands: [{ quorum: 2, votes: 1, met: false }] })
    await vote(id, dba('bob'))
    await settle()
    expect(state(id)).toBe('granted')
    expect(outcomes).toMatchObject([{ granted: true, reviews: [{ by: 'ada' }, { by: 'bob' }] }])
  })

  it('counts one person once, whatever they come in as', async () => {
    const { ask, vote, state } = start()
    const { id, outcomes } = ask({ demands: [demandOf({ quorum: 2, by: ['dba', 'sre'] })] })
    await vote(id, dba('ada', { groups: ['dba', 'sre'] }))
    const again = [
      dba('ada'),
      dba('ada', { groups: ['sre'] }),
      dba('ada', { kind: 'person' }),
      dba('ada', { role: 'admin' }),
      dba('Ada'),
      dba('ADA', { kind: 'person', groups: ['sre'] }),
    ]
    for (const reviewer of again) {
      for (const how of ['approve', 'reject'] as const)
        await expect(vote(id, reviewer, how)).rejects.toMatchObject({ code: 'conflict', message: `${reviewer.name} has voted already` })
    }
    await settle()
    expect(state(id)).toBe('pending')
    expect(outcomes).toEqual([])
  })

  it('counts one vote once when it is sent twice at the same time', async () => {
    const { ask, vote, state } = start()
    const { id } = ask({ demands: [demandOf({ quorum: 2 })] })
    const both = await Promise.allSettled([vote(id, dba('ada')), vote(id, dba('ada', { kind: 'person' }))])
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    expect(state(id)).toBe('pending')
  })
})

describe('several demands', () => {
  const both = [demandOf(), demandOf({ rule: 'money', by: ['finance'], withinMs: 5 * minute })]

  it('must all be met, each by its own people', async () => {
    const { ask, vote, state, approvals } = start()
    const { id } = ask({ demands: both })
    await vote(id, dba('ada'))
    await vote(id, dba('bob'))
    expect(approvals.get(id)?.demands.map(({ met }) => met)).toEqual([true, false])
    await vote(id, dba('eve', { groups: ['finance'] }))
    expect(state(id)).toBe('granted')
  })

  it('are all ended by one no, also of somebody whose own demand is met', async () => {
    const { ask, vote, state } = start()
    const { id, outcomes } = ask({ demands: both })
    await vote(id, dba('ada'))
    await vote(id, dba('bob'), 'reject')
    await settle()
    expect(state(id)).toBe('rejected')
    expect(outcomes).toMatchObject([{ granted: false, because: 'rejected', reviews: [{ by: 'ada' }, { by: 'bob', vote: 'reject' }] }])
  })

  it('share the shortest of their times', async () => {
    const { machine, ask, state } = start()
    const { id } = ask({ demands: both })
    await machine.advance(5 * minute - 1)
    expect(state(id)).toBe('pending')
    await machine.advance(1)
    expect(state(id)).toBe('expired')
  })
})

describe('who may vote', () => {
  it('is a member of a group or role that is asked, and an admin', async () => {
    const { ask, vote, state } = start()
    const cases: [ApprovalDemand, Reviewer][] = [
      [demandOf(), dba('ada')],
      [demandOf(), dba('root', { role: 'admin', groups: [] })],
      [demandOf({ by: ['approver'] }), dba('bob', { groups: [] })],
    ]
    for (const [demand, reviewer] of cases) {
      const { id } = ask({ demands: [demand] })
      await vote(id, reviewer)
      expect(state(id)).toBe('granted')
    }
  })

  it.each([
    ['of another group', dba('ada', { groups: ['sre'] }), 'only members of `dba` may vote on it'],
    ['who only reads, in the right group', dba('ada', { role: 'investigator' }), 'the role investigator may not review approvals'],
    ['who writes policies', dba('ada', { role: 'author' }), 'the role author may not review approvals'],
  ])('is nobody %s, neither for nor against', async (_, reviewer, message) => {
    const { ask, vote, state, approvals } = start()
    const { id } = ask()
    for (const how of ['approve', 'reject'] as const)
      await expect(vote(id, reviewer, how)).rejects.toMatchObject({ code: 'not_allowed', message })
    expect(approvals.objection(id, reviewer)).toBe(message)
    expect(approvals.get(id)?.reviews).toEqual([])
    expect(state(id)).toBe('pending')
  })

  it.each([
    ['whoever asks', { principal: agent('ada') }],
    ['whoever asks, in other letters', { principal: agent('Ada') }],
    ['somebody in the chain behind it', { delegation: [agent('launcher'), { kind: 'human' as const, name: 'ada', groups: ['dba'] }] }],
    ['whoever named the nested agent that asks', { principal: agent('ada/helper') }],
    ['whoever named one in the chain', { delegation: [agent('ada/helper/inner')] }],
  ])('is never %s, whatever they are besides', async (_, session) => {
    const { ask, vote, state, approvals } = start()
    const { id, outcomes } = ask({ session })
    for (const reviewer of [dba('ada'), dba('ada', { role: 'admin' }), dba('ada', { kind: 'person' })]) {
      await expect(vote(id, reviewer)).rejects.toMatchObject({ code: 'not_allowed', message: expect.stringContaining('nobody votes') })
      expect(approvals.objection(id, reviewer)).toContain('nobody votes on what they ask for themselves')
    }
    expect(state(id)).toBe('pending')
    await vote(id, dba('bob'))
    await settle()
    expect(outcomes).toMatchObject([{ granted: true }])
  })
})

describe('what is voted on', () => {
  it('is what was shown: another digest is refused and counts for nothing', async () => {
    const { machine, ask, approvals, state } = start()
    const { id } = ask()
    const other = approvals.review(id, { vote: 'approve', comment: '', digest: 'cd'.repeat(32) }, dba('ada'))
    await expect(other).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('what you were shown is not') })
    expect(state(id)).toBe('pending')
    expect(ledgerOf(machine)).toHaveLength(1)
  })

  it('is pinned in the record also for whoever sends no digest', async () => {
    const { ask, approvals } = start()
    const { id } = ask()
    const { reviews } = await approvals.review(id, { vote: 'approve', comment: '' }, dba('ada'))
    expect(reviews).toMatchObject([{ digest }])
  })

  it('is that request alone: the same command asked again waits again', async () => {
    const { ask, vote, state } = start()
    const first = ask()
    await vote(first.id, dba('ada'))
    const second = ask()
    expect(state(second.id)).toBe('pending')
    await settle()
    expect(second.outcomes).toEqual([])
  })
})

describe('the end of a request', () => {
  it.each([
    ['granted', async ({ vote }: ReturnType<typeof start>, id: string) => void (await vote(id, dba('ada'))), 'it was granted'],
    ['rejected', async ({ vote }: ReturnType<typeof start>, id: string) => void (await vote(id, dba('ada'), 'reject')), 'it was rejected'],
    ['expired', ({ machine }: ReturnType<typeof start>) => machine.advance(15 * minute), 'its time ran out'],
    ['withdrawn', async (_: unknown, __: string, disconnect: () => void) => disconnect(), 'whoever asked for it is gone'],
  ])('is %s once, and later votes are told how it ended', async (ending, end, words) => {
    const room = start()
    const { id, outcomes, disconnect } = room.ask()
    await end(room, id, disconnect)
    expect(room.state(id)).toBe(ending)
    for (const how of ['approve', 'reject'] as const)
      await expect(room.vote(id, dba('bob'), how)).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining(words) })
    disconnect()
    await room.machine.advance(60 * minute)
    expect(room.state(id)).toBe(ending)
    expect(outcomes).toHaveLength(1)
    expect(outcomes[0]?.granted).toBe(ending === 'granted')
    expect(settledIn(room.machine)).toHaveLength(1)
    expect(room.approvals.pending).toBe(0)
    expect(room.approvals.get(id)?.decidedAtUs).not.toBeNull()
  })

  it('comes at its time although the timer is late: a machine that slept grants nothing', async () => {
    const { machine, ask, vote, state } = start()
    const { id, outcomes } = ask()
    machine.clock.step(15 * minute)
    await expect(vote(id, dba('ada'))).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('its time ran out') })
    await settle()
    expect(state(id)).toBe('expired')
    expect(outcomes).toMatchObject([{ granted: false, because: 'expired' }])
  })

  it('does not come later because the clock was set back', async () => {
    const { machine, ask, state } = start()
    const { id } = ask()
    machine.clock.step(-60 * minute)
    await machine.advance(15 * minute)
    expect(state(id)).toBe('expired')
  })

  it('has one winner when the last vote and the end of the connection meet', async () => {
    for (const order of ['vote first', 'disconnect first'] as const) {
      const { machine, ask, vote, state } = start()
      machine.disk.syncMs = 20
      const { id, outcomes, disconnect } = ask()
      if (order === 'disconnect first') disconnect()
      const voting = vote(id, dba('ada')).catch((error: unknown) => error)
      disconnect()
      await machine.advance(1000)
      const winner = order === 'vote first' ? 'granted' : 'withdrawn'
      expect(state(id)).toBe(winner)
      expect(outcomes).toHaveLength(1)
      expect(outcomes[0]?.granted).toBe(winner === 'granted')
      expect(settledIn(machine)).toEqual([winner === 'granted' ? ['granted', 'votes'] : ['withdrawn', 'session over']])
      expect((await voting) instanceof ReviewRefused).toBe(winner === 'withdrawn')
    }
  })

  it('has one winner when two people disagree at once', async () => {
    const { ask, vote, state } = start()
    const { id, outcomes } = ask()
    const [yes, no] = await Promise.allSettled([vote(id, dba('ada')), vote(id, dba('bob'), 'reject')])
    await settle()
    expect([yes.status, no.status]).toEqual(['fulfilled', 'rejected'])
    expect(state(id)).toBe('granted')
    expect(outcomes).toHaveLength(1)
  })

  it('is at once for a connection that was gone before it asked', async () => {
    const { approvals, machine } = start()
    const { outcome } = approvals.request(asked({}), AbortSignal.abort())
    expect(await outcome).toEqual({ granted: false, because: 'withdrawn', reviews: [] })
    expect(settledIn(machine)).toEqual([['withdrawn', 'session over']])
  })
})

describe('a ledger that fails', () => {
  it('takes no vote, and the next one may come when it is mended', async () => {
    const { machine, ask, vote, approvals } = start()
    const { id, outcomes } = ask()
    machine.disk.failWritesAfter(0)
    await expect(vote(id, dba('ada'))).rejects.toThrow(LedgerFailed)
    expect(approvals.get(id)).toMatchObject({ state: 'pending', reviews: [] })
    machine.disk.heal()
    await vote(id, dba('ada'))
    await settle()
    expect(outcomes).toMatchObject([{ granted: true }])
  })

  it('grants nothing that it cannot write', async () => {
    const { machine, ask, vote, state, unrecorded } = start()
    const { id, outcomes } = ask()
    // Room for the vote, none for what follows from it.
    machine.disk.failWritesAfter(400)
    await expect(vote(id, dba('ada'))).rejects.toThrow(LedgerFailed)
    await settle()
    expect(ledgerOf(machine).map(({ kind }) => kind)).toEqual(['approval requested', 'approval reviewed'])
    expect(state(id)).toBe('withdrawn')
    expect(outcomes).toMatchObject([{ granted: false, because: 'withdrawn' }])
    expect(unrecorded).toEqual([])
    machine.disk.heal()
    start(machine)
    expect(settledIn(machine)).toEqual([['withdrawn', 'gateway restarted']])
  })

  it('grants nothing that the disk does not keep', async () => {
    const { machine, ask, vote } = start()
    const { id, outcomes } = ask()
    await settle()
    machine.disk.failSyncs()
    await expect(vote(id, dba('ada'))).rejects.toThrow(LedgerFailed)
    await settle()
    expect(outcomes).toMatchObject([{ granted: false }])
  })

  it('does not keep a refusal from whoever waits', async () => {
    const { machine, ask, state, unrecorded } = start()
    const { id, outcomes } = ask()
    machine.disk.failWritesAfter(0)
    await machine.advance(15 * minute)
    expect(outcomes).toMatchObject([{ granted: false, because: 'expired' }])
    expect(state(id)).toBe('expired')
    expect(unrecorded).toEqual([id])
  })
})

describe('a restart', () => {
  it('withdraws what was pending, in the ledger, once', async () => {
    const { machine, ask, vote } = start()
    await vote(ask().id, dba('ada'))
    const { id } = ask({ demands: [demandOf({ quorum: 2 })] })
    await vote(id, dba('ada'))
    const again = start(machine)
    expect(ledgerOf(machine).at(-1)).toMatchObject({
      kind: 'approval settled',
      approval: id,
      state: 'withdrawn',
      because: 'gateway restarted',
    })
    expect(again.approvals.pending).toBe(0)
    await expect(again.vote(id, dba('bob'))).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('restarted') })
    start(machine)
    expect(settledIn(machine)).toEqual([
      ['granted', 'votes'],
      ['withdrawn', 'gateway restarted'],
    ])
  })
})

describe('a grant', () => {
  const shape = 'ef'.repeat(32)
  /** What a grant is bound to, and how another command differs in it. */
  const others: [string, Partial<ConsentAsk>][] = [
    ['shape', { shape: 'cd'.repeat(32) }],
    ['kind, one that has no shape', { shape: null }],
    ['policy version', { lawVersion: 'prod@def' }],
    ['rule', { demands: [demandOf({ rule: 'another' })] }],
    ['circle of people', { demands: [demandOf({ by: ['sre'] })] }],
    ['quorum', { demands: [demandOf({ quorum: 2 })] }],
    ['rule beside it', { demands: [demandOf(), demandOf({ rule: 'another' })] }],
    ['run', { session: { ...asked({}).session, run: { ...asked({}).session.run, id: 'run_2' } } }],
    ['target', { session: { ...asked({}).session, target: { name: 'crm', protocol: 'postgres', labels: {} } } }],
  ]
  const grant = (room: ReturnType<typeof start>, id: string, reviewer = dba('ada'), forMinutes = 10) =>
    room.approvals.review(id, { vote: 'approve', comment: '', digest, forMinutes }, reviewer)
  const next = (room: ReturnType<typeof start>, given: Partial<ConsentAsk> = {}) =>
    room.approvals.request({ ...asked({}), ...given, number: 4 }, new AbortController().signal)

  it('lets the next commands of its shape pass at once, with who agreed, when and until when', async () => {
    const room = start()
    const { id, outcomes } = room.ask()
    await grant(room, id)
    await settle()
    expect(outcomes).toMatchObject([{ granted: true, reviews: [{ by: 'ada' }] }])
    expect(ledgerOf(room.machine).slice(1)).toMatchObject([
      { kind: 'approval reviewed', forMinutes: 10 },
      { kind: 'approval settled', state: 'granted', grant: { shape, lawVersion: 'prod@abc', by: ['ada'], untilUs: expect.any(Number) } },
    ])
    for (let n = 1; n <= 2; n++) {
      const passed = next(room)
      expect(passed.id).toBe(id)
      expect(await passed.outcome).toEqual({
        granted: true,
        grant: { by: ['ada'], at: '2026-01-01T00:00:00.000Z', until: '2026-01-01T00:10:00.000Z', shape },
      })
      expect(room.approvals.get(id)?.grant?.passed).toBe(n)
    }
    expect(ledgerOf(room.machine)).toHaveLength(3)
  })

  it.each(others)('lets nothing pass that is of another %s', async (_, other) => {
    const room = start()
    await grant(room, room.ask().id)
    expect(room.approvals.pending).toBe(0)
    expect(room.state(next(room, other).id)).toBe('pending')
    expect(room.approvals.pending).toBe(1)
  })

  it('is not given by a vote for one command', async () => {
    const room = start()
    await room.vote(room.ask().id, dba('ada'))
    expect(room.state(next(room).id)).toBe('pending')
  })

  it('needs as many people as the command, and lasts as long as the most cautious says', async () => {
    const two = { demands: [demandOf({ quorum: 2 })] }
    const room = start()
    const first = room.ask(two)
    await grant(room, first.id, dba('ada'), 30)
    await room.vote(first.id, dba('bob'))
    expect(room.approvals.get(first.id)).toMatchObject({ state: 'granted', grant: null })
    const second = room.ask(two)
    await grant(room, second.id, dba('ada'), 30)
    await grant(room, second.id, dba('bob'), 5)
    expect(room.approvals.get(second.id)?.grant).toMatchObject({ by: ['ada', 'bob'], untilUs: expect.any(Number) })
    await room.machine.advance(5 * minute - 1)
    expect(next(room, two).id).toBe(second.id)
    await room.machine.advance(1)
    expect(next(room, two).id).not.toBe(second.id)
  })

  it('is never given by whoever asks, nor by anybody behind them', async () => {
    const room = start()
    const { id } = room.ask({ session: { delegation: [agent('ada')] } })
    await expect(grant(room, id, dba('ada', { role: 'admin' }))).rejects.toMatchObject({ code: 'not_allowed' })
    expect(room.approvals.get(id)?.grant).toBeNull()
  })

  it('is refused where it makes no sense', async () => {
    const room = start()
    const { id } = next(room, { shape: null })
    await expect(grant(room, id)).rejects.toMatchObject({ code: 'invalid' })
    const other = room.ask().id
    for (const minutes of [0, 0.5, 241, Number.NaN])
      await expect(grant(room, other, dba('ada'), minutes)).rejects.toMatchObject({ code: 'invalid' })
    await expect(room.approvals.review(other, { vote: 'reject', comment: '', digest, forMinutes: 5 }, dba('ada'))).rejects.toMatchObject({
      code: 'invalid',
    })
    expect(ledgerOf(room.machine)).toHaveLength(2)
  })

  it.each([
    ['time', async (room: ReturnType<typeof start>) => room.machine.advance(10 * minute)],
    ['run over', async (room: ReturnType<typeof start>) => room.endRun('run_1')],
    ['policies changed', async (room: ReturnType<typeof start>) => room.approvals.lawIs('prod@def')],
    ['taken back', async (room: ReturnType<typeof start>, id: string) => void (await room.approvals.takeBack(id, dba('bob')))],
  ])('ends once: %s', async (because, end) => {
    const room = start()
    const { id } = room.ask()
    await grant(room, id)
    await end(room, id)
    expect(room.approvals.get(id)?.grant?.ended).toMatchObject({ because, by: because === 'taken back' ? 'bob' : null })
    expect(room.state(next(room).id)).toBe('pending')
    await room.machine.advance(60 * minute)
    await expect(room.approvals.takeBack(id, dba('ada'))).rejects.toMatchObject({ code: 'conflict' })
    expect(ledgerOf(room.machine).filter(({ kind }) => kind === 'grant ended')).toMatchObject([{ approval: id, because }])
  })

  it('is taken back by nobody who may not review', async () => {
    const room = start()
    const { id } = room.ask()
    await grant(room, id)
    await expect(room.approvals.takeBack(id, dba('ivy', { role: 'investigator' }))).rejects.toMatchObject({ code: 'not_allowed' })
    expect(next(room).id).toBe(id)
  })

  it('holds no longer on a machine that slept', async () => {
    const room = start()
    const { id } = room.ask()
    await grant(room, id)
    room.machine.clock.step(10 * minute)
    expect(next(room).id).not.toBe(id)
  })

  it('is none when the ledger does not keep it', async () => {
    const room = start()
    const { id } = room.ask()
    await settle()
    room.machine.disk.failSyncs()
    await expect(grant(room, id)).rejects.toThrow(LedgerFailed)
    await settle()
    expect(room.approvals.get(id)).toMatchObject({ state: 'withdrawn', grant: null })
  })

  it('is over after a restart, which the ledger says once', async () => {
    const room = start()
    const { id } = room.ask()
    await grant(room, id)
    const again = start(room.machine)
    expect(again.approvals.get(id)?.grant).toMatchObject({ by: ['ada'], ended: { because: 'gateway restarted' } })
    expect(next(again).id).not.toBe(id)
    start(room.machine)
    expect(ledgerOf(room.machine).filter(({ kind }) => kind === 'grant ended')).toHaveLength(1)
  })
})

describe('policies that change', () => {
  it('end what waits under those before them, at once', async () => {
    const { approvals, ask, vote, state, machine } = start()
    const { id, outcomes } = ask()
    approvals.lawIs('prod@abc')
    expect(state(id)).toBe('pending')
    approvals.lawIs('prod@def')
    await settle()
    expect(outcomes).toEqual([{ granted: false, because: 'stale', reviews: [] }])
    expect(settledIn(machine)).toEqual([['withdrawn', 'policies changed']])
    await expect(vote(id, dba('ada'))).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('policies changed') })
  })
})

describe('what was decided', () => {
  it('is there after a restart, with who said what, in the order of its end', async () => {
    const { machine, ask, vote } = start()
    const first = ask()
    await machine.advance(1)
    const second = ask({ session: { delegation: [agent('launcher')] } })
    await vote(second.id, dba('ada'))
    await machine.advance(1)
    await vote(first.id, dba('bob'), 'reject')
    const { approvals } = start(machine)
    expect(approvals.list({ state: 'decided' }, { limit: 10, cursor: null }).items).toMatchObject([
      {
        id: second.id,
        state: 'granted',
        because: 'votes',
        ask: null,
        request: { session: 's', number: 3, target: 'shop', principal: { name: 'backfill' }, delegation: [{ name: 'launcher' }], digest },
        demands: [{ votes: 1, met: true }],
        reviews: [{ by: 'ada', vote: 'approve', comment: 'seen', at: '2026-01-01T00:00:00.001Z', digest }],
        decidedAtUs: expect.any(Number),
      },
      { id: first.id, state: 'rejected', reviews: [{ by: 'bob', vote: 'reject' }] },
    ])
  })

  it('stays when what the command said is forgotten', async () => {
    const { ask, vote, approvals } = start()
    const { id } = ask()
    await vote(id, dba('ada'))
    approvals.forget('other', 'all')
    approvals.forget('s', [2])
    expect(approvals.get(id)?.ask?.text).toBe('delete from orders')
    approvals.forget('s', [3])
    expect(approvals.get(id)).toMatchObject({ ask: null, reviews: [{ by: 'ada' }] })
  })
})

describe('list', () => {
  it('gives pages, newest first, of one state or of all', async () => {
    const { machine, ask, vote, approvals } = start()
    const ids: string[] = []
    for (let n = 0; n < 5; n++) {
      ids.unshift(ask().id)
      await machine.advance(1)
    }
    await vote(ids[1]!, dba('ada'))
    await vote(ids[3]!, dba('ada'), 'reject')
    const page = (state: 'pending' | 'granted' | null, limit: number, cursor: string | null = null) => {
      const found = approvals.list(state === null ? {} : { state }, { limit, cursor })
      return [found.items.map(({ id }) => ids.indexOf(id)), found.cursor] as const
    }
    expect(page(null, 10)).toEqual([[0, 1, 2, 3, 4], null])
    expect(page('granted', 10)).toEqual([[1], null])
    expect(page('pending', 2)).toEqual([[0, 2], ids[2]])
    expect(page('pending', 2, ids[2]!)).toEqual([[4], null])
  })

  it('remembers only so many that ended, and those that last ended', async () => {
    const { ask, vote, approvals, state } = start()
    const first = ask()
    await vote(first.id, dba('ada'))
    let last = ''
    for (let n = 0; n < 2000; n++) {
      const { id, disconnect } = ask()
      disconnect()
      last = id
    }
    expect(state(first.id)).toBeUndefined()
    expect(state(last)).toBe('withdrawn')
    expect(approvals.list({}, { limit: 5000, cursor: null }).items).toHaveLength(2000)
  })

  it('holds no more text than it may, however long the commands were', async () => {
    const { approvals } = start()
    const ids: string[] = []
    for (let n = 0; n < 5; n++) {
      const connection = new AbortController()
      ids.push(approvals.request({ ...asked({}), text: 'x'.repeat(12 * 1024 * 1024) }, connection.signal).id)
      connection.abort()
    }
    expect(ids.map(id => approvals.get(id)?.state)).toEqual(ids.map(() => 'withdrawn'))
    expect(ids.map(id => approvals.get(id)?.ask !== null)).toEqual([false, false, false, true, true])
  })
})
