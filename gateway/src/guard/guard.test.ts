import type { LimitObligation } from '@steno/policy-dsl'
import { readRecording, type EndReason, type RecordedEvent, type RowBlock } from '@steno/recordings'
import { describe, expect, it } from 'vitest'
import { Recordings } from '../journal/recordings.ts'
import type { SessionRequest } from '../protocols/protocol.ts'
import { settle, SimulatedMachine } from '../runtime/simulated.ts'
import { Guard, type GuardOptions } from './guard.ts'
import { noLaw } from './no-law.ts'
import { LimitExceeded, RecordingFailed, type AnswerKeeper, type CommandDraft, type Ruling, type Session, type Ticket } from './session.ts'
import { decidedBy, lawOf, TestConsent, TestEvidence } from './test-law.ts'
import { ClientWire, TargetWire } from './wires.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (raw: Uint8Array) => new TextDecoder().decode(raw)

const draft = (statement: string): CommandDraft => ({
  kind: 'query',
  text: statement,
  transaction: 'idle',
  transcript: `=> ${statement}\r\n`,
  understand: () => ({
    operations: [{ verb: statement.split(' ')[0]!.toUpperCase(), tables: [], columns: [] }],
    comply: () => ({ possible: false, rule: 'r', reason: 'nothing can be masked here', hint: 'ask otherwise' }),
  }),
  renew: () => {},
})

function rig(options: Partial<GuardOptions> = {}) {
  const machine = new SimulatedMachine()
  const syncErrors: Error[] = []
  const recordings = new Recordings(machine, { directory: '/data', onSyncFailed: error => syncErrors.push(error), onGrown: () => {} })
  const guard = new Guard(machine, recordings, { gateway: 'gw', durability: 'standard', law: noLaw, log: null, consent: null, ...options })
  const run = new AbortController()
  const request: SessionRequest = {
    run: {
      identity: { id: 'r1', attempt: 2, task: 'report', trigger: null, agentVersion: null, parent: null },
      root: 'r1',
      principal: { kind: 'agent', name: 'reporter', groups: [] },
      delegation: [],
      targets: ['shop'],
      expiresAtUs: Number.MAX_SAFE_INTEGER,
      over: run.signal,
    },
    protocol: 'postgres',
    target: { name: 'shop', address: { host: 'db', port: 5432 }, labels: {}, settings: {} },
    client: { address: '10.0.0.1:5000', application: null, tls: false },
  }
  return { machine, guard, request, syncErrors, endRun: (reason: EndReason) => run.abort(reason) }
}

type Rig = ReturnType<typeof rig>

/** The file of the only session. */
function castOf({ machine }: Rig): Uint8Array {
  const [day] = machine.disk.list('/data/sessions')
  const [name] = machine.disk.list(`/data/sessions/${day}`)
  return machine.disk.read(`/data/sessions/${day}/${name}`)
}

/** What stands in the file at this moment, however the session goes on. */
const linesNow = (on: Rig): number => readRecording(castOf(on)).events.length + 1
const eventsNow = (on: Rig): RecordedEvent[] => readRecording(castOf(on)).events.flatMap(({ event }) => (event.code === 's' ? [] : [event]))

/** A session with both wires, and a story of what each socket was given and what the file held right then. */
function serve(on: Rig) {
  const session = on.guard.open(on.request)
  const story: { socket: 'target' | 'client'; bytes: string; file: string }[] = []
  const observed = (name: 'target' | 'client') => {
    const [near, far] = on.machine.network.pair()
    far.onData(() => {})
    const write = near.write.bind(near)
    near.write = sent => {
      story.push({ socket: name, bytes: text(sent), file: text(castOf(on)) })
      return write(sent)
    }
    return near
  }
  return { session, story, target: new TargetWire(session, observed('target')), client: new ClientWire(session, observed('client')) }
}

function allowed(ruling: Ruling | Promise<Ruling>) {
  if (ruling instanceof Promise || ruling.verdict !== 'allow') throw new Error('expected a ruling that allows at once')
  return ruling
}

