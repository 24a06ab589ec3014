import { useNavigate, useSearchParams } from '@solidjs/router'
import { useQuery } from '@tanstack/solid-query'
import { createSignal, For, Match, Show, Switch, type JSX } from 'solid-js'
import { api, type PolicyDetail } from '../api.ts'
import { Problem, Skeleton, Time, useKeys, Visible } from '../ui/index.ts'
import { describeProblem } from '../ui/describe-problem.ts'
import { Differences } from './Differences.tsx'
import { readDraft, writeDraft } from './drafts.ts'
import { policyHref, shortVersion } from './policy-href.ts'
import { PolicyBar } from './PolicyBar.tsx'
import { TextDiff } from './TextDiff.tsx'

/** Every version a policy had, any two of them beside each other, and the way back to one. */
export function HistoryView(props: { name: string }): JSX.Element {
  const policy = useQuery(() => ({ queryKey: ['policy', props.name], queryFn: ({ signal }) => api.policy(props.name, signal) }))
  return (
    <Switch fallback={<Skeleton rows={12} label="Loading the versions" />}>
      <Match when={policy.isError && policy.data === undefined}>
        <h1 class="spoken">{props.name}</h1>
        <Problem error={policy.error} what="The versions cannot be shown" onRetry={() => void policy.refetch()} />
      </Match>
      <Match when={policy.data}>{found => <History policy={found()} />}</Match>
    </Switch>
  )
}

function History(props: { policy: PolicyDetail }): JSX.Element {
  const navigate = useNavigate()
  const [address, setAddress] = useSearchParams<{ from?: string; to?: string }>()
  const [trouble, setTrouble] = createSignal('')
  const me = useQuery(() => ({ queryKey: ['me'], queryFn: ({ signal }) => api.me(signal) }))
  /** A source that was published twice is one version; the last time counts. */
  const versions = () => props.policy.versions.filter(({ version }, at, all) => all.findIndex(one => one.version === version) === at)
  const to = (): string => address.to ?? props.policy.version
  const from = (): string => {
    if (address.from) return address.from
    const at = versions().findIndex(({ version }) => version === to())
    return versions()[at + 1]?.version ?? to()
  }
  const mayPublish = (): boolean =>
    !me.isPending && me.data?.permissions.includes('publish policies') === true && props.policy.managed === 'api'
  const pair = useQuery(() => ({
    queryKey: ['policy versions', props.policy.name, from(), to()],
    queryFn: async ({ signal }) => ({
      before: await api.policyVersion(props.policy.name, from(), { signal }),
      after: await api.policyVersion(props.policy.name, to(), { against: from(), signal }),
    }),
    staleTime: Infinity,
    placeholderData: before => before,
  }))

  async function rollBack(): Promise<void> {
    const version = to()
    try {
      const { source } = await api.policyVersion(props.policy.name, version)
      if (readDraft(props.policy.name)) {
        setTrouble('You have a draft of this policy in this browser: publish or discard it first.')
        return
      }
      writeDraft(props.policy.name, { source, base: props.policy.version })
      navigate(policyHref(props.policy.name, { publish: `back to ${shortVersion(version)}` }))
    } catch (error) {
      setTrouble(describeProblem(error).why)
    }
  }
  const step = (by: number): void => {
    const at = versions().findIndex(({ version }) => version === to()) + by
    const next = versions()[at]
    if (next) setAddress({ to: next.version, from: undefined })
  }
  useKeys([
    { keys: 'j', title: 'Earlier version', group: 'Versions', run: () => step(1) },
    { keys: 'k', title: 'Later version', group: 'Versions', run: () => step(-1) },
    { keys: 'Escape', title: 'Back to the text', group: 'Versions', run: () => navigate(policyHref(props.policy.name)) },
  ])

  return (
    <>
      <PolicyBar name={props.policy.name} version={null} isBeside>
        <span class="muted">versions</span>
        <span class="spring" />
        <Show when={mayPublish() && to() !== props.policy.version}>
          <button type="button" class="button primary" onClick={() => void rollBack()}>
            Go back to {shortVersion(to())}…
          </button>
        </Show>
        <a class="button" href={policyHref(props.policy.name)}>
          Close
        </a>
      </PolicyBar>
      <Show when={trouble()}>
        <p class="policy-note deny" role="alert">
          {trouble()}
        </p>
      </Show>
      <div class="history">
        <ol class="history-list" aria-label="Versions, the newest first">
          <For each={versions()}>
            {version => (
              <li aria-current={version.version === to() ? 'true' : undefined}>
                <button type="button" class="history-row" onClick={() => setAddress({ to: version.version, from: undefined })}>
                  <span class="history-title">
                    <span class="mono">{shortVersion(version.version)}</span>
                    <Show when={version.version === props.policy.version}>
                      <span class="chip allow">✓ in force</span>
                    </Show>
                    <span class="spring" />
                    <span class="muted">
                      <Time at={version.publishedAt} as="age" />
                    </span>
                  </span>
                  <span class="muted">
                    <Visible text={version.by.name} />
                    <Show when={version.agreed}>
                      {agreed => (
                        <>
                          , with <Visible text={agreed().by.name} />
                        </>
                      )}
                    </Show>
                  </span>
                  <Show when={version.reason}>{reason => <Visible text={reason()} />}</Show>
                </button>
              </li>
            )}
          </For>
        </ol>
        <section class="history-pair" aria-label="Two versions">
          <form class="history-choice">
            <label>
              <span>From</span>
              <select class="input" value={from()} onChange={event => setAddress({ from: event.currentTarget.value, to: to() })}>
                <For each={versions()}>{({ version }) => <option value={version}>{shortVersion(version)}</option>}</For>
              </select>
            </label>
            <label>
              <span>to</span>
              <select class="input" value={to()} onChange={event => setAddress({ from: from(), to: event.currentTarget.value })}>
                <For each={versions()}>{({ version }) => <option value={version}>{shortVersion(version)}</option>}</For>
              </select>
            </label>
          </form>
          <Switch fallback={<Skeleton rows={8} label="Loading both versions" />}>
            <Match when={pair.isError}>
              <Problem error={pair.error} what="These versions cannot be compared" onRetry={() => void pair.refetch()} />
            </Match>
            <Match when={pair.data}>
              {both => (
                <>
                  <div class="history-meaning">
                    <Show when={from() !== to()} fallback={<p class="muted">It is the first version.</p>}>
                      <Differences differences={both().after.differences ?? null} without="They cannot be compared." />
                    </Show>
                  </div>
                  <TextDiff
                    before={from() === to() ? '' : both().before.source}
                    after={both().after.source}
                    label={`${from()} beside ${to()}`}
                  />
                </>
              )}
            </Match>
          </Switch>
        </section>
      </div>
    </>
  )
}
