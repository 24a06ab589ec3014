import { expect, it } from 'vitest'
import { answerViews } from './answer-views.ts'
import type { CommandDetail, Section } from './frame.ts'

function detail(sections: Section[]): CommandDetail {
  return {
    kind: 'command',
    index: 0,
    bytes: { from: 0, to: 1 },
    decision: { verdict: 'allow', policyVersion: 'none' },
    command: { n: 1, kind: 'query', text: '', transaction: 'idle', decision: { verdict: 'allow', policyVersion: 'none' } },
    textLength: 0,
    preparedAt: null,
    sections,
    leaves: 'idle',
    answer: null,
  }
}

const table = (rows: number): Section => ({ kind: 'table', result: 0, columns: [], rows, head: [], done: null, isSuspended: false })

it('numbers results only when there are several', () => {
  expect(answerViews(detail([table(1)])).map(view => [view.title, view.note])).toEqual([['Result', '1 row']])
  expect(answerViews(detail([table(2), table(12_000)])).map(view => [view.title, view.note])).toEqual([
    ['Result 1', '2 rows'],
    ['Result 2', '12,000 rows'],
  ])
})

it('keeps an error beside the result it cut short', () => {
  const error: Section = { kind: 'error', by: 'target', error: { severity: 'ERROR', code: '22012', message: 'division by zero' } }
  expect(answerViews(detail([table(3), error])).map(view => view.kind)).toEqual(['table', 'error'])
})

it('says what was done when nothing came back', () => {
  const views = answerViews(detail([{ kind: 'done', tag: 'CREATE TABLE', affected: null }]))
  expect(views).toEqual([{ kind: 'words', title: 'Answer', note: '', words: 'Done; no rows came back.' }])
})

it('puts what was only said at the end, and counts all of it', () => {
  const notices: Section = { kind: 'notices', count: 4000, notices: [{ severity: 'NOTICE', code: '00000', message: 'skipping' }] }
  const views = answerViews(detail([notices, table(1)]))
  expect(views.map(view => [view.title, view.note])).toEqual([
    ['Result', '1 row'],
    ['Notices', '4,000'],
  ])
})

it('does not say that it was prepared where something ran', () => {
  const done: Section = { kind: 'done', tag: 'INSERT 0 1', affected: 1 }
  const views = answerViews(detail([{ kind: 'word', word: 'prepared' }, { kind: 'word', word: 'bound' }, done]))
  expect(views.map(view => view.kind === 'words' && view.words)).toEqual(['Done; no rows came back.'])
})
