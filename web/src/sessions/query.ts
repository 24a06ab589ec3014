import type { Query } from '../api.ts'

/** What a search can be narrowed by, in the order suggestions name them. */
export const fields = [
  'principal',
  'task',
  'target',
  'table',
  'verb',
  'verdict',
  'error',
  'since',
  'until',
  'run',
  'session',
  'agent',
  'column',
  'protocol',
  'live',
] as const

export type Field = (typeof fields)[number]

/** One filter of a search, with what is wrong with its value if something is. */
export interface Term {
  field: Field
  value: string
  problem: string | null
}

/** What someone searches for: filters, at most one per field, and words to find in statements and answers. */
export interface Search {
  terms: Term[]
  text: string
}

/** Reads a search: `target:shop table:"my table" since:1h words to find`. What names no field is text. */
export function parseSearch(source: string): Search {
  const terms = new Map<Field, Term>()
  const words: string[] = []
  for (const piece of pieces(source)) {
    const colon = piece.indexOf(':')
    const field = isField(piece.slice(0, Math.max(0, colon)))
    const value = unquote(piece.slice(colon + 1))
    if (!field || value === '') words.push(field ? piece : unquoteWhole(piece))
    else {
      terms.delete(field)
      terms.set(field, { field, value, problem: problemOf(field, value) })
    }
  }
  return { terms: [...terms.values()], text: words.join(' ') }
}

/** Writes a search as it is typed; reading that gives the same search. */
export function formatSearch(search: Search): string {
  const text = [...pieces(search.text)].map(word => (needsQuotes(word) ? quote(unquoteWhole(word)) : word))
  return [...search.terms.map(term => `${term.field}:${/[\s"]/.test(term.value) ? quote(term.value) : term.value}`), ...text].join(' ')
}

/** Gives the search with one more filter, in place of any other of its field. */
export function withTerm(search: Search, field: Field, value: string): Search {
  return {
    terms: [...search.terms.filter(term => term.field !== field), { field, value, problem: problemOf(field, value) }],
    text: search.text,
  }
}

/** Gives the search without the filters of these fields. */
export function withoutFields(search: Search, ...without: Field[]): Search {
  return { terms: search.terms.filter(term => !without.includes(term.field)), text: search.text }
}

/** Gives what the search says about a field, if it says something. */
export function termOf(search: Search, field: Field): string | undefined {
  return search.terms.find(term => term.field === field)?.value
}

/** Gives the search as the API takes it. A filter with a problem is left out; the box says so. */
export function searchQuery(search: Search): Query {
  const query: Query = {}
  for (const { field, value, problem } of search.terms) {
    if (problem) continue
    if (field === 'verdict') {
      const verdict = verdicts.find(known => known === value)
      if (verdict) query.verdict = verdict
    } else if (field === 'error' || field === 'live') query[field] = value === 'true' ? 'true' : 'false'
    else query[field] = isMoment(field) ? wholeMoment(value) : value
  }
  if (search.text) query.text = search.text
  return query
}

const verdicts = ['allow', 'hold', 'deny'] as const

function isMoment(field: Field): boolean {
  return field === 'since' || field === 'until'
}

// The API takes an age, or a time with its seconds and zone.
function wholeMoment(value: string): string {
  return age.test(value) || /\.\d+/.test(value) ? value : new Date(Date.parse(value)).toISOString()
}

/** Gives the words a reader wants to see marked in statements: the text, and the names that were asked for. */
export function soughtWords(search: Search): string[] {
  const named = search.terms
    .filter(term => term.field === 'table' || term.field === 'column')
    .map(term => term.value.split('.').at(-1) ?? '')
  return [...named, search.text].filter(word => word.length > 1)
}

/** Says whether text names a field. */
export function isField(text: string): Field | null {
  return fields.find(field => field === text.toLowerCase()) ?? null
}

const age = /^(\d{1,6})(s|m|h|d|w)$/
const unitMs: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** Gives the moment that `1h` (an age) or an RFC 3339 time means, in milliseconds, or null if it means none. */
export function momentMs(value: string, nowMs: number): number | null {
  const match = age.exec(value)
  if (match) return nowMs - Number(match[1]) * (unitMs[match[2] ?? ''] ?? 0)
  const at = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(value) ? Date.parse(value) : Number.NaN
  return Number.isNaN(at) ? null : at
}

function problemOf(field: Field, value: string): string | null {
  if (field === 'verdict' && !verdicts.some(verdict => verdict === value)) return 'a verdict is allow, hold or deny'
  if ((field === 'error' || field === 'live') && value !== 'true' && value !== 'false') return `${field} is true or false`
  if (isMoment(field) && momentMs(value, 0) === null) return 'a time is an age such as 1h, or 2026-11-21T14:02:00Z'
  return null
}

function* pieces(source: string): Generator<string> {
  for (const match of source.matchAll(/(?:"(?:[^"\\]|\\.)*"?|[^\s"])+/g)) yield match[0]
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`
}

function unquote(text: string): string {
  return text.startsWith('"') ? text.replace(/^"|(?<!\\)"$/g, '').replace(/\\(.)/g, '$1') : text
}

// A quoted word that looks like a filter is text: `"table:payments"`.
function unquoteWhole(text: string): string {
  return text.startsWith('"') ? unquote(text) : text
}

function needsQuotes(word: string): boolean {
  const colon = word.indexOf(':')
  return colon > 0 && isField(word.slice(0, colon)) !== null && colon < word.length - 1
}
