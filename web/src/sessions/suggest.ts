import { fields, isField, type Field } from './query.ts'

/** One thing the box can complete what is typed to. */
export interface Suggestion {
  /** What replaces the word being typed. */
  insert: string
  label: string
  hint: string
  /** The word is a whole filter then, not the start of one. */
  isWhole: boolean
}

export type KnownValues = Partial<Record<Field, readonly string[]>>

const hints: Record<Field, string> = {
  principal: 'who acted',
  task: 'what the run was for',
  target: 'what was reached',
  table: 'a table a statement touched',
  verb: 'what a statement does',
  verdict: 'allow, hold or deny',
  error: 'ended in an error',
  since: 'from then on: an age or a time',
  until: 'up to then: an age or a time',
  run: 'one run, by its id',
  session: 'one session, by its id',
  agent: 'the agent, whoever launched it',
  column: 'a column a statement names',
  protocol: 'postgres, ssh, …',
  live: 'still open',
}

const fixed: KnownValues = {
  verdict: ['allow', 'hold', 'deny'],
  error: ['true'],
  live: ['true'],
  since: ['15m', '1h', '24h', '7d'],
  until: ['1h', '24h'],
  verb: ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'COPY', 'CREATE TABLE', 'ALTER TABLE', 'DROP TABLE', 'TRUNCATE'],
}

const suggestionsMax = 8

/** Gives what the word being typed could become: a field, or a value of the field it names. */
export function suggest(word: string, known: KnownValues): Suggestion[] {
  const colon = word.indexOf(':')
  if (colon < 0) {
    return fields
      .filter(field => field.startsWith(word.toLowerCase()))
      .slice(0, suggestionsMax)
      .map(field => ({ insert: `${field}:`, label: `${field}:`, hint: hints[field], isWhole: false }))
  }
  const field = isField(word.slice(0, colon))
  if (!field) return []
  const typed = word
    .slice(colon + 1)
    .replace(/^"/, '')
    .toLowerCase()
  const values = [...new Set([...(fixed[field] ?? []), ...(known[field] ?? [])])]
  return values
    .filter(value => value.toLowerCase().includes(typed))
    .sort((a, b) => Number(b.toLowerCase().startsWith(typed)) - Number(a.toLowerCase().startsWith(typed)))
    .slice(0, suggestionsMax)
    .map(value => ({ insert: `${field}:${/[\s"]/.test(value) ? JSON.stringify(value) : value}`, label: value, hint: field, isWhole: true }))
}

/** Gives the word at the end of what is typed, an open quote included. */
export function lastWord(text: string): string {
  return /(?:"(?:[^"\\]|\\.)*"?|[^\s"])*$/.exec(text)?.[0] ?? ''
}
