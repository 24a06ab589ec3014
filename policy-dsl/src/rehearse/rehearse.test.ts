import { describe, expect, it } from 'vitest'
import type { Decision, Principal, RecordingHeader, Verdict } from '@steno/recordings'
import { createEvaluator } from '../evaluate/evaluate.ts'
import type { Expression, Rule } from '../ruleset.ts'
import {
  alert,
  approval,
  both,
  call,
  compare,
  equal,
  evidence,
  field,
  forbid,
  limit,
  mask,
  not,
  rule,
  ruleset,
  verb,
} from '../analyze/test-rules.ts'
import type { RehearsalResult } from './rehearsal-result.ts'
import { createRehearsal, type RehearsalOptions } from './rehearse.ts'
import { beginRehearsed, type RehearsedCommand, type RehearsedSession } from './rehearsed-session.ts'

const dayUs = 86_400_000_000
/** 2026-03-01T10:00:00Z */
const startUs = 1_772_359_200_000_000
const second = 1_000_000

interface Asked {
  verb?: string
  text?: string
  atUs?: number
  verdict?: Verdict
  rule?: string
  matched?: Decision['matched']
  rows?: number
  bytes?: number
  later?: Verdict
  /** Held for witnesses, not for people. */
  witnessed?: boolean
  masked?: number
  reads?: string[]
  columns?: string[]
  kind?: 'query' | 'prepare' | 'execute'
  hasWhere?: boolean
  /** Statements of its text, all alike. */
  statements?: number
  unread?: boolean
}

function command(n: number, asked: Asked): RehearsedCommand {
  const { verb: name = 'SELECT', verdict = 'allow', later, hasWhere } = asked
  const decision = (of: Verdict): Decision => ({
    verdict: of,
    policyVersion: 'old@1',
    ...(asked.rule && { rule: asked.rule }),
    ...(asked.matched && { matched: asked.matched }),
    ...(verdict === 'hold' && !asked.witnessed && { approval: 'ap1' }),
  })
  const operations = Array.from({ length: asked.statements ?? 1 }, (_, statement) => ({
    verb: name,
    tables: ['public.orders'],
    columns: [],
    ...(statement > 0 && { statement }),
    ...(hasWhere !== undefined && { hasWhere }),
    ...(asked.reads && { reads: asked.reads }),
  }))
  return {
    record: {
      n,
      kind: asked.kind ?? 'query',
      text: asked.text ?? `${name} ${n}`,
      transaction: 'idle',
      ...(asked.unread ? {} : { operations }),
      decision: decision(verdict),
    },
    line: n * 2,
    atUs: asked.atUs ?? n * second,
    decidedLater: later ? decision(later) : null,
    columns: asked.columns ?? [],
    rows: asked.rows ?? 0,
    bytes: asked.bytes ?? 0,
    maskedCells: asked.masked ?? 0,
  }
}

function session(
  id: string,
  commands: Asked[],
  { atUs = startUs, run = id, agent = 'alice', kind = 'agent' as Principal['kind'] } = {},
): RehearsedSession {
  const header: RecordingHeader = {
    v: 1,
    events: {},
    session: id,
    gateway: 'g',
    protocol: 'postgres',
    target: { name: 'shop', address: 'db:5432', labels: { env: 'prod' } },
    run: { id: run, attempt: 1, task: null, trigger: null, agentVersion: null, parent: null },
    principal: { kind, name: agent, groups: [] },
    delegation: [],
    client: { address: '10.0.0.1', application: null, tls: true },
    startedAtUs: atUs,
    policyVersion: 'old@1',
  }
  return { header, commands: commands.map((asked, index) => command(index + 1, asked)) }
}

function rehearse(rules: Rule[] | Rule[][], sessions: RehearsedSession[], options: Partial<RehearsalOptions> = {}): RehearsalResult {
  const policies = (Array.isArray(rules[0]) ? rules : [rules]) as Rule[][]
  const evaluators = policies.map(one => createEvaluator(ruleset(...one)))
  const rehearsal = createRehearsal({ evaluators, shapeOf: text => text.replaceAll(/\d+/g, '?'), ...options })
  for (const one of sessions) rehearsal.add(one)
  return rehearsal.result()
}

