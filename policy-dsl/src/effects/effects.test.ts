import { describe, expect, it } from 'vitest'
import type { EffectArguments } from '../ruleset.ts'
import { effects } from './registry.ts'

function obligations(effect: string, args: EffectArguments): unknown {
  return effects[effect]!.obligations('a rule', args)
}

describe('the registry', () => {
  it('has every effect under its own name', () => {
    for (const [name, effect] of Object.entries(effects)) expect(effect.name).toBe(name)
    expect(Object.fromEntries(Object.values(effects).map(({ name, verdict }) => [name, verdict]))).toEqual({
      forbid: 'deny',
      requireApproval: 'hold',
      require: 'hold',
      mask: 'allow',
      limit: 'allow',
      alert: 'allow',
    })
  })
})

describe('forbid', () => {
  it('gives its reason, and a hint where there is one', () => {
    expect(obligations('forbid', { reason: 'no' })).toEqual({ reason: 'no' })
    expect(obligations('forbid', { reason: 'no', hint: 'ask' })).toEqual({ reason: 'no', hint: 'ask' })
  })
})

describe('requireApproval', () => {
  it('demands one person when it does not say how many', () => {
    expect(obligations('requireApproval', { by: ['dba'], within: 60_000 })).toEqual({
      reason: 'needs the approval of dba',
      approval: { rule: 'a rule', by: ['dba'], withinMs: 60_000, quorum: 1 },
    })
  })
})

describe('require', () => {
  it('waits ten seconds for witnesses when it does not say how long', () => {
    expect(obligations('require', { evidence: 'witnessed' })).toEqual({
      reason: 'its record must be witnessed before it runs',
      evidence: { rule: 'a rule', evidence: 'witnessed', withinMs: 10_000 },
    })
    expect(obligations('require', { evidence: 'witnessed', within: 2000 })).toMatchObject({ evidence: { withinMs: 2000 } })
  })
})

describe('mask', () => {
  it('refuses questions about what it hides when it does not say otherwise', () => {
    const columns = [{ target: null, schema: null, table: null, column: 'email' }]
    expect(obligations('mask', { columns, with: 'redact' })).toEqual({
      mask: { rule: 'a rule', columns, matching: null, with: 'redact', predicates: 'refuse' },
    })
    expect(obligations('mask', { columns, matching: { pattern: 'a', flags: 'i' }, with: 'last4', predicates: 'equality' })).toEqual({
      mask: { rule: 'a rule', columns, matching: { pattern: 'a', flags: 'i' }, with: 'last4', predicates: 'equality' },
    })
  })
})

describe('limit', () => {
  it('counts answers by the command and commands by the run when it does not say', () => {
    expect(obligations('limit', { rows: 10, over: 'cut' })).toMatchObject({
      limit: { rows: 10, bytes: null, perMinute: null, per: 'command', over: 'cut' },
    })
    expect(obligations('limit', { perMinute: 10, over: 'deny' })).toMatchObject({
      limit: { rows: null, perMinute: 10, per: 'run', over: 'deny' },
    })
    expect(obligations('limit', { bytes: 10, per: 'principal', over: 'hold' })).toMatchObject({ limit: { bytes: 10, per: 'principal' } })
  })
  it('holds no answer that has begun', () => {
    expect(() => obligations('limit', { rows: 10, over: 'hold' })).toThrow('then nobody can be asked')
    expect(() => obligations('limit', { bytes: 10, per: 'command', over: 'hold' })).toThrow('then nobody can be asked')
  })
})

describe('alert', () => {
  it('warns when it does not say how much it matters', () => {
    expect(obligations('alert', { message: 'a' })).toEqual({ alert: { rule: 'a rule', message: 'a', severity: 'warning' } })
  })
})

describe('arguments that were changed where they are stored', () => {
  it.each<[effect: string, args: EffectArguments]>([
    ['forbid', {}],
    ['forbid', { reason: 1 }],
    ['forbid', { reason: 'no', hint: null }],
    ['requireApproval', { within: 60_000 }],
    ['requireApproval', { by: [], within: 60_000 }],
    ['requireApproval', { by: [1], within: 60_000 }],
    ['requireApproval', { by: 'dba', within: 60_000 }],
    ['requireApproval', { by: ['dba'] }],
    ['requireApproval', { by: ['dba'], within: '15m' }],
    ['requireApproval', { by: ['dba'], within: 0 }],
    ['requireApproval', { by: ['dba'], within: 60_000, quorum: 0 }],
    ['requireApproval', { by: ['dba'], within: 60_000, quorum: 6 }],
    ['requireApproval', { by: ['dba'], within: 60_000, quorum: 1.5 }],
    ['require', {}],
    ['require', { evidence: 'signed' }],
    ['require', { evidence: ['witnessed'] }],
    ['require', { evidence: 'witnessed', within: 0 }],
    ['require', { evidence: 'witnessed', within: 600_001 }],
    ['require', { evidence: 'witnessed', within: '5s' }],
    ['mask', { with: 'redact' }],
    ['mask', { columns: [], with: 'redact' }],
    ['mask', { columns: ['email'], with: 'redact' }],
    ['mask', { columns: [{ target: null, schema: null, table: null }], with: 'redact' }],
    ['mask', { columns: [{ target: null, schema: null, table: 1, column: 'a' }], with: 'redact' }],
    ['mask', { columns: [{ column: 'a' }], with: 'redact' }],
    ['mask', { matching: 'a', with: 'redact' }],
    ['mask', { matching: { pattern: 'a', flags: '' }, with: 'hide' }],
    ['mask', { matching: { pattern: 'a', flags: '' }, with: 'redact', predicates: 'all' }],
    ['mask', { matching: { pattern: 'a', flags: '' }, with: 'redact', predicates: 'equality' }],
    ['limit', { over: 'cut' }],
    ['limit', { rows: 10 }],
    ['limit', { rows: -1, over: 'cut' }],
    ['limit', { rows: '10', over: 'cut' }],
    ['limit', { perMinute: 10, over: 'cut' }],
    ['limit', { perMinute: 10, per: 'command', over: 'deny' }],
    ['limit', { rows: 10, perMinute: 10, over: 'deny' }],
    ['limit', { rows: 10, over: 'later' }],
    ['alert', {}],
    ['alert', { message: 'a', severity: 'high' }],
  ])('make %s throw: %j', (effect, args) => {
    expect(() => obligations(effect, args)).toThrow(/^expected /)
  })
})
