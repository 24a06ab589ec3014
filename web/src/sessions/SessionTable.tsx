import { A, useNavigate } from '@solidjs/router'
import { useQueryClient } from '@tanstack/solid-query'
import type { Session } from '@steno/recordings'
import ChevronRight from 'lucide-solid/icons/chevron-right'
import { createEffect, createMemo, lazy, Match, Show, Suspense, Switch, type JSX } from 'solid-js'
import { createStore } from 'solid-js/store'
import { api, type Command } from '../api.ts'
import { createNarrow } from '../ui/media.ts'
import { Mono, Visible } from '../ui/Mono.tsx'
import { PrincipalChain } from '../ui/PrincipalChain.tsx'
import { Problem, Skeleton } from '../ui/Problem.tsx'
import { Bytes, Count, Duration, Running, Time } from '../ui/Time.tsx'
import { useKeys } from '../ui/use-keys.ts'
import { VerdictChip } from '../ui/VerdictChip.tsx'
import { visibleText } from '../ui/visible-text.ts'
import { commandHref } from './command-href.ts'
import { createFound, createSelection } from './create-found.ts'
import { Outcome } from './Outcome.tsx'
import { searchQuery, soughtWords, withoutFields, type Search } from './query.ts'
import { Rows } from './Rows.tsx'
import { sessionItems, type SessionItem, type Unfolded } from './session-items.ts'
import type { KnownValues } from './suggest.ts'

// Most pages find something: what is said where nothing is there is fetched then.
const NothingFound = lazy(() => import('./NothingFound.tsx').then(part => ({ default: part.NothingFound })))

const columns = [
  { name: '', spoken: 'State' },
  { name: 'Started' },
  { name: 'Principal ← launched by' },
  { name: 'Run' },
  { name: 'Target' },
  { name: 'Duration', isNumber: true },
  { name: 'Commands', isNumber: true },
  { name: 'Verdicts' },
  { name: 'Masked', isNumber: true },
  { name: 'Record', isNumber: true },
]

const hitsMax = 12

export interface TableProps {
  search: Search
  onSearch(search: Search): void
  /** Hands over values seen in the rows, for the box to suggest. */
  onKnown(known: KnownValues): void
  /** Hands over when the oldest row began. */
  onOldest(at: string | null): void
}

