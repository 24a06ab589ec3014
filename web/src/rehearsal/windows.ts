/** How far back a rehearsal looks. An empty age is everything. */
export interface Window {
  age: string
  label: string
  seconds: number | null
}

const day = 86_400

export const windows: readonly Window[] = [
  { age: '24h', label: '24 hours', seconds: day },
  { age: '7d', label: '7 days', seconds: 7 * day },
  { age: '30d', label: '30 days', seconds: 30 * day },
  { age: '', label: 'All', seconds: null },
]

const usual = windows[1]!

/** The window that an address names, `all` for everything; the usual one where it names none. */
export function windowOf(age: string | undefined): Window {
  return windows.find(window => window.age === (age === 'all' ? '' : age)) ?? usual
}
