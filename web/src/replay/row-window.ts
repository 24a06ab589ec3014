/** Which rows of a long list are in sight, and where to draw them. */
export interface RowWindow {
  first: number
  /** One past the last. */
  end: number
  /** Where the first row starts, inside an element `heightPx` tall. */
  offsetPx: number
  heightPx: number
}

export interface RowWindowInput {
  count: number
  rowPx: number
  scrollTopPx: number
  viewportPx: number
}

/** Browsers stop laying out somewhere above 17 million pixels; below this a list scrolls one to one. */
export const listHeightPxMax = 8_000_000

const overscanRows = 6

/**
 * Gives the window of rows to draw. A list taller than a browser can lay out
 * keeps every row reachable: its scroll bar then stands for a share of the rows.
 */
export function rowWindow(input: RowWindowInput): RowWindow {
  const fullPx = input.count * input.rowPx
  const heightPx = Math.min(fullPx, listHeightPxMax)
  const top = topRow(input)
  const visibleRows = Math.ceil(input.viewportPx / input.rowPx) + 1
  const first = Math.max(0, Math.floor(top) - overscanRows)
  const end = Math.min(input.count, Math.floor(top) + visibleRows + overscanRows)
  const offsetPx = fullPx <= listHeightPxMax ? first * input.rowPx : input.scrollTopPx - (top - first) * input.rowPx
  return { first, end, offsetPx: Math.max(0, offsetPx), heightPx }
}

/** Where to scroll so that a row is in sight; null when it already is. */
export function scrollToRow(input: RowWindowInput, row: number): number | null {
  const visibleRows = input.viewportPx / input.rowPx
  const top = topRow(input)
  if (row >= top && row + 1 <= top + visibleRows) return null
  // A neighbour is brought to the nearest edge, anything farther to the middle.
  const isNear = row >= top - 3 && row + 1 <= top + visibleRows + 3
  const wanted = isNear ? (row < top ? row : row + 1 - visibleRows) : row + 0.5 - visibleRows / 2
  return scrollTopOf(input, Math.max(0, Math.min(wanted, input.count - visibleRows)))
}

/** The row, with its fraction, at the top edge. */
function topRow(input: RowWindowInput): number {
  const fullPx = input.count * input.rowPx
  if (fullPx <= listHeightPxMax) return Math.max(0, input.scrollTopPx) / input.rowPx
  const travelPx = listHeightPxMax - input.viewportPx
  return (Math.min(Math.max(0, input.scrollTopPx), travelPx) / travelPx) * (input.count - input.viewportPx / input.rowPx)
}

function scrollTopOf(input: RowWindowInput, row: number): number {
  const fullPx = input.count * input.rowPx
  if (fullPx <= listHeightPxMax) return Math.max(0, row * input.rowPx)
  const travelPx = listHeightPxMax - input.viewportPx
  return (Math.max(0, row) / (input.count - input.viewportPx / input.rowPx)) * travelPx
}
