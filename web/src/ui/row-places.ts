/** Where rows of different heights lie: `starts[i]` is the top of row i, the last entry the height of all. */
export type RowPlaces = readonly number[]

/** Gives where rows of these heights lie, one under the other. */
export function rowPlaces(heights: readonly number[]): RowPlaces {
  const starts = [0]
  for (const height of heights) starts.push((starts.at(-1) ?? 0) + height)
  return starts
}

/** Gives the rows between two places, and `spare` more on each side, as the first and one past the last. */
export function rowsBetween(places: RowPlaces, view: { topPx: number; heightPx: number; spare: number }): { first: number; end: number } {
  const count = places.length - 1
  const first = rowAt(places, view.topPx)
  const last = rowAt(places, view.topPx + view.heightPx)
  return { first: Math.max(0, first - view.spare), end: Math.min(count, last + 1 + view.spare) }
}

/** Gives where to scroll to so that a row is wholly in sight; null when it already is. */
export function scrollTopFor(places: RowPlaces, view: { topPx: number; heightPx: number }, row: number): number | null {
  const top = places[row]
  const bottom = places[row + 1]
  if (top === undefined || bottom === undefined) return null
  if (top < view.topPx) return top
  return bottom > view.topPx + view.heightPx ? bottom - view.heightPx : null
}

/** The row at a place, by halving. */
function rowAt(places: RowPlaces, px: number): number {
  let low = 0
  let high = Math.max(0, places.length - 2)
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((places[middle] ?? 0) <= px) low = middle
    else high = middle - 1
  }
  return low
}
