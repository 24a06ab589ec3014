import type { AnswerPart, Cell, Content, Notice, RecordedEvent } from '@steno/recordings'

/** Where in a command's story a search found its words. */
export type FoundIn = 'statement' | 'value' | 'answer' | 'error' | 'copied data'

/** Whether a text holds what is searched for. */
export type Matcher = (text: string) => boolean

/** Gives the matcher for a search. Case counts only when the search has capitals. */
export function matcherOf(search: string): Matcher {
  if (search !== search.toLowerCase()) return text => text.includes(search)
  return text => text.toLowerCase().includes(search)
}

/** Gives the command an event belongs to and where it holds what is searched for, or null. */
export function findIn(event: RecordedEvent, matches: Matcher): { n: number; found: FoundIn } | null {
  switch (event.code) {
    case 'q': {
      const { n, text, parameters = [] } = event.command
      if (matches(text)) return { n, found: 'statement' }
      if (parameters.some(parameter => cellMatches(parameter.value, matches))) return { n, found: 'value' }
      return null
    }
    case 'b':
      return contentMatches(event.body.content, matches) ? { n: event.body.n, found: 'copied data' } : null
    case 'a':
      for (const part of event.answer.parts) {
        const found = partMatches(part, matches)
        if (found) return { n: event.answer.n, found }
      }
      return null
    // Decisions, what was said outside commands, what is erased, and the transcript, which only repeats.
    case 'd':
    case 'e':
    case 'm':
    case 'n':
    case 'o':
    case 'r':
    case 's':
    case 'v':
    case 'other':
      return null
  }
}

function partMatches(part: AnswerPart, matches: Matcher): FoundIn | null {
  switch (part.kind) {
    case 'rows':
      return part.rows.some(row => row.some(cell => cellMatches(cell, matches))) ? 'answer' : null
    case 'columns':
      return part.columns.some(column => matches(column.name)) ? 'answer' : null
    case 'value':
      return cellMatches(part.value, matches) ? 'answer' : null
    case 'data':
      return contentMatches(part.content, matches) ? 'copied data' : null
    case 'error':
      return noticeMatches(part.error, matches) ? 'error' : null
    case 'notice':
      return noticeMatches(part.notice, matches) ? 'error' : null
    case 'bound':
    case 'copy':
    case 'done':
    case 'empty':
    case 'end':
    case 'parameters':
    case 'prepared':
    case 'skipped':
    case 'suspended':
      return null
  }
}

function cellMatches(cell: Cell, matches: Matcher): boolean {
  if (cell === null) return false
  if (typeof cell === 'string') return matches(cell)
  if ('hex' in cell) return matches(cell.hex)
  if ('cut' in cell) return matches(cell.cut)
  return cell.masked !== null && matches(cell.masked)
}

function contentMatches(content: Content, matches: Matcher): boolean {
  return 'text' in content && matches(content.text)
}

function noticeMatches(notice: Notice, matches: Matcher): boolean {
  return [notice.code, notice.message, notice.detail, notice.hint].some(text => text !== undefined && matches(text))
}

/** Gives the hit after (or before) a frame, going round at the ends; null when there is none. */
export function nextHit(hits: readonly number[], from: number, by: 1 | -1): number | null {
  if (hits.length === 0) return null
  if (by === 1) return hits.find(index => index > from) ?? hits[0] ?? null
  return hits.findLast(index => index < from) ?? hits.at(-1) ?? null
}
