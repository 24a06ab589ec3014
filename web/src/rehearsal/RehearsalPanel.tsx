import { useSearchParams } from '@solidjs/router'
import { useQuery } from '@tanstack/solid-query'
import { unwrap } from 'solid-js/store'
import { createEffect, createMemo, createSignal, For, Match, on, onCleanup, Show, Switch, type JSX } from 'solid-js'
import { api } from '../api.ts'
import { after, nowMs } from '../clock.ts'
import { bytesLabel, countLabel, countOf, Problem, Tabs, Visible } from '../ui/index.ts'
import { createFullRehearsal, type FullState } from './create-full-rehearsal.ts'
import { createLocalRehearsal, type LoadState, type LocalRehearsal, type RehearsalPort } from './create-local-rehearsal.ts'
import { findSessions, type LoadBound, type PastFilter } from './find-sessions.ts'
import { keepRehearsal } from './last-rehearsal.ts'
import { readRehearsal } from './read-rehearsal.ts'
import { ReportView } from './ReportView.tsx'
import type { PolicyText, RehearsalMessage } from './rehearsal-messages.ts'
import { windows, windowOf } from './windows.ts'
import './rehearsal.css'

export interface RehearsalPanelProps {
  /** Empty for a policy that has no name yet. */
  name: string
  source: string
  isShown: boolean
}

/** What is loaded when a policy is opened, and what is when somebody asks for more. */
const bounds = {
  some: { commands: 20_000, bytes: 24_000_000 },
  much: { commands: 100_000, bytes: 128_000_000 },
} satisfies Record<string, LoadBound>
/** How long nothing was typed before the text is rehearsed again. */
const settleMs = 120
/** What a draft is called that has no name yet: no policy can have this one. */
const draftName = '(draft)'

type Scope = 'loaded' | 'everything'

/** What the past would have met under the text beside it: on what is loaded at every pause, on everything when asked. */
export function RehearsalPanel(props: RehearsalPanelProps): JSX.Element {
  const [address, setAddress] = useSearchParams<{ since?: string; target?: string; agent?: string }>()
  const filter = createMemo(
    (): PastFilter => ({ since: windowOf(address.since).age, target: address.target ?? '', agent: address.agent ?? '' }),
    undefined,
    { equals: (a, b) => a.since === b.since && a.target === b.target && a.agent === b.agent },
  )
  const [bound, setBound] = createSignal<keyof typeof bounds>('some')
  const [scope, setScope] = createSignal<Scope>('loaded')
  const live = useQuery(() => ({ queryKey: ['rehearsal schema'], queryFn: ({ signal }) => api.policySchema(signal), staleTime: 60_000 }))
  const others = useQuery(() => ({
    queryKey: ['policies beside', props.name],
    queryFn: ({ signal }) => policiesBeside(props.name, signal),
    staleTime: 60_000,
  }))
  const targets = useQuery(() => ({ queryKey: ['targets'], queryFn: ({ signal }) => api.targets(signal) }))
  const me = useQuery(() => ({ queryKey: ['me'], queryFn: ({ signal }) => api.me(signal) }))
  const mayAskGateway = (): boolean => !me.isPending && (me.data?.permissions.includes('publish policies') ?? false)

  const local = createLocalRehearsal({
    port: startWorker(),
    find: (wanted, most) => findSessions(wanted, most, query => api.sessions(query)),
    sinceUsOf: age => (windowOf(age).seconds === null ? null : (nowMs() - windowOf(age).seconds! * 1000) * 1000),
  })
  const full = createFullRehearsal(async (source, { onProgress, signal }) => {
    const { since, target, agent } = filter()
    const answer = await api.rehearse(
      {
        source,
        ...(props.name === '' ? {} : { replaces: props.name }),
        // The gateway takes seven days where nothing is said.
        since: since === '' ? '10000w' : since,
        filter: { ...(target ? { target } : {}), ...(agent ? { agent } : {}) },
        limit: sessionsMax,
      },
      signal,
    )
    return readRehearsal(chunksOf(answer), onProgress)
  })
  onCleanup(() => {
    local.close()
    full.cancel()
  })

  createEffect(() => local.load(filter(), bounds[bound()]))
  createEffect(on(filter, () => full.clear(), { defer: true }))
  const draft = createMemo(() => {
    if (live.isPending || others.isPending || !live.data || !others.data) return null
    // A worker takes plain values only.
    const policies: PolicyText[] = [
      { name: props.name || draftName, version: null, source: props.source },
      ...others.data.map(({ name, version, source }) => ({ name, version, source })),
    ]
    return { source: props.source, policies, live: unwrap(live.data) }
  })
  createEffect(
    on(draft, next => {
      if (next) onCleanup(after(settleMs, () => local.rehearse(next)))
    }),
  )
  createEffect(() => {
    const last = local.last()
    if (last) keepRehearsal(props.name, { ...last, on: 'loaded' })
  })
  createEffect(() => {
    const state = full.state()
    if (state.is !== 'done') return
    setScope('everything')
    keepRehearsal(props.name, { source: state.source, report: state.report, on: 'everything' })
  })
  const shown = createMemo(() => {
    const state = full.state()
    return scope() === 'everything' && state.is === 'done' ? state : scope() === 'loaded' ? local.last() : null
  })
  const isOld = (): boolean => shown() !== null && shown()!.source !== props.source

  return (
    <Show when={props.isShown}>
      <section class="rh" aria-labelledby="rehearsal-title">
        <h2 class="spoken" id="rehearsal-title">
          Rehearsal
        </h2>
        <Filters
          filter={filter()}
          agents={local.agents()}
          targets={targets.isPending ? [] : (targets.data?.items ?? []).map(({ name }) => name)}
          onChange={next => setAddress(next, { replace: true, scroll: false })}
        />
        <div class="rh-scope">
          <Tabs
            label="Rehearsed on"
            items={[
              { value: 'loaded', label: 'Loaded here' },
              { value: 'everything', label: 'Everything' },
            ]}
            value={scope()}
            controls="rehearsal-report"
            onChange={setScope}
          />
        </div>
        <Show when={live.isError || others.isError}>
          <Problem
            error={live.error ?? others.error}
            what="What is in force is not known"
            onRetry={() => {
              void live.refetch()
              void others.refetch()
            }}
          />
        </Show>
        <div id="rehearsal-report" role="tabpanel" aria-label={scope() === 'loaded' ? 'Loaded here' : 'Everything'}>
          <Show
            when={scope() === 'loaded'}
            fallback={
              <Everything
                state={full.state()}
                mayAsk={mayAskGateway()}
                isOld={isOld()}
                onStart={() => full.start(props.source)}
                onCancel={full.cancel}
              />
            }
          >
            <LoadedLine
              local={local}
              isMost={bound() === 'much'}
              onMore={() => setBound('much')}
              onAgain={() => local.load(filter(), bounds[bound()])}
            />
          </Show>
          <Show when={shown()}>
            {last => (
              <div classList={{ 'rh-old': isOld() }} aria-busy={isOld()}>
                <ReportView report={last().report} name={props.name || draftName} source={last().source} />
              </div>
            )}
          </Show>
        </div>
      </section>
    </Show>
  )
}

