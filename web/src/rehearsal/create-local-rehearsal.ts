import type { RehearsalReport } from '@steno/policy-dsl'
import { createSignal, type Accessor } from 'solid-js'
import type { FoundSessions, LoadBound, PastFilter } from './find-sessions.ts'
import type { LoadProgress, LocalAsk, RehearsalMessage, RehearsalRequest } from './rehearsal-messages.ts'

/** finding → loading → loaded | failed; and from each of them back to finding. */
export type LoadState =
  | { is: 'finding' }
  | { is: 'loading'; progress: LoadProgress }
  | { is: 'loaded'; progress: LoadProgress; isTruncated: boolean; sinceUs: number | null }
  | { is: 'failed'; reason: string }

/** What is known of the text as it is now. */
export type TextState =
  /** Nothing is loaded yet, or it is being rehearsed. */
  { is: 'awaited' } | { is: 'rehearsed' } | { is: 'uncompiled'; errors: number } | { is: 'failed'; reason: string }

/** Rehearsing beside the page, on recordings that are loaded into this browser. */
export interface LocalRehearsal {
  loading: Accessor<LoadState>
  text: Accessor<TextState>
  /** Who asked in the sessions that were found last. */
  agents: Accessor<readonly string[]>
  /** The last report, which may be of an older text. */
  last: Accessor<{ source: string; report: RehearsalReport } | null>
  load(filter: PastFilter, bound: LoadBound): void
  rehearse(draft: LocalDraft): void
  close(): void
}

/** The draft with all that is rehearsed with it. */
export type LocalDraft = Pick<LocalAsk, 'policies' | 'live'> & { source: string }

/** What a rehearsal needs of the worker it asks. */
export interface RehearsalPort {
  post(request: RehearsalRequest): void
  hear(take: (message: RehearsalMessage) => void): void
  terminate(): void
}

export interface LocalRehearsalInput {
  port: RehearsalPort
  find(filter: PastFilter, bound: LoadBound): Promise<FoundSessions>
  /** When a window of an age begins; null for no beginning. */
  sinceUsOf(age: string): number | null
}

/** Gives a rehearsal that has nothing loaded. It keeps one text under way, and takes up the newest when that is done. */
export function createLocalRehearsal({ port, find, sinceUsOf }: LocalRehearsalInput): LocalRehearsal {
  const [loading, setLoading] = createSignal<LoadState>({ is: 'finding' })
  const [text, setText] = createSignal<TextState>({ is: 'awaited' })
  const [last, setLast] = createSignal<{ source: string; report: RehearsalReport } | null>(null)
  const [agents, setAgents] = createSignal<readonly string[]>([])
  let lastLoad = 0
  let isTruncated = false
  let sinceUs: number | null = null
  let draft: LocalDraft | null = null
  let underWay: { id: number; source: string } | null = null
  let lastId = 0
  /** Something changed since the text under way was sent. */
  let isStale = false

  async function load(filter: PastFilter, bound: LoadBound): Promise<void> {
    const mine = ++lastLoad
    setLoading({ is: 'finding' })
    setText({ is: 'awaited' })
    isStale = true
    try {
      const found = await find(filter, bound)
      if (mine !== lastLoad) return
      isTruncated = found.isTruncated
      setAgents(found.agents)
      sinceUs = sinceUsOf(filter.since)
      setLoading({ is: 'loading', progress: { sessions: 0, of: found.sessions.length, commands: 0, bytes: 0 } })
      port.post({ is: 'load', id: mine, sessions: found.sessions })
    } catch (error) {
      if (mine === lastLoad) setLoading({ is: 'failed', reason: error instanceof Error ? error.message : String(error) })
    }
  }

  function send(): void {
    if (draft === null || loading().is !== 'loaded') return
    if (underWay !== null) return void (isStale = true)
    isStale = false
    underWay = { id: ++lastId, source: draft.source }
    const { policies, live } = draft
    port.post({ is: 'rehearse', id: lastId, ask: { policies, live, window: { sinceUs, untilUs: null }, isTruncated } })
  }

  function take(message: RehearsalMessage): void {
    switch (message.is) {
      case 'loading':
        if (message.id === lastLoad) setLoading({ is: 'loading', progress: message.progress })
        return
      case 'loaded':
        // Another may have taken its place since the worker told of it.
        if (message.id !== lastLoad) return
        setLoading({ is: 'loaded', progress: message.progress, isTruncated, sinceUs })
        return send()
      case 'unloadable':
        if (message.id === lastLoad) setLoading({ is: 'failed', reason: message.reason })
        return
      case 'rehearsed':
      case 'failed':
        return conclude(message)
    }
  }

  function conclude(message: Extract<RehearsalMessage, { is: 'rehearsed' | 'failed' }>): void {
    const done = underWay
    underWay = null
    if (done === null || done.id !== message.id) return
    if (isStale) return send()
    if (message.is === 'failed') setText({ is: 'failed', reason: message.reason })
    else if (message.outcome.is === 'uncompiled') setText(message.outcome)
    else {
      setLast({ source: done.source, report: message.outcome.report })
      setText({ is: 'rehearsed' })
    }
  }

  port.hear(take)
  return {
    loading,
    text,
    agents,
    last,
    load: (filter, bound) => void load(filter, bound),
    rehearse(next) {
      draft = next
      setText({ is: 'awaited' })
      send()
    },
    close: () => port.terminate(),
  }
}
