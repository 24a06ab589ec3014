import { useSearchParams } from '@solidjs/router'
import { useQuery, useQueryClient, type QueryKey } from '@tanstack/solid-query'
import { createMemo, createSignal, For, Match, Show, Switch, type JSX } from 'solid-js'
import { api, type Approval, type ApprovalQuery } from '../api.ts'
import { readAgain, useFresh } from '../live.ts'
import { Empty, Mono, PrincipalChain, Problem, Skeleton, Tabs, Time, useKeys, Visible } from '../ui/index.ts'
import { ApprovalPane } from './ApprovalPane.tsx'
import { decidedFilters, decidedQuery, neighbour, sortApprovals, stateLabels, type DecidedFilter, type Inbox } from './approval-list.ts'
import { Countdown } from './Countdown.tsx'
import { DecideDialog } from './DecideDialog.tsx'
import { DecidedFilters } from './DecidedFilters.tsx'
import { NotifyButton } from './NotifyButton.tsx'
import './approvals.css'

/** Commands that wait for people: the inbox on the left, what is asked on the right. */
export function ApprovalsPage(): JSX.Element {
  const [params, setParams] = useSearchParams<{ id: string; list: string } & Record<DecidedFilter, string>>()
  const inbox = (): Inbox => (params.list === 'decided' ? 'decided' : 'waiting')
  const queries = useQueryClient()
  const query = createMemo<ApprovalQuery>(
    () => (inbox() === 'waiting' ? { state: 'pending' } : decidedQuery(params)),
    {},
    {
      equals: (one, other) => JSON.stringify(one) === JSON.stringify(other),
    },
  )
  const isNarrowed = (): boolean => decidedFilters.some(filter => params[filter])
  const list = useQuery(() => ({
    queryKey: ['approvals', query()],
    queryFn: async ({ signal }) => {
      const asked = query()
      return { of: JSON.stringify(asked), ...(await api.approvals({ ...asked, limit: listedMax }, signal)) }
    },
  }))
  const me = useQuery(() => ({ queryKey: ['me'], queryFn: ({ signal }) => api.me(signal), staleTime: 60_000 }))
  const mayReview = (): boolean => !me.isPending && (me.data?.permissions.includes('review approvals') ?? false)
  // For a moment what is here is still what was asked for before.
  const items = createMemo(() => (list.isPending || list.data?.of !== JSON.stringify(query()) ? [] : sortApprovals(list.data.items)))
  // Without a choice the first one is looked at, and stays in sight when it leaves the list.
  const looked = createMemo<{ of: ApprovalQuery; id: string | undefined }>(
    last => ({ of: query(), id: params.id ?? (last.of === query() ? last.id : undefined) ?? items()[0]?.id }),
    { of: {}, id: undefined },
  )
  const chosenId = (): string | undefined => looked().id
  const whole = useQuery(() => ({
    queryKey: ['approval', chosenId()],
    queryFn: ({ signal }) => api.approval(chosenId()!, signal),
    enabled: chosenId() !== undefined,
  }))
  const chosen = (): Approval | undefined => (whole.isPending ? undefined : whole.data)
  const [deciding, setDeciding] = createSignal<'approve' | 'reject' | null>(null)

  const ofApprovals = { predicate: ({ queryKey }: { queryKey: QueryKey }) => String(queryKey[0]).startsWith('approval') }
  const refresh = (): void => void readAgain(queries, ofApprovals)
  useFresh(['approval'], () => ofApprovals)
  function move(by: number): void {
    const next = neighbour(items(), chosenId(), by)
    if (next) setParams({ id: next.id }, { replace: true })
  }
  function decide(vote: 'approve' | 'reject'): void {
    if (chosen()?.canReview) setDeciding(vote)
  }
  useKeys([
    { keys: 'j', title: 'Next request', group: 'List', run: () => move(1) },
    { keys: 'k', title: 'Request before', group: 'List', run: () => move(-1) },
    { keys: 'a', title: 'Approve…', group: 'Approvals', run: () => decide('approve') },
    { keys: 'd', title: 'Reject…', group: 'Approvals', run: () => decide('reject') },
  ])

  return (
    <main class="page approvals-page">
      <div class="bar">
        <h1>Approvals</h1>
        <Tabs
          label="Which requests"
          controls="approvals"
          value={inbox()}
          onChange={value =>
            setParams({
              ...Object.fromEntries(decidedFilters.map(filter => [filter, null])),
              list: value === 'waiting' ? null : value,
              id: null,
            })
          }
          items={[
            { value: 'waiting', label: 'Waiting' },
            { value: 'decided', label: 'Decided' },
          ]}
        />
        <span class="spring" />
        <NotifyButton />
      </div>
      <Show when={inbox() === 'decided'}>
        <DecidedFilters chosen={params} onChange={(filter, value) => setParams({ [filter]: value || null, id: null })} />
      </Show>
      <div id="approvals" class="approvals" role="tabpanel" aria-label={inbox() === 'waiting' ? 'Waiting' : 'Decided'}>
        <Switch fallback={<Skeleton rows={8} label="Loading approvals" />}>
          <Match when={list.isError && items().length === 0}>
            <Problem error={list.error} what="The approvals cannot be shown" onRetry={() => void list.refetch()} />
          </Match>
          <Match when={!list.isPending && items().length === 0 && chosenId() === undefined}>
            <Show when={inbox() === 'decided' && isNarrowed()} fallback={<Nothing inbox={inbox()} />}>
              <Empty title="Nothing was decided like that">
                <p>No request fits all that the list is narrowed by. Drop one of them to see more.</p>
              </Empty>
            </Show>
          </Match>
          <Match when={!list.isPending}>
            <nav class="approval-list" aria-label="Requests">
              <For each={items()}>
                {item => <Item approval={item} isChosen={item.id === chosenId()} onChoose={() => setParams({ id: item.id })} />}
              </For>
              <Show when={list.data?.cursor}>
                <p class="muted approval-more">Older requests are in their commands’ recordings.</p>
              </Show>
            </nav>
            <Switch fallback={<Skeleton rows={10} label="Loading the request" />}>
              <Match when={chosen()}>
                {approval => <ApprovalPane approval={approval()} canTakeBack={mayReview()} onDecide={decide} onTakenBack={refresh} />}
              </Match>
              <Match when={whole.isError}>
                <Problem error={whole.error} what="This request cannot be shown" onRetry={() => void whole.refetch()} />
              </Match>
            </Switch>
          </Match>
        </Switch>
      </div>
      <Show when={deciding() && chosen()}>
        {approval => <DecideDialog approval={approval()} vote={deciding()!} onClose={() => setDeciding(null)} onDecided={refresh} />}
      </Show>
    </main>
  )
}