/** Sessions that match, newest first; each unfolds to the commands that matched. */
export function SessionTable(props: TableProps): JSX.Element {
  const navigate = useNavigate()
  const queries = useQueryClient()
  const isNarrow = createNarrow()
  const [unfolded, setUnfolded] = createStore<Record<string, Unfolded>>({})
  const query = createMemo(() => searchQuery(props.search))
  const found = createFound<Session>({ name: 'sessions', query, ask: api.sessions, events: ['session', 'command'] })
  const items = createMemo(() => sessionItems(found.items(), unfolded))
  let reveal = (_index: number): void => {}
  const selection = createSelection(
    () => items().map(item => item.key),
    index => reveal(index),
  )
  const selected = (): SessionItem | undefined => items()[selection.index()]

  createEffect(() => {
    const seen = found.items()
    props.onOldest(seen.at(-1)?.startedAt ?? null)
    props.onKnown({
      principal: seen.map(session => session.principal),
      agent: seen.map(session => session.principal),
      task: seen.flatMap(session => session.task ?? []),
      target: seen.map(session => session.target),
      protocol: seen.map(session => session.protocol),
      run: seen.map(session => session.run),
    })
  })
  // Another question has other matches.
  createEffect((before: unknown) => {
    if (before !== undefined && before !== query()) for (const id of Object.keys(unfolded)) setUnfolded(id, undefined!)
    return query()
  })

  async function unfold(session: Session): Promise<void> {
    setUnfolded(session.id, { is: 'loading' })
    const asked = { ...searchQuery(withoutFields(props.search, 'live')), session: session.id, limit: String(hitsMax) }
    try {
      const page = await queries.fetchQuery({ queryKey: ['commands', asked], queryFn: ({ signal }) => api.commands(asked, signal) })
      // The API gives the newest first; a story is read from its start.
      setUnfolded(session.id, { is: 'ready', commands: page.items.toReversed(), hasMore: page.cursor !== null })
    } catch {
      setUnfolded(session.id, { is: 'failed' })
    }
  }
  const fold = (id: string): void => setUnfolded(id, undefined!)
  const toggle = (session: Session): void => (unfolded[session.id] ? fold(session.id) : void unfold(session))
  const open = (item: SessionItem | undefined): void => {
    if (item) navigate(hrefOf(item))
  }

  useKeys([
    { keys: 'j', title: 'Next row', group: 'List', run: () => selection.move(1) },
    { keys: 'k', title: 'Row before', group: 'List', run: () => selection.move(-1) },
    { keys: 'ArrowDown', title: 'Next row', group: 'List', isHidden: true, run: () => selection.move(1) },
    { keys: 'ArrowUp', title: 'Row before', group: 'List', isHidden: true, run: () => selection.move(-1) },
    { keys: 'Enter', title: 'Open', group: 'List', run: () => open(selected()) },
    {
      keys: 'ArrowRight',
      title: 'Unfold the matched commands',
      group: 'List',
      run() {
        const item = selected()
        if (item && !unfolded[item.session.id]) void unfold(item.session)
      },
    },
    { keys: 'ArrowLeft', title: 'Fold', group: 'List', run: () => selected() && fold(selected()?.session.id ?? '') },
  ])

  return (
    <Switch>
      <Match when={found.state() === 'loading'}>
        <Skeleton rows={14} label="Loading sessions" />
      </Match>
      <Match when={found.state() === 'failed'}>
        <Problem error={found.error()} what="The sessions cannot be shown" onRetry={found.retry} />
      </Match>
      <Match when={found.items().length === 0}>
        <Suspense>
          <NothingFound search={props.search} what="sessions" onSearch={props.onSearch} />
        </Suspense>
      </Match>
      <Match when={found.items().length > 0}>
        <Rows
          class="session-rows"
          label="Sessions"
          word="session"
          columns={columns}
          items={items()}
          heightOf={item => (item.kind === 'session' ? (isNarrow() ? 58 : 32) : isNarrow() ? 48 : 28)}
          selected={selection.index()}
          isStale={found.isStale()}
          fresh={found.fresh().length}
          onFresh={found.showFresh}
          onNearEnd={found.more}
          onReveal={to => (reveal = to)}
          keyOf={item => item.key}
          onSelect={selection.select}
          row={(item, select) => (
            <Switch>
              <Match when={asKind(item(), 'session')}>
                {row => (
                  <SessionCells
                    session={row().session}
                    isUnfolded={unfolded[row().session.id] !== undefined}
                    onToggle={() => toggle(row().session)}
                    onSelect={select}
                  />
                )}
              </Match>
              <Match when={asKind(item(), 'command')}>
                {row => <HitCells command={row().command} startedAt={row().session.startedAt} hits={soughtWords(props.search)} />}
              </Match>
              <Match when={asKind(item(), 'note')}>
                {row => (
                  <div role="gridcell" class="note">
                    {row().text}
                  </div>
                )}
              </Match>
            </Switch>
          )}
        />
      </Match>
    </Switch>
  )
}

function asKind<K extends SessionItem['kind']>(item: SessionItem, kind: K): Extract<SessionItem, { kind: K }> | undefined {
  return item.kind === kind ? (item as Extract<SessionItem, { kind: K }>) : undefined
}

