import X from 'lucide-solid/icons/x'
import ChevronDown from 'lucide-solid/icons/chevron-down'
import ChevronUp from 'lucide-solid/icons/chevron-up'
import { onMount, Show, type JSX } from 'solid-js'
import { after } from '../clock.ts'
import { countLabel, countOf } from '../ui/index.ts'
import type { ReplaySearch } from './create-replay.ts'

export interface SearchBarProps {
  search: ReplaySearch
  text: string
  /** The frame shown, to say which hit it is. */
  index: number
  listsOnlyHits: boolean
  onText(text: string): void
  onStep(by: 1 | -1): void
  onListOnlyHits(only: boolean): void
  onClose(): void
}

/** The search inside a recording: statements, bind values, answers, errors and copied data. */
export function SearchBar(props: SearchBarProps): JSX.Element {
  let field!: HTMLInputElement
  let callOff = (): void => undefined
  onMount(() => field.focus())
  const type = (text: string) => {
    callOff()
    callOff = after(220, () => props.onText(text))
  }
  const said = (): string => {
    const search = props.search
    if (search.text() === '') return 'statements, values and answers'
    const hits = search.hits()
    const at = hits.indexOf(props.index)
    const found = at >= 0 ? `${countLabel(at + 1)} of ${countOf(hits.length, 'command')}` : countOf(hits.length, 'command')
    const share = search.share()
    if (share !== null) return `${found}, searched ${Math.round(share * 100)} %`
    return hits.length === 0 ? 'nothing found' : found
  }
  return (
    <div class="rp-search" role="search">
      <input
        ref={element => (field = element)}
        type="search"
        class="rp-input mono"
        aria-label="Search inside the recording"
        placeholder="search inside"
        value={props.text}
        onInput={event => type(event.currentTarget.value)}
        on:keydown={event => {
          if (event.key === 'Escape') props.onClose()
          else if (event.key === 'Enter') {
            callOff()
            props.onText(event.currentTarget.value)
            props.onStep(event.shiftKey ? -1 : 1)
          } else return
          event.preventDefault()
          event.stopPropagation()
        }}
      />
      <button
        type="button"
        class="button quiet small icon"
        aria-label="Previous hit"
        title="Previous hit (⇧↵)"
        onClick={() => props.onStep(-1)}
      >
        <ChevronUp size={15} aria-hidden="true" />
      </button>
      <button type="button" class="button quiet small icon" aria-label="Next hit" title="Next hit (↵)" onClick={() => props.onStep(1)}>
        <ChevronDown size={15} aria-hidden="true" />
      </button>
      <output aria-live="polite">{said()}</output>
      <Show when={props.search.trouble()}>{message => <span class="rp-search-trouble">The search stopped: {message()}</span>}</Show>
      <span class="rp-fill" />
      <Show when={props.search.hits().length > 0}>
        <label class="rp-only">
          <input type="checkbox" checked={props.listsOnlyHits} onChange={event => props.onListOnlyHits(event.currentTarget.checked)} />
          list only these
        </label>
      </Show>
      <button
        type="button"
        class="button quiet small icon"
        aria-label="Close search"
        title="Close search (Esc)"
        onClick={() => props.onClose()}
      >
        <X size={15} aria-hidden="true" />
      </button>
    </div>
  )
}
