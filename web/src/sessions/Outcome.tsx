import { Match, Switch, type JSX } from 'solid-js'
import type { Command } from '../api.ts'
import { Visible } from '../ui/Mono.tsx'
import { VerdictChip } from '../ui/VerdictChip.tsx'
import { visibleText } from '../ui/visible-text.ts'
import { outcomeLabel } from './outcome-label.ts'

/** What came of a command: denied and held first, then its error, then what it returned or changed. */
export function Outcome(props: { command: Command }): JSX.Element {
  const label = () => outcomeLabel(props.command)
  return (
    <Switch fallback={<span classList={{ figures: true, faint: label().isFaint }}>{label().text}</span>}>
      <Match when={props.command.verdict !== 'allow'}>
        <VerdictChip mark={props.command.verdict} {...(props.command.rule ? { word: visibleText(props.command.rule) } : {})} />
      </Match>
      <Match when={props.command.error}>
        {error => (
          <span class="failure" title={visibleText(error().message)}>
            <VerdictChip mark="error" word={visibleText(error().code)} /> <Visible text={error().message} />
          </span>
        )}
      </Match>
    </Switch>
  )
}
