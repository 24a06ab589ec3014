import { A, useNavigate, useSearchParams } from '@solidjs/router'
import type { Run } from '@steno/recordings'
import { createMemo, createSignal, Match, Show, Switch, type JSX } from 'solid-js'
import { api } from '../api.ts'
import { createFound, createSelection } from '../sessions/create-found.ts'
import { NothingFound } from '../sessions/NothingFound.tsx'
import { formatSearch, parseSearch, searchQuery, type Search } from '../sessions/query.ts'
import { QueryBox } from '../sessions/QueryBox.tsx'
import { Rows } from '../sessions/Rows.tsx'
import { countOf } from '../ui/labels.ts'
import { createNarrow } from '../ui/media.ts'
import { Visible } from '../ui/Mono.tsx'
import { PrincipalChain } from '../ui/PrincipalChain.tsx'
import { Problem, Skeleton } from '../ui/Problem.tsx'
import { Count, Duration, Running, Time } from '../ui/Time.tsx'
import { useKeys } from '../ui/use-keys.ts'
import { Flags } from './Flags.tsx'
import { runDurationMs, runItems, runState, type RunItem } from './run-labels.ts'
import '../sessions/sessions.css'
import './runs.css'

const columns = [
  { name: 'Opened' },
  { name: 'Task' },
  { name: 'Attempt' },
  { name: 'Principal ← launched by' },
  { name: 'Targets' },
  { name: 'State' },
  { name: 'Duration', isNumber: true },
  { name: 'Sessions', isNumber: true },
  { name: 'Commands', isNumber: true },
  { name: 'Flags' },
]

/** Every execution of an agent's task; reruns stand side by side, never in one. */
export function RunsPage(): JSX.Element {
  const navigate = useNavigate()
  const [params, setParams] = useSearchParams<{ q: string; group: string }>()
  const isNarrow = createNarrow()
  const search = createMemo(() => parseSearch(typeof params.q === 'string' ? params.q : ''))
  const isGrouped = (): boolean => params.group === 'task'
  const setSearch = (next: Search): void => setParams({ q: formatSearch(next), at: '' })
  const found = createFound<Run>({ name: 'runs', query: () => searchQuery(search()), ask: api.runs, events: ['run', 'session'] })
  const items = createMemo(() => runItems(found.items(), isGrouped()))
  const [reveal, setReveal] = createSignal((_index: number): void => {})
  const selection = createSelection(
    () => items().map(item => item.key),
    index => reveal()(index),
  )
  const known = createMemo(() => ({
    principal: found.items().map(run => run.principal),
    agent: found.items().map(run => run.principal),
    task: found.items().flatMap(run => run.task ?? []),
    target: found.items().flatMap(run => run.targets),
  }))
  function open(item: RunItem | undefined): void {
    if (item) navigate(item.kind === 'run' ? `/runs/${encodeURIComponent(item.run.id)}` : compareHref(item.task ?? '', item.principal))
  }

  useKeys([
    { keys: 'j', title: 'Next row', group: 'List', run: () => selection.move(1) },
    { keys: 'k', title: 'Row before', group: 'List', run: () => selection.move(-1) },
    { keys: 'ArrowDown', title: 'Next row', group: 'List', isHidden: true, run: () => selection.move(1) },
    { keys: 'ArrowUp', title: 'Row before', group: 'List', isHidden: true, run: () => selection.move(-1) },
    { keys: 'Enter', title: 'Open', group: 'List', run: () => open(items()[selection.index()]) },
    { keys: 'v', title: 'Group by task', group: 'List', run: () => setParams({ group: isGrouped() ? '' : 'task' }) },
  ])

  return (
    <main class="page sessions-page">
      <div class="bar sessions-bar">
        <h1>Runs</h1>
        <QueryBox search={search()} known={known()} placeholder="Filter by task, principal, target, or text" onSearch={setSearch} />
        <button type="button" class="tab" aria-pressed={isGrouped()} onClick={() => setParams({ group: isGrouped() ? '' : 'task' })}>
          By task
        </button>
      </div>
      <div class="found">
        <Switch>
          <Match when={found.state() === 'loading'}>
            <Skeleton rows={14} label="Loading runs" />
          </Match>
          <Match when={found.state() === 'failed'}>
            <Problem error={found.error()} what="The runs cannot be shown" onRetry={found.retry} />
          </Match>
          <Match when={found.items().length === 0}>
            <NothingFound search={search()} what="runs" onSearch={setSearch} />
          </Match>
          <Match when={found.items().length > 0}>
            <Rows
              class="run-rows"
              label="Runs"
              word="run"
              columns={columns}
              items={items()}
              heightOf={item => (item.kind === 'task' ? 36 : isNarrow() ? 58 : 32)}
              selected={selection.index()}
              isStale={found.isStale()}
              fresh={found.fresh().length}
              onFresh={found.showFresh}
              onNearEnd={found.more}
              onReveal={to => setReveal(() => to)}
              keyOf={item => item.key}
              onSelect={selection.select}
              row={(item, select) => (
                <Switch>
                  <Match when={asRun(item())}>{run => <RunCells run={run()} onSelect={select} />}</Match>
                  <Match when={asTask(item())}>{task => <TaskCells item={task()} />}</Match>
                </Switch>
              )}
            />
          </Match>
        </Switch>
      </div>
    </main>
  )
}

