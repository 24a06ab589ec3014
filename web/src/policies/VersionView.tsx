import { useQuery } from '@tanstack/solid-query'
import { Match, Show, Switch, type JSX } from 'solid-js'
import { api } from '../api.ts'
import { Problem, Skeleton, Time, Visible } from '../ui/index.ts'
import { policyHref } from './policy-href.ts'
import { PolicyBar } from './PolicyBar.tsx'
import { RehearsedLine } from './PublishDialog.tsx'
import { ReadOnlyText } from './ReadOnlyText.tsx'

export interface VersionViewProps {
  name: string
  version: string
  /** The line that a link means. */
  line: number | null
  /** The rule that a link means, where it does not say the line. */
  rule: string | null
}

/** One version as it was published, in force or not. */
export function VersionView(props: VersionViewProps): JSX.Element {
  const version = useQuery(() => ({
    queryKey: ['policy version', props.name, props.version],
    queryFn: ({ signal }) => api.policyVersion(props.name, props.version, { signal }),
    // It never changes.
    staleTime: Infinity,
  }))
  const inForce = useQuery(() => ({ queryKey: ['policies'], queryFn: ({ signal }) => api.policies(signal) }))
  const isInForce = (): boolean => !inForce.isPending && inForce.data?.items.some(({ version: now }) => now === props.version) === true
  const line = (): number | null => props.line ?? version.data?.rules.find(({ name }) => name === props.rule)?.line ?? null
  const hasPolicy = (): boolean => !inForce.isPending && inForce.data?.items.some(({ name }) => name === props.name) === true
  return (
    <Switch fallback={<Skeleton rows={12} label="Loading the version" />}>
      <Match when={version.isError}>
        <h1 class="spoken">{props.name}</h1>
        <Problem error={version.error} what="This version cannot be shown" onRetry={() => void version.refetch()} />
      </Match>
      <Match when={version.data}>
        {shown => (
          <>
            <PolicyBar name={props.name} version={props.version} isBeside={hasPolicy()}>
              <span class={`chip ${isInForce() ? 'allow' : ''}`}>{isInForce() ? '✓ in force' : 'not in force'}</span>
              <span class="spring" />
              <Show when={hasPolicy()}>
                <a class="button quiet" href={policyHref(props.name, { view: 'history', to: props.version })}>
                  Versions
                </a>
                <a class="button" href={policyHref(props.name)}>
                  {isInForce() ? 'Write on it' : 'What is in force'}
                </a>
              </Show>
            </PolicyBar>
            <div class="policy-note policy-about">
              <p>
                Published <Time at={shown().publishedAt} as="absolute" /> by <Visible text={shown().by.name} />
                <Show when={shown().agreed}>
                  {agreed => (
                    <>
                      , with the consent of <Visible text={agreed().by.name} />
                    </>
                  )}
                </Show>
                <Show when={shown().reason}>
                  {reason => (
                    <>
                      : <Visible text={reason()} />
                    </>
                  )}
                </Show>
              </p>
              <Show when={shown().rehearsed}>{summary => <RehearsedLine summary={summary()} on="what its author rehearsed" />}</Show>
            </div>
            <ReadOnlyText text={shown().source} line={line()} label={`${props.version}, read-only`} />
          </>
        )}
      </Match>
    </Switch>
  )
}
