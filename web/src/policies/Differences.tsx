import { For, Show, type JSX } from 'solid-js'
import { Visible } from '../ui/index.ts'

export interface DifferencesProps {
  differences: readonly { isLessStrict: boolean; message: string }[] | null
  /** What there is to say where nothing can be compared. */
  without: string
}

/** What a change means for commands, in sentences; what gets less strict first. */
export function Differences(props: DifferencesProps): JSX.Element {
  const sorted = () => (props.differences ?? []).toSorted((a, b) => Number(b.isLessStrict) - Number(a.isLessStrict))
  return (
    <Show
      when={sorted().length > 0}
      fallback={<p class="muted">{props.differences === null ? props.without : 'No command is judged otherwise than before.'}</p>}
    >
      <ul class="differences" tabIndex={0} aria-label="What it means">
        <For each={sorted()}>
          {difference => (
            <li class={difference.isLessStrict ? 'deny' : ''}>
              <Show when={difference.isLessStrict}>
                <b>Less strict: </b>
              </Show>
              <Visible text={difference.message} />
            </li>
          )}
        </For>
      </ul>
    </Show>
  )
}
