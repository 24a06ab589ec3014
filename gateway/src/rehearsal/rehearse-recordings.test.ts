import { compile, rehearseRecordings, type Progress, type RehearsalAsk, type RehearsedPolicy } from '@steno/policy-dsl'
import { readRecording } from '@steno/recordings'
import { describe, expect, it } from 'vitest'
import { forbidding, knownWorld } from '../policies/test-policies.ts'
import { findRecordings } from './find-recordings.ts'
import { recordingsOf } from './recordings-of.ts'
import { History, pastParser } from './test-history.ts'

function draft(source: string, name = 'draft', version: string | null = null): RehearsedPolicy {
  const { ruleset, problems } = compile(source, { live: knownWorld })
  if (!ruleset) throw new Error(problems[0]?.message)
  return { name, version, ruleset }
}

async function rehearse(history: History, policies: RehearsedPolicy[], asked: Partial<RehearsalAsk> = {}) {
  const told: Progress[] = []
  const sessions = history.sessions.map(({ id }) => id)
  const report = await rehearseRecordings({
    ask: { policies, sinceUs: null, untilUs: null, unknowns: [], isTruncated: false, showsValues: true, ...asked },
    recordings: recordingsOf(sessions, { disk: history.machine.disk, files: history.files, parser: pastParser }),
    clock: history.machine.clock,
    random: count => history.machine.random(count),
    onProgress: progress => told.push(progress),
  })
  return { report, told }
}

const masking = `rule('hide mail', { on: target('shop'), effect: mask({ columns: [shop.customers.email], with: 'redact' }) })`