/** As many sessions as the gateway rehearses at once. */
const sessionsMax = 20_000

function Filters(props: {
  filter: PastFilter
  targets: readonly string[]
  agents: readonly string[]
  onChange(next: { since?: string; target?: string | undefined; agent?: string | undefined }): void
}): JSX.Element {
  return (
    <div class="rh-filters">
      <label>
        <span>Window</span>
        <select class="input" value={props.filter.since} onChange={event => props.onChange({ since: event.currentTarget.value || 'all' })}>
          <For each={windows}>{each => <option value={each.age}>{each.label}</option>}</For>
        </select>
      </label>
      <label>
        <span>Target</span>
        <select
          class="input"
          value={props.filter.target}
          onChange={event => props.onChange({ target: event.currentTarget.value || undefined })}
        >
          <option value="">Every target</option>
          <For each={withKept(props.targets, props.filter.target)}>{name => <option value={name}>{name}</option>}</For>
        </select>
      </label>
      <label>
        <span>Agent</span>
        <select
          class="input"
          value={props.filter.agent}
          onChange={event => props.onChange({ agent: event.currentTarget.value || undefined })}
        >
          <option value="">Everybody</option>
          <For each={withKept(props.agents, props.filter.agent)}>{name => <option value={name}>{name}</option>}</For>
        </select>
      </label>
    </div>
  )
}

/** The names to choose from, with the one that is chosen. */
function withKept(names: readonly string[], kept: string): string[] {
  return kept === '' || names.includes(kept) ? [...names] : [...names, kept]
}