const noDeletes = rule('no deletes', {
  when: { ...verb('DELETE'), at: [10, 30] } as Expression,
  effect: forbid('deletes go through migrations'),
})
const codes = ({ unknowns }: RehearsalResult) => unknowns.map(({ code, count }) => [code, count])

describe('a rehearsal', () => {
  it('says of each verdict of then what it is now', () => {
    const result = rehearse(
      [noDeletes, rule('ask', { when: verb('UPDATE'), effect: approval() })],
      [
        session('s1', [
          {},
          { verb: 'DELETE' },
          { verb: 'UPDATE', verdict: 'hold', later: 'allow' },
          { verb: 'UPDATE' },
          { verb: 'DROP', verdict: 'deny', rule: 'old rule' },
        ]),
      ],
    )
    expect(result.verdicts).toEqual({
      allow: { allow: 1, hold: 1, deny: 1 },
      hold: { allow: 0, hold: 1, deny: 0 },
      deny: { allow: 1, hold: 0, deny: 0 },
    })
    expect(result.totals).toEqual({
      sessions: 1,
      runs: 1,
      agents: 1,
      commands: 5,
      rehearsed: 5,
      flips: 3,
      fromUs: startUs + second,
      toUs: startUs + 5 * second,
    })
  })

  it('shows each flip with its place, the rule and the clause that held', () => {
    const { flips } = rehearse(
      [noDeletes],
      [session('s1', [{}, { verb: 'DELETE', text: 'DELETE FROM orders WHERE id = 7' }, { verb: 'DROP', verdict: 'deny', rule: 'old' }])],
    )
    expect(flips).toEqual([
      {
        session: 's1',
        command: 2,
        line: 4,
        atUs: startUs + 2 * second,
        agent: 'alice',
        text: 'DELETE FROM orders WHERE id = 7',
        shape: 'DELETE FROM orders WHERE id = ?',
        before: 'allow',
        after: 'deny',
        rule: 'no deletes',
        reason: 'deletes go through migrations',
        ruleBefore: null,
        clauses: [[10, 30]],
      },
      expect.objectContaining({ command: 3, before: 'deny', after: 'allow', rule: null, reason: null, ruleBefore: 'old', clauses: [] }),
    ])
  })

  it('groups flips by shape and by agent, the most first', () => {
    const deletes = (agent: string, count: number, text: string) =>
      session(
        `s ${agent}`,
        Array.from({ length: count }, (_, i) => ({ verb: 'DELETE', text: `${text} ${i}` })),
        { agent },
      )
    const result = rehearse([noDeletes], [deletes('alice', 1, 'DELETE a'), deletes('bob', 3, 'DELETE b')])
    expect(result.flipsByShape.map(({ name, flips, newlyDenied, example }) => [name, flips, newlyDenied, example.session])).toEqual([
      ['DELETE b ?', 3, 3, 's bob'],
      ['DELETE a ?', 1, 1, 's alice'],
    ])
    expect(result.flipsByAgent.map(({ name, flips }) => [name, flips])).toEqual([
      ['bob', 3],
      ['alice', 1],
    ])
  })

  it('counts what each rule hits, also for rules that nothing hits', () => {
    const rules = [
      noDeletes,
      rule('watch', { when: equal('principal.kind', 'agent'), effect: alert() }),
      rule('never met', { when: verb('COPY'), effect: forbid() }),
      rule('trial', { effect: forbid(), mode: 'observe' }),
    ]
    const { rules: hits } = rehearse(rules, [
      session('s1', [{}, { verb: 'DELETE' }, { verb: 'DELETE', verdict: 'deny', rule: 'old' }]),
      session('s2', [{}], { agent: 'bob' }),
    ])
    expect(
      hits.map(({ rule: name, matched, decided, newlyDenied, agents, agentsAffected }) => [
        name,
        matched,
        decided,
        newlyDenied,
        agents,
        agentsAffected,
      ]),
    ).toEqual([
      ['no deletes', 2, 2, 1, 1, 1],
      ['watch', 4, 2, 0, 2, 0],
      ['never met', 0, 0, 0, 0, 0],
      ['trial', 4, 0, 0, 2, 0],
    ])
    expect(hits.map(({ isObserved }) => isObserved)).toEqual([false, false, false, true])
  })

  it('lets several policies decide together, each rule counted for its own', () => {
    const same = (effect: Rule['effects'][number]) => [rule('same name', { when: verb('DELETE'), effect })]
    const result = rehearse([same(approval()), same(forbid())], [session('s1', [{ verb: 'DELETE' }])])
    expect(result.verdicts.allow).toEqual({ allow: 0, hold: 0, deny: 1 })
    expect(result.rules.map(({ policy, matched, decided, newlyDenied }) => [policy, matched, decided, newlyDenied])).toEqual([
      [0, 1, 0, 0],
      [1, 1, 1, 1],
    ])
  })

  it('says which verbs no rule looks at', () => {
    const { unmatched } = rehearse([noDeletes], [session('s1', [{}, {}, { verb: 'COPY' }, { verb: 'DELETE' }])])
    expect(unmatched).toEqual({
      commands: 3,
      byVerb: [
        { verb: 'SELECT', operations: 2 },
        { verb: 'COPY', operations: 1 },
      ],
    })
  })

  it('does not hold what is only prepared', () => {
    const result = rehearse([rule('ask', { effect: approval() })], [session('s1', [{ kind: 'prepare' }, { kind: 'execute' }])])
    expect(result.verdicts.allow).toEqual({ allow: 1, hold: 1, deny: 0 })
  })

  it('leaves what the gateway refused unasked refused, and what a mask that still holds could not keep', () => {
    const masking = rule('hide', { effect: mask('email') })
    const result = rehearse(
      [masking],
      [
        session('s1', [
          { verb: 'SET', verdict: 'deny', rule: 'pinned', unread: true },
          { verdict: 'deny', rule: 'hide' },
          { verdict: 'deny', rule: 'gone' },
        ]),
      ],
    )
    expect(result.verdicts.deny).toEqual({ allow: 1, hold: 0, deny: 2 })
  })
})

