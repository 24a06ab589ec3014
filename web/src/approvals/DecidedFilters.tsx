import { For, type JSX } from 'solid-js'
import { sinceOptions, stateLabels, type DecidedFilter } from './approval-list.ts'

export interface DecidedFiltersProps {
  chosen: Partial<Record<DecidedFilter, string | undefined>>
  onChange(filter: DecidedFilter, value: string): void
}

const states = ['granted', 'rejected', 'expired', 'withdrawn'] as const

const names: { filter: DecidedFilter; label: string }[] = [
  { filter: 'target', label: 'Target' },
  { filter: 'agent', label: 'Who asked' },
  { filter: 'reviewer', label: 'Who decided' },
]

/** Narrows the list of decided requests; all of it stands in the address. */
export function DecidedFilters(props: DecidedFiltersProps): JSX.Element {
  return (
    <form class="approval-filters" aria-label="Narrow the list" onSubmit={event => event.preventDefault()}>
      <select
        class="input"
        aria-label="How it ended"
        value={props.chosen.state ?? ''}
        onChange={event => props.onChange('state', event.currentTarget.value)}
      >
        <option value="">any end</option>
        <For each={states}>{state => <option value={state}>{stateLabels[state].word}</option>}</For>
      </select>
      <select
        class="input"
        aria-label="Since when"
        value={props.chosen.since ?? ''}
        onChange={event => props.onChange('since', event.currentTarget.value)}
      >
        <option value="">any time</option>
        <For each={Object.entries(sinceOptions)}>{([age, label]) => <option value={age}>{label}</option>}</For>
      </select>
      <For each={names}>
        {({ filter, label }) => (
          <input
            class="input"
            type="search"
            aria-label={label}
            placeholder={label}
            maxLength={200}
            value={props.chosen[filter] ?? ''}
            onChange={event => props.onChange(filter, event.currentTarget.value.trim())}
          />
        )}
      </For>
      <label class="approval-open-grants">
        <input
          type="checkbox"
          checked={props.chosen.grant === 'open'}
          onChange={event => props.onChange('grant', event.currentTarget.checked ? 'open' : '')}
        />
        <span>open grants</span>
      </label>
    </form>
  )
}
