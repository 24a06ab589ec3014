import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isColumn } from '../evaluate/names.ts'
import type { Atom } from './atoms.ts'
import { findList, refutes, type Demand } from './theory.ts'

type ListAtom = Extract<Atom, { about: 'list' }>

/** Every column that these tests' names can mean, and some that they cannot. */
const world = ['public', 'other', 'another'].flatMap(schema =>
  ['orders', 'notes', 'one', 'two'].flatMap(table => ['email', 'id'].map(column => `${schema}.${table}.${column}`)),
)

const asked = fc.constantFrom('email', 'id', 'orders.email', 'notes.email', 'public.orders.email', 'other.orders.email', 'public.notes.id')
const demand = fc.record<Demand>({
  atom: asked.map((value): ListAtom => ({ about: 'list', term: 0, method: 'includesColumn', value })),
  positive: fc.boolean(),
})

const meets = (list: readonly string[], { atom, positive }: Demand) =>
  list.some(column => isColumn(column, (atom as ListAtom).value)) === positive

/** Whether some list of whole names meets all demands: the one of all that no demand excludes, if any. */
function isPossible(demands: readonly Demand[]): boolean {
  const excluded = demands.filter(({ positive }) => !positive)
  const allowed = world.filter(column => excluded.every(one => meets([column], one)))
  return demands.every(one => meets(allowed, one))
}

describe('what is demanded of a list of columns', () => {
  it('is refuted only where no list can meet it', () => {
    fc.assert(
      fc.property(fc.array(demand, { minLength: 1, maxLength: 5 }), demands => {
        const isRefuted = demands.some((_, at) =>
          refutes({ expression: { is: 'field', path: ['reads'] }, values: null, range: null }, demands.slice(0, at + 1)),
        )
        expect(isRefuted).toBe(!isPossible(demands))
      }),
      { numRuns: 2000 },
    )
  })

  it('is met by the example that is found, as the evaluator sees it', () => {
    fc.assert(
      fc.property(fc.array(demand, { maxLength: 5 }), demands => {
        const list = findList(demands)
        expect(list !== null).toBe(isPossible(demands))
        for (const one of demands) if (list !== null) expect(meets(list, one)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })
})