describe('the run’s memory in a rehearsal', () => {
  const deletesBefore: Expression = { is: 'memory', counter: 'count', verb: 'DELETE', windowMs: 60_000 }
  const threeInAMinute = rule('no more than two', { when: both(verb('DELETE'), compare(deletesBefore, '>=', 2)), effect: forbid() })
  const deniedAt = ({ flips }: RehearsalResult) => flips.map(({ session: id, command: n }) => `${id}.${n}`)
  const deleteAt = (atSecond: number): Asked => ({ verb: 'DELETE', atUs: atSecond * second })

  it('grows by what was done and forgets by the clock of then; what is denied was not done', () => {
    const result = rehearse([threeInAMinute], [session('s1', [0, 1, 2, 3, 61, 62, 63].map(deleteAt))])
    // At 61 only the one at 1 is left to count; at 63 those at 61 and 62 are.
    expect(deniedAt(result)).toEqual(['s1.3', 's1.4', 's1.7'])
  })

  it('is shared by a run’s sessions, in the order of time and not of sessions', () => {
    const first = session('s1', [deleteAt(0), deleteAt(20)], { run: 'r' })
    const second_ = session('s2', [deleteAt(0)], { run: 'r', atUs: startUs + 10 * second })
    expect(deniedAt(rehearse([threeInAMinute], [first, second_]))).toEqual(['s1.2'])
    expect(
      deniedAt(
        rehearse([threeInAMinute], [first, { ...second_, header: { ...second_.header, run: { ...second_.header.run, id: 'other' } } }]),
      ),
    ).toEqual([])
  })

  it('counts rows that came back and approvals that are assumed', () => {
    const rowsBefore: Expression = { is: 'memory', counter: 'rows', verb: null, windowMs: 60_000 }
    const approvalsBefore: Expression = { is: 'memory', counter: 'approvals', verb: null, windowMs: 60_000 }
    const result = rehearse(
      [
        rule('much', { when: compare(rowsBefore, '>', 100), effect: forbid() }),
        rule('ask', { when: both(verb('UPDATE'), compare(approvalsBefore, '<', 1)), effect: approval() }),
      ],
      [session('s1', [{ verb: 'UPDATE' }, { verb: 'UPDATE' }, { rows: 101 }, {}])],
    )
    expect(result.flips.map(({ command: n, after }) => [n, after])).toEqual([
      [1, 'hold'],
      [4, 'deny'],
    ])
  })

  it('tells when sessions came in the wrong order', () => {
    const late = session('late', [{}], { atUs: startUs + dayUs })
    const later = session('later', [{}], { atUs: startUs + 2 * dayUs })
    expect(codes(rehearse([noDeletes], [late, later, session('early', [{}])]))).toContainEqual(['out-of-order', 1])
    expect(codes(rehearse([noDeletes], [session('early', [{}]), late, later]))).toEqual([])
  })
})