type TaskItem = Extract<RunItem, { kind: 'task' }>

function asRun(item: RunItem): Run | undefined {
  return item.kind === 'run' ? item.run : undefined
}

function asTask(item: RunItem): TaskItem | undefined {
  return item.kind === 'task' ? item : undefined
}

function RunCells(props: { run: Run; onSelect(): void }): JSX.Element {
  const state = () => runState(props.run)
  return (
    <>
      <div role="gridcell" class="run-opened mono">
        <A class="row-link" href={`/runs/${encodeURIComponent(props.run.id)}`} tabIndex={-1} onFocus={() => props.onSelect()}>
          <Time at={props.run.openedAt} />
        </A>
      </div>
      <div role="gridcell" class="run-task">
        {props.run.task === null ? <span class="faint">no task</span> : <Visible text={props.run.task} />}
      </div>
      <div role="gridcell" class="run-attempt mono faint" title={`attempt ${props.run.attempt} of ${props.run.attempts}`}>
        #{props.run.attempt}/{props.run.attempts}
      </div>
      <div role="gridcell" class="run-who">
        <PrincipalChain principal={props.run.principal} delegation={props.run.delegation} version={props.run.agentVersion} />
      </div>
      <div role="gridcell" class="run-targets mono">
        <Visible text={props.run.targets.join(', ')} />
      </div>
      <div role="gridcell" class="run-state">
        <span class={`state ${state().isGood ? '' : 'bad'}`}>
          <Show when={props.run.state === 'open'} fallback={<span aria-hidden="true">{state().sign}</span>}>
            <span class="dot live" />
          </Show>{' '}
          {state().word}
        </span>
      </div>
      <div role="gridcell" class="run-duration right">
        <Show when={runDurationMs(props.run) === null} fallback={<Duration ms={runDurationMs(props.run)} />}>
          <Running since={props.run.openedAt} />
        </Show>
      </div>
      <div role="gridcell" class="run-sessions right">
        <Count count={props.run.sessions} />
      </div>
      <div role="gridcell" class="run-commands right">
        <Count count={props.run.commands} />
      </div>
      <div role="gridcell" class="run-flags">
        <Flags of={props.run} />
      </div>
    </>
  )
}

function TaskCells(props: { item: TaskItem }): JSX.Element {
  return (
    <div role="gridcell" class="task-cells">
      <b>
        <Visible text={props.item.task ?? 'no task'} />
      </b>
      <span class="muted">
        <Visible text={props.item.principal} /> · {countOf(props.item.runs.length, 'run')}
      </span>
      <Show when={props.item.task !== null && props.item.runs.length > 1 ? props.item.task : null}>
        {task => (
          <A class="row-link task-compare" href={compareHref(task(), props.item.principal)} tabIndex={-1}>
            Compare attempts
          </A>
        )}
      </Show>
    </div>
  )
}

/** Gives the address where a task's attempts stand beside each other. */
export function compareHref(task: string, principal: string): string {
  return `/runs/compare?${new URLSearchParams({ task, principal })}`
}
