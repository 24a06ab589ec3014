import { createMemo, createSignal, onCleanup, type Accessor } from 'solid-js'
import { rowWindow, scrollToRow, type RowWindow } from './row-window.ts'

export interface VirtualRows {
  /** The `ref` of the element that scrolls. */
  attach: (element: HTMLElement) => void
  window: Accessor<RowWindow>
  /** Brings a row into sight, if it is not. */
  show(row: number): void
  scrollTo(to: { leftPx: number }): void
  scrollLeftPx: Accessor<number>
  viewportWidthPx: Accessor<number>
}

/** Gives the window over a list of equally tall rows, following its element's scroll and size. */
export function createVirtualRows(count: Accessor<number>, rowPx: number): VirtualRows {
  const [scrollTopPx, setScrollTopPx] = createSignal(0)
  const [scrollLeftPx, setScrollLeftPx] = createSignal(0)
  const [size, setSize] = createSignal({ width: 0, height: 0 })
  let scroller: HTMLElement | null = null

  const input = () => ({ count: count(), rowPx, scrollTopPx: scrollTopPx(), viewportPx: size().height })
  const window = createMemo(() => rowWindow(input()), undefined, {
    equals: (a, b) => a.first === b.first && a.end === b.end && a.offsetPx === b.offsetPx && a.heightPx === b.heightPx,
  })

  return {
    window,
    scrollLeftPx,
    viewportWidthPx: () => size().width,
    attach(element) {
      scroller = element
      const read = () => {
        setScrollTopPx(element.scrollTop)
        setScrollLeftPx(element.scrollLeft)
      }
      const sizes = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }))
      element.addEventListener('scroll', read, { passive: true })
      sizes.observe(element)
      onCleanup(() => {
        element.removeEventListener('scroll', read)
        sizes.disconnect()
      })
    },
    scrollTo(to) {
      if (scroller) scroller.scrollLeft = to.leftPx
    },
    show(row) {
      const to = scrollToRow(input(), row)
      if (to === null || !scroller || size().height === 0) return
      scroller.scrollTop = to
    },
  }
}