describe('obligations in a rehearsal', () => {
  it('counts masked columns by rule, with the rows they would have been hidden in', () => {
    const hidden = rule('pii', {
      effect: {
        effect: 'mask',
        arguments: {
          columns: [
            { target: null, schema: null, table: 'customers', column: 'email' },
            { target: 'other', schema: null, table: null, column: 'ssn' },
            { target: null, schema: null, table: null, column: 'phone' },
          ],
          with: 'redact',
        },
      },
    })
    const { masks } = rehearse(
      [hidden],
      [
        session('s1', [
          { reads: ['public.customers.email'], rows: 10 },
          { reads: ['public.customers.*'], columns: ['id', 'email', 'phone', 'ssn'], rows: 5 },
          { reads: ['public.orders.email', 'ssn'], rows: 99 },
          { reads: ['email'], rows: 1, verdict: 'deny', rule: 'x' },
        ]),
      ],
    )
    expect(masks).toEqual([
      { rule: 'pii', column: 'customers.email', commands: 3, rows: 16 },
      { rule: 'pii', column: 'phone', commands: 1, rows: 5 },
    ])
  })

  it('cuts answers at a limit for one command, and for a whole session over time', () => {
    const perCommand = rule('ten', { effect: limit(10) })
    const perSession = rule('fifteen in all', { effect: { effect: 'limit', arguments: { rows: 15, per: 'session', over: 'cut' } } })
    const asked = [{ rows: 4 }, { rows: 30 }, { rows: 3 }, { rows: 3 }]
    expect(rehearse([perCommand], [session('s1', asked)]).limits).toEqual([
      { rule: 'ten', commands: 4, denied: 0, held: 0, cut: 1, rowsCut: 20, bytesCut: 0, brokenOff: 0 },
    ])
    expect(rehearse([perSession], [session('s1', asked), session('s2', asked)]).limits).toEqual([
      { rule: 'fifteen in all', commands: 8, denied: 0, held: 0, cut: 6, rowsCut: 50, bytesCut: 0, brokenOff: 0 },
    ])
  })

  it('denies or holds what comes after a limit was used up, and breaks off what goes over it', () => {
    const rows = rule('rows', { effect: { effect: 'limit', arguments: { rows: 10, per: 'run', over: 'deny' } } })
    const result = rehearse([rows], [session('s1', [{ rows: 6 }, { rows: 6 }, { rows: 1 }])])
    expect(result.limits).toEqual([{ rule: 'rows', commands: 3, denied: 1, held: 0, cut: 0, rowsCut: 0, bytesCut: 0, brokenOff: 1 }])
    expect(result.flips).toMatchObject([{ command: 3, after: 'deny', rule: 'rows', reason: 'the limit was used up' }])
    expect(result.rules).toMatchObject([{ matched: 3, newlyDenied: 1, agentsAffected: 1 }])
  })

  it('cuts and breaks off by bytes too, as many whole rows as fit', () => {
    const byBytes = (bytes: number, over: string) => rule('small', { effect: { effect: 'limit', arguments: { bytes, per: 'run', over } } })
    const asked = [
      { rows: 10, bytes: 1000 },
      { rows: 10, bytes: 1000 },
      { rows: 10, bytes: 1000 },
    ]
    const cut = rehearse([byBytes(1250, 'cut')], [session('s1', asked)])
    expect(cut.limits).toEqual([{ rule: 'small', commands: 3, denied: 0, held: 0, cut: 2, rowsCut: 18, bytesCut: 1800, brokenOff: 0 }])
    expect(codes(cut)).toContainEqual(['bytes-as-recorded', 3])
    const denied = rehearse([byBytes(1200, 'deny')], [session('s1', asked)])
    expect(denied.limits).toMatchObject([{ commands: 3, denied: 1, brokenOff: 1 }])
    expect(codes(denied)).toContainEqual(['after-a-flip', 1])
  })

  it('lifts the limit that held a command, for that command', () => {
    const rows = rule('rows', { effect: { effect: 'limit', arguments: { rows: 5, per: 'run', over: 'hold' } } })
    const { limits, flips } = rehearse([rows], [session('s1', [{ rows: 5 }, { rows: 50 }, { rows: 50 }])])
    expect(limits).toMatchObject([{ commands: 3, held: 2, brokenOff: 0 }])
    expect(flips).toMatchObject([
      { command: 2, after: 'hold' },
      { command: 3, after: 'hold' },
    ])
  })

  it('counts what a run does that was opened in another for the one at the top', () => {
    const rows = rule('rows', { effect: { effect: 'limit', arguments: { rows: 10, per: 'run', over: 'deny' } } })
    const nested = (id: string, run: string, parent: string, atUs: number): RehearsedSession => {
      const one = session(id, [{ rows: 5 }], { atUs, run })
      return { ...one, header: { ...one.header, run: { ...one.header.run, parent } } }
    }
    const { flips } = rehearse(
      [rows],
      [
        session('s1', [{ rows: 5 }], { run: 'top' }),
        nested('s2', 'inside', 'top', startUs + 10 * second),
        nested('s3', 'deeper', 'inside', startUs + 20 * second),
      ],
    )
    expect(flips).toMatchObject([{ session: 's3', after: 'deny', rule: 'rows' }])
  })

  it('counts commands by the minute, those that are refused too', () => {
    const pace = rule('pace', { effect: { effect: 'limit', arguments: { perMinute: 2, over: 'hold' } } })
    const at = (seconds: number[]) => seconds.map(one => ({ atUs: one * second }))
    const { flips, limits } = rehearse([pace], [session('s1', at([0, 1, 2, 3, 90, 91]))])
    expect(flips.map(({ command: n, after }) => [n, after])).toEqual([
      [3, 'hold'],
      [4, 'hold'],
    ])
    expect(limits).toMatchObject([{ commands: 6, held: 2 }])
    const many = rehearse([pace], [session('s1', [{ statements: 2 }, { atUs: 70 * second, statements: 3 }])])
    expect(many.flips.map(({ command: n, after }) => [n, after])).toEqual([[2, 'hold']])
  })

  it('estimates who is asked to approve, by day', () => {
    const rules = [
      rule('ask', { when: verb('UPDATE'), effect: approval('dba') }),
      rule('also', { when: both(verb('UPDATE'), not(field('hasWhere'))), effect: approval('sre') }),
    ]
    const { approvals } = rehearse(rules, [
      session('s1', [
        { verb: 'UPDATE', hasWhere: true },
        { verb: 'UPDATE', hasWhere: false },
        { verb: 'DROP', verdict: 'hold', later: 'deny' },
      ]),
      session('s2', [{ verb: 'UPDATE', hasWhere: true }, {}], { atUs: startUs + dayUs }),
    ])
    expect(approvals).toEqual([
      { day: '2026-03-01', heldBefore: 1, heldAfter: 2, by: { dba: 2, sre: 1 } },
      { day: '2026-03-02', heldBefore: 0, heldAfter: 1, by: { dba: 1 } },
    ])
  })

  it('asks nobody where only witnesses are waited for, and gives the run no approval for it', () => {
    const rules = [
      rule('witnessed', { when: verb('DROP'), effect: evidence() }),
      rule('unapproved', {
        when: both(verb('UPDATE'), compare({ is: 'memory', counter: 'approvals', verb: null, windowMs: 3_600_000 }, '===', 0)),
        effect: forbid(),
      }),
    ]
    const past = [session('s1', [{ verb: 'DROP', verdict: 'hold', later: 'allow', witnessed: true }, { verb: 'DROP' }, { verb: 'UPDATE' }])]
    const result = rehearse(rules, past)
    expect(result.approvals).toEqual([])
    expect(result.verdicts).toMatchObject({ hold: { hold: 1 }, allow: { hold: 1, deny: 1 } })
    expect(codes(result)).toContainEqual(['evidence-assumed', 2])
    expect(codes(result).map(([code]) => code)).not.toContain('consent-assumed')
  })
})

