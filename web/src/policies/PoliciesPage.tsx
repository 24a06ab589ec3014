import { useQuery } from '@tanstack/solid-query'
import { For, Match, Show, Switch, type JSX } from 'solid-js'
import { api, type Policy } from '../api.ts'
import { countOf, Empty, Problem, Skeleton, Time, Visible } from '../ui/index.ts'
import './policies.css'

// A page with the editor is a document of its own: it alone may make styles, which its content security policy says.

/** Every policy in force, and what of the files is not. */
export function PoliciesPage(): JSX.Element {
  const list = useQuery(() => ({ queryKey: ['policies'], queryFn: ({ signal }) => api.policies(signal) }))
  const items = (): readonly Policy[] => (list.isPending ? [] : (list.data?.items ?? []))
  return (
    <main class="page policies-page">
      <div class="bar">
        <h1>Policies</h1>
        <span class="muted">All that are listed are in force together; the strictest verdict wins.</span>
        <span class="spring" />
        <Show when={list.data?.files === null}>
          <a class="button" href="/policies/new" rel="external">
            New policy
          </a>
        </Show>
      </div>
      <Show when={list.data?.files}>
        {files => (
          <div class="policies-files">
            <p>
              Published from files in <code>{files().directory}</code>: change them there. Here they can only be read.
            </p>
            <For each={files().broken}>
              {broken => (
                <p class="policies-broken" role="alert">
                  <b>{broken.file}</b> is not in force as it stands: <Visible text={broken.messages.join(' · ')} />
                </p>
              )}
            </For>
          </div>
        )}
      </Show>
      <Switch fallback={<Skeleton rows={6} label="Loading policies" />}>
        <Match when={list.isError && items().length === 0}>
          <Problem error={list.error} what="The policies cannot be shown" onRetry={() => void list.refetch()} />
        </Match>
        <Match when={!list.isPending && items().length === 0}>
          <Empty title="No policy is in force">
            <p>Every command is allowed and recorded. A policy says what is forbidden, held for consent, masked or limited.</p>
            <a class="button primary" href="/policies/new" rel="external">
              Write the first one
            </a>
          </Empty>
        </Match>
        <Match when={!list.isPending}>
          <div class="policies-scroll">
            <table class="policies">
              <thead>
                <tr>
                  <th scope="col">Policy</th>
                  <th scope="col">State</th>
                  <th scope="col" class="right">
                    Rules
                  </th>
                  <th scope="col" class="right">
                    Tests
                  </th>
                  <th scope="col">Last change</th>
                  <th scope="col">Why</th>
                </tr>
              </thead>
              <tbody>
                <For each={items()}>
                  {policy => (
                    <tr>
                      <th scope="row">
                        <a href={`/policies/${encodeURIComponent(policy.name)}`} rel="external">
                          {policy.name}
                        </a>
                        <span class="mono faint">@{policy.version.split('@').at(-1)}</span>
                      </th>
                      <td>
                        <span class="chip allow">✓ in force</span>
                        <Show when={policy.problem}>
                          <span class="chip deny" title={policy.problem!}>
                            ✕ its file is broken
                          </span>
                        </Show>
                      </td>
                      <td class="right">{policy.counts.rules}</td>
                      <td class="right">{policy.counts.tests}</td>
                      <td>
                        <Time at={policy.publishedAt} as="age" /> by <Visible text={policy.by.name} />
                      </td>
                      <td class="muted">
                        <Visible text={policy.reason ?? policy.file ?? ''} />
                      </td>
                    </tr>
                  )}
                </For>
              </tbody>
            </table>
            <p class="muted policies-foot">{countOf(items().length, 'policy').replace('policys', 'policies')}</p>
          </div>
        </Match>
      </Switch>
    </main>
  )
}
