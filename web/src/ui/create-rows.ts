import { createMemo, createSignal, onCleanup, type Accessor } from 'solid-js'
import { rowPlaces, rowsBetween, scrollTopFor, type RowPlaces } from './row-places.ts'

export interface RowsView {
  /** The `ref` of the element that scrolls. */
  attach(element: HTMLElement): void
  places: Accessor<RowPlaces>
  /** The rows worth drawing, as the first and one past the last. */
  seen: Accessor<{ first: number; end: number }>
  totalPx: Accessor<number>
  /** Brings a row into sight. */
  reveal(index: number): void
}

/** Rows drawn beyond the edges, so that scrolling shows no gaps. */
const spare = 12

/** Gives the part of a long list of rows that is in sight, following its element's scroll and size. */
export function createRows(heights: Accessor<readonly number[]>): RowsView {
  const [topPx, setTopPx] = createSignal(0)
  const [heightPx, setHeightPx] = createSignal(0)
  let scroller: HTMLElement | null = null
  const places = createMemo(() => rowPlaces(heights()))
  return {
    places,
    totalPx: () => places().at(-1) ?? 0,
    seen: createMemo(() => rowsBetween(places(), { topPx: topPx(), heightPx: heightPx(), spare }), undefined, {
      equals: (a, b) => a.first === b.first && a.end === b.end,
    }),
    attach(element) {
      scroller = element
      const onScroll = (): void => void setTopPx(element.scrollTop)
      const sizes = new ResizeObserver(() => setHeightPx(element.clientHeight))
      element.addEventListener('scroll', onScroll, { passive: true })
      sizes.observe(element)
      onCleanup(() => {
        element.removeEventListener('scroll', onScroll)
        sizes.disconnect()
      })
    },
    reveal(index) {
      const to = scrollTopFor(places(), { topPx: topPx(), heightPx: heightPx() }, index)
      if (to !== null && scroller) scroller.scrollTop = to
    },
  }
}
