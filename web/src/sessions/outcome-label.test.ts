import { expect, it } from 'vitest'
import { outcomeLabel } from './outcome-label.ts'

const label = (more: Partial<Parameters<typeof outcomeLabel>[0]>): string =>
  outcomeLabel({ kind: 'query', durationMs: 1, operations: [], ...more }).text
const reading = [{ verb: 'SELECT', tables: ['payments'], columns: [] }]

it('says what a command returned or changed', () => {
  expect(label({ rows: 1, operations: reading })).toBe('1 row')
  expect(label({ rows: 0, operations: reading })).toBe('0 rows')
  expect(label({ rows: 1204 })).toBe('1,204 rows')
  expect(label({ affected: 0, rows: 0 })).toBe('0 changed')
})

it('does not count the rows of what has none', () => {
  expect(label({ rows: 0 })).toBe('done')
  expect(label({})).toBe('done')
})

it('tells what was only prepared from what was done', () => {
  expect(label({ kind: 'prepare', rows: 0, operations: reading })).toBe('prepared')
  expect(label({ kind: 'bind' })).toBe('bound')
  expect(label({ kind: 'execute', durationMs: null })).toBe('running')
})
