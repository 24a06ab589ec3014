import { For, Show, type JSX } from 'solid-js'
import { listDrafts } from '../policies/drafts.ts'
import { visibleText } from '../ui/index.ts'

export interface DraftSwitchProps {
  /** The name of the draft that is asked, as addresses have it; null for none. */
  draft: string | null
  onChange(draft: string | null): void
}

/** Asks what a draft of this browser would say of the whole session. Not there where there is no draft. */
export function DraftSwitch(props: DraftSwitchProps): JSX.Element {
  const drafts = listDrafts().map(({ name }) => name || 'new')
  return (
    <Show when={drafts.length > 0}>
      <label class="rp-draft">
        <span>What would the draft say?</span>
        <select
          class="input"
          value={props.draft ?? ''}
          onChange={event => props.onChange(event.currentTarget.value === '' ? null : event.currentTarget.value)}
        >
          <option value="">not asked</option>
          <For each={drafts}>{name => <option value={name}>{name === 'new' ? 'new policy' : visibleText(name)}</option>}</For>
        </select>
      </label>
    </Show>
  )
}