function rowOf(value: string): RowBlock {
  const raw = bytes(value)
  return { count: 1, columns: 1, bytes: raw, cells: Int32Array.of(0, raw.length) }
}

describe('a session', () => {
  it('begins with the first line of its recording', () => {
    const on = rig()
    const session = on.guard.open(on.request)
    const { header } = readRecording(castOf(on))
    expect(header.title).toBe('reporter · report #2 · shop')
    expect(header.steno).toMatchObject({
      session: session.id,
      gateway: 'gw',
      target: { name: 'shop', address: 'db:5432' },
      run: { id: 'r1' },
    })
    expect([...on.guard.openSessions.values()]).toMatchObject([{ id: session.id, run: 'r1', target: 'shop', protocol: 'postgres' }])
  })

  it('does not begin when that line cannot be written', () => {
    const on = rig()
    on.machine.disk.failWritesAfter(100)
    expect(() => on.guard.open(on.request)).toThrow(RecordingFailed)
    on.machine.disk.becomeReadOnly()
    expect(() => on.guard.open(on.request)).toThrow(RecordingFailed)
    expect(on.guard.openSessions.size).toBe(0)
  })

  it('sends a command to the target only once its line is in the file', async () => {
    const on = rig()
    const { session, story, target } = serve(on)
    for (const statement of ['select 1', 'select 2', 'select 3']) {
      const ruling = allowed(session.submit(draft(statement)))
      target.send(bytes(statement), ruling.pass)
      if (statement !== 'select 1') await target.flush()
    }
    expect(story.map(({ bytes }) => bytes)).toEqual(['select 1select 2', 'select 3'])
    for (const { bytes, file } of story) {
      const last = bytes.slice(-'select n'.length)
      expect(file).toContain(`\\"text\\":\\"${last}\\"`)
      expect(file.endsWith('\n')).toBe(true)
    }
  })

  it('shows an answer to the client only once its line is in the file', async () => {
    const on = rig()
    const { session, story, target, client } = serve(on)
    const { ticket, pass } = allowed(session.submit(draft('select secret')))
    target.send(bytes('q'), pass)
    await target.flush()
    client.write(session.clear(ticket, rowOf('the answer'), bytes('D:the answer'), () => {}))
    client.write(session.clear(ticket, { kind: 'done', tag: 'SELECT 1', rows: 1 }, bytes('C'), () => {}))
    client.write(session.remark({ kind: 'setting', name: 'TimeZone', value: 'UTC' }, bytes('S')))
    await client.flush()
    const shown = story.at(-1)
    expect(shown).toMatchObject({ socket: 'client', bytes: 'D:the answerCS' })
    expect(shown?.file).toContain('the answer')
    expect(shown?.file).toContain('TimeZone')
    expect(shown?.file.endsWith('\n')).toBe(true)
  })

  it('shows nothing, and sends nothing, that the recording could not take', async () => {
    for (const roomBytes of [0, 1, 40]) {
      const on = rig()
      const { session, story, target, client } = serve(on)
      const first = allowed(session.submit(draft('select 1')))
      target.send(bytes('first'), first.pass)
      await target.flush()
      on.machine.disk.failWritesAfter(roomBytes)
      target.send(bytes('second'), allowed(session.submit(draft('delete from t'))).pass)
      client.write(session.clear(first.ticket, rowOf('x'), bytes('row'), () => {}))
      expect(() => target.flush()).toThrow(RecordingFailed)
      // The disk is well again, but the session is not: what it lost cannot be told.
      on.machine.disk.heal()
      expect(() => client.flush()).toThrow(RecordingFailed)
      expect(() => target.flush()).toThrow(RecordingFailed)
      expect(() => session.submit(draft('select 2'))).toThrow(RecordingFailed)
      expect(() => session.relay()).toThrow(RecordingFailed)
      session.close('interrupted')
      await settle()
      expect(story.map(({ bytes }) => bytes)).toEqual(['first'])
      expect(on.machine.disk.list('/data/open')).toEqual([session.id])
      expect(on.guard.openSessions.size).toBe(0)
    }
  })

  it('takes each pass and each clearance once', () => {
    const on = rig()
    const { session, target, client } = serve(on)
    const { pass } = allowed(session.submit(draft('select 1')))
    target.send(bytes('a'), pass)
    expect(() => target.send(bytes('a'), pass)).toThrow('a pass is spent once')
    const cleared = session.relayBack(bytes('Z'))
    client.write(cleared)
    expect(() => client.write(cleared)).toThrow('cleared bytes are written once')
  })

  it('sends nothing by strict durability before the commands are on disk', async () => {
    const on = rig({ durability: 'strict' })
    on.machine.disk.syncMs = 10
    const { session, story, target, client } = serve(on)
    target.send(bytes('q'), allowed(session.submit(draft('select 1'))).pass)
    const flushed = target.flush()
    expect(flushed).toBeInstanceOf(Promise)
    await on.machine.advance(9)
    expect(story).toEqual([])
    await on.machine.advance(1)
    await flushed
    expect(story).toHaveLength(1)
    // Answers, and what asks nothing, wait for the kernel alone.
    client.write(session.relayBack(bytes('Z')))
    target.send(bytes('S'), session.relay())
    expect([client.flush(), target.flush()]).toEqual([undefined, undefined])
    expect(story).toHaveLength(3)
  })

  it('sends nothing by strict durability when the disk fails to sync', async () => {
    const on = rig({ durability: 'strict' })
    const { session, story, target } = serve(on)
    on.machine.disk.failSyncs()
    target.send(bytes('q'), allowed(session.submit(draft('select 1'))).pass)
    void target.flush()
    await on.machine.advance(1000)
    expect(on.syncErrors).toMatchObject([{ code: 'EIO' }])
    expect(story).toEqual([])
  })

  it('refuses by itself what the protocol says it must, without asking the policy', () => {
    const on = rig({
      law: lawOf(() => {
        throw new Error('not asked')
      }),
    })
    const { session } = serve(on)
    const ruling = session.submit({ ...draft('set client_encoding to latin1'), refusal: { rule: 'readable', reason: 'fixed' } })
    expect(ruling).toMatchObject({ verdict: 'deny', decision: { rule: 'readable', reason: 'fixed' } })
    expect(ruling).not.toHaveProperty('pass')
    session.commit()
    expect(eventsNow(on)).toMatchObject([
      { code: 'q', command: { decision: { verdict: 'deny' } } },
      { code: 'o' },
      { code: 'm', label: 'deny: readable' },
    ])
  })

  it('takes nothing more once it is closed, and closes once', async () => {
    const on = rig()
    const { session } = serve(on)
    session.close('client closed')
    session.close('terminated')
    await settle()
    expect(() => session.submit(draft('select 1'))).toThrow('a closed session takes no more')
    expect(eventsNow(on)).toEqual([{ code: 'e', end: { reason: 'client closed', commands: 0 } }])
  })

  it('counts time by the clock that never steps back', async () => {
    const on = rig()
    const { session } = serve(on)
    await on.machine.advance(5)
    session.note({ kind: 'gateway', message: 'one' })
    on.machine.clock.step(-3_600_000)
    await on.machine.advance(7)
    session.note({ kind: 'gateway', message: 'two' })
    session.close('client closed')
    expect(readRecording(castOf(on)).events.map(({ atUs }) => atUs)).toEqual([5_000, 12_000, 12_000])
  })
})

