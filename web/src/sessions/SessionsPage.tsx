import { useSearchParams } from '@solidjs/router'
import { keepPreviousData, useQuery } from '@tanstack/solid-query'
import { createMemo, createSignal, Match, Show, Switch, type JSX } from 'solid-js'
import { api, connection } from '../api.ts'
import { createNow } from '../clock.ts'
import { countOf } from '../ui/labels.ts'
import { Tabs } from '../ui/Tabs.tsx'
import { useKeys } from '../ui/use-keys.ts'
import { CommandTable } from './CommandTable.tsx'
import { Histogram } from './Histogram.tsx'
import { formatSearch, parseSearch, searchQuery, withTerm, type Search } from './query.ts'
import { QueryBox } from './QueryBox.tsx'
import { SessionTable } from './SessionTable.tsx'
import type { KnownValues } from './suggest.ts'
import { rangeLabel, rangeOf } from './time-range.ts'
import { ViewTabs } from './ViewTabs.tsx'
import './sessions.css'

type View = 'sessions' | 'commands'
const views = [
  { value: 'sessions', label: 'Sessions' },
  { value: 'commands', label: 'Commands' },
] as const satisfies readonly { value: View; label: string }[]

/** How many bars the histogram has. */
const buckets = 90

/** Everything recorded, searched: by session or by command. The address is the search. */
export function SessionsPage(): JSX.Element {
  const [params, setParams] = useSearchParams<{ q: string; view: string }>()
  const search = createMemo(() => parseSearch(typeof params.q === 'string' ? params.q : ''))
  const view = (): View => (params.view === 'commands' ? 'commands' : 'sessions')
  const query = createMemo(() => searchQuery(search()))
  const now = createNow(10_000)
  const [known, setKnown] = createSignal<KnownValues>({})
  const [oldest, setOldest] = createSignal<string | null>(null)

  const setSearch = (next: Search): void => setParams({ q: formatSearch(next), at: '' })
  const setView = (next: View): void => setParams({ view: next === 'sessions' ? '' : next, at: '' })

  // Without a start, the bars begin where the list does.
  const counting = createMemo(() => ({ ...query(), since: query().since ?? since(oldest()), buckets: String(buckets) }))
  const histogram = useQuery(() => ({
    queryKey: ['histogram', counting()],
    queryFn: ({ signal }) => api.histogram(counting(), signal),
    placeholderData: keepPreviousData,
    refetchInterval: connection.isReachable() ? 15_000 : 5_000,
  }))
  const counted = () => (histogram.isPending ? undefined : histogram.data)
  const shownRange = createMemo(() => {
    const bars = counted()?.buckets ?? []
    const [first, second, last] = [bars[0], bars[1], bars.at(-1)]
    if (!first || !second || !last) return null
    const asked = rangeOf(search(), now())
    const stepMs = Date.parse(second.at) - Date.parse(first.at)
    return { fromMs: asked.fromMs ?? Date.parse(first.at), toMs: asked.toMs ?? Date.parse(last.at) + stepMs }
  })

  useKeys([
    { keys: 'v', title: 'Sessions or commands', group: 'List', run: () => setView(view() === 'sessions' ? 'commands' : 'sessions') },
  ])

  return (
    <main class="page sessions-page">
      <div class="bar sessions-bar">
        <h1 class="spoken">{view() === 'sessions' ? 'Sessions' : 'Commands'}</h1>
        <Tabs label="What is listed" items={views} value={view()} onChange={setView} controls="found" />
        <QueryBox search={search()} known={known()} placeholder="Filter, or find text in statements and answers" onSearch={setSearch} />
      </div>
      <div class="bar sub">
        <ViewTabs search={search()} onSearch={setSearch} />
        <span class="spring" />
        <span class="muted figures totals" aria-live="polite">
          <Show when={shownRange()}>{range => <span class="range">{rangeLabel(range(), now())} · </span>}</Show>
          <Show when={counted()}>
            {totals => (
              <>
                {countOf(totals().sessions, 'session')} · {countOf(totals().commands, 'command')}
              </>
            )}
          </Show>
        </span>
      </div>
      <Histogram
        buckets={counted()?.buckets ?? []}
        isStale={histogram.isPlaceholderData || !connection.isReachable()}
        onRange={range => setSearch(withTerm(withTerm(search(), 'since', range.since), 'until', range.until))}
      />
      <div class="found" id="found" role="tabpanel" aria-label={view() === 'sessions' ? 'Sessions' : 'Commands'}>
        <Switch>
          <Match when={view() === 'sessions'}>
            <SessionTable search={search()} onSearch={setSearch} onKnown={setKnown} onOldest={setOldest} />
          </Match>
          <Match when={view() === 'commands'}>
            <CommandTable search={search()} onSearch={setSearch} onKnown={setKnown} onOldest={setOldest} />
          </Match>
        </Switch>
      </div>
    </main>
  )
}

const minuteMs = 60_000

// On whole minutes, so that a list which grows by a row does not ask again.
function since(oldest: string | null): string | undefined {
  return oldest === null ? undefined : new Date(Math.floor(Date.parse(oldest) / minuteMs) * minuteMs).toISOString()
}
