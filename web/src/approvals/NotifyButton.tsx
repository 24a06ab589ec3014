import Bell from 'lucide-solid/icons/bell'
import BellOff from 'lucide-solid/icons/bell-off'
import { Show, type JSX } from 'solid-js'
import type { NotifierState } from './create-notifier.ts'
import { notifierState, toggleNotifier } from './notifier.ts'

const words: Record<NotifierState, string> = {
  unable: 'This browser cannot notify you here',
  blocked: 'Notifications are blocked in this browser’s settings',
  off: 'Notify me of requests while I look elsewhere',
  on: 'You are notified of requests while you look elsewhere; press to stop',
}

/** The one setting of notifications: off until somebody wants them. */
export function NotifyButton(): JSX.Element {
  const isOn = (): boolean => notifierState() === 'on'
  return (
    <button
      type="button"
      class="button quiet notify"
      aria-pressed={isOn()}
      title={words[notifierState()]}
      disabled={notifierState() === 'unable' || notifierState() === 'blocked'}
      onClick={() => void toggleNotifier()}
    >
      <Show when={isOn()} fallback={<BellOff size={15} aria-hidden="true" />}>
        <Bell size={15} aria-hidden="true" />
      </Show>
      <span>{isOn() ? 'Notifications on' : 'Notify me'}</span>
    </button>
  )
}