/** The most requests that are listed; what was decided before them is found by its command. */
const listedMax = '200'

function Item(props: { approval: Approval; isChosen: boolean; onChoose(): void }): JSX.Element {
  const state = () => stateLabels[props.approval.state]
  return (
    <button type="button" class="approval-item" aria-current={props.isChosen} onClick={() => props.onChoose()}>
      <span class="approval-head">
        <PrincipalChain principal={props.approval.principal} delegation={props.approval.delegation} />
        <Show
          when={props.approval.state === 'pending'}
          fallback={
            <span class={`chip ${state().mark}`}>
              {`${state().sign} ${state().word}${props.approval.grant && !props.approval.grant.ended ? ', open grant' : ''}`}
            </span>
          }
        >
          <Countdown approval={props.approval} />
        </Show>
      </span>
      <Show when={!props.approval.isMissing} fallback={<span class="muted approval-text">not here any more</span>}>
        <Mono text={props.approval.text} sql charactersMax={140} class="approval-text" />
      </Show>
      <span class="muted approval-foot">
        <Visible text={props.approval.target} />
        <span>
          <Time at={props.approval.askedAt} as="age" />
        </span>
      </span>
    </button>
  )
}

function Nothing(props: { inbox: Inbox }): JSX.Element {
  return (
    <Show
      when={props.inbox === 'waiting'}
      fallback={
        <Empty title="Nothing was decided yet">
          <p>Requests appear here once somebody has approved or rejected them, or their time ran out.</p>
        </Empty>
      }
    >
      <Empty title="Nothing waits for you">
        <p>
          A command waits here when a policy says <code>requireApproval</code>. Its connection stays open until somebody decides.
        </p>
        <a class="button" href="/approvals?list=decided">
          What was decided
        </a>
      </Empty>
    </Show>
  )
}
