import { Catalogue, type ColumnPattern, type MaskObligation, type RelationData } from '@steno/policy-dsl'
import type { Column } from '@steno/recordings'
import { describe, expect, it } from 'vitest'
import { mergePlans, type CellMask } from './cell-mask.ts'
import { MaskFailed } from './mask-failed.ts'
import { planByIdentity } from './plan-by-identity.ts'

const relation = (oid: number, schema: string, name: string, columns: string[], parents?: number[]): RelationData => ({
  oid,
  schema,
  name,
  kind: 'table',
  columns: columns.map((column, i) => ({ name: column, attribute: i + 1, type: 'text', typeOid: 25 })),
  ...(parents ? { parents } : {}),
})

const people = 100
const archive = 101
const [sales, sales2020, salesMay] = [200, 201, 202]
const catalogue = new Catalogue({
  relations: [
    relation(people, 'shop', 'people', ['id', 'email', 'ssn']),
    relation(archive, 'old', 'people', ['email']),
    relation(sales, 'shop', 'sales', ['id', 'card']),
    relation(sales2020, 'shop', 'sales_2020', ['card', 'id'], [sales]),
    relation(salesMay, 'shop', 'sales_may', ['id', 'card'], [sales2020]),
  ],
  routines: [],
  searchPath: ['shop'],
  serverVersion: 150_000,
})

const column = (tableOid: number, attribute: number, name = 'x'): Column => ({
  name,
  type: 'text',
  typeOid: 25,
  tableOid,
  attribute,
  format: 'text',
})

/** `email`, `people.email` or `shop.people.email`, for any target. */
function pattern(text: string, target: string | null = null): ColumnPattern {
  const parts = text.split('.')
  return { target, schema: parts.at(-3) ?? null, table: parts.at(-2) ?? null, column: parts.at(-1)! }
}

const obligation = (rule: string, patterns: ColumnPattern[], with_: MaskObligation['with'] = 'redact'): MaskObligation => ({
  rule,
  columns: patterns,
  matching: null,
  with: with_,
  predicates: 'refuse',
})

/** Which of the columns are masked. */
const masked = (columns: Column[], ...patterns: (string | ColumnPattern)[]) =>
  planByIdentity(
    columns,
    catalogue,
    [
      obligation(
        'hide',
        patterns.map(one => (typeof one === 'string' ? pattern(one) : one)),
      ),
    ],
    'shop',
  ).map(mask => mask !== null)

describe('a plan by identity', () => {
  it('finds a column by its number, whatever it is called in the answer', () => {
    expect(
      planByIdentity([column(people, 1), column(people, 3, 'harmless')], catalogue, [obligation('hide', [pattern('ssn')])], 'shop'),
    ).toEqual([null, { rule: 'hide', with: 'redact', isWhole: false }])
    expect(masked([column(people, 1, 'ssn')], 'ssn')).toEqual([false])
  })

  it('goes by table, schema and target where the rule names them', () => {
    const columns = [column(people, 2), column(archive, 1)]
    expect(masked(columns, 'email')).toEqual([true, true])
    expect(masked(columns, 'people.email')).toEqual([true, true])
    expect(masked(columns, 'shop.people.email')).toEqual([true, false])
    expect(masked(columns, 'sales.email')).toEqual([false, false])
    expect(masked(columns, pattern('email', 'crm'))).toEqual([false, false])
    expect(masked(columns, pattern('email', 'shop'))).toEqual([true, true])
  })

  it('holds for partitions of a masked table, and for the table of a masked partition', () => {
    const columns = [column(sales, 2), column(sales2020, 1), column(salesMay, 2), column(sales2020, 2)]
    for (const name of ['sales', 'sales_2020', 'sales_may']) expect(masked(columns, `${name}.card`)).toEqual([true, true, true, false])
    expect(masked(columns, 'people.card')).toEqual([false, false, false, false])
  })

  it('hides the whole row of a table that has a masked column', () => {
    expect(planByIdentity([column(people, 0)], catalogue, [obligation('hide', [pattern('ssn')])], 'shop')).toEqual([
      { rule: 'hide', with: 'redact', isWhole: true },
    ])
    expect(masked([column(people, 0), column(archive, 0)], 'shop.people.ssn')).toEqual([true, false])
  })

  it('leaves computed and system columns alone', () => {
    expect(masked([column(0, 0, 'ssn'), column(people, -1, 'ssn')], 'ssn')).toEqual([false, false])
  })

  it('goes by name, and rather too far, where the catalogue does not know the table or the column', () => {
    expect(masked([column(999, 1, 'SSN'), column(999, 1, 'id'), column(999, 0)], 'shop.people.ssn')).toEqual([true, false, true])
    expect(masked([column(people, 9, 'ssn'), column(people, 9, 'id')], 'people.ssn')).toEqual([true, false])
  })

  it('takes the stricter of several rules', () => {
    const plan = planByIdentity(
      [column(people, 3)],
      catalogue,
      [obligation('b', [pattern('ssn')], 'last4'), obligation('a', [pattern('ssn')], 'hash'), obligation('c', [pattern('id')], 'null')],
      'shop',
    )
    expect(plan).toEqual([{ rule: 'a', with: 'hash', isWhole: false }])
  })
})

describe('two plans', () => {
  const mask = (rule: string, with_: CellMask['with'], isWhole = false): CellMask => ({ rule, with: with_, isWhole })
  const kinds = ['last4', 'partial', 'token', 'hash', 'redact', 'null'] as const

  it('hide together what either hides', () => {
    expect(mergePlans([mask('a', 'hash'), null, null], [null, mask('b', 'hash'), null])).toEqual([
      mask('a', 'hash'),
      mask('b', 'hash'),
      null,
    ])
  })

  it('are as strict as the stricter, whichever comes first', () => {
    for (const [i, weaker] of kinds.entries())
      for (const stricter of kinds.slice(i + 1))
        for (const isWhole of [true, false]) {
          const [a, b] = [[mask('a', weaker, isWhole)], [mask('b', stricter)]]
          expect(mergePlans(a, b)).toEqual([mask('b', stricter, isWhole)])
          expect(mergePlans(b, a)).toEqual([mask('b', stricter, isWhole)])
        }
  })

  it('that are alike are named for the rule that comes first by its name, and one that hides all comes before', () => {
    expect(mergePlans([mask('b', 'hash')], [mask('a', 'hash')])).toEqual([mask('a', 'hash')])
    expect(mergePlans([mask('a', 'hash')], [mask('b', 'hash', true)])).toEqual([mask('b', 'hash', true)])
  })

  it('for different columns are refused', () => {
    expect(() => mergePlans([null], [])).toThrow(MaskFailed)
  })
})
