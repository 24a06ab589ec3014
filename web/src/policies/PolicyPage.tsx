import { useParams, useSearchParams } from '@solidjs/router'
import { useQuery } from '@tanstack/solid-query'
import { lazy, Match, Suspense, Switch, type JSX } from 'solid-js'
import { api, type PolicyDetail } from '../api.ts'
import { useFresh } from '../live.ts'
import { Problem, Skeleton } from '../ui/index.ts'
import { usePolicyWorld } from './policy-world.ts'
import { PolicyDesk } from './PolicyDesk.tsx'
import './policies.css'

const HistoryView = lazy(() => import('./HistoryView.tsx').then(view => ({ default: view.HistoryView })))
const ProposalView = lazy(() => import('./ProposalView.tsx').then(view => ({ default: view.ProposalView })))
const VersionView = lazy(() => import('./VersionView.tsx').then(view => ({ default: view.VersionView })))

/** One policy: its text to write on, one of its versions, two of them beside each other, or a proposal; the address says which. */
export function PolicyPage(): JSX.Element {
  const params = useParams<{ name: string }>()
  const [address] = useSearchParams<{ v?: string; line?: string; rule?: string; view?: string; proposal?: string }>()
  return (
    <main class="page policy-page">
      <Suspense fallback={<Skeleton rows={12} label="Loading the page" />}>
        <Switch fallback={<Written name={params.name === 'new' ? '' : params.name} />}>
          <Match when={address.proposal} keyed>
            {id => <ProposalView name={params.name} id={id} />}
          </Match>
          <Match when={address.v} keyed>
            {version => (
              <VersionView name={params.name} version={version} line={Number(address.line) || null} rule={address.rule ?? null} />
            )}
          </Match>
          <Match when={address.view === 'history'}>
            <HistoryView name={params.name} />
          </Match>
        </Switch>
      </Suspense>
    </main>
  )
}

function Written(props: { name: string }): JSX.Element {
  const policy = useQuery(() => ({
    queryKey: ['policy', props.name],
    queryFn: ({ signal }): Promise<PolicyDetail | null> => (props.name === '' ? Promise.resolve(null) : api.policy(props.name, signal)),
  }))
  const world = usePolicyWorld()
  const me = useQuery(() => ({ queryKey: ['me'], queryFn: ({ signal }) => api.me(signal) }))
  // Somebody else published: whoever writes on it is told.
  useFresh(['policy'], () => ({ queryKey: ['policy', props.name] }))
  return (
    <Switch fallback={<Skeleton rows={12} label="Loading the policy" />}>
      <Match when={policy.isError && policy.data === undefined}>
        <h1 class="spoken">{props.name}</h1>
        <Problem error={policy.error} what="This policy cannot be shown" onRetry={() => void policy.refetch()} />
      </Match>
      <Match when={world.isError && world.data === undefined}>
        <h1 class="spoken">{props.name}</h1>
        <Problem error={world.error} what="What policies can name is not known" onRetry={() => void world.refetch()} />
      </Match>
      <Match when={!policy.isPending && !world.isPending && !me.isPending && world.data}>
        {known => (
          <PolicyDesk
            name={props.name}
            policy={policy.data ?? null}
            types={known().types}
            live={known().live}
            mayPublish={me.data?.permissions.includes('publish policies') ?? false}
          />
        )}
      </Match>
    </Switch>
  )
}