describe('a held command', () => {
  function held() {
    const consent = new TestConsent()
    const law = lawOf(({ text: asked }) => (asked.startsWith('delete') ? decidedBy('hold', 'ask kim', 'deletes are looked at') : null))
    const on = rig({ law, consent })
    return { on, consent, ...serve(on) }
  }
  const byKim = { by: 'kim', vote: 'approve' as const, comment: 'fine', at: '2026-01-01T00:00:00.000Z', digest: '0'.repeat(64) }

  it('is in the file as held while it waits, and has its pass only once it is released', async () => {
    const { on, consent, session, story, target } = held()
    const ruling = session.submit(draft('delete from t'))
    expect(eventsNow(on)).toMatchObject([
      { code: 'q', command: { n: 1, operations: [{ verb: 'DELETE' }], decision: { verdict: 'hold', approval: 'apr_1' } } },
      { code: 'o' },
      { code: 'm', label: 'hold: ask kim' },
    ])
    await settle()
    expect(story).toEqual([])
    consent.asked[0]?.settle({ granted: true, reviews: [byKim] })
    const released = await ruling
    if (released.verdict !== 'allow') throw new Error('expected a release')
    target.send(bytes('delete'), released.pass)
    await target.flush()
    expect(story.map(({ bytes }) => bytes)).toEqual(['delete'])
    expect(story[0]?.file).toContain('approved')
    expect(eventsNow(on).at(-2)).toEqual({
      code: 'd',
      decision: {
        n: 1,
        decision: {
          verdict: 'allow',
          policyVersion: 'v1',
          rule: 'ask kim',
          reason: 'deletes are looked at',
          operation: 0,
          approval: 'apr_1',
          reviews: [byKim],
        },
      },
    })
  })

  it('has no pass once it is denied', async () => {
    const { on, consent, session } = held()
    const ruling = session.submit(draft('delete from t'))
    consent.asked[0]?.settle({ granted: false, because: 'rejected', reviews: [] })
    expect(await ruling).not.toHaveProperty('pass')
    session.commit()
    expect(eventsNow(on).at(-2)).toMatchObject({ code: 'd', decision: { n: 1, decision: { verdict: 'deny', rule: 'ask kim' } } })
  })

  it('goes by strict durability when its consent is on disk too, though others were written meanwhile', async () => {
    const law = lawOf(({ text }) => (text.startsWith('delete') ? decidedBy('hold', 'no deletes', 'ask first') : null))
    const consent = new TestConsent()
    const on = rig({ law, consent, durability: 'strict' })
    on.machine.disk.syncMs = 10
    const { session, story, target } = serve(on)
    const ruling = session.submit(draft('delete from t'))
    // What stands before it goes on its way, and takes its line to the disk with it.
    void target.flush()
    await on.machine.advance(100)
    consent.asked[0]?.settle({ granted: true, reviews: [byKim] })
    const { pass } = (await ruling) as Extract<Ruling, { verdict: 'allow' }>
    target.send(bytes('delete'), pass)
    const flushed = target.flush()
    await on.machine.advance(9)
    expect(story).toEqual([])
    await on.machine.advance(1)
    await flushed
    expect(story).toHaveLength(1)
  })

  it('is taken back by whoever asked, and then nobody can consent', async () => {
    const { consent, session } = held()
    const ruling = session.submit(draft('delete from t'))
    expect(session.withdraw()).toBe(true)
    expect(await ruling).toMatchObject({ verdict: 'deny', isWithdrawn: true })
    expect(consent.asked[0]?.signal.aborted).toBe(true)
    expect(session.withdraw()).toBe(false)
  })

  it('does not run when the connection goes between the last vote and its being written', async () => {
    const { consent, session } = held()
    const ruling = session.submit(draft('delete from t'))
    consent.asked[0]?.settle({ granted: true, reviews: [byKim] })
    session.withdraw()
    expect(await ruling).toMatchObject({ verdict: 'deny', isWithdrawn: true })
  })

  it('does not run when what it would do changed while it waited', async () => {
    const { consent, session } = held()
    let verb = 'DELETE'
    const understand = () => ({ ...draft('delete from t').understand(), operations: [{ verb, tables: [], columns: [] }] })
    const ruling = session.submit({ ...draft('delete from t'), understand, renew: () => void (verb = 'DROP') })
    consent.asked[0]?.settle({ granted: true, reviews: [byKim] })
    expect(await ruling).toMatchObject({
      verdict: 'deny',
      decision: { reason: expect.stringContaining('changed while it waited') as string },
    })
  })

  it('is denied when nobody can be asked', async () => {
    const on = rig({ law: lawOf(() => decidedBy('hold', 'ask kim', 'looked at')) })
    expect(await serve(on).session.submit(draft('delete from t'))).toMatchObject({ verdict: 'deny', decision: { rule: 'ask kim' } })
  })

  it('binds consent to its exact text, and to this one time', async () => {
    const { consent, session } = held()
    const digests = new Set<string>()
    for (const statement of ['delete from t', 'delete from t', 'delete from u']) {
      const ruling = session.submit(draft(statement))
      const asked = consent.asked.at(-1)!
      digests.add(asked.ask.digest)
      asked.settle({ granted: true, reviews: [byKim] })
      await ruling
    }
    expect(digests.size).toBe(3)
    expect(consent.asked.map(({ ask }) => ask.number)).toEqual([1, 2, 3])
  })
})

