import { momentMs, termOf, type Search } from './query.ts'

/** The ranges one press away. An empty age is everything. */
export const quickRanges = [
  { age: '1h', label: 'Last hour' },
  { age: '24h', label: '24 h' },
  { age: '7d', label: '7 days' },
  { age: '', label: 'All' },
] as const

/** Gives the time a search covers, in milliseconds; null where it is open. */
export function rangeOf(search: Search, nowMs: number): { fromMs: number | null; toMs: number | null } {
  const since = termOf(search, 'since')
  const until = termOf(search, 'until')
  return { fromMs: since ? momentMs(since, nowMs) : null, toMs: until ? momentMs(until, nowMs) : null }
}

/** Gives a range in words: `13:02 – 14:02 UTC`, with days where they differ from today. */
export function rangeLabel(range: { fromMs: number; toMs: number }, nowMs: number): string {
  const today = day(nowMs)
  const label = (ms: number): string => {
    const iso = new Date(ms).toISOString()
    return day(ms) === today ? iso.slice(11, 16) : `${iso.slice(0, 10)} ${iso.slice(11, 16)}`
  }
  return `${label(range.fromMs)} – ${label(range.toMs)} UTC`
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10)
}
