import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { suggest } from './suggest.ts'

describe('a suggestion', () => {
  it.each([
    ['DELTE', ['INSERT', 'DELETE'], 'DELETE'],
    ['emial', ['id', 'email'], 'email'],
    ['Customers', ['customer', 'customers'], 'customers'],
    ['monday', ['sun', 'mon'], 'mon'],
    ['warehouse', ['customers', 'orders'], null],
    ['x'.repeat(65), ['x'.repeat(64)], null],
  ])('for `%s` among %j is %s', (written, candidates, expected) => {
    expect(suggest(written, candidates)).toBe(expected)
  })

  it('is the nearest by the number of slips, the first among equals', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 3, maxLength: 9 })
    fc.assert(
      fc.property(word, fc.array(word, { minLength: 1, maxLength: 4 }), (written, candidates) => {
        const most = Math.min(3, Math.max(1, Math.floor(written.length / 3)))
        const slips = candidates.map(candidate => slipsBetween(written, candidate))
        const nearest = Math.min(...slips)
        const shorthand = candidates.find(candidate => written.startsWith(candidate))
        expect(suggest(written, candidates)).toBe(nearest <= most ? candidates[slips.indexOf(nearest)] : (shorthand ?? null))
      }),
    )
  })
})

/** The whole table, as textbooks have it. */
function slipsBetween(from: string, to: string): number {
  const table = Array.from({ length: from.length + 1 }, (_, row) => Array.from({ length: to.length + 1 }, (__, at) => Math.max(row, at)))
  for (let row = 1; row <= from.length; row++) {
    for (let at = 1; at <= to.length; at++) {
      const cost = from[row - 1] === to[at - 1] ? 0 : 1
      const ways = [table[row - 1]![at]! + 1, table[row]![at - 1]! + 1, table[row - 1]![at - 1]! + cost]
      if (row > 1 && at > 1 && from[row - 1] === to[at - 2] && from[row - 2] === to[at - 1]) ways.push(table[row - 2]![at - 2]! + 1)
      table[row]![at] = Math.min(...ways)
    }
  }
  return table[from.length]![to.length]!
}
