import { A, useParams } from '@solidjs/router'
import { useQuery } from '@tanstack/solid-query'
import type { Run, Session } from '@steno/recordings'
import ArrowLeft from 'lucide-solid/icons/arrow-left'
import { For, Match, Show, Switch, type JSX } from 'solid-js'
import { api, type Command } from '../api.ts'
import { createFound } from '../sessions/create-found.ts'
import { Does } from '../sessions/CommandTable.tsx'
import { commandHref } from '../sessions/command-href.ts'
import { Outcome } from '../sessions/Outcome.tsx'
import { countOf } from '../ui/labels.ts'
import { Mono, Visible } from '../ui/Mono.tsx'
import { PrincipalChain } from '../ui/PrincipalChain.tsx'
import { Problem, Skeleton } from '../ui/Problem.tsx'
import { Count, Duration, Running, Time } from '../ui/Time.tsx'
import { Flags } from './Flags.tsx'
import { runDurationMs, runState } from './run-labels.ts'
import { compareHref } from './RunsPage.tsx'
import '../sessions/sessions.css'
import './runs.css'

/** One run: what it was for, who launched it, its sessions, and all it asked in order. */
export function RunPage(): JSX.Element {
  const params = useParams<{ id: string }>()
  const run = useQuery(() => ({
    queryKey: ['run', params.id],
    queryFn: ({ signal }) => api.run(params.id, signal),
    refetchInterval: query => (query.state.data?.state === 'open' ? 3_000 : false),
  }))
  const known = (): Run | undefined => (run.isPending ? undefined : run.data)
  return (
    <main class="page">
      <Show when={!known()}>
        <h1 class="spoken">Run</h1>
      </Show>
      <Switch fallback={<Skeleton rows={12} label="Loading the run" />}>
        <Match when={known()}>{detail => <Detail run={detail()} />}</Match>
        <Match when={run.isError}>
          <Problem error={run.error} what="This run cannot be shown" onRetry={() => void run.refetch()} />
        </Match>
      </Switch>
    </main>
  )
}

