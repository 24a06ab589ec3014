import { createSignal } from 'solid-js'
import { api } from '../api.ts'
import { useEvents } from '../live.ts'
import { forget, recall, remember } from '../memory.ts'
import { createNotifier, type NotifierState } from './create-notifier.ts'

const wantedKey = 'steno.notify'

const hasNotifications = (): boolean => 'Notification' in globalThis && globalThis.isSecureContext

const notifier = createNotifier({
  permission: () => (hasNotifications() ? Notification.permission : null),
  askPermission: () => Notification.requestPermission(),
  isWanted: () => recall(wantedKey) === 'on',
  setWanted: isWanted => void (isWanted ? remember(wantedKey, 'on') : forget(wantedKey)),
  isLookedAt: () => document.visibilityState === 'visible' && document.hasFocus(),
  show({ id, title, body }) {
    const notice = new Notification(title, { body, tag: id })
    notice.addEventListener('click', () => {
      window.focus()
      window.location.assign(`/approvals?id=${encodeURIComponent(id)}`)
    })
  },
  approval: id => api.approval(id),
})

const [notifierState, setNotifierState] = createSignal<NotifierState>(notifier.state())

export { notifierState }

export async function toggleNotifier(): Promise<void> {
  setNotifierState(await notifier.toggle())
}

/** Has requests told of for as long as the calling component lives. */
export function useNotifier(): void {
  useEvents(({ type, data }) => {
    if (type !== 'approval' || notifier.state() !== 'on') return
    const said: unknown = JSON.parse(data)
    const id = typeof said === 'object' && said !== null && 'id' in said ? said.id : null
    // What cannot be asked now is on the page when somebody looks.
    if (typeof id === 'string') void notifier.hear(id).catch(() => {})
  })
}