describe('a rehearsal', () => {
  it('sets what was said then against what would be said now, flip by flip with its frame', async () => {
    const history = new History()
    const id = await history.session(['SELECT id FROM orders', 'DELETE FROM orders WHERE id = 7', 'SELECT 1'])
    const { report } = await rehearse(history, [draft(forbidding('DELETE', { because: 'not in production' }))])
    expect(report).toMatchObject({
      policies: [{ name: 'draft', version: null }],
      sessions: 1,
      commands: 3,
      agents: 1,
      from: '2026-01-01T00:00:01.000000Z',
      to: '2026-01-01T00:00:03.000000Z',
      matrix: { allow: { allow: 2, hold: 0, deny: 1 }, hold: { allow: 0, hold: 0, deny: 0 }, deny: { allow: 0, hold: 0, deny: 0 } },
      rules: [{ policy: 'draft', rule: 'no DELETE', matched: 1, newlyDenied: 1, newlyHeld: 0, newlyAllowed: 0, agents: 1 }],
      flipsTotal: 1,
      flips: [
        {
          session: id,
          command: 2,
          at: '2026-01-01T00:00:02.000000Z',
          principal: 'backfill',
          target: 'shop',
          text: 'DELETE FROM orders WHERE id = 7',
          before: 'allow',
          after: 'deny',
          rule: 'no DELETE',
          policy: 'draft',
          reason: 'not in production',
          ruleBefore: null,
        },
      ],
      flipGroups: {
        byShape: [{ name: 'delete from orders where id = ?', flips: 1, newlyDenied: 1 }],
        byAgent: [{ name: 'backfill', flips: 1 }],
      },
      isTruncated: false,
    })
    const { events } = readRecording(history.castOf(id))
    const [flip] = report.flips
    expect(events.find(({ line }) => line === flip?.frame)?.event).toMatchObject({ code: 'q', command: { n: 2 } })
    const [start, end] = flip!.clauses[0]!
    expect(forbidding('DELETE', { because: 'not in production' }).slice(start, end)).toBe("op.verb === 'DELETE'")
  })

  it('says nothing flips under the policies of then', async () => {
    const history = new History()
    await history.publish('guard', forbidding('DELETE'))
    await history.session(['DELETE FROM orders', 'SELECT 1'])
    const { report } = await rehearse(history, [draft(forbidding('DELETE'), 'guard')])
    expect(report).toMatchObject({ flipsTotal: 0, matrix: { allow: { allow: 1 }, deny: { deny: 1 } }, unknowns: [] })
  })

  it('counts what nothing stops any more by the rule that stopped it, also where that is gone', async () => {
    const history = new History()
    await history.publish('guard', forbidding('DELETE') + forbidding('UPDATE'))
    await history.session(['DELETE FROM orders', 'UPDATE orders SET id = 1', 'DELETE FROM orders'])
    const looser = forbidding('UPDATE').replace('op.verb', "op.principal.name !== 'backfill' && op.verb").replace("'deny')", "'allow')")
    const { report } = await rehearse(history, [draft(looser, 'guard')])
    expect(report.matrix.deny).toEqual({ allow: 3, hold: 0, deny: 0 })
    expect(report.rules).toMatchObject([{ rule: 'no UPDATE', newlyAllowed: 1 }])
    expect(report.rulesGone).toEqual([{ rule: 'no DELETE', newlyAllowed: 2 }])
    expect(report.unknowns.join('\n')).toContain('did not run then and would now')
  })

  it('takes a command that was held as held, whatever people said', async () => {
    const history = new History()
    const asking = `rule('ask', { on: target('shop'), when: op => op.verb === 'UPDATE', effect: requireApproval({ by: 'dba', within: '15m' }) })`
    await history.publish('guard', asking)
    await history.session(['UPDATE orders SET id = 1', { text: 'UPDATE orders SET id = 2', consent: false }])
    const same = await rehearse(history, [draft(asking)])
    expect(same.report.matrix.hold).toEqual({ allow: 0, hold: 2, deny: 0 })
    expect(same.report.approvalsPerDay).toEqual([{ day: '2026-01-01', heldBefore: 2, heldAfter: 2, by: { dba: 2 } }])
    const stricter = await rehearse(history, [draft(asking), draft(forbidding('UPDATE'), 'more')])
    expect(stricter.report.matrix.hold).toEqual({ allow: 0, hold: 0, deny: 2 })
    expect(stricter.report.flips[0]).toMatchObject({ rule: 'no UPDATE', policy: 'more', ruleBefore: 'ask' })
  })

  it('looks only at commands within the time that was asked for', async () => {
    const history = new History()
    await history.session(['SELECT 1', 'SELECT 2', 'SELECT 3', 'SELECT 4'])
    await history.session(['SELECT 5'])
    const startUs = history.sessions[0]!.startedAtUs
    const { report } = await rehearse(history, [draft(forbidding('DELETE'))], {
      sinceUs: startUs + 2_000_000,
      untilUs: startUs + 4_000_000,
    })
    expect(report).toMatchObject({ sessions: 1, commands: 2, from: '2026-01-01T00:00:02.000000Z', to: '2026-01-01T00:00:03.000000Z' })
  })

  it('tells which columns of which answers would be masked, and where that cannot be told', async () => {
    const history = new History()
    const id = await history.session([
      { text: 'SELECT email FROM customers', columns: ['email'], rows: [['a@x.org'], ['b@x.org']] },
      { text: 'SELECT upper(email) AS m FROM customers', columns: ['m'], rows: [['A@X.ORG']] },
      { text: 'SELECT id FROM orders', columns: ['id'], rows: [['1']] },
      { text: 'SELECT email FROM customers', kind: 'prepare' },
      { text: 'DELETE FROM orders RETURNING (SELECT email FROM customers)', columns: ['email'] },
    ])
    const { report } = await rehearse(history, [draft(masking), draft(forbidding('DELETE'), 'more')])
    expect(report.masked).toMatchObject([
      { session: id, command: 1, rows: 2, rules: ['hide mail'], wouldMask: ['email'], reads: [], principal: 'backfill', target: 'shop' },
      { session: id, command: 2, rows: 1, wouldMask: [], reads: [expect.stringMatching(/email$/)] },
    ])
    expect(report.maskedTotal).toBe(2)
    expect(report.unknowns).toContainEqual(
      expect.stringContaining('1 command reads masked columns that came back under no name of their own'),
    )
  })

  it('shows a few values as history holds them, and what would stand in their place', async () => {
    const history = new History()
    const id = await history.session([
      { text: 'SELECT id FROM customers', columns: ['id'], rows: [['7']] },
      {
        text: 'SELECT id, email FROM customers',
        columns: ['id', 'email'],
        rows: [...'abcdefgh'].map(name => [name, `${name}.lovelace@x.org`]),
      },
    ])
    const { report } = await rehearse(history, [draft(masking.replace('redact', 'last4'))])
    const [hits] = report.masks
    expect(hits).toMatchObject({ rule: 'hide mail', commands: 1, rows: 8 })
    const [first, ...more] = hits!.samples
    expect(first).toEqual({
      column: 'email',
      before: 'a.lovelace@x.org',
      after: '****.org',
      maskedBy: null,
      session: id,
      command: 2,
      frame: report.masked[0]!.frame,
    })
    expect(more.map(({ before }) => before)).toEqual(['b', 'c', 'd', 'e'].map(name => `${name}.lovelace@x.org`))
  })

  it('says of values that were masked already by which rule, and shows each once', async () => {
    const history = new History()
    const cells = [[{ masked: '[redacted]', rule: 'old' }], [{ masked: '[redacted]', rule: 'old' }], [null], ['new@x.org']]
    await history.session([{ text: 'SELECT email FROM customers', columns: ['email'], cells }])
    const { report } = await rehearse(history, [draft(masking)])
    expect(report.masks[0]?.samples).toMatchObject([
      { before: '[redacted]', after: '[redacted]', maskedBy: 'old' },
      { before: 'new@x.org', after: '[redacted]', maskedBy: null },
    ])
  })

  it('shows what a pattern finds, wherever it stands, and nothing of what it does not', async () => {
    const history = new History()
    const rows = [
      ['1', 'nothing'],
      ['2', 'card 4111111111111111 of ada'],
      ['4111111111111111', 'twice 4111111111111111 4222222222222222'],
    ]
    await history.session([{ text: 'SELECT id, note FROM orders', columns: ['id', 'note'], rows }])
    const pattern = `rule('cards', { on: target('shop'), effect: mask({ matching: /\\b\\d{16}\\b/, with: 'last4' }) })`
    const { report } = await rehearse(history, [draft(pattern)])
    expect(report.masks[0]?.samples.map(({ column, before, after }) => [column, before, after])).toEqual([
      ['note', 'card 4111111111111111 of ada', 'card ****1111 of ada'],
      ['id', '4111111111111111', '****1111'],
      ['note', 'twice 4111111111111111 4222222222222222', 'twice ****1111 ****2222'],
    ])
  })

  it('shows no values to whoever may not read them', async () => {
    const history = new History()
    await history.session([{ text: 'SELECT email FROM customers', columns: ['email'], rows: [['a@x.org']] }])
    const { report } = await rehearse(history, [draft(masking)], { showsValues: false })
    expect(report.masks).toMatchObject([{ rule: 'hide mail', rows: 1, samples: [] }])
    expect(JSON.stringify(report)).not.toContain('a@x.org')
  })

  it('counts limits on bytes by what the record says of answers', async () => {
    const history = new History()
    const rows = Array.from({ length: 10 }, () => ['0123456789'])
    await history.session([{ text: 'SELECT note FROM orders', columns: ['note'], rows }])
    const limiting = `rule('small', { on: target('shop'), effect: limit({ bytes: 100, over: 'cut' }) })`
    const { report } = await rehearse(history, [draft(limiting)])
    // A row is a message's 7 bytes, a value's length in 4, and its 10.
    expect(report.limits).toEqual([{ rule: 'small', commands: 1, denied: 0, held: 0, cut: 1, rowsCut: 6, bytesCut: 126, brokenOff: 0 }])
  })

  it('takes what a mask could not be put on as refused, as long as it is asked for', async () => {
    const history = new History()
    await history.publish('guard', masking)
    await history.session([{ text: 'SELECT email FROM customers', columns: ['email'] }])
    const same = await rehearse(history, [draft(masking)])
    expect(same.report).toMatchObject({ flipsTotal: 0, maskedTotal: 0, matrix: { deny: { deny: 1 } } })
    const without = await rehearse(history, [draft(forbidding('DELETE'))])
    expect(without.report).toMatchObject({ flipsTotal: 1, matrix: { deny: { allow: 1 } } })
  })

  it('takes what the protocol itself refused as refused, whatever policies say', async () => {
    const history = new History()
    await history.session([{ text: 'SET client_encoding TO latin1', refusal: { rule: 'readable', reason: 'fixed' } }])
    const { report } = await rehearse(history, [draft(forbidding('DELETE'))])
    expect(report).toMatchObject({ commands: 1, flipsTotal: 0, matrix: { deny: { deny: 1 } }, unknowns: [] })
  })

  it('says which commands were read only now, and that this tells less', async () => {
    const history = new History()
    await history.session(['SELECT 1'])
    await history.publish('guard', forbidding('DELETE'))
    await history.session(['SELECT 2'])
    const { report } = await rehearse(history, [draft(forbidding('DELETE'))])
    expect(report.unknowns).toEqual([expect.stringMatching(/^1 command is recorded without what it would do: read now/)])
  })

  it('goes on behind recordings that are gone or damaged, and names them', async () => {
    const history = new History()
    const [gone, damaged] = [
      await history.session(['DELETE FROM orders']),
      await history.session(['DELETE FROM orders', 'DELETE FROM orders']),
    ]
    await history.session(['DELETE FROM orders'])
    history.machine.disk.remove(history.pathOf(gone))
    const text = new TextDecoder().decode(history.castOf(damaged)).split('\n')
    const second = text.findIndex(line => line.includes('\\"n\\":2'))
    history.replaceCast(damaged, new TextEncoder().encode([...text.slice(0, second), 'broken', ''].join('\n')))
    const { report } = await rehearse(history, [draft(forbidding('DELETE'))])
    expect(report).toMatchObject({ sessions: 2, flipsTotal: 2 })
    expect(report.unknowns.join('\n')).toContain('1 recording is not there any more')
    expect(report.unknowns.join('\n')).toContain(`only what stands before counts: ${damaged} (line ${second}`)
  })

  it('says how far it is, and at the end that it is done', async () => {
    const history = new History()
    for (let i = 0; i < 3; i++) await history.session(['SELECT 1', 'SELECT 2'])
    const { told } = await rehearse(history, [draft(forbidding('DELETE'))])
    expect(told.at(-1)).toEqual({ sessions: 3, of: 3, commands: 6 })
    expect(told.every(({ sessions, of }) => sessions <= of)).toBe(true)
  })

  it('has nothing to say where nothing was recorded', async () => {
    const { report } = await rehearse(new History(), [draft(forbidding('DELETE'))])
    expect(report).toMatchObject({ sessions: 0, commands: 0, from: null, to: null, flips: [], unknowns: [] })
  })
})