describe('a run under a name that it made up', () => {
  const noReports = rule('no reports', { when: equal('principal.name', 'reporter'), effect: forbid() })
  const under = (name: string, launcher: string): RehearsedSession => {
    const one = session('s1', [{}])
    const delegation: Principal[] = [{ kind: 'agent', name: launcher, groups: [] }]
    return { ...one, header: { ...one.header, principal: { kind: 'agent', name, groups: [] }, delegation } }
  }

  it('meets what its launcher would meet, once for each rule', () => {
    const { verdicts, rules } = rehearse([[noReports], [noDeletes]], [under('reporter/helper', 'reporter')])
    expect(verdicts.allow).toEqual({ allow: 0, hold: 0, deny: 1 })
    expect(rules).toMatchObject([
      { rule: 'no reports', policy: 0, matched: 1, decided: 1, newlyDenied: 1 },
      { policy: 1, matched: 0 },
    ])
  })

  it('meets nothing of somebody who merely launched it', () => {
    expect(rehearse([noReports], [under('helper', 'reporter')]).verdicts.allow.allow).toBe(1)
  })
})

describe('what history cannot tell', () => {
  it('is nothing where everything is recorded and nothing changes', () => {
    expect(codes(rehearse([noDeletes], [session('s1', [{ rows: 3 }, {}])]))).toEqual([])
  })

  it('is said as sentences with counts', () => {
    const result = rehearse(
      [noDeletes],
      [
        session('s1', [{ unread: true }, { verb: 'DELETE' }, {}, { masked: 2 }, { verb: 'DROP', verdict: 'deny', rule: 'old' }]),
        session('s2', [{}]),
      ],
    )
    expect(codes(result)).toEqual([
      ['without-operations', 1],
      ['after-a-flip', 3],
      ['never-ran', 1],
      ['already-masked', 1],
    ])
    expect(result.unknowns[0]?.message).toBe('1 command recorded without what it would do, so no rule was asked about it')
    expect(result.totals).toMatchObject({ commands: 6, rehearsed: 5 })
  })

  it('can be read from the text instead, where somebody can', () => {
    const operationsOf = ({ record }: RehearsedCommand) =>
      record.text.startsWith('DELETE') ? [{ verb: 'DELETE', tables: [], columns: [] }] : null
    const result = rehearse([noDeletes], [session('s1', [{ verb: 'DELETE', unread: true }, { unread: true }])], { operationsOf })
    expect(result.verdicts.allow.deny).toBe(1)
    expect(codes(result)).toEqual([
      ['without-operations', 1],
      ['after-a-flip', 1],
    ])
  })

  it('speaks of memory, text and limits only where a rule asks for them', () => {
    const window: Expression = { is: 'memory', counter: 'commands', verb: null, windowMs: 60_000 }
    const rules = [
      rule('m', { when: compare(window, '>', 99), effect: forbid() }),
      rule('t', { when: call('text', 'includes', 'secret'), effect: forbid() }),
      rule('b', { effect: { effect: 'limit', arguments: { bytes: 5, over: 'cut' } } }),
    ]
    const matched = [{ rule: 'x', effect: 'limit', operation: 0 }]
    expect(codes(rehearse(rules, [session('s1', [{}, { matched }]), session('s2', [])]))).toEqual([
      ['memory-begins-empty', 2],
      ['already-cut', 1],
      ['bytes-as-recorded', 2],
      ['text-as-recorded', 2],
    ])
  })

  it('tells of rules that fail, which deny', () => {
    const broken = rule('broken', { when: { is: 'field', path: ['nothing'] }, effect: alert() })
    const result = rehearse([broken], [session('s1', [{}])])
    expect(result.verdicts.allow.deny).toBe(1)
    expect(codes(result)).toContainEqual(['failed-rules', 1])
  })
})

