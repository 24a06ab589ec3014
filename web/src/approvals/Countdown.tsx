import type { JSX } from 'solid-js'
import type { Approval } from '../api.ts'
import { createNow } from '../clock.ts'
import { Time } from '../ui/index.ts'
import { countdownLabel, urgency } from './approval-list.ts'

/** What is left of a request's time, spoken once and not every second. */
export function Countdown(props: { approval: Approval }): JSX.Element {
  const now = createNow(1000)
  return (
    <span class={`countdown ${urgency(props.approval, now())}`} title={`expires at ${props.approval.expiresAt}`}>
      <span aria-hidden="true">◔ {countdownLabel(props.approval.expiresAt, now())}</span>
      <span class="spoken">
        expires <Time at={props.approval.expiresAt} as="absolute" />
      </span>
    </span>
  )
}
