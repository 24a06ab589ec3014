import { expect, it } from 'vitest'
import { aboutLiveName, findLiveName, membersOf, nameOf, pathAt } from './live-names.ts'
import { testWorld } from './test-world.ts'

/** The path at `|`. */
function path(marked: string): readonly string[] | null {
  return pathAt(marked.replace('|', ''), marked.indexOf('|'))?.names ?? null
}

it('find the path that a word belongs to', () => {
  expect(path('columns: [shop.cus|tomers.email]')).toEqual(['shop', 'customers'])
  expect(path('columns: [shop.customers.em|ail]')).toEqual(['shop', 'customers', 'email'])
  expect(path('const c = shop.customers.|')).toEqual(['shop', 'customers', ''])
  expect(path("shop['order items'].|")).toEqual(['shop', 'order items', ''])
  expect(path('shop|')).toEqual(['shop'])
  expect(path('a + |')).toBeNull()
  expect(path('shop.\n|customers')).toBeNull()
})

it('say where the last name begins', () => {
  expect(pathAt('  shop.customers.em', 19)).toMatchObject({ start: 2, last: 17 })
  expect(pathAt('shop.', 5)).toMatchObject({ start: 0, last: 5 })
})

it('lead to targets, schemas, tables and columns, with a word about each', () => {
  const about = (...names: string[]) => {
    const found = findLiveName(testWorld, names)
    return found && `${found.is} ${aboutLiveName(found)}`
  }
  expect(about('shop')).toBe('target postgres · env: prod')
  expect(about('shop', 'billing')).toBe('schema 1 table')
  expect(about('shop', 'customers')).toBe('table 2 columns')
  expect(about('shop', 'customers', 'email')).toBe('column text')
  expect(about('shop', 'billing', 'invoices', 'iban')).toBe('column text')
  expect(about('shop', 'invoices')).toBeNull()
  expect(about('nobody')).toBeNull()
})

it('name what can follow once', () => {
  const shop = findLiveName(testWorld, ['shop'])!
  expect(membersOf(shop).map(nameOf)).toEqual(['customers', 'order items', 'public', 'billing'])
  expect(membersOf(findLiveName(testWorld, ['crm'])!)).toEqual([])
})
