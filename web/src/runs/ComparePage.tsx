import { A, useSearchParams } from '@solidjs/router'
import { useQuery } from '@tanstack/solid-query'
import ArrowLeft from 'lucide-solid/icons/arrow-left'
import { createMemo, createSignal, For, Match, Show, Switch, type JSX } from 'solid-js'
import { api, type Comparison } from '../api.ts'
import { Mono, Visible } from '../ui/Mono.tsx'
import { Empty, Problem, Skeleton } from '../ui/Problem.tsx'
import { Duration, Running, Time } from '../ui/Time.tsx'
import { countLabel } from '../ui/labels.ts'
import { visibleText } from '../ui/visible-text.ts'
import { Flags } from './Flags.tsx'
import { runDurationMs, runState } from './run-labels.ts'
import { sortShapes } from './sort-shapes.ts'
import './runs.css'

/** The attempts of one task beside each other: what not all of them did comes first. */
export function ComparePage(): JSX.Element {
  const [params] = useSearchParams<{ task: string; principal: string }>()
  const text = (value: string | string[] | undefined): string => (typeof value === 'string' ? value : '')
  const comparison = useQuery(() => ({
    queryKey: ['compare', text(params.task), text(params.principal)],
    queryFn: ({ signal }) =>
      api.compare({ task: text(params.task), ...(params.principal ? { principal: text(params.principal) } : {}) }, signal),
    enabled: text(params.task) !== '',
  }))
  const known = (): Comparison | undefined => (comparison.isPending ? undefined : comparison.data)
  return (
    <main class="page">
      <div class="bar">
        <A class="button quiet small" href="/runs?group=task">
          <ArrowLeft size={14} aria-hidden="true" /> Runs
        </A>
        <h1 class="clip">
          <Visible text={text(params.task) || 'Compare'} />
        </h1>
        <span class="muted clip">
          <Visible text={text(params.principal)} />
        </span>
      </div>
      <Switch fallback={<Skeleton rows={12} label="Comparing" />}>
        <Match when={text(params.task) === ''}>
          <Empty title="Nothing to compare">
            <p>Choose a task from the runs, grouped by task.</p>
          </Empty>
        </Match>
        <Match when={known()?.runs.length === 0}>
          <Empty title="No attempts of this task are recorded">
            <p>The task, or the principal that ran it, may be called something else: choose it from the runs, grouped by task.</p>
          </Empty>
        </Match>
        <Match when={known()}>{result => <Matrix comparison={result()} />}</Match>
        <Match when={comparison.isError}>
          <Problem error={comparison.error} what="The attempts cannot be compared" onRetry={() => void comparison.refetch()} />
        </Match>
      </Switch>
    </main>
  )
}

function Matrix(props: { comparison: Comparison }): JSX.Element {
  const rows = createMemo(() => sortShapes(props.comparison.shapes))
  const unusual = (): number => rows().filter(row => row.isUnusual).length
  const [onlyUnusual, setOnlyUnusual] = createSignal(false)
  const runs = () => props.comparison.runs
  return (
    <>
      <div class="bar sub compare-sub">
        <span class="muted figures">
          {countLabel(runs().length)} attempts · {countLabel(rows().length)} shapes of command ·{' '}
          <Show when={unusual() > 0} fallback="every attempt issued every one">
            <b class="text">{countLabel(unusual())}</b> not issued by all
          </Show>
          <Show when={props.comparison.truncated}> · a run had more commands than are compared here</Show>
        </span>
        <span class="spring" />
        <Show when={unusual() > 0}>
          <button type="button" class="tab" aria-pressed={onlyUnusual()} onClick={() => setOnlyUnusual(!onlyUnusual())}>
            Only those
          </button>
        </Show>
      </div>
      <div class="matrix-scroll" tabIndex={0} role="region" aria-label="Attempts compared">
        <table class="matrix">
          <thead>
            <tr>
              <th scope="col">Command</th>
              <th scope="col" class="agreement">
                Agreement
              </th>
              <For each={runs()}>
                {run => (
                  <th scope="col" class="attempt-head">
                    <A href={`/runs/${encodeURIComponent(run.id)}`}>#{run.attempt}</A>
                    <span class="muted" classList={{ state: true, bad: !runState(run).isGood }}>
                      {runState(run).sign} {runState(run).word}
                    </span>
                    <span class="faint">
                      <Show when={runDurationMs(run) === null} fallback={<Duration ms={runDurationMs(run)} />}>
                        <Running since={run.openedAt} />
                      </Show>
                    </span>
                    <span class="faint">
                      <Time at={run.openedAt} />
                    </span>
                    <Flags of={run} />
                  </th>
                )}
              </For>
            </tr>
          </thead>
          <tbody>
            <For each={onlyUnusual() ? rows().filter(row => row.isUnusual) : rows()}>
              {row => (
                <tr classList={{ unusual: row.isUnusual }}>
                  <th scope="row">
                    <span title={visibleText(row.shape.example.slice(0, 600))}>
                      <Mono text={row.shape.shape} sql charactersMax={160} />
                    </span>
                  </th>
                  <td class="agreement">
                    <span class="figures">
                      {row.issuedBy}/{runs().length}
                    </span>{' '}
                    <Show when={row.isUnusual} fallback={<span class="faint">all</span>}>
                      not all
                    </Show>
                  </td>
                  <For each={row.shape.counts}>
                    {(count, index) => <Cell count={count} first={row.shape.first[index()] ?? null} most={Math.max(...row.shape.counts)} />}
                  </For>
                </tr>
              )}
            </For>
          </tbody>
        </table>
      </div>
    </>
  )
}

function Cell(props: { count: number; first: string | null; most: number }): JSX.Element {
  return (
    <td class="count" classList={{ missing: props.count === 0 }}>
      <Show when={props.count > 0} fallback={<span title="not issued in this attempt">∅</span>}>
        <Show when={props.first} fallback={<span class="figures">{countLabel(props.count)}</span>}>
          {first => (
            <A href={`/commands/${encodeURIComponent(first())}`} title="Open the first of these in the replay" class="figures">
              {countLabel(props.count)}
            </A>
          )}
        </Show>
      </Show>
    </td>
  )
}