describe('findRecordings', () => {
  it('gives those that are wanted, the earliest first, and names files that are none', async () => {
    const history = new History()
    const first = history.pathOf(await history.session(['SELECT 1']))
    const billing = history.pathOf(await history.session(['SELECT 1'], { target: 'billing' }))
    const other = history.pathOf(await history.session(['SELECT 1'], { agent: 'reporter' }))
    history.machine.disk.replace('/data/none.cast', new TextEncoder().encode('{"version": 2}\n'))
    history.machine.disk.replace('/data/empty.cast', new Uint8Array(0))
    const paths = [other, '/data/none.cast', billing, '/data/empty.cast', first]
    const namesOf = (filter: Parameters<typeof findRecordings>[1]) =>
      findRecordings(paths, filter, { disk: history.machine.disk, parser: pastParser }).recordings.map(({ name }) => name)
    expect(namesOf({})).toEqual([first, billing, other])
    expect(namesOf({ target: 'billing' })).toEqual([billing])
    expect(namesOf({ agent: 'reporter' })).toEqual([other])
    expect(namesOf({ untilUs: history.sessions[1]!.startedAtUs })).toEqual([first])
    expect(findRecordings(paths, {}, { disk: history.machine.disk, parser: pastParser }).unreadable).toEqual([
      expect.stringContaining('/data/none.cast'),
      expect.stringContaining('/data/empty.cast'),
    ])
  })
})
