import type { Operation } from '@steno/recordings'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Circumstances } from '../facts.ts'
import type { Expression } from '../ruleset.ts'
import { isColumn, isNamed } from './names.ts'
import { compileCondition } from './condition.ts'

describe('a table', () => {
  it.each<[entry: string, name: string, is: boolean | null]>([
    ['public.payments', 'payments', true],
    ['public.payments', 'public.payments', true],
    ['public.payments', 'ments', false],
    ['public.payments', 'billing.payments', false],
    ['payments', 'payments', true],
    ['payments', 'public.payments', null],
    // Names with dots in them, or one more part than a table has.
    ['evil.public.payments', 'public.payments', null],
    ['evil.public.payments', 'payments', null],
    ['evil.public.payments', 'public.orders', false],
  ])('written `%s` and asked for as `%s` is it: %s', (entry, name, is) => {
    expect(isNamed('table', entry, name)).toBe(is)
  })
})

describe('a column', () => {
  it.each<[entry: string, name: string, is: boolean | null]>([
    ['public.customers.email', 'email', true],
    ['public.customers.email', 'customers.email', true],
    ['public.customers.email', 'public.customers.email', true],
    ['public.customers.email', 'mail', false],
    ['public.customers.email', 'orders.email', false],
    ['public.customers.email', 'old.customers.email', false],
    ['public.old_customers.email', 'customers.email', false],
    ['email', 'email', true],
    ['email', 'customers.email', null],
    ['email', 'public.customers.email', null],
    ['email', 'phone', false],
    ['phone', 'public.customers.email', false],
    ['customers.email', 'public.customers.email', null],
    ['*', 'email', null],
    ['*', 'public.customers.email', null],
    ['public.customers.*', 'email', null],
    ['public.customers.*', 'customers.email', null],
    ['public.customers.*', 'public.customers.email', null],
    ['public.customers.*', 'orders.email', false],
    ['public.customers.*', 'old.customers.email', false],
    // A star can be asked for as such.
    ['*', '*', true],
    ['public.customers.*', '*', true],
    ['email', '*', false],
    // Names with dots in them.
    ['public.a.b.email', 'public.a.b.email', true],
    ['public.a.b.email', 'b.email', null],
    ['public.a.b.email', 'c.email', false],
    ['public.customers.*', 'public.customers.e.mail', null],
    ['b.email', 'public.a.b.email', null],
    ['', 'email', false],
  ])('written `%s` and asked for as `%s` is it: %s', (entry, name, is) => {
    expect(isColumn(entry, name)).toBe(is)
  })
})

// A small world, in which every name has several columns it could mean.
const schemas = ['public', 'other']
const tables = ['customers', 'orders']
const columns = ['email', 'id']
const everyColumn = schemas.flatMap(schema => tables.flatMap(table => columns.map(column => `${schema}.${table}.${column}`)))

/** Every set of columns that an entry may stand for. */
function meaningsOf(entry: string): string[][] {
  if (entry.endsWith('*')) return subsets(everyColumn.filter(column => entry === '*' || column.startsWith(entry.slice(0, -1))))
  return everyColumn.filter(column => column === entry || column.split('.')[2] === entry).map(column => [column])
}

function subsets(of: string[]): string[][] {
  return of.reduce<string[][]>((some, one) => [...some, ...some.map(set => [...set, one])], [[]]).slice(1)
}

/** The columns that a policy's name stands for. */
function columnsNamed(name: string): string[] {
  const parts = name.split('.')
  return everyColumn.filter(column =>
    column
      .split('.')
      .slice(-parts.length)
      .every((part, at) => part === parts[at]),
  )
}

const entry = fc.oneof(
  fc.constantFrom(...everyColumn),
  fc.constantFrom(...columns),
  fc.constantFrom(...schemas.flatMap(schema => tables.map(table => `${schema}.${table}.*`)), '*'),
)
const name = fc.constantFrom(...everyColumn.flatMap(column => [column, column.slice(column.indexOf('.') + 1)]), ...columns)

