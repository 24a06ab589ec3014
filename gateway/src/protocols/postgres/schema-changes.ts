import { searchedLengthMax } from './renaming.ts'

/** What a transaction that is not over has changed of what a catalogue shows, as far as tags tell. */
export class SchemaChanges {
  #changed: 'nothing' | 'tables' | 'code' = 'nothing'

  /** Code was made or changed: what runs when it is named, the catalogue does not show. */
  get areOfCode(): boolean {
    return this.#changed === 'code'
  }

  /** Follows a statement of a text that is done. */
  done(tag: string, text: string): void {
    const changed = changedBy(tag, text)
    if (changed === 'code' || (changed === 'tables' && this.#changed === 'nothing')) this.#changed = changed
  }

  /** The transaction is over; gives whether it changed anything. */
  idle(): boolean {
    const hadChanges = this.#changed !== 'nothing'
    this.#changed = 'nothing'
    return hadChanges
  }
}

/** What a statement that is done may have changed. What runs code may have done so unseen. */
function changedBy(tag: string, text: string): 'nothing' | 'tables' | 'code' {
  if (/^(?:CREATE|DROP) (?:TABLE|INDEX|SEQUENCE|STATISTICS)/.test(tag)) return 'tables'
  if (/^(?:CREATE|ALTER|DROP|IMPORT|REASSIGN|COMMIT PREPARED|DO$|CALL$)/.test(tag)) return 'code'
  return /^(?:SELECT|INSERT)/.test(tag) &&
    (text.length > searchedLengthMax || /\b(?:into|create)\b/i.test(text)) &&
    !/^\s*insert\b/i.test(text)
    ? 'tables'
    : 'nothing'
}