function Detail(props: { run: Run }): JSX.Element {
  const state = () => runState(props.run)
  const sessions = createFound<Session>({ name: 'sessions', query: () => ({ run: props.run.id }), ask: api.sessions, events: ['session'] })
  const commands = createFound<Command>({ name: 'commands', query: () => ({ run: props.run.id }), ask: api.commands, events: ['command'] })
  return (
    <>
      <div class="bar">
        <A class="button quiet small" href="/runs">
          <ArrowLeft size={14} aria-hidden="true" /> Runs
        </A>
        <h1 class="clip">
          {props.run.task === null ? 'A run without a task' : <Visible text={props.run.task} />}{' '}
          <span class="faint mono">
            #{props.run.attempt}/{props.run.attempts}
          </span>
        </h1>
        <span class="spring" />
        <Show when={props.run.task !== null && props.run.attempts > 1 ? props.run.task : null}>
          {task => (
            <A class="button" href={compareHref(task(), props.run.principal)}>
              Compare attempts
            </A>
          )}
        </Show>
      </div>
      <dl class="facts">
        <Fact name="Principal">
          <PrincipalChain principal={props.run.principal} delegation={props.run.delegation} version={props.run.agentVersion} />
        </Fact>
        <Fact name="State">
          <span class={`state ${state().isGood ? '' : 'bad'}`}>
            {state().sign} {state().word}
          </span>
        </Fact>
        <Fact name="Opened">
          <Time at={props.run.openedAt} as="absolute" />
        </Fact>
        <Fact name={props.run.state === 'open' ? 'Running for' : 'Took'}>
          <Show when={props.run.state === 'open'} fallback={<Duration ms={runDurationMs(props.run)} />}>
            <Running since={props.run.openedAt} />
          </Show>
        </Fact>
        <Fact name={props.run.state === 'open' ? 'Token ends' : 'Token ended'}>
          <Time at={props.run.endedAt ?? props.run.expiresAt} as="age" />
        </Fact>
        <Fact name="Targets">
          <span class="mono">
            <Visible text={props.run.targets.join(', ')} />
          </span>
        </Fact>
        <Fact name="Trigger">
          {props.run.trigger === null ? <span class="faint">not said</span> : <Visible text={props.run.trigger} />}
        </Fact>
        <Show when={props.run.parent}>
          {parent => (
            <Fact name="Opened inside">
              <A class="mono" href={`/runs/${encodeURIComponent(parent())}`}>
                <Visible text={parent()} />
              </A>
            </Fact>
          )}
        </Show>
        <Fact name="Run">
          <span class="mono">
            <Visible text={props.run.id} />
          </span>
        </Fact>
        <Fact name="Flags">
          <Flags of={props.run} />
        </Fact>
      </dl>
      <section class="part">
        <h2>{countOf(props.run.sessions, 'session')}</h2>
        <Listed found={sessions} what="sessions">
          <ul class="lines">
            <For each={sessions.items()}>
              {session => (
                <li class="line session-line">
                  <span class="dot" classList={{ live: session.endedAt === null }} />
                  <A class="row-link mono" href={`/sessions/${encodeURIComponent(session.id)}`}>
                    <Time at={session.startedAt} />
                  </A>
                  <span class="mono">
                    <Visible text={session.target} />
                  </span>
                  <span class="muted clip">
                    <Visible text={session.application ?? ''} />
                  </span>
                  <span class="right figures">
                    <Count count={session.commands} showsZero /> cmds
                  </span>
                  <span class="right">
                    <Show when={session.endedAt === null} fallback={<Duration ms={session.durationMs} />}>
                      <span class="live-word">live</span>
                    </Show>
                  </span>
                  <Flags of={session} />
                </li>
              )}
            </For>
          </ul>
        </Listed>
      </section>
      <section class="part">
        <h2>
          {countOf(props.run.commands, 'command')} <span class="faint">newest first</span>
        </h2>
        <Listed found={commands} what="commands">
          <ul class="lines">
            <For each={commands.items()}>
              {command => (
                <li class="line command-line">
                  <A class="row-link mono faint" href={commandHref(command)}>
                    +{((Date.parse(command.at) - Date.parse(props.run.openedAt)) / 1000).toFixed(3)} s
                  </A>
                  <Does command={command} />
                  <Mono text={command.text} sql class="clip" />
                  <span class="clip">
                    <Outcome command={command} />
                  </span>
                  <span class="right">
                    <Duration ms={command.durationMs} />
                  </span>
                </li>
              )}
            </For>
          </ul>
        </Listed>
      </section>
    </>
  )
}

type Listing = Pick<ReturnType<typeof createFound<Session>>, 'state' | 'error' | 'retry' | 'hasMore' | 'more' | 'showFresh'> & {
  items(): readonly unknown[]
  fresh(): readonly unknown[]
}

function Listed(props: { found: Listing; what: string; children: JSX.Element }): JSX.Element {
  return (
    <Switch>
      <Match when={props.found.state() === 'loading'}>
        <Skeleton rows={3} label={`Loading ${props.what}`} />
      </Match>
      <Match when={props.found.state() === 'failed'}>
        <Problem error={props.found.error()} what={`The ${props.what} cannot be shown`} onRetry={props.found.retry} />
      </Match>
      <Match when={props.found.items().length === 0}>
        <p class="none">No {props.what} yet.</p>
      </Match>
      <Match when={props.found.items().length > 0}>
        <Show when={props.found.fresh().length > 0}>
          <button type="button" class="button small listed-more" onClick={() => props.found.showFresh()}>
            {props.found.fresh().length} new
          </button>
        </Show>
        {props.children}
        <Show when={props.found.hasMore()}>
          <button type="button" class="button small listed-more" onClick={() => props.found.more()}>
            More
          </button>
        </Show>
      </Match>
    </Switch>
  )
}

function Fact(props: { name: string; children: JSX.Element }): JSX.Element {
  return (
    <div>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </div>
  )
}