function LoadedLine(props: { local: LocalRehearsal; isMost: boolean; onMore(): void; onAgain(): void }): JSX.Element {
  const loading = (): LoadState => props.local.loading()
  const text = () => props.local.text()
  return (
    <div class="rh-state" aria-live="polite">
      <Switch>
        <Match when={loading().is === 'finding'}>
          <p class="muted">Looking for sessions…</p>
        </Match>
        <Match when={when(loading(), 'loading')}>
          {state => (
            <p class="muted">
              <progress aria-label="Loading recordings" max={Math.max(1, state().progress.of)} value={state().progress.sessions} /> Loading{' '}
              {countLabel(state().progress.sessions)} of {countOf(state().progress.of, 'session')}, {bytesLabel(state().progress.bytes)}
            </p>
          )}
        </Match>
        <Match when={when(loading(), 'failed')}>
          {state => (
            <p class="rh-trouble" role="alert">
              The recordings could not be loaded: <Visible text={state().reason} />.{' '}
              <button type="button" class="button small" onClick={() => props.onAgain()}>
                Try again
              </button>
            </p>
          )}
        </Match>
        <Match when={when(loading(), 'loaded')}>
          {state => (
            <p class="muted">
              {countOf(state().progress.commands, 'command')} of {countOf(state().progress.sessions, 'session')} loaded,{' '}
              {bytesLabel(state().progress.bytes)}.{' '}
              <Show when={state().isTruncated} fallback="That is all of this window.">
                The newest that fit {countLabel(bounds[props.isMost ? 'much' : 'some'].commands)} commands and{' '}
                {bytesLabel(bounds[props.isMost ? 'much' : 'some'].bytes)}.{' '}
                <Show when={!props.isMost}>
                  <button type="button" class="button small" onClick={() => props.onMore()}>
                    Load up to {countLabel(bounds.much.commands)}
                  </button>
                </Show>
              </Show>
              <Show when={text().is === 'rehearsed' && props.local.last()}>
                {last => <> Rehearsed in {countLabel(last().report.tookMs)} ms.</>}
              </Show>
            </p>
          )}
        </Match>
      </Switch>
      <Show when={when(text(), 'uncompiled')}>
        {state => (
          <p class="rh-trouble">
            {countOf(state().errors, 'error')} in the text: nothing can be rehearsed until {state().errors === 1 ? 'it is' : 'they are'}{' '}
            mended.
            <Show when={props.local.last()}> Below is what an earlier text would have done.</Show>
          </p>
        )}
      </Show>
      <Show when={when(text(), 'failed')}>
        {state => (
          <p class="rh-trouble" role="alert">
            It could not be rehearsed: <Visible text={state().reason} />
          </p>
        )}
      </Show>
    </div>
  )
}

function Everything(props: { state: FullState; mayAsk: boolean; isOld: boolean; onStart(): void; onCancel(): void }): JSX.Element {
  const start = (label: string) => (
    <button type="button" class="button small" disabled={!props.mayAsk} onClick={() => props.onStart()}>
      {label}
    </button>
  )
  return (
    <div class="rh-state" aria-live="polite">
      <Switch>
        <Match when={props.state.is === 'idle'}>
          <p class="muted">
            The gateway reads every recording of this window, up to a million commands, beside its work. {start('Rehearse everything')}
          </p>
          <Show when={!props.mayAsk}>
            <p class="muted">Only who may publish policies can ask it to.</p>
          </Show>
        </Match>
        <Match when={when(props.state, 'running')}>
          {state => (
            <p class="muted rh-running">
              <progress
                aria-label="Rehearsing everything"
                max={Math.max(1, state().progress?.of ?? 1)}
                value={state().progress?.sessions ?? 0}
              />
              <span>
                {state().progress
                  ? `${countLabel(state().progress!.sessions)} of ${countOf(state().progress!.of, 'session')}, ${countOf(state().progress!.commands, 'command')}`
                  : 'Asking the gateway…'}
              </span>
              <button type="button" class="button small" onClick={() => props.onCancel()}>
                Cancel
              </button>
            </p>
          )}
        </Match>
        <Match when={when(props.state, 'failed')}>
          {state => (
            <p class="rh-trouble" role="alert">
              The gateway did not rehearse it: <Visible text={state().reason} />. {start('Try again')}
            </p>
          )}
        </Match>
        <Match when={when(props.state, 'done')}>
          {state => (
            <p class="muted">
              {countOf(state().report.commands, 'command')} of {countOf(state().report.sessions, 'session')}, by{' '}
              {countOf(state().report.agents, 'agent')}, in {countLabel(state().report.tookMs)} ms.{' '}
              <Show when={state().report.isTruncated}>There is more history than that. </Show>
              <Show when={props.isOld}>
                <b>The text has changed since.</b>{' '}
              </Show>
              {start('Rehearse again')}
            </p>
          )}
        </Match>
      </Switch>
    </div>
  )
}

/** The state when it is that one, for `Match`. */
function when<State extends { is: string }, Is extends State['is']>(state: State, is: Is): Extract<State, { is: Is }> | null {
  return state.is === is ? (state as Extract<State, { is: Is }>) : null
}

/** What would stay in force beside a policy. */
async function policiesBeside(name: string, signal: AbortSignal): Promise<PolicyText[]> {
  const { items } = await api.policies(signal)
  const others = items.filter(policy => policy.name !== name)
  return Promise.all(
    others.map(async policy => ({ name: policy.name, version: policy.version, source: (await api.policy(policy.name, signal)).source })),
  )
}

function startWorker(): RehearsalPort {
  const worker = new Worker(new URL('./rehearsal-worker.ts', import.meta.url), { type: 'module' })
  return {
    post: request => worker.postMessage(request),
    hear: take => worker.addEventListener('message', (event: MessageEvent<RehearsalMessage>) => take(event.data)),
    terminate: () => worker.terminate(),
  }
}

async function* chunksOf(answer: { body: ReadableStream<Uint8Array> | null }): AsyncGenerator<Uint8Array> {
  const reader = answer.body?.getReader()
  if (!reader) return
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return
      yield value
    }
  } finally {
    await reader.cancel().catch(() => undefined)
  }
}
