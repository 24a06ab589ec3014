import type { Cell, Column, Notice, NoticeRecord } from '@steno/recordings'
import type { FrameDetail } from './frame.ts'

/** One thing the answer pane can show, with the words of its tab. */
export type AnswerView = { title: string; note: string } & (
  | { kind: 'table'; section: number; columns: readonly Column[]; rows: number; head: readonly Cell[][] }
  | { kind: 'copy'; text: string; isWhole: boolean; bytes: number }
  | { kind: 'error'; notice: Notice; by: 'target' | 'gateway' }
  | { kind: 'notices'; notices: readonly Notice[]; outside: readonly string[] }
  | { kind: 'value'; value: Cell }
  | { kind: 'words'; words: string }
)

/** Gives what there is to show of an answer: results, copied data and errors in their order, what was only said at the end. */
export function answerViews(detail: FrameDetail): AnswerView[] {
  const views: AnswerView[] = []
  const tags: string[] = []
  const words: string[] = []
  const notices: Notice[] = []
  const outside: string[] = []
  const results = detail.sections.filter((section) => section.kind === 'table').length
  let result = 0
  detail.sections.forEach((section, at) => {
    switch (section.kind) {
      case 'table': {
        result += 1
        const title = results > 1 ? `Result ${result}` : 'Result'
        views.push({ kind: 'table', section: at, title, note: count(section.rows, 'row'), columns: section.columns, rows: section.rows, head: section.head })
        break
      }
      case 'copy':
        views.push({ kind: 'copy', title: section.direction === 'in' ? 'Copied in' : 'Copied out', note: '', text: section.text, isWhole: section.isWhole, bytes: section.bytes })
        break
      case 'error':
        views.push({ kind: 'error', title: 'Error', note: section.error.code, notice: section.error, by: section.by })
        break
      case 'value':
        views.push({ kind: 'value', title: 'Value', note: '', value: section.value })
        break
      case 'notice':
        notices.push(section.notice)
        break
      case 'outside':
        if (section.notice.kind === 'notice') notices.push(section.notice.notice)
        else outside.push(outsideWords(section.notice))
        break
      case 'done':
        tags.push(section.tag)
        break
      case 'parameters':
        words.push(section.types.length === 0 ? 'No parameters.' : `Parameters: ${section.types.join(', ')}.`)
        break
      case 'word':
        words.push(sentences[section.word])
        break
    }
  })
  // That a statement was prepared and bound is worth a view only where nothing ran.
  if (views.length === 0 && tags.length === 1) views.push({ kind: 'words', title: 'Answer', note: '', words: 'Done; no rows came back.' })
  else if (tags.length > 0) views.push({ kind: 'words', title: 'Also done', note: '', words: tags.join(' · ') })
  else if (views.length === 0 && words.length > 0) views.push({ kind: 'words', title: 'Answer', note: '', words: words.join(' ') })
  if (notices.length + outside.length > 0) {
    views.push({ kind: 'notices', title: 'Notices', note: String(notices.length + outside.length), notices, outside })
  }
  return views
}

const sentences = {
  prepared: 'Prepared; nothing ran yet.',
  bound: 'Bound to its values; nothing ran yet.',
  empty: 'An empty statement.',
  skipped: 'Skipped: an earlier error in the same pipeline kept the target from running it.',
} as const

function outsideWords(notice: Exclude<NoticeRecord, { kind: 'notice' }>): string {
  if (notice.kind === 'notification') return `Notification on ${notice.channel} from process ${notice.process}: ${notice.payload}`
  if (notice.kind === 'setting') return `The target set ${notice.name} to ${notice.value}`
  return `Gateway: ${notice.message}`
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`
}
