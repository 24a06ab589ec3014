import type { Operation } from '@steno/recordings'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Circumstances } from '../facts.ts'
import type { Expression } from '../ruleset.ts'
import { isColumn } from './column-names.ts'
import { compileCondition } from './condition.ts'

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

  it('that is none leaves letters as they are', () => {
    expect(ask(including('functions', 'includes', 'now'), { functions: ['pg_catalog.now'] })).toBe(false)
  })
})