describe('a long history', () => {
  it('keeps some flips and counts the rest', () => {
    const many = Array.from({ length: 30 }, (_, i) =>
      session(`s${i}`, [{ verb: 'DELETE', text: `DELETE ${'x'.repeat(i)}` }], { atUs: startUs + i * 60 * second, agent: `a${i}` }),
    )
    const result = rehearse([noDeletes], many, { flipsMax: 10 })
    expect(result.flips.map(({ session: id }) => id)).toEqual(Array.from({ length: 10 }, (_, i) => `s${i}`))
    expect(result.flipsNotKept).toBe(20)
    expect(result.totals).toMatchObject({ flips: 30, agents: 30 })
    expect(result.rules).toMatchObject([{ agentsAffected: 30 }])
  })

  it('gives the same result twice, and goes on afterwards', () => {
    const rehearsal = createRehearsal({ evaluators: [createEvaluator(ruleset(noDeletes))], shapeOf: text => text })
    rehearsal.add(session('s1', [{ verb: 'DELETE' }]))
    const first = rehearsal.result()
    expect(rehearsal.result()).toEqual(first)
    rehearsal.add(session('s2', [{ verb: 'DELETE' }], { atUs: startUs + dayUs }))
    expect(rehearsal.result().totals.flips).toBe(2)
    expect(first.verdicts.allow.deny).toBe(1)
  })
})

describe('a command for a rehearsal', () => {
  const column = { name: 'email', type: 'text', typeOid: 25, tableOid: 0, attribute: 0, format: 'text' } as const
  const answered = (protocol: string) => {
    const { record } = command(1, {})
    const begun = beginRehearsed(record, { line: 4, atUs: 5, protocol })
    begun.take({ kind: 'columns', columns: [column] })
    begun.take({ kind: 'rows', rows: [['a'], [{ masked: '…', rule: 'pii' }], [null]] })
    begun.take({ kind: 'rows', rows: [['b']] })
    begun.take({ kind: 'done', tag: 'SELECT 4', rows: 4 })
    return begun.command
  }

  it('has what came back, and how many bytes carried it', () => {
    const bytes = 4 * (7 + 4) + 1 + 3 + 0 + 1
    expect(answered('postgres')).toMatchObject({ line: 4, atUs: 5, columns: ['email'], rows: 4, bytes, maskedCells: 1 })
  })

  it('has no bytes where nobody knows the messages', () => {
    expect(answered('telex')).toMatchObject({ rows: 4, bytes: 0 })
  })
})
