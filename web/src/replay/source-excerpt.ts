/** A piece of a policy's text; `isMarked` where a clause stands that held. */
export interface ExcerptPiece {
  text: string
  isMarked: boolean
}

/** Gives the whole lines that some places in a source stand on, with those places marked. */
export function sourceExcerpt(source: string, places: readonly (readonly [start: number, end: number])[]): ExcerptPiece[] {
  const sorted = places
    .map(([start, end]) => [Math.max(0, start), Math.min(source.length, end)] as const)
    .filter(([start, end]) => start < end)
    .toSorted(([a], [b]) => a - b)
  const first = sorted[0]
  if (!first) return []
  const from = source.lastIndexOf('\n', first[0] - 1) + 1
  const last = Math.max(...sorted.map(([, end]) => end))
  const newline = source.indexOf('\n', last)
  const until = newline < 0 ? source.length : newline
  const pieces: ExcerptPiece[] = []
  let at = from
  for (const [start, end] of sorted) {
    if (start > at) pieces.push({ text: source.slice(at, start), isMarked: false })
    // A clause inside one that is marked already is marked with it.
    if (end > at) pieces.push({ text: source.slice(Math.max(at, start), end), isMarked: true })
    at = Math.max(at, end)
  }
  if (at < until) pieces.push({ text: source.slice(at, until), isMarked: false })
  return pieces
}
