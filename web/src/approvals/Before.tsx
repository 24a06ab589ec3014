import { useQuery } from '@tanstack/solid-query'
import { For, Show, type JSX } from 'solid-js'
import { api, type Approval } from '../api.ts'
import { Time } from '../ui/index.ts'
import { historySentences } from './history-words.ts'

/** What commands that differ in literals alone did before, at the same target. */
export function Before(props: { approval: Approval }): JSX.Element {
  const history = useQuery(() => ({
    queryKey: ['history of', props.approval.id],
    queryFn: ({ signal }) => api.approvalHistory(props.approval.id, signal),
    enabled: !props.approval.isMissing,
    retry: false,
  }))
  const known = () => (history.isPending || history.isError ? undefined : history.data)
  const sentences = () => {
    const found = known()
    return found ? historySentences(found) : []
  }
  return (
    <section aria-label="What commands like it did before">
      <h2>What commands like it did before</h2>
      <Show
        when={known()}
        fallback={
          <p class="muted">
            {history.isError
              ? 'Search is away, so it is not known.'
              : props.approval.isMissing
                ? 'What it said is not here any more.'
                : 'Looking…'}
          </p>
        }
      >
        {found => (
          <Show when={found().commands > 0} fallback={<p class="muted">Nothing like it was asked of this target before.</p>}>
            <For each={sentences()}>{sentence => <p>{sentence}</p>}</For>
            <Show when={found().lastAt}>
              {at => (
                <p class="muted">
                  First <Time at={found().firstAt ?? at()} as="absolute" />, last{' '}
                  <a href={`/commands/${encodeURIComponent(found().last ?? '')}`}>
                    <Time at={at()} as="absolute" />
                  </a>
                  . Alike is what differs in literals alone.
                </p>
              )}
            </Show>
          </Show>
        )}
      </Show>
    </section>
  )
}