function SessionCells(props: { session: Session; isUnfolded: boolean; onToggle(): void; onSelect(): void }): JSX.Element {
  const isLive = (): boolean => props.session.endedAt === null
  const href = (): string => `/sessions/${encodeURIComponent(props.session.id)}`
  return (
    <>
      <div role="gridcell" class="cell-state">
        <button
          type="button"
          class="fold"
          tabIndex={-1}
          aria-expanded={props.isUnfolded}
          aria-label="Matched commands"
          onClick={() => {
            props.onSelect()
            props.onToggle()
          }}
        >
          <ChevronRight size={14} aria-hidden="true" />
        </button>
        <span class="dot" classList={{ live: isLive() }} title={isLive() ? 'open now' : `over: ${props.session.endReason ?? 'unknown'}`} />
        <span class="spoken">{isLive() ? 'live' : 'over'}</span>
      </div>
      <div role="gridcell" class="cell-started mono">
        <A class="row-link" href={href()} tabIndex={-1} onFocus={() => props.onSelect()}>
          <Time at={props.session.startedAt} />
        </A>
      </div>
      <div role="gridcell" class="cell-who">
        <PrincipalChain principal={props.session.principal} delegation={props.session.delegation} />
      </div>
      <div role="gridcell" class="cell-run">
        <span class="clip">{props.session.task === null ? <span class="faint">no task</span> : <Visible text={props.session.task} />}</span>{' '}
        <A
          class="attempt mono"
          href={`/runs/${encodeURIComponent(props.session.run)}`}
          tabIndex={-1}
          title={`attempt ${props.session.attempt} of ${props.session.attempts}`}
        >
          #{props.session.attempt}/{props.session.attempts}
        </A>
      </div>
      <div role="gridcell" class="cell-target mono" title={`${visibleText(props.session.target)}, ${props.session.protocol}`}>
        <Visible text={props.session.target} />
      </div>
      <div role="gridcell" class="cell-duration right">
        <Show when={isLive()} fallback={<Duration ms={props.session.durationMs} />}>
          <span class="live-word">live</span> · <Running since={props.session.startedAt} />
        </Show>
      </div>
      <div role="gridcell" class="cell-commands right">
        <Count count={props.session.commands} showsZero />
      </div>
      <div role="gridcell" class="cell-verdicts">
        <SessionVerdicts session={props.session} />
      </div>
      <div role="gridcell" class="cell-masked right">
        <Show when={props.session.masked > 0} fallback={<span class="faint">–</span>}>
          <VerdictChip mark="mask" count={props.session.masked} isShort />
        </Show>
      </div>
      <div role="gridcell" class="cell-record right faint">
        <Bytes bytes={props.session.sizeBytes} />
      </div>
    </>
  )
}

function SessionVerdicts(props: { session: Session }): JSX.Element {
  const isQuiet = (): boolean => props.session.denied + props.session.held + props.session.errors === 0
  return (
    <span class="chips">
      <Show when={props.session.denied > 0}>
        <VerdictChip mark="deny" count={props.session.denied} />
      </Show>
      <Show when={props.session.held > 0}>
        <VerdictChip mark="hold" count={props.session.held} />
      </Show>
      <Show when={props.session.errors > 0}>
        <VerdictChip mark="error" count={props.session.errors} />
      </Show>
      <Show when={isQuiet() && props.session.commands > 0}>
        <span class="quiet-ok" title="all allowed, no errors">
          <span aria-hidden="true">✓</span>
          <span class="spoken">all allowed</span>
        </span>
      </Show>
    </span>
  )
}

function HitCells(props: { command: Command; startedAt: string; hits: readonly string[] }): JSX.Element {
  const offset = (): string => `+ ${((Date.parse(props.command.at) - Date.parse(props.startedAt)) / 1000).toFixed(3)} s`
  return (
    <>
      <div role="gridcell" class="hit-offset mono faint">
        <A class="row-link" href={commandHref(props.command)} tabIndex={-1}>
          {offset()}
        </A>
      </div>
      <div role="gridcell" class="hit-text">
        <Mono text={props.command.text} sql hits={props.hits} />
      </div>
      <div role="gridcell" class="hit-outcome">
        <Outcome command={props.command} />
      </div>
    </>
  )
}

function hrefOf(item: SessionItem): string {
  return item.kind === 'command' ? commandHref(item.command) : `/sessions/${encodeURIComponent(item.session.id)}`
}
