import { createEffect, For, on, Show, type JSX } from 'solid-js'
import { createRows } from '../ui/create-rows.ts'

export interface RowsProps<T> {
  label: string
  /** What the columns are called; an empty name is a column of signs. */
  columns: readonly { name: string; isNumber?: boolean; spoken?: string }[]
  items: readonly T[]
  heightOf(item: T): number
  /** Which row is selected, -1 for none. */
  selected: number
  isStale: boolean
  class: string
  onNearEnd(): void
  row(item: T, place: { index: number; isSelected: boolean }): JSX.Element
  /** Hands over the way to bring a row into view. */
  onReveal(reveal: (index: number) => void): void
  fresh: number
  onFresh(): void
  word: string
}

/** A long table of which only what is seen is drawn. */
export function Rows<T>(props: RowsProps<T>): JSX.Element {
  let scroller!: HTMLDivElement
  const rows = createRows({
    count: () => props.items.length,
    heightAt: index => {
      const item = props.items[index]
      return item === undefined ? 0 : props.heightOf(item)
    },
    scroller: () => scroller,
  })
  props.onReveal(rows.reveal)
  createEffect(
    on(
      () => rows.rows().at(-1)?.index ?? 0,
      last => last > props.items.length - 20 && props.onNearEnd(),
    ),
  )
  return (
    <div
      class={`rows ${props.class}`}
      classList={{ stale: props.isStale }}
      role="grid"
      aria-label={props.label}
      aria-rowcount={props.items.length + 1}
      aria-busy={props.isStale}
    >
      <div role="rowgroup" class="rows-head">
        <div role="row" aria-rowindex={1} class="row head">
          <For each={props.columns}>
            {column => (
              <div role="columnheader" classList={{ right: column.isNumber ?? false }}>
                {column.name}
                <Show when={column.spoken}>
                  <span class="spoken">{column.spoken}</span>
                </Show>
              </div>
            )}
          </For>
        </div>
      </div>
      <Show when={props.fresh > 0}>
        <div class="fresh-place" role="presentation">
          <button type="button" class="fresh" onClick={() => props.onFresh()}>
            {props.fresh} new {props.fresh === 1 ? props.word : `${props.word}s`}
          </button>
        </div>
      </Show>
      <div role="rowgroup" class="rows-scroll" ref={scroller} tabIndex={0} aria-label={`${props.label}, rows`}>
        <div role="presentation" class="rows-all" style={{ height: `${rows.totalPx()}px` }}>
          <For each={rows.rows()}>
            {place => (
              <Show when={props.items[place.index]}>
                {item => (
                  <div
                    role="row"
                    class="row"
                    classList={{ selected: place.index === props.selected }}
                    aria-rowindex={place.index + 2}
                    aria-selected={place.index === props.selected}
                    style={{ transform: `translateY(${place.start}px)`, height: `${place.size}px` }}
                  >
                    {props.row(item(), { index: place.index, isSelected: place.index === props.selected })}
                  </div>
                )}
              </Show>
            )}
          </For>
        </div>
      </div>
    </div>
  )
}
