import { A } from '@solidjs/router'
import { useQuery } from '@tanstack/solid-query'
import type { Report } from '@steno/recordings'
import { createMemo, createSignal, For, Match, Show, Switch, type JSX } from 'solid-js'
import { CopyButton, countLabel, Problem, Skeleton, Time, useKeys, Visible } from '../ui/index.ts'
import { describeProblem } from '../ui/describe-problem.ts'
import { shellWord } from '../targets/snippets.ts'
import type { PlacedLeaf } from './look-at-log.ts'
import { PathDrawing } from './PathDrawing.tsx'
import { provedSessions, type ProvedSession } from './proved-sessions.ts'
import { runTask } from './run-task.ts'

/** Rows that are listed; the others are found by search, and their path under their own address. */
const listedMax = 40

/** Sessions of the log, what is known of each, and the way from the chosen one to the root that is signed. */
export function SessionList(props: {
  leaves: readonly PlacedLeaf[]
  report: Report | null
  chosen: string | null
  onChoose(session: string | null): void
}): JSX.Element {
  const all = createMemo(() => provedSessions(props.leaves, props.report))
  const listed = () => all().slice(0, listedMax)
  const move = (by: number): void => {
    const at = listed().findIndex(({ session }) => session === props.chosen)
    const next = listed()[Math.min(Math.max(at + by, 0), listed().length - 1)]
    if (next) props.onChoose(next.session)
  }
  useKeys([
    { keys: 'j', title: 'Next session', group: 'List', run: () => move(1) },
    { keys: 'k', title: 'Session before', group: 'List', run: () => move(-1) },
  ])
  return (
    <section class="proof-sessions" aria-label="Sessions">
      <h2>
        Sessions <span class="faint">{countLabel(all().length)}</span>
      </h2>
      <Show when={all().length > 0} fallback={<NoSession isNewLog={props.leaves[0]?.index === 0} />}>
        <div class="proof-table" tabIndex={0} role="region" aria-label="Sessions of the log">
          <table>
            <thead>
              <tr>
                <th>Session</th>
                <th>In the log</th>
                <th class="right">Lines</th>
                <th class="right">Leaf</th>
                <th>Opened</th>
              </tr>
            </thead>
            <tbody>
              <For each={listed()}>
                {each => (
                  <tr aria-selected={each.session === props.chosen} classList={{ 'is-chosen': each.session === props.chosen }}>
                    <td>
                      <button type="button" class="proof-session mono" onClick={() => props.onChoose(each.session)}>
                        {each.session}
                      </button>
                    </td>
                    <td>
                      <Standing of={each} />
                    </td>
                    <td class="right figures">{each.lines === null ? '–' : countLabel(each.lines)}</td>
                    <td class="right mono">{each.leaf === null ? '–' : countLabel(each.leaf)}</td>
                    <td class="mono">
                      <Show when={each.openedAtUs} fallback="–">
                        {atUs => <Time at={new Date(atUs() / 1000).toISOString()} />}
                      </Show>
                    </td>
                  </tr>
                )}
              </For>
            </tbody>
          </table>
        </div>
      </Show>
      <Show when={all().length > listedMax}>
        <p class="faint">
          {countLabel(all().length - listedMax)} more; <A href="/sessions">search</A> finds them, and every replay shows what is proven of
          it.
        </p>
      </Show>
      <Show when={props.chosen} keyed>
        {session => <Chosen session={session} onClose={() => props.onChoose(null)} />}
      </Show>
    </section>
  )
}

function NoSession(props: { isNewLog: boolean }): JSX.Element {
  return (
    <p class="muted">
      <Show when={props.isNewLog} fallback="No session in the leaves that are drawn.">
        None yet. A session has its leaf before its first byte reaches a target, so the first one stands here as soon as it is open.{' '}
        <A href="/targets">How an agent connects</A>.
      </Show>
    </p>
  )
}

function Standing(props: { of: ProvedSession }): JSX.Element {
  return (
    <span class={`chip ${looks[props.of.is].kind}`}>
      <span aria-hidden="true">{looks[props.of.is].sign}</span>
      <span>{looks[props.of.is].word}</span>
    </span>
  )
}

const looks: Record<ProvedSession['is'], { kind: string; sign: string; word: string }> = {
  broken: { kind: 'deny', sign: '✕', word: 'broken' },
  whole: { kind: 'allow', sign: '✓', word: 'whole' },
  young: { kind: 'hold', sign: '◔', word: 'newest lines not anchored' },
  erased: { kind: 'hold', sign: '▨', word: 'erased lawfully' },
  sealed: { kind: 'plain', sign: '■', word: 'sealed' },
  open: { kind: 'plain', sign: '▸', word: 'open' },
  removed: { kind: 'plain', sign: '▽', word: 'removed by rule' },
}

function Chosen(props: { session: string; onClose(): void }): JSX.Element {
  const path = useQuery(() => ({
    queryKey: ['log', 'path', props.session],
    queryFn: ({ signal }) => runTask('path', { session: props.session }, { signal }),
    staleTime: 30_000,
    retry: false,
    suspense: false,
  }))
  const [making, setMaking] = createSignal<{ is: 'idle' | 'making' } | { is: 'failed'; why: string }>({ is: 'idle' })
  const failure = () => {
    const state = making()
    return state.is === 'failed' ? state.why : null
  }
  const commands = () =>
    `npx steno export ${shellWord(props.session)} --as bundle > ${shellWord(`steno-${props.session}.tar`)}\nnpx steno verify ${shellWord(`steno-${props.session}.tar`)}`

  async function download(): Promise<void> {
    setMaking({ is: 'making' })
    try {
      const { name, content } = await runTask('bundle', { session: props.session })
      const url = URL.createObjectURL(content)
      const link = document.createElement('a')
      link.href = url
      link.download = name
      link.click()
      URL.revokeObjectURL(url)
      setMaking({ is: 'idle' })
    } catch (error) {
      setMaking({ is: 'failed', why: describeProblem(error).why })
    }
  }

  return (
    <section class="proof-chosen" aria-label="The chosen session">
      <div class="proof-verify-head">
        <h3 class="mono">
          <Visible text={props.session} />
        </h3>
        <span class="spring" />
        <A class="button small" href={`/sessions/${encodeURIComponent(props.session)}`}>
          Replay
        </A>
        <button type="button" class="button small" disabled={making().is === 'making'} onClick={() => void download()}>
          {making().is === 'making' ? 'Making it …' : 'Download bundle'}
        </button>
        <button type="button" class="button small quiet" onClick={() => props.onClose()}>
          Close
        </button>
      </div>
      <Show when={failure()}>
        {why => (
          <p class="proof-verdict is-bad" role="alert">
            <span class="proof-sign" aria-hidden="true">
              ✕
            </span>
            <span>
              <b>No bundle was made: it would prove nothing.</b> {why()}
            </span>
          </p>
        )}
      </Show>
      <Switch>
        <Match when={path.isError}>
          <Problem error={path.error} what="Its way to the root cannot be shown" onRetry={() => void path.refetch()} />
        </Match>
        <Match when={path.data}>{data => <PathDrawing path={data()} />}</Match>
        <Match when={path.isPending}>
          <Skeleton rows={4} label="Making the path" />
        </Match>
      </Switch>
      <p class="muted">A bundle is the recording and all that proves it; others check it without Steno. The same from the command line:</p>
      <div class="snippet">
        <pre tabIndex={0} aria-label="The commands that make and verify a bundle">
          {commands()}
        </pre>
        <CopyButton text={commands()} label="Copy commands" />
      </div>
    </section>
  )
}
