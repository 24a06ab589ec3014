import { createVirtualizer } from '@tanstack/solid-virtual'
import { createEffect, on, type Accessor } from 'solid-js'

export interface RowsOptions {
  count: Accessor<number>
  /** The height of each row; read again whenever something it reads changes. */
  heightAt: (index: number) => number
  scroller: () => HTMLElement | null
}

export interface Row {
  index: number
  start: number
  size: number
}

/** Gives the rows of a long list that are worth drawing, and the height of all. */
export function createRows(options: RowsOptions): {
  rows: Accessor<readonly Row[]>
  totalPx: Accessor<number>
  reveal(index: number): void
} {
  const virtual = createVirtualizer({
    get count() {
      return options.count()
    },
    getScrollElement: options.scroller,
    estimateSize: options.heightAt,
    overscan: 12,
  })
  const heights = (): string => Array.from({ length: options.count() }, (_, index) => options.heightAt(index)).join()
  createEffect(on(heights, () => virtual.measure(), { defer: true }))
  return {
    rows: () => virtual.getVirtualItems(),
    totalPx: () => virtual.getTotalSize(),
    reveal: index => virtual.scrollToIndex(index, { align: 'auto' }),
  }
}