describe('a limit that holds', () => {
  const limit: LimitObligation = { rule: 'portions', rows: 2, bytes: null, perMinute: null, per: 'run', over: 'hold' }
  const cut = (): never => {
    throw new Error('expected nothing to be cut')
  }
  /** Keeps answers as they are. */
  const keeper: AnswerKeeper = {
    keep: given => ({ ...given, rows: 'count' in given.part ? given.part.count : 0 }),
    incoming: content => content,
    payload: said => said,
    setting: value => value,
    incomingRest: () => null,
    rest: () => null,
    cut,
    finish: cut,
  }
  const asking: CommandDraft = {
    ...draft('select id from t'),
    understand: () => ({ operations: [], comply: () => ({ possible: true, keeper }) }),
  }
  const unseen = () => {}
  const give = (session: Session, ticket: Ticket, rows: number) => {
    for (let row = 0; row < rows; row++) session.clear(ticket, rowOf('1'), bytes('1'), unseen)
    session.record(ticket, { kind: 'end', transaction: 'idle' }, unseen)
    session.commit()
  }

  it('holds what comes once it is used up, and is lifted for the command that people agree to', async () => {
    const consent = new TestConsent()
    const { session } = serve(rig({ law: lawOf(() => ({ limits: [limit] })), consent }))
    give(session, allowed(session.submit(asking)).ticket, 2)
    for (let turn = 1; turn <= 2; turn++) {
      const ruling = session.submit(asking)
      expect(consent.asked).toHaveLength(turn)
      expect(consent.asked.at(-1)?.ask.demands).toMatchObject([{ rule: 'portions', by: ['approver'], quorum: 1 }])
      consent.asked.at(-1)?.settle({ granted: true, reviews: [] })
      const granted = await ruling
      expect(granted.verdict).toBe('allow')
      give(session, granted.ticket, 100)
    }
  })

  it('breaks off the answer in which it is used up', () => {
    const { session } = serve(rig({ law: lawOf(() => ({ limits: [limit] })), consent: new TestConsent() }))
    const { ticket } = allowed(session.submit(asking))
    expect(() => give(session, ticket, 3)).toThrow(LimitExceeded)
  })

  it('is asked about once, whatever else its rule limits, and does not lift what another rule says', async () => {
    const consent = new TestConsent()
    const limits: LimitObligation[] = [limit, { ...limit, bytes: 1, rows: null }, { ...limit, rule: 'no more', rows: 4, over: 'deny' }]
    const { session } = serve(rig({ law: lawOf(() => ({ limits })), consent }))
    give(session, allowed(session.submit(asking)).ticket, 1)
    const ruling = session.submit(asking)
    expect(consent.asked.at(-1)?.ask.demands).toMatchObject([{ rule: 'portions' }])
    consent.asked.at(-1)?.settle({ granted: true, reviews: [] })
    const { ticket } = await ruling
    expect(() => give(session, ticket, 4)).toThrow(LimitExceeded)
  })
})

