/** A stretch of text, and whether a search found it. */
export interface Stretch {
  text: string
  isHit: boolean
}

/** Cuts text where any of `terms` occurs, in any case. An empty term finds nothing. */
export function findHits(text: string, terms: readonly string[]): Stretch[] {
  const sought = terms.filter(Boolean).map(term => term.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
  if (sought.length === 0 || text === '') return [{ text, isHit: false }]
  return text
    .split(new RegExp(`(${sought.join('|')})`, 'giu'))
    .map((piece, index) => ({ text: piece, isHit: index % 2 === 1 }))
    .filter(stretch => stretch.text !== '')
}
