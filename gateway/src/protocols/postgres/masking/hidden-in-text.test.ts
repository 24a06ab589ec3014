import { createMaskKey, type MaskObligation, type MaskPlan } from '@steno/policy-dsl'
import type { Operation } from '@steno/recordings'
import { describe, expect, it } from 'vitest'
import { hiddenInText } from './hidden-in-text.ts'
import { redactText } from './mask-text.ts'

const key = createMaskKey(new Uint8Array(32))
const columns: MaskObligation = {
  rule: 'hide',
  columns: [{ target: null, schema: null, table: 'customers', column: 'ssn' }],
  matching: null,
  with: 'redact',
  predicates: 'refuse',
}
const numbers: MaskObligation = {
  ...columns,
  rule: 'numbers',
  columns: [],
  matching: { pattern: String.raw`\d{3}-\d{2}-\d{4}`, flags: '' },
}
const planned = (more: Partial<Extract<MaskPlan, { kind: 'plan' }>> = {}): MaskPlan => ({
  kind: 'plan',
  answers: [],
  redactions: [],
  touchesMasked: false,
  leavesStale: false,
  made: [],
  ...more,
})
const refused: MaskPlan = { kind: 'refuse', rule: 'hide', reason: '', hint: '', redactions: [] }
const operation = (more: Partial<Operation>): Operation => ({ verb: 'SELECT', tables: [], columns: [], ...more })

/** A text as the record has it, and whether its values are all hidden. */
function recorded(text: string, { plan = planned(), masks = [columns], operations = [operation({})] } = {}) {
  const { spans, everyValue } = hiddenInText(text, { plan, masks, operations, target: 'shop', key })
  return { text: redactText(text, spans), everyValue }
}

describe('of a text the record has', () => {
  it('all where nothing is bound for a masked column', () => {
    const text = "SELECT 'a', 1 -- by hand"
    expect(recorded(text)).toEqual({ text, everyValue: null })
  })

  it('nothing that is bound for one, and then no comments', () => {
    const text = "UPDATE customers SET ssn = 'x' WHERE id = 1 /* x */"
    const redactions = [{ start: text.indexOf("'x'"), end: text.indexOf("'x'") + 3, rule: 'hide', with: 'redact' as const }]
    expect(recorded(text, { plan: planned({ redactions }) }).text).toBe("UPDATE customers SET ssn = '[masked]' WHERE id = 1 /*[masked]*/")
    expect(recorded(text, { plan: planned({ redactions: [{ parameter: 1, rule: 'hide', with: 'redact' }] }) }).text).toContain(
      "'x' WHERE id = 1 /*[masked]*/",
    )
  })

  it('no literals and no bound values where code that is set off writes one', () => {
    for (const inside of ['function public.f', 'trigger t on public.orders', 'DO']) {
      const operations = [operation({}), operation({ verb: 'UPDATE', writes: ['public.customers.ssn'], inside })]
      expect(recorded("SELECT f('x', 1)", { operations })).toEqual({ text: "SELECT f('[masked]', 0/*[masked]*/)", everyValue: 'hide' })
    }
    const others = [operation({ verb: 'UPDATE', writes: ['public.customers.name', 'public.orders.ssn'], inside: 'function public.f' })]
    expect(recorded("SELECT f('x')", { operations: others })).toEqual({ text: "SELECT f('x')", everyValue: null })
  })

  it('no literals where nobody could read what it would do', () => {
    for (const hidden of [operation({ verb: 'OPAQUE', isOpaque: true }), operation({ verb: 'UNPARSED' })])
      expect(recorded("DO 'x' -- y", { plan: refused, operations: [hidden] })).toEqual({
        text: "DO '[masked]' /*[masked]*/",
        everyValue: 'hide',
      })
    expect(recorded("SELECT 'x'", { plan: refused }).text).toBe("SELECT 'x'")
  })

  it('no literals of a table that is made with a column called as a masked one', () => {
    const plan = planned({ made: [{ name: 't', columns: ['id', 'SSN'] }] })
    expect(recorded("CREATE TABLE t AS SELECT 1 AS id, 'x' AS SSN", { plan }).text).not.toContain("'x'")
    expect(recorded("CREATE TABLE t AS SELECT 'x' AS a", { plan: planned({ made: [{ name: 't', columns: ['a'] }] }) }).text).toContain(
      "'x'",
    )
  })

  it('no comment in which a detector finds something', () => {
    const text = 'SELECT 1 -- 078-05-1120\n, 2 -- plain'
    expect(recorded(text, { masks: [numbers] }).text).toBe('SELECT 1 /*[masked]*/\n, 2 -- plain')
  })
})
