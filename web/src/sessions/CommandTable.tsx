import { A, useNavigate } from '@solidjs/router'
import { createEffect, createMemo, For, lazy, Match, Suspense, Switch, type JSX } from 'solid-js'
import { api, type Command } from '../api.ts'
import { createNarrow } from '../ui/media.ts'
import { Mono, Visible } from '../ui/Mono.tsx'
import { PrincipalChain } from '../ui/PrincipalChain.tsx'
import { Problem, Skeleton } from '../ui/Problem.tsx'
import { Duration, Time } from '../ui/Time.tsx'
import { useKeys } from '../ui/use-keys.ts'
import { visibleText } from '../ui/visible-text.ts'
import { commandHref } from './command-href.ts'
import { createFound, createSelection } from './create-found.ts'
import { Outcome } from './Outcome.tsx'
import { searchQuery, soughtWords } from './query.ts'
import { Rows } from './Rows.tsx'
import type { TableProps } from './SessionTable.tsx'

// Most pages find something: what is said where nothing is there is fetched then.
const NothingFound = lazy(() => import('./NothingFound.tsx').then(part => ({ default: part.NothingFound })))

const columns = [
  { name: 'At' },
  { name: 'Principal ← launched by' },
  { name: 'Target' },
  { name: 'Does' },
  { name: 'Statement' },
  { name: 'Outcome' },
  { name: 'Took', isNumber: true },
]

/** Commands that match, across all sessions, newest first: "which commands touched `payments` in the last hour?" */
export function CommandTable(props: TableProps): JSX.Element {
  const navigate = useNavigate()
  const isNarrow = createNarrow()
  const query = createMemo(() => searchQuery(props.search))
  const found = createFound<Command>({ name: 'commands', query, ask: api.commands, events: ['command'] })
  let reveal = (_index: number): void => {}
  const selection = createSelection(
    () => found.items().map(command => command.id),
    index => reveal(index),
  )

  createEffect(() => {
    const seen = found.items()
    props.onOldest(seen.at(-1)?.at ?? null)
    props.onKnown({
      principal: seen.map(command => command.principal),
      task: seen.flatMap(command => command.task ?? []),
      target: seen.map(command => command.target),
      table: seen.flatMap(command => command.operations.flatMap(operation => operation.tables)),
      run: seen.map(command => command.run),
      session: seen.map(command => command.session),
    })
  })

  useKeys([
    { keys: 'j', title: 'Next row', group: 'List', run: () => selection.move(1) },
    { keys: 'k', title: 'Row before', group: 'List', run: () => selection.move(-1) },
    { keys: 'ArrowDown', title: 'Next row', group: 'List', isHidden: true, run: () => selection.move(1) },
    { keys: 'ArrowUp', title: 'Row before', group: 'List', isHidden: true, run: () => selection.move(-1) },
    {
      keys: 'Enter',
      title: 'Open',
      group: 'List',
      run() {
        const command = found.items()[selection.index()]
        if (command) navigate(commandHref(command))
      },
    },
  ])

  return (
    <Switch>
      <Match when={found.state() === 'loading'}>
        <Skeleton rows={14} label="Loading commands" />
      </Match>
      <Match when={found.state() === 'failed'}>
        <Problem error={found.error()} what="The commands cannot be shown" onRetry={found.retry} />
      </Match>
      <Match when={found.items().length === 0}>
        <Suspense>
          <NothingFound search={props.search} what="commands" onSearch={props.onSearch} />
        </Suspense>
      </Match>
      <Match when={found.items().length > 0}>
        <Rows
          class="command-rows"
          label="Commands"
          word="command"
          columns={columns}
          items={found.items()}
          heightOf={() => (isNarrow() ? 58 : 32)}
          selected={selection.index()}
          isStale={found.isStale()}
          fresh={found.fresh().length}
          onFresh={found.showFresh}
          onNearEnd={found.more}
          onReveal={to => (reveal = to)}
          keyOf={command => command.id}
          onSelect={selection.select}
          row={(command, select) => <CommandCells command={command()} hits={soughtWords(props.search)} onSelect={select} />}
        />
      </Match>
    </Switch>
  )
}

function CommandCells(props: { command: Command; hits: readonly string[]; onSelect(): void }): JSX.Element {
  return (
    <>
      <div role="gridcell" class="cell-started mono">
        <A class="row-link" href={commandHref(props.command)} tabIndex={-1} onFocus={() => props.onSelect()}>
          <Time at={props.command.at} />
        </A>
      </div>
      <div role="gridcell" class="cell-who">
        <PrincipalChain principal={props.command.principal} delegation={props.command.delegation} />
      </div>
      <div role="gridcell" class="cell-target mono">
        <Visible text={props.command.target} />
      </div>
      <div role="gridcell" class="cell-does">
        <Does command={props.command} />
      </div>
      <div role="gridcell" class="cell-text">
        <Mono text={props.command.text} sql hits={props.hits} />
      </div>
      <div role="gridcell" class="cell-outcome">
        <Outcome command={props.command} />
      </div>
      <div role="gridcell" class="cell-duration right">
        <Duration ms={props.command.durationMs} />
      </div>
    </>
  )
}

/** What a command does, one word and its tables per operation; an unparsed one says so. */
export function Does(props: { command: Command }): JSX.Element {
  const shown = (): readonly { verb: string; tables: string[]; object?: string }[] =>
    props.command.operations.length > 0 ? props.command.operations : [{ verb: props.command.kind, tables: [] }]
  const spoken = (): string =>
    shown()
      .map(operation => visibleText([operation.verb, ...operation.tables, operation.object ?? ''].join(' ')))
      .join('; ')
  return (
    <span class="does" title={spoken()}>
      <For each={shown().slice(0, 3)}>
        {operation => (
          <span class="operation">
            <b>
              <Visible text={operation.verb} />
            </b>
            <For each={operation.tables.slice(0, 3)}>
              {table => (
                <span class="mono">
                  <Visible text={table} />
                </span>
              )}
            </For>
          </span>
        )}
      </For>
    </span>
  )
}
