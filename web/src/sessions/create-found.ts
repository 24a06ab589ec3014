import { useSearchParams } from '@solidjs/router'
import { keepPreviousData, useInfiniteQuery, useQueryClient } from '@tanstack/solid-query'
import { createEffect, createMemo, createSignal, on, onCleanup, type Accessor } from 'solid-js'
import type { Page, Query } from '../api.ts'
import { after } from '../clock.ts'
import { useEvents } from '../live.ts'
import { mergeHead } from './session-items.ts'

export interface FoundOptions<T> {
  name: string
  query: Accessor<Query>
  ask(query: Query, signal?: AbortSignal): Promise<Page<T>>
  /** The kinds of live events after which the first page is asked for again. */
  events: readonly string[]
}

export interface Found<T> {
  items: Accessor<readonly T[]>
  /** What came since the list was made and waits to be shown. */
  fresh: Accessor<readonly T[]>
  showFresh(): void
  state: Accessor<'loading' | 'failed' | 'ready'>
  error: Accessor<unknown>
  /** What is shown answers the question before this one. */
  isStale: Accessor<boolean>
  hasMore: Accessor<boolean>
  more(): void
  retry(): void
}

const pageSize = 60
/** After the first of a burst of events, wait this long for the others. */
const gatherMs = 1200

/** Gives what a search finds, page by page, kept up to date without its rows jumping. */
export function createFound<T extends { id: string }>(options: FoundOptions<T>): Found<T> {
  const queries = useQueryClient()
  const key = createMemo(() => [options.name, options.query()])
  const list = useInfiniteQuery(() => ({
    queryKey: key(),
    queryFn: ({ pageParam, signal }: { pageParam: string; signal: AbortSignal }) =>
      options.ask({ ...options.query(), limit: String(pageSize), ...(pageParam ? { cursor: pageParam } : {}) }, signal),
    initialPageParam: '',
    getNextPageParam: (last: Page<T>) => last.cursor,
    placeholderData: keepPreviousData,
  }))
  const [shown, setShown] = createSignal<readonly T[]>([])
  const [head, setHead] = createSignal<Page<T>>({ items: [], cursor: null })

  const paged = createMemo((): readonly T[] => (list.isPending ? [] : (list.data?.pages.flatMap(page => page.items) ?? [])))
  const merged = createMemo(() => {
    const ids = new Set(paged().map(item => item.id))
    return mergeHead([...shown().filter(item => !ids.has(item.id)), ...paged()], head().items)
  })
  createEffect(
    on(
      key,
      () => {
        setShown([])
        setHead({ items: [], cursor: null })
      },
      { defer: true },
    ),
  )

  let callOff: (() => void) | null = null
  let abort = new AbortController()
  onCleanup(() => {
    callOff?.()
    abort.abort()
  })
  useEvents(event => {
    if (event.type !== 'reset' && !options.events.includes(event.type)) return
    callOff ??= after(gatherMs, () => {
      callOff = null
      void refreshHead()
    })
  })

  async function refreshHead(): Promise<void> {
    const asked = key()
    abort.abort()
    abort = new AbortController()
    try {
      const page = await options.ask({ ...options.query(), limit: String(pageSize) }, abort.signal)
      if (asked !== key() || !list.isSuccess) return
      if (merged().items.length === 0) await queries.invalidateQueries({ queryKey: asked })
      else setHead(page)
    } catch (error) {
      // The list stays as it is; whether the gateway answers at all is the banner's to say.
      if (!(error instanceof Error)) throw error
    }
  }

  return {
    items: () => merged().items,
    fresh: () => merged().fresh,
    showFresh() {
      const { fresh } = merged()
      // A whole page of news may hide older news behind it: begin again.
      if (fresh.length === head().items.length && head().cursor !== null) void queries.resetQueries({ queryKey: key() })
      else setShown([...fresh, ...shown()])
    },
    state: () => (list.isPending ? 'loading' : list.isError && paged().length === 0 ? 'failed' : 'ready'),
    error: () => list.error,
    isStale: () => list.isPlaceholderData,
    hasMore: () => list.hasNextPage,
    more() {
      if (list.hasNextPage && !list.isFetching) void list.fetchNextPage()
    },
    retry: () => void list.refetch(),
  }
}

/** The selected row, kept in the address so that coming back finds it. */
export function createSelection(keys: Accessor<readonly string[]>, reveal: (index: number) => void) {
  const [params, setParams] = useSearchParams<{ at: string }>()
  const index = createMemo(() => (typeof params.at === 'string' ? keys().indexOf(params.at) : -1))
  function select(next: number): void {
    const key = keys()[Math.min(Math.max(next, 0), keys().length - 1)]
    if (key === undefined) return
    setParams({ at: key }, { replace: true, scroll: false })
    reveal(keys().indexOf(key))
  }
  return { index, select, move: (by: number) => select(index() < 0 ? 0 : index() + by) }
}
