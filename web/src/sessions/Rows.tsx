import { createEffect, createMemo, For, on, Show, type Accessor, type JSX } from 'solid-js'
import { createRows } from '../ui/create-rows.ts'

export interface RowsProps<T> {
  label: string
  /** What the columns are called; an empty name is a column of signs. */
  columns: readonly { name: string; isNumber?: boolean; spoken?: string }[]
  items: readonly T[]
  /** What tells one row from another, however often its content changes. */
  keyOf(item: T): string
  heightOf(item: T): number
  /** Which row is selected, -1 for none. */
  selected: number
  isStale: boolean
  class: string
  onNearEnd(): void
  row(item: Accessor<T>, select: () => void): JSX.Element
  onSelect(index: number): void
  /** Hands over the way to bring a row into view. */
  onReveal(reveal: (index: number) => void): void
  fresh: number
  onFresh(): void
  word: string
}

/** How near to the last row the next page is asked for. */
const nearEnd = 20

/** A long table of which only what is seen is drawn. */
export function Rows<T>(props: RowsProps<T>): JSX.Element {
  const view = createRows(() => props.items.map(item => props.heightOf(item)))
  const indexes = createMemo(() => new Map(props.items.map((item, index) => [props.keyOf(item), index])))
  const seenKeys = createMemo(() => props.items.slice(view.seen().first, view.seen().end).map(item => props.keyOf(item)))
  props.onReveal(view.reveal)
  createEffect(
    on(
      () => view.seen().end,
      end => end > props.items.length - nearEnd && props.onNearEnd(),
    ),
  )
  return (
    <div class="rows-place" classList={{ stale: props.isStale }}>
      <Show when={props.fresh > 0}>
        <div class="fresh-place">
          <button type="button" class="fresh" onClick={() => props.onFresh()}>
            {props.fresh} new {props.fresh === 1 ? props.word : `${props.word}s`}
          </button>
        </div>
      </Show>
      <div
        class={`rows ${props.class}`}
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
        <div role="rowgroup" class="rows-scroll" ref={view.attach} tabIndex={0} aria-label={`${props.label}, rows`}>
          <div role="presentation" class="rows-all" style={{ height: `${view.totalPx()}px` }}>
            <For each={seenKeys()}>
              {key => {
                const index = (): number => indexes().get(key) ?? -1
                const place = (at: number): number => view.places()[at] ?? 0
                return (
                  <Show when={props.items[index()]}>
                    {item => (
                      <div
                        role="row"
                        class="row"
                        classList={{ selected: index() === props.selected }}
                        aria-rowindex={index() + 2}
                        aria-selected={index() === props.selected}
                        style={{ transform: `translateY(${place(index())}px)`, height: `${place(index() + 1) - place(index())}px` }}
                      >
                        {props.row(item, () => props.onSelect(index()))}
                      </div>
                    )}
                  </Show>
                )
              }}
            </For>
          </div>
        </div>
      </div>
    </div>
  )
}
