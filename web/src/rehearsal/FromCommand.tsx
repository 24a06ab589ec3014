import { useQuery } from '@tanstack/solid-query'
import type { SessionDetail } from '@steno/recordings'
import { createSignal, lazy, Show, type JSX } from 'solid-js'
import { api } from '../api.ts'

const FromCommandDialog = lazy(() => import('./FromCommandDialog.tsx').then(part => ({ default: part.FromCommandDialog })))

/** Ways from a recorded command into a policy's text, for whoever may write one. */
export function FromCommand(props: { session: SessionDetail; n: number }): JSX.Element {
  const me = useQuery(() => ({ queryKey: ['me'], queryFn: ({ signal }) => api.me(signal) }))
  const [making, setMaking] = createSignal<'rule' | 'test' | null>(null)
  return (
    <Show when={!me.isPending && me.data?.permissions.includes('publish policies')}>
      <div class="rp-record-actions">
        <button type="button" class="button small" onClick={() => setMaking('rule')}>
          Make a rule…
        </button>
        <button type="button" class="button small" onClick={() => setMaking('test')}>
          Pin as a test…
        </button>
      </div>
      <Show when={making()} keyed>
        {what => <FromCommandDialog what={what} session={props.session} n={props.n} onClose={() => setMaking(null)} />}
      </Show>
    </Show>
  )
}
