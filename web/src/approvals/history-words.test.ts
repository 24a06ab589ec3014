import { expect, it } from 'vitest'
import { historySentences } from './history-words.ts'

const none = {
  commands: 0,
  allowed: 0,
  denied: 0,
  approved: 0,
  refused: 0,
  errors: 0,
  principals: 0,
  runs: 0,
  firstAt: null,
  lastAt: null,
  last: null,
  rows: null,
}

it('says how often commands like it were asked, how they ended, and what people said', () => {
  expect(historySentences(none)).toEqual([])
  expect(historySentences({ ...none, commands: 1, denied: 1, principals: 1, runs: 1 })).toEqual([
    'Asked once before, by one principal, in 1 run: 1 did not.',
  ])
  const often = {
    commands: 7,
    allowed: 5,
    denied: 2,
    errors: 1,
    approved: 3,
    refused: 2,
    principals: 2,
    runs: 4,
    rows: { median: 3, max: 40 },
  }
  expect(historySentences({ ...none, ...often })).toEqual([
    'Asked 7 times before, by 2 principals, in 4 runs: 5 ran, 2 did not, 1 of them failed at the target.',
    'Of those that were held, people let 3 pass and 2 ended without consent.',
    'Those that ran gave or changed 3 rows in the middle, 40 at most.',
  ])
})
