import { For, type JSX } from 'solid-js'

export interface TabsProps<T extends string> {
  label: string
  items: readonly { value: T; label: string }[]
  value: T
  onChange(value: T): void
  /** The panel they switch, by its id. */
  controls: string
}

/** A row of tabs; the arrows move between them, Home and End go to the ends. */
export function Tabs<T extends string>(props: TabsProps<T>): JSX.Element {
  let row!: HTMLDivElement
  function move(event: KeyboardEvent): void {
    const at = props.items.findIndex(item => item.value === props.value)
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: props.items.length - 1 }[event.key]
    if (to === undefined) return
    event.preventDefault()
    const index = (to + props.items.length) % props.items.length
    const item = props.items[index]
    if (!item) return
    props.onChange(item.value)
    const tab = row.children[index]
    if (tab instanceof HTMLElement) tab.focus()
  }
  return (
    <div class="tabs" role="tablist" aria-label={props.label} ref={row} onKeyDown={move}>
      <For each={props.items}>
        {item => (
          <button
            type="button"
            role="tab"
            class="tab"
            aria-selected={item.value === props.value}
            aria-controls={props.controls}
            tabIndex={item.value === props.value ? 0 : -1}
            onClick={() => props.onChange(item.value)}
          >
            {item.label}
          </button>
        )}
      </For>
    </div>
  )
}
