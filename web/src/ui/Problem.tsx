import { createSignal, For, onCleanup, Show, type JSX } from 'solid-js'
import { after } from '../clock.ts'
import { describeProblem } from './describe-problem.ts'

/** What is shown where there is nothing: why, and what to do. */
export function Empty(props: { title: string; children?: JSX.Element }): JSX.Element {
  return (
    <div class="empty">
      <h2>{props.title}</h2>
      {props.children}
    </div>
  )
}

/** Grey rows in the final layout; nothing for the first moments, so a quick answer never flickers. */
export function Skeleton(props: { rows: number; label: string }): JSX.Element {
  const [isShown, setIsShown] = createSignal(false)
  onCleanup(after(150, () => setIsShown(true)))
  return (
    <div class="skeleton" role="status" aria-label={props.label}>
      <Show when={isShown()}>
        <For each={Array.from({ length: props.rows })}>{() => <div class="skeleton-row" aria-hidden="true" />}</For>
      </Show>
    </div>
  )
}

/** What went wrong, why, and a way to try again in place. */
export function Problem(props: { error: unknown; what: string; onRetry(): void }): JSX.Element {
  const said = () => describeProblem(props.error)
  return (
    <div class="problem" role="alert">
      <h2>{props.what}</h2>
      <p>{said().why}</p>
      <Show when={said().code}>
        <p class="mono faint">{said().code}</p>
      </Show>
      <button type="button" class="button" onClick={() => props.onRetry()}>
        Try again
      </button>
    </div>
  )
}
