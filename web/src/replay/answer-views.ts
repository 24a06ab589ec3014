import type { Cell, Column, Notice } from '@steno/recordings'
import { countLabel, countOf } from '../ui/labels.ts'
import type { CommandDetail } from './frame.ts'

/** One thing the answer pane can show, with the words of its tab. */
export type AnswerView = { title: string; note: string } & (
  | { kind: 'table'; result: number; columns: readonly Column[]; rows: number; head: readonly Cell[][] }
  | { kind: 'copy'; text: string; isWhole: boolean; bytes: number }
  | { kind: 'error'; notice: Notice; by: 'target' | 'gateway' }
  | { kind: 'notices'; notices: readonly Notice[]; count: number }
  | { kind: 'value'; value: Cell }
  | { kind: 'words'; words: string }
)

/** Gives what there is to show of an answer: results, copied data and errors in their order, what was only said at the end. */
export function answerViews(detail: CommandDetail): AnswerView[] {
  const views: AnswerView[] = []
  const tags: string[] = []
  const words: string[] = []
  const notices: Notice[] = []
  let noticeCount = 0
  const results = detail.sections.filter(section => section.kind === 'table').length
  let result = 0
  for (const section of detail.sections) {
    switch (section.kind) {
      case 'table': {
        result += 1
        const title = results > 1 ? `Result ${result}` : 'Result'
        views.push({
          kind: 'table',
          result: section.result,
          title,
          note: countOf(section.rows, 'row'),
          columns: section.columns,
          rows: section.rows,
          head: section.head,
        })
        break
      }
      case 'copy':
        views.push({
          kind: 'copy',
          title: section.direction === 'in' ? 'Copied in' : 'Copied out',
          note: '',
          text: section.text,
          isWhole: section.isWhole,
          bytes: section.bytes,
        })
        break
      case 'error':
        views.push({ kind: 'error', title: 'Error', note: section.error.code, notice: section.error, by: section.by })
        break
      case 'value':
        views.push({ kind: 'value', title: 'Value', note: '', value: section.value })
        break
      case 'notices':
        notices.push(...section.notices)
        noticeCount += section.count
        break
      case 'done':
        tags.push(section.tag)
        break
      case 'described':
        words.push(`Its result would have ${section.columns.map(column => `${column.name} ${column.type}`).join(', ')}.`)
        break
      case 'parameters':
        if (section.types.length > 0) words.push(`Its parameters are ${section.types.join(', ')}.`)
        break
      case 'word':
        words.push(sentences[section.word])
        break
    }
  }
  // That a statement was prepared and bound is worth a view only where nothing ran.
  if (views.length === 0 && tags.length === 1) views.push({ kind: 'words', title: 'Answer', note: '', words: 'Done; no rows came back.' })
  else if (tags.length > 0) views.push({ kind: 'words', title: 'Also done', note: '', words: tags.join(' · ') })
  else if (views.length === 0 && words.length > 0) views.push({ kind: 'words', title: 'Answer', note: '', words: words.join(' ') })
  if (noticeCount > 0) views.push({ kind: 'notices', title: 'Notices', note: countLabel(noticeCount), notices, count: noticeCount })
  return views
}

const sentences = {
  prepared: 'Prepared; nothing ran yet.',
  bound: 'Bound to its values; nothing ran yet.',
  empty: 'An empty statement.',
  skipped: 'Skipped: an earlier error in the same pipeline kept the target from running it.',
} as const
