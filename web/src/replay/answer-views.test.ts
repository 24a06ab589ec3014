import { expect, it } from 'vitest'
import { answerViews } from './answer-views.ts'
import type { FrameDetail, Section } from './frame.ts'

function detail(sections: Section[]): FrameDetail {
  return {
    index: 0,
    command: { n: 1, kind: 'query', text: '', transaction: 'idle', decision: { verdict: 'allow', policyVersion: 'none' } },
    textLength: 0,
    preparedAt: null,
    sections,
    leaves: 'idle',
    commandBytes: { from: 0, to: 1 },
    answerBytes: null,
    answerLines: 0,
  }
}

const table = (rows: number): Section => ({ kind: 'table', columns: [], rows, head: [], done: null, isSuspended: false })

it('numbers results only when there are several', () => {
  expect(answerViews(detail([table(1)])).map((view) => [view.title, view.note])).toEqual([['Result', '1 row']])
  expect(answerViews(detail([table(2), table(12_000)])).map((view) => [view.title, view.note])).toEqual([
    ['Result 1', '2 rows'],
    ['Result 2', '12,000 rows'],
  ])
})

it('keeps an error beside the result it cut short', () => {
  const error: Section = { kind: 'error', by: 'target', error: { severity: 'ERROR', code: '22012', message: 'division by zero' } }
  expect(answerViews(detail([table(3), error])).map((view) => view.kind)).toEqual(['table', 'error'])
})

it('says what was done when nothing came back', () => {
  const views = answerViews(detail([{ kind: 'done', tag: 'CREATE TABLE', rows: 0, affected: null }]))
  expect(views).toEqual([{ kind: 'words', title: 'Answer', note: '', words: 'Done; no rows came back.' }])
})

it('puts what was only said at the end', () => {
  const notice: Section = { kind: 'notice', notice: { severity: 'NOTICE', code: '00000', message: 'skipping' } }
  const outside: Section = { kind: 'outside', atUs: 0, notice: { kind: 'notification', channel: 'jobs', payload: '4', process: 9 } }
  const views = answerViews(detail([notice, table(1), outside]))
  expect(views.map((view) => view.title)).toEqual(['Result', 'Notices'])
  expect(views[1]!.note).toBe('2')
})

it('does not say that it was prepared where something ran', () => {
  const done: Section = { kind: 'done', tag: 'INSERT 0 1', rows: 0, affected: 1 }
  const views = answerViews(detail([{ kind: 'word', word: 'prepared' }, { kind: 'word', word: 'bound' }, done]))
  expect(views.map((view) => view.kind === 'words' && view.words)).toEqual(['Done; no rows came back.'])
})