describe('a command that must be witnessed', () => {
  const demand = { rule: 'known outside', evidence: 'witnessed' as const, withinMs: 5000 }
  const signedBy = { witnessed: true as const, by: { size: 7, by: ['w.example/1'] } }

  function watched(more: ReturnType<typeof decidedBy> = {}) {
    const [consent, evidence] = [new TestConsent(), new TestEvidence()]
    const held = {
      ...decidedBy('hold', 'known outside', 'its record comes first'),
      approvals: [],
      evidence: [demand, { ...demand, withinMs: 2000 }],
    }
    const on = rig({ law: lawOf(() => ({ ...held, ...more })), consent, evidence })
    return { on, consent, evidence, ...serve(on) }
  }

  it('is in the file and on the disk before anybody is asked to vouch for it, and goes once they have', async () => {
    const { on, evidence, session, story, target } = watched()
    const ruling = session.submit(draft('drop'))
    await settle()
    const lines = linesNow(on)
    expect(evidence.asked.map(({ ask }) => ask)).toEqual([{ session: session.id, lines, withinMs: 2000 }])
    on.machine.disk.losePower()
    expect(eventsNow(on)).toMatchObject([{ code: 'q', command: { decision: { verdict: 'hold' } } }, { code: 'o' }, { code: 'm' }])
    evidence.asked[0]!.settle(signedBy)
    const released = await ruling
    if (released.verdict !== 'allow') throw new Error('expected a release')
    target.send(bytes('drop'), released.pass)
    expect(story).toEqual([])
    await target.flush()
    expect(eventsNow(on).slice(3)).toMatchObject([
      { code: 'd', decision: { n: 1, decision: { verdict: 'allow', rule: 'known outside', witnessed: { size: 7, by: ['w.example/1'] } } } },
      { code: 'm', label: 'witnessed: known outside' },
    ])
  })

  it('waits for people first, and what they said is part of what is witnessed', async () => {
    const approvals = [{ rule: 'ask kim', by: ['dba'], withinMs: 60_000, quorum: 1 }]
    const { on, consent, evidence, session } = watched({ approvals })
    const ruling = session.submit(draft('drop'))
    await settle()
    expect(evidence.asked).toEqual([])
    const byKim = { by: 'kim', vote: 'approve' as const, comment: 'fine', at: '2026-01-01T00:00:00.000Z', digest: '0'.repeat(64) }
    consent.asked[0]!.settle({ granted: true, reviews: [byKim] })
    await settle()
    const events = eventsNow(on)
    expect(events.at(-1)).toMatchObject({ code: 'd', decision: { decision: { verdict: 'hold', reviews: [byKim] } } })
    expect(evidence.asked[0]?.ask.lines).toBe(linesNow(on))
    evidence.asked[0]!.settle(signedBy)
    expect(await ruling).toMatchObject({ verdict: 'allow', decision: { approval: 'apr_1', reviews: [byKim], witnessed: { size: 7 } } })
  })

  it('asks no witness where people refused', async () => {
    const { consent, evidence, session } = watched({ approvals: [{ rule: 'ask kim', by: ['dba'], withinMs: 60_000, quorum: 1 }] })
    const ruling = session.submit(draft('drop'))
    consent.asked[0]!.settle({ granted: false, because: 'rejected', reviews: [] })
    expect(await ruling).toMatchObject({ verdict: 'deny', decision: { reason: 'consent was refused' } })
    expect(evidence.asked).toEqual([])
  })

  it('is refused with a hint when nobody vouches in time', async () => {
    const { evidence, session } = watched()
    const ruling = session.submit(draft('drop'))
    await settle()
    evidence.asked[0]!.settle({ witnessed: false, because: 'late' })
    const refused = await ruling
    expect(refused).toMatchObject({ verdict: 'deny', decision: { rule: 'known outside', reason: 'its record was not witnessed in time' } })
    expect(refused).toMatchObject({ isWithdrawn: false, hint: expect.stringContaining('witnesses answer') as string })
  })

  it('is refused with a hint where there are no witnesses', async () => {
    const on = rig({
      law: lawOf(() => ({ ...decidedBy('hold', 'known outside', 'first'), approvals: [], evidence: [demand] })),
      consent: new TestConsent(),
    })
    const { session } = serve(on)
    const refused = await session.submit(draft('drop'))
    expect(refused).toMatchObject({ verdict: 'deny', hint: expect.stringContaining('configuration') as string })
    session.commit()
    expect(eventsNow(on)[0]).toMatchObject({ code: 'q', command: { decision: { verdict: 'deny', rule: 'known outside' } } })
  })

  it('is taken back by whoever asked, and by the end of its session', async () => {
    const { evidence, session } = watched()
    const ruling = session.submit(draft('drop'))
    await settle()
    expect(session.withdraw()).toBe(true)
    expect(await ruling).toMatchObject({ verdict: 'deny', isWithdrawn: true })
    const other = session.submit(draft('drop'))
    await settle()
    session.end('terminated')
    expect(evidence.asked[1]?.signal.aborted).toBe(true)
    expect(await other).toMatchObject({ verdict: 'deny', isWithdrawn: true })
  })

  it('does not run when what it would do changed while it waited', async () => {
    const { evidence, session } = watched()
    let verb = 'DROP'
    const understand = () => ({ ...draft('drop').understand(), operations: [{ verb, tables: [], columns: [] }] })
    const ruling = session.submit({ ...draft('drop'), understand, renew: () => void (verb = 'TRUNCATE') })
    await settle()
    evidence.asked[0]!.settle(signedBy)
    expect(await ruling).toMatchObject({
      verdict: 'deny',
      decision: { reason: expect.stringContaining('changed while it waited') as string },
    })
  })
})

