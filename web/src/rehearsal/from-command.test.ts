import { compile, type LiveSchema } from '@steno/policy-dsl'
import type { Operation } from '@steno/recordings'
import { describe, expect, it } from 'vitest'
import { pinOf, ruleFrom, withAdded, type PastCommandText, type RuleEffect } from './from-command.ts'

const live: LiveSchema = {
  targets: [{ name: 'shop', protocol: 'postgres', labels: {}, schemas: null }],
  groups: ['etl'],
  agents: ['loader'],
  approvers: ['approver'],
}

function command(text: string, operations: Operation[] = []): PastCommandText {
  return { text, operations, target: 'shop', principal: { kind: 'agent', name: 'loader', groups: ['etl'] }, task: 'nightly' }
}

/** What compiles out of a text: it must be without error. */
function compiled(source: string) {
  const { ruleset, problems } = compile(source, { live })
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([])
  return ruleset!
}

const hostile = [
  "it's `quoted` \\ and ${held}",
  'a\r\nb\tc',
  '\u202Eright to left\u0000\u2028 and \u{1F600}',
  "'); rule('x', { on: any(), effect: forbid('y') }); //",
  '\uD800 half a pair',
]

describe('a rule made from a command', () => {
  it('names the verb, the tables, and that no row was named', () => {
    const source = ruleFrom(
      command('DELETE FROM orders', [{ verb: 'DELETE', tables: ['public.orders'], columns: [], hasWhere: false }]),
      'forbid',
    )
    expect(source).toBe(`rule('no DELETE public.orders', {
  on: target('shop'),
  when: op => op.verb === 'DELETE' && op.tables.includes('public.orders') && !op.hasWhere,
  effect: forbid('say here why not'),
})
`)
    compiled(source)
  })

  it('names each operation of a command, what changes first', () => {
    const source = ruleFrom(
      command('…', [
        { verb: 'SELECT', tables: ['public.a'], columns: [] },
        { verb: 'UPDATE', tables: ['public.b'], columns: [], hasWhere: true },
      ]),
      'alert',
    )
    expect(source).toContain("when: op => (op.verb === 'UPDATE' && op.tables.includes('public.b')) || (op.verb === 'SELECT'")
    compiled(source)
  })

  it('compiles, whatever stands in names', () => {
    for (const name of hostile)
      for (const effect of ['forbid', 'requireApproval', 'alert'] satisfies RuleEffect[]) {
        const { rules } = compiled(ruleFrom(command('…', [{ verb: 'CALL', object: `function ${name}`, tables: [], columns: [] }]), effect))
        expect(rules).toHaveLength(1)
      }
  })
})

describe('a pin', () => {
  it('holds the very text, who asked, and what was decided', () => {
    for (const text of hostile.slice(0, 4)) {
      const { tests } = compiled(pinOf(command(text), 'deny')!)
      expect(tests).toMatchObject([
        {
          statement: text,
          target: 'shop',
          verdict: 'deny',
          as: { kind: 'agent', name: 'loader', groups: ['etl'], task: 'nightly' },
        },
      ])
    }
  })

  it('is not made of a text that would fill a policy', () => {
    expect(pinOf(command('x'.repeat(20_001)), 'allow')).toBeNull()
  })
})

describe('adding to a policy', () => {
  it('puts it behind what is there, under a name of its own', () => {
    const pin = pinOf(command('SELECT 1'), 'allow')!
    const twice = withAdded(withAdded(withAdded('', pin), pin), pin)
    expect(compiled(twice).tests.map(({ name }) => name)).toEqual([
      'SELECT 1 is allowed',
      'SELECT 1 is allowed (2)',
      'SELECT 1 is allowed (3)',
    ])
  })

  it('keeps names with quotes whole', () => {
    const pin = pinOf(command("SELECT 'it''s'"), 'allow')!
    expect(compiled(withAdded(withAdded('', pin), pin)).tests).toHaveLength(2)
  })
})
