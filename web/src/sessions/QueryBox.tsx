import X from 'lucide-solid/icons/x'
import { createEffect, For, on, onCleanup, Show, type JSX } from 'solid-js'
import { after } from '../clock.ts'
import { Kbd } from '../ui/Kbd.tsx'
import { visibleText } from '../ui/visible-text.ts'
import { createBox } from './create-box.ts'
import type { Search } from './query.ts'
import type { KnownValues } from './suggest.ts'

export interface QueryBoxProps {
  search: Search
  known: KnownValues
  placeholder: string
  onSearch(search: Search): void
}

/** How long after the last key a search is made of what is typed. */
const settleMs = 300

/** One box for filters and text; filters become chips, the rest is looked for in statements and answers. */
export function QueryBox(props: QueryBoxProps): JSX.Element {
  let input!: HTMLInputElement
  let callOff = (): void => {}
  const box = createBox({ search: () => props.search, known: () => props.known, onSearch: search => props.onSearch(search) })
  createEffect(
    on(
      () => props.search.text,
      text => box.adopt(text),
      { defer: true },
    ),
  )
  onCleanup(() => callOff())

  function onInput(): void {
    box.type(input.value)
    // A filter that became a chip leaves the field shorter than what was typed.
    input.value = box.text()
    callOff()
    callOff = after(settleMs, () => box.settle())
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.isComposing) return
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      box.open()
      box.move(event.key === 'ArrowDown' ? 1 : -1)
    } else if (event.key === 'Tab' && !event.shiftKey && box.isOpen() && box.text() !== '' && box.suggestions().length > 0) {
      if (box.chosen() < 0) box.move(1)
      box.enter()
    } else if (event.key === 'Enter') {
      callOff()
      if (box.enter()) input.blur()
    } else if (event.key === 'Escape') {
      if (box.isOpen()) box.close()
      else input.blur()
    } else if (event.key !== 'Backspace' || !box.backspace()) return
    event.preventDefault()
  }

  const remove = (index: number): void => props.onSearch({ ...props.search, terms: props.search.terms.filter((_, at) => at !== index) })

  return (
    <div class="query" onClick={event => event.target === event.currentTarget && input.focus()}>
      <For each={props.search.terms}>
        {(term, index) => (
          <span class="token" classList={{ wrong: term.problem !== null }} title={term.problem ?? undefined}>
            <span>{term.field}:</span>
            <bdi>{visibleText(term.value)}</bdi>
            <Show when={term.problem}>
              <span class="token-problem"> {term.problem}</span>
            </Show>
            <button type="button" aria-label={`Remove ${term.field}:${visibleText(term.value)}`} onClick={() => remove(index())}>
              <X size={12} aria-hidden="true" />
            </button>
          </span>
        )}
      </For>
      <div class="query-field">
        <input
          ref={input}
          data-search
          role="combobox"
          aria-label="Search"
          aria-expanded={box.isOpen() && box.suggestions().length > 0}
          aria-controls="suggestions"
          aria-autocomplete="list"
          aria-activedescendant={box.chosen() >= 0 ? `suggestion-${box.chosen()}` : undefined}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          placeholder={props.search.terms.length > 0 ? 'add a filter, or text' : props.placeholder}
          value={box.text()}
          onInput={onInput}
          onFocus={() => box.open()}
          onBlur={() => box.close()}
          onKeyDown={onKeyDown}
        />
        <div class="suggestions" id="suggestions" role="listbox" aria-label="Suggestions" hidden={box.suggestions().length === 0}>
          <For each={box.suggestions()}>
            {(suggestion, index) => (
              <div
                role="option"
                id={`suggestion-${index()}`}
                aria-selected={index() === box.chosen()}
                // Pressing must not take the focus from the field, which would close the list first.
                onPointerDown={event => event.preventDefault()}
                onClick={() => box.take(suggestion)}
              >
                <span class="mono">{visibleText(suggestion.label)}</span>
                <span class="faint">{suggestion.hint}</span>
              </div>
            )}
          </For>
        </div>
      </div>
      <Kbd keys="/" />
    </div>
  )
}
