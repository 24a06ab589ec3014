import { expect, it } from 'vitest'
import type { FrameSummary, TransactionSummary } from './frame.ts'
import { isFlagged, isPreparation, statementList } from './statement-list.ts'

function frame(index: number, preview: string, fields: Partial<FrameSummary> = {}): FrameSummary {
  return {
    index,
    line: index + 1,
    n: index + 1,
    kind: 'query',
    preview,
    atUs: index * 1000,
    endUs: index * 1000 + 500,
    outcome: 'ok',
    verdict: 'allow',
    rows: 0,
    masked: 0,
    cut: 0,
    transaction: -1,
    errorCode: null,
    ...fields,
  }
}

const transaction: TransactionSummary = { first: 1, last: 3, fromUs: 1000, toUs: 3500, outcome: 'rolled back' }
const frames = [
  frame(0, 'select 1'),
  frame(1, 'BEGIN', { transaction: 0 }),
  frame(2, 'alter table customers', { transaction: 0 }),
  frame(3, 'ROLLBACK', { transaction: 0 }),
  frame(4, 'select $1', { kind: 'prepare' }),
  frame(5, 'select $1', { kind: 'bind' }),
  frame(6, 'select $1', { kind: 'execute' }),
]
const list = (fields: Partial<Parameters<typeof statementList>[0]> = {}) =>
  statementList({ frames, transactions: [transaction], filter: '', showsPreparation: false, ...fields }).map(entry =>
    entry.kind === 'band'
      ? `band ${entry.transaction.outcome}`
      : `${entry.frame.preview} ${entry.band}${entry.isRolledBack ? ' struck' : ''}`,
  )

it('puts a band before its statements and marks where it ends', () => {
  expect(list()).toEqual([
    'select 1 none',
    'band rolled back',
    'BEGIN first struck',
    'alter table customers inside struck',
    'ROLLBACK last struck',
    'select $1 none',
  ])
})

it('keeps the band of a statement that the filter leaves', () => {
  expect(list({ filter: 'CUSTOMERS alter' })).toEqual(['band rolled back', 'alter table customers last struck'])
})

it('lists preparing commands on request, and always the ones that failed', () => {
  expect(list({ showsPreparation: true }).filter(row => row.startsWith('select $1'))).toHaveLength(3)
  expect(isPreparation(frame(0, 'x', { kind: 'prepare', outcome: 'error' }))).toBe(false)
})

it('keeps only the hits of a search when there is one', () => {
  expect(list({ only: new Set([0]) })).toEqual(['select 1 none'])
})

it('flags errors, decisions that are not a plain allow, and masked answers', () => {
  expect(isFlagged(frame(0, ''))).toBe(false)
  expect(isFlagged(frame(0, '', { outcome: 'error' }))).toBe(true)
  expect(isFlagged(frame(0, '', { verdict: 'hold' }))).toBe(true)
  expect(isFlagged(frame(0, '', { masked: 1 }))).toBe(true)
})
