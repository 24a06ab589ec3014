import { useQuery } from '@tanstack/solid-query'
import { For, Match, Show, Switch, type JSX } from 'solid-js'
import { api, type Policy, type PolicyProposal } from '../api.ts'
import { useFresh } from '../live.ts'
import { countOf, Empty, Problem, Skeleton, Time, useKeys, Visible } from '../ui/index.ts'
import { listDrafts } from './drafts.ts'
import { ofPolicies } from './of-policies.ts'
import { policyHref, shortVersion } from './policy-href.ts'
import './policies.css'

// A page with the editor is a document of its own: it alone may make styles, which its content security policy says.

/** Every policy in force with how it does, what waits for a second person, and what is drafted here. */
export function PoliciesPage(): JSX.Element {
  const list = useQuery(() => ({ queryKey: ['policies'], queryFn: ({ signal }) => api.policies(signal) }))
  const proposals = useQuery(() => ({ queryKey: ['policy proposals'], queryFn: ({ signal }) => api.policyProposals(signal) }))
  const activity = useQuery(() => ({ queryKey: ['policy activity'], queryFn: ({ signal }) => api.policyActivity(signal) }))
  const me = useQuery(() => ({ queryKey: ['me'], queryFn: ({ signal }) => api.me(signal) }))
  useFresh(['policy', 'proposal'], () => ofPolicies)
  const items = (): readonly Policy[] => (list.isPending ? [] : (list.data?.items ?? []))
  const open = (): PolicyProposal[] =>
    (proposals.isPending ? [] : (proposals.data?.items ?? [])).filter(({ state }) => state === 'pending' || state === 'overtaken')
  const mayWrite = (): boolean => !me.isPending && me.data?.permissions.includes('publish policies') === true && list.data?.files === null
  const drafts = new Set(listDrafts().map(({ name }) => name))
  const hits = (name: string) => (activity.isPending ? undefined : activity.data?.items.find(({ policy }) => policy === name))
  useKeys([
    {
      keys: 'c',
      title: 'New policy',
      group: 'Policies',
      run: () => {
        if (mayWrite()) window.location.assign(policyHref(''))
      },
    },
  ])
  return (
    <main class="page policies-page">
      <div class="bar">
        <h1>Policies</h1>
        <span class="muted">All that are listed are in force together; the strictest verdict wins.</span>
        <span class="spring" />
        <Show when={mayWrite()}>
          <a class="button" href={policyHref('')} rel="external" title="New policy (c)">
            {drafts.has('') ? 'Go on with your new policy' : 'New policy'}
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
      <Show when={open().length > 0}>
        <section class="proposals" aria-label="Waiting for a second person">
          <h2>Waiting for a second person</h2>
          <ul>
            <For each={open()}>{proposal => <ProposalRow proposal={proposal} />}</For>
          </ul>
        </section>
      </Show>
      <Switch fallback={<Skeleton rows={6} label="Loading policies" />}>
        <Match when={list.isError && items().length === 0}>
          <Problem error={list.error} what="The policies cannot be shown" onRetry={() => void list.refetch()} />
        </Match>
        <Match when={!list.isPending && items().length === 0}>
          <Empty title="No policy is in force">
            <p>Every command is allowed and recorded. A policy says what is forbidden, held for consent, masked or limited.</p>
            <Show when={mayWrite()}>
              <a class="button primary" href={policyHref('')} rel="external">
                Write the first one
              </a>
            </Show>
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
                  <th scope="col" class="right">
                    Hits in 7 days
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
                        <a href={policyHref(policy.name)} rel="external">
                          {policy.name}
                        </a>{' '}
                        <span class="mono faint">{shortVersion(policy.version)}</span>
                      </th>
                      <td>
                        <span class="policy-chips">
                          <StateChip policy={policy} />
                          <Show when={drafts.has(policy.name)}>
                            <span class="chip mask" title="A text that you have not published, kept in this browser">
                              ✎ your draft
                            </span>
                          </Show>
                          <Show when={policy.problem}>
                            <span class="chip deny" title={policy.problem!}>
                              ✕ its file is broken
                            </span>
                          </Show>
                        </span>
                      </td>
                      <td class="right">{policy.counts.rules}</td>
                      <td class="right">
                        <Show when={policy.counts.tests > 0} fallback={<span class="faint">none</span>}>
                          <span title="They passed when it was published; nothing is published while one fails">
                            {policy.counts.tests} ✓
                          </span>
                        </Show>
                      </td>
                      <td class="right">
                        <Show when={hits(policy.name)} fallback={<span class="faint">{activity.isError ? 'not known' : '…'}</span>}>
                          {found => (
                            <>
                              <Show when={found().denied + found().held > 0}>
                                <span class="muted">
                                  {found().denied.toLocaleString('en')} denied, {found().held.toLocaleString('en')} held of{' '}
                                </span>
                              </Show>
                              <b>{found().commands.toLocaleString('en')}</b>
                            </>
                          )}
                        </Show>
                      </td>
                      <td>
                        <Time at={policy.publishedAt} as="age" /> by <Visible text={policy.by.name} />
                        <Show when={policy.agreed}>
                          {agreed => (
                            <>
                              , with <Visible text={agreed().by.name} />
                            </>
                          )}
                        </Show>
                      </td>
                      <td class="muted policy-reason">
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

/** In force, or only watching: a policy all of whose rules are observed refuses nothing. */
function StateChip(props: { policy: Policy }): JSX.Element {
  const counts = () => props.policy.counts
  return (
    <Switch>
      <Match when={counts().observed > 0 && counts().observed === counts().rules}>
        <span class="chip hold" title="Its rules are recorded, and refuse nothing">
          ◔ observes
        </span>
      </Match>
      <Match when={counts().observed > 0}>
        <span class="chip allow">✓ in force</span>
        <span class="chip hold">
          ◔ {counts().observed} of {counts().rules} observed
        </span>
      </Match>
      <Match when={true}>
        <span class="chip allow">✓ in force</span>
      </Match>
    </Switch>
  )
}

function ProposalRow(props: { proposal: PolicyProposal }): JSX.Element {
  const proposal = () => props.proposal
  return (
    <li>
      <a href={policyHref(proposal().name, { proposal: proposal().id })} rel="external">
        {proposal().source === null ? `take ${proposal().name} out of force` : proposal().name}
      </a>
      <Show when={proposal().version}>{version => <span class="mono faint">{shortVersion(version())}</span>}</Show>
      <span class="muted">
        proposed <Time at={proposal().proposedAt} as="age" /> by <Visible text={proposal().by.name} />
      </span>
      <Show when={proposal().reason}>{reason => <Visible text={reason()} />}</Show>
      <span class="spring" />
      <Switch>
        <Match when={proposal().state === 'overtaken'}>
          <span class="chip deny">✕ overtaken</span>
        </Match>
        <Match when={proposal().canReview}>
          <span class="chip hold">◔ waits for you</span>
        </Match>
        <Match when={true}>
          <span class="chip">◔ waits for {proposal().reviewers.join(' or ')}</span>
        </Match>
      </Switch>
    </li>
  )
}