const method = fc.constantFrom('includes', 'includesColumn')
const place = fc.constantFrom('reads' as const, 'writes' as const)

/** Asks an operation: true, false, or what went wrong. */
function ask(condition: Expression, entries: Partial<Operation>): boolean | 'not told' {
  const operation: Operation = { verb: 'SELECT', tables: [], columns: [], ...entries }
  try {
    return compileCondition(condition).holds(operation, {} as Circumstances)
  } catch {
    return 'not told'
  }
}

const including = (list: string, how: string, asked: string): Expression => ({
  is: 'call',
  method: how,
  on: { is: 'field', path: [list] },
  arguments: [{ is: 'literal', value: asked }],
})

describe('a list of columns', () => {
  it('includes one where all that it may mean do, does not where none does, and is not told in between', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 4 }), name, method, place, (entries, asked, how, list) => {
        const named = columnsNamed(asked)
        const meanings = entries.map(one => meaningsOf(one).map(meant => meant.some(column => named.includes(column))))
        const isSure = meanings.some(outcomes => outcomes.every(Boolean))
        const isOut = meanings.every(outcomes => !outcomes.some(Boolean))
        const expected = isSure ? true : isOut ? false : 'not told'
        const condition = including(list, how, asked)
        expect(ask(condition, { [list]: entries })).toBe(expected)
        expect(ask({ is: 'not', of: condition }, { [list]: entries })).toBe(expected === 'not told' ? expected : !expected)
      }),
      { numRuns: 2000 },
    )
  })

  it('never says no, nor yes to the opposite, where the column may be there', () => {
    for (const unsure of [['*'], ['email'], ['public.customers.*'], ['public.orders.id', '*']]) {
      const condition = including('reads', 'includes', 'public.customers.email')
      expect(ask(condition, { reads: unsure })).toBe('not told')
      expect(ask({ is: 'not', of: condition }, { reads: unsure })).toBe('not told')
      expect(ask(condition, { reads: [...unsure, 'public.customers.email'] })).toBe(true)
    }
  })

  it('of bare names is searched for that name, and tells nothing where `*` is written', () => {
    expect(ask(including('columns', 'includes', 'email'), { columns: ['id', 'email'] })).toBe(true)
    expect(ask(including('columns', 'includes', 'email'), { columns: ['id', 'e_mail'] })).toBe(false)
    expect(ask(including('columns', 'includes', 'email'), { columns: ['*'] })).toBe('not told')
    expect(ask(including('columns', 'includes', '*'), { columns: ['*'] })).toBe(true)
    expect(ask(including('columns', 'includes', '*'), { columns: ['email'] })).toBe(false)
  })

  it('of functions means one of that name in every schema, and PostgreSQL’s own where it is listed alone', () => {
    const calls = (...functions: string[]) => ({ functions })
    expect(ask(including('functions', 'includesFunction', 'dblink'), calls('now', 'ext.dblink'))).toBe(true)
    expect(ask(including('functions', 'includesFunction', 'pg_catalog.now'), calls('now'))).toBe(true)
    expect(ask(including('functions', 'includesFunction', 'pg_catalog.now'), calls('evil.now'))).toBe(false)
    expect(ask(including('functions', 'includesFunction', 'public.now'), calls('now'))).toBe('not told')
  })
})

