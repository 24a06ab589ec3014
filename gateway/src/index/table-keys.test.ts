import { expect, it } from 'vitest'
import { askedTableKeys, tableKeys } from './table-keys.ts'

function finds(asked: string, table: string): boolean {
  const keys = tableKeys(table)
  return askedTableKeys(asked).some(key => keys.includes(key))
}

it('finds a table by its last part, by its qualified name, and in any case', () => {
  expect(finds('payments', 'payments')).toBe(true)
  expect(finds('payments', 'public.payments')).toBe(true)
  expect(finds('Payments', 'shop.public.PAYMENTS')).toBe(true)
  expect(finds('public.payments', 'shop.public.payments')).toBe(true)
  expect(finds('"public"."payments"', 'public.payments')).toBe(true)
})

it('finds a table written without a schema by any schema it might be in', () => {
  expect(finds('public.payments', 'payments')).toBe(true)
})

it('does not take another table or another schema for it', () => {
  expect(finds('payments', 'payments_old')).toBe(false)
  expect(finds('pay', 'payments')).toBe(false)
  expect(finds('audit.payments', 'public.payments')).toBe(false)
  expect(finds('public', 'public.payments')).toBe(false)
})
