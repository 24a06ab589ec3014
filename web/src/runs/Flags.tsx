import { Show, type JSX } from 'solid-js'
import { VerdictChip } from '../ui/VerdictChip.tsx'

/** What in a run or session is worth a look, each with sign and word. */
export function Flags(props: { of: { denied: number; held: number; errors: number; masked: number } }): JSX.Element {
  const isQuiet = (): boolean => props.of.denied + props.of.held + props.of.errors + props.of.masked === 0
  return (
    <span class="chips">
      <Show when={props.of.denied > 0}>
        <VerdictChip mark="deny" count={props.of.denied} />
      </Show>
      <Show when={props.of.held > 0}>
        <VerdictChip mark="hold" count={props.of.held} />
      </Show>
      <Show when={props.of.errors > 0}>
        <VerdictChip mark="error" count={props.of.errors} />
      </Show>
      <Show when={props.of.masked > 0}>
        <VerdictChip mark="mask" count={props.of.masked} />
      </Show>
      <Show when={isQuiet()}>
        <span class="faint">–</span>
      </Show>
    </span>
  )
}