describe('a name', () => {
  const item: Expression = { is: 'item', depth: 0 }
  const field = (name: string): Expression => ({ is: 'field', path: [name] })
  const text = (value: string): Expression => ({ is: 'literal', value })
  const equals = (left: Expression, right: Expression): Expression => ({ is: 'compare', operator: '===', left, right })
  const some = (list: string, holds: Expression): Expression => ({ is: 'some', list: field(list), holds })
  const every = (list: string, holds: Expression): Expression => ({ is: 'every', list: field(list), holds })
  const part = (name: string): Expression => ({ is: 'call', method: name, on: item, arguments: [] })

  it('is compared as `includes` compares it, whichever side it stands on', () => {
    for (const is of [equals(item, text('payments')), equals(text('payments'), item)]) {
      expect(ask(some('tables', is), { tables: ['public.payments'] })).toBe(true)
      expect(ask(some('tables', is), { tables: ['public.orders'] })).toBe(false)
    }
    const among: Expression = { is: 'call', method: 'includes', on: { is: 'list', values: ['payments', 'orders'] }, arguments: [item] }
    expect(ask(every('tables', among), { tables: ['public.payments', 'other.orders'] })).toBe(true)
    expect(ask(every('tables', among), { tables: ['public.payments', 'other.audit'] })).toBe(false)
    expect(ask(some('tables', { is: 'not', of: among }), { tables: ['public.payments'] })).toBe(false)
  })

  it('that says less than it is compared with cannot be told, for `===` and `!==` alike', () => {
    for (const operator of ['===', '!=='] as const) {
      const is: Expression = { is: 'compare', operator, left: item, right: text('public.customers.email') }
      for (const reads of [['email'], ['*'], ['public.customers.*']]) expect(ask(some('reads', is), { reads })).toBe('not told')
      expect(ask(some('reads', is), { reads: ['public.customers.email'] })).toBe(operator === '===')
    }
  })

  it('is another’s only where both say all', () => {
    const both = some('reads', { is: 'some', list: field('writes'), holds: equals(item, { is: 'item', depth: 1 }) })
    expect(ask(both, { reads: ['a.t.x'], writes: ['a.t.x'] })).toBe(true)
    expect(ask(both, { reads: ['a.t.x'], writes: ['a.t.y'] })).toBe(false)
    for (const writes of [['x'], ['*'], ['a.t.*']]) expect(ask(both, { reads: ['a.t.x'], writes })).toBe('not told')
    expect(ask(both, { reads: ['x'], writes: ['x'] })).toBe('not told')
  })

  it('has parts, which are asked like any text', () => {
    const inBilling = some('tables', equals(part('schema'), text('billing')))
    expect(ask(inBilling, { tables: ['public.orders', 'billing.orders'] })).toBe(true)
    expect(ask(inBilling, { tables: ['orders'] })).toBe('not told')
    expect(ask(inBilling, { tables: ['public.a.b'] })).toBe('not told')
    const large: Expression = { is: 'call', method: 'startsWith', on: part('name'), arguments: [text('lo_')] }
    expect(ask(some('functions', large), { functions: ['lo_import'] })).toBe(true)
    expect(ask(some('functions', large), { functions: ['ext.lo_import'] })).toBe(true)
    const secret = some('reads', equals(part('column'), text('ssn')))
    expect(ask(secret, { reads: ['ssn'] })).toBe(true)
    expect(ask(secret, { reads: ['public.customers.*'] })).toBe('not told')
    expect(ask(some('reads', equals(part('table'), text('customers'))), { reads: ['public.customers.*'] })).toBe(true)
    expect(ask(some('columns', equals(part('name'), text('ssn'))), { columns: ['*'] })).toBe('not told')
  })

  it.each<[string, Expression]>([
    ['a beginning', some('tables', { is: 'call', method: 'startsWith', on: item, arguments: [text('public.')] })],
    ['a pattern', some('tables', { is: 'matches', pattern: 'payments', flags: '', text: item })],
    ['an order', some('tables', { is: 'compare', operator: '<', left: item, right: text('b') })],
    ['one of two', some('tables', equals({ is: 'choose', when: { is: 'literal', value: true }, yes: item, no: item }, text('a')))],
    ['a name of another kind', some('tables', { is: 'some', list: field('reads'), holds: equals(item, { is: 'item', depth: 1 }) })],
    ['a part of something else', some('functions', equals(part('column'), text('a')))],
  ])('is no text that has %s', (_, condition) => {
    const facts = { tables: ['public.payments'], reads: ['public.payments.iban'], functions: ['now'] }
    expect(ask(condition, facts)).toBe('not told')
  })
})