describe('the end of a session', () => {
  const reasonOf = (session: Session) => (session.over.aborted ? (session.over.reason as EndReason) : null)

  it('comes with the end of its run, for the same reason', () => {
    const on = rig()
    const session = on.guard.open(on.request)
    expect(reasonOf(session)).toBe(null)
    on.endRun('run expired')
    expect(reasonOf(session)).toBe('run expired')
  })

  it('has come when its run is over before it begins', () => {
    const on = rig()
    on.endRun('run ended')
    expect(reasonOf(on.guard.open(on.request))).toBe('run ended')
  })

  it('comes when someone terminates it, and there is nothing to terminate afterwards', () => {
    const on = rig()
    const session = on.guard.open(on.request)
    expect(on.guard.terminate('other')).toBe(false)
    expect(on.guard.terminate(session.id)).toBe(true)
    expect(reasonOf(session)).toBe('terminated')
    session.close('terminated')
    expect(on.guard.terminate(session.id)).toBe(false)
  })

  it('comes to all when the gateway stops, which waits for the last', async () => {
    const on = rig()
    const sessions = [on.guard.open(on.request), on.guard.open(on.request)]
    on.guard.endAll('gateway stopped')
    expect(sessions.map(reasonOf)).toEqual(['gateway stopped', 'gateway stopped'])
    let isEmpty = false
    void on.guard.allClosed().then(() => (isEmpty = true))
    sessions[0]?.close('gateway stopped')
    await settle()
    expect(isEmpty).toBe(false)
    sessions[1]?.close('gateway stopped')
    await settle()
    expect(isEmpty).toBe(true)
    await on.guard.allClosed()
  })

  it('keeps the first reason', () => {
    const on = rig()
    const session = on.guard.open(on.request)
    session.end('terminated')
    on.endRun('run ended')
    expect(reasonOf(session)).toBe('terminated')
  })
})

describe('a wire', () => {
  it('waits for a peer that does not keep up', async () => {
    const on = rig()
    const session = on.guard.open(on.request)
    const [near, far] = on.machine.network.pair()
    const wire = new ClientWire(session, near)
    wire.write(session.relayBack(new Uint8Array(100_000)))
    const flushed = wire.flush()
    expect(flushed).toBeInstanceOf(Promise)
    far.onData(() => {})
    await flushed
  })

  it('sends neighbours in one buffer as one, and nothing twice', async () => {
    const on = rig()
    const { session, story, client } = serve(on)
    const whole = bytes('abcdef')
    client.write(session.relayBack(whole.subarray(0, 2)))
    client.write(session.relayBack(whole.subarray(2, 4)))
    client.write(session.relayBack(new Uint8Array(0)))
    client.write(session.relayBack(whole.subarray(0, 2)))
    await client.flush()
    await client.flush()
    expect(story.map(({ bytes }) => bytes)).toEqual(['abcdab'])
  })
})
