import Plus from 'lucide-solid/icons/plus'
import X from 'lucide-solid/icons/x'
import { createSignal, For, Show, type JSX } from 'solid-js'
import { visibleText } from '../ui/visible-text.ts'
import { formatSearch, parseSearch, termOf, withoutFields, withTerm, type Search } from './query.ts'
import { createSavedViews } from './saved-views.ts'
import { quickRanges } from './time-range.ts'

/** The searches one press away: times, errors, and those kept by name in this browser. */
export function ViewTabs(props: { search: Search; onSearch(search: Search): void }): JSX.Element {
  const saved = createSavedViews()
  const [naming, setNaming] = createSignal<string | null>(null)
  const written = (): string => formatSearch(props.search)
  const hasRange = (age: string): boolean => (termOf(props.search, 'since') ?? '') === age && termOf(props.search, 'until') === undefined
  const onlyErrors = (): boolean => termOf(props.search, 'error') === 'true'

  function setRange(age: string): void {
    const without = withoutFields(props.search, 'since', 'until')
    props.onSearch(age ? withTerm(without, 'since', age) : without)
  }
  function save(event: SubmitEvent): void {
    event.preventDefault()
    const name = naming()?.trim()
    if (name) saved.save({ name: name.slice(0, 40), search: written() })
    setNaming(null)
  }

  return (
    <div class="views" role="group" aria-label="Quick searches">
      <For each={quickRanges}>
        {range => (
          <button type="button" class="tab" aria-pressed={hasRange(range.age)} onClick={() => setRange(range.age)}>
            {range.label}
          </button>
        )}
      </For>
      <span class="views-rule" />
      <button
        type="button"
        class="tab"
        aria-pressed={onlyErrors()}
        onClick={() => props.onSearch(onlyErrors() ? withoutFields(props.search, 'error') : withTerm(props.search, 'error', 'true'))}
      >
        Errors
      </button>
      <For each={saved.views()}>
        {view => (
          <span class="saved">
            <button
              type="button"
              class="tab"
              aria-pressed={written() === view.search}
              onClick={() => props.onSearch(parseSearch(view.search))}
            >
              {visibleText(view.name)}
            </button>
            <button
              type="button"
              class="saved-remove"
              aria-label={`Forget the view ${visibleText(view.name)}`}
              onClick={() => saved.remove(view.name)}
            >
              <X size={12} aria-hidden="true" />
            </button>
          </span>
        )}
      </For>
      <Show
        when={naming() !== null}
        fallback={
          <Show when={written() !== '' && !saved.views().some(view => view.search === written())}>
            <button type="button" class="tab" onClick={() => setNaming('')}>
              <Plus size={12} aria-hidden="true" /> Save view
            </button>
          </Show>
        }
      >
        <form class="naming" onSubmit={save}>
          <input
            class="input"
            aria-label="Name of the view"
            placeholder="name, then Enter"
            maxLength={40}
            ref={field => queueMicrotask(() => field.focus())}
            onInput={event => setNaming(event.currentTarget.value)}
            onKeyDown={event => event.key === 'Escape' && setNaming(null)}
            onBlur={() => setNaming(null)}
          />
        </form>
      </Show>
    </div>
  )
}
