import { useSearchParams } from '@solidjs/router'
import { useQuery } from '@tanstack/solid-query'
import { createMemo, createSignal, Match, onCleanup, Show, Switch, type JSX } from 'solid-js'
import { api, connection } from '../api.ts'
import { createNow, nowMs } from '../clock.ts'
import { Problem, Skeleton, Tabs, useKeys } from '../ui/index.ts'
import { createVerification } from './create-verification.ts'
import { LogFacts } from './LogFacts.tsx'
import { logSentence, withoutAnswer } from './log-sentence.ts'
import { recallLog, rememberLog } from './remembered-log.ts'
import type { PlacedLeaf } from './look-at-log.ts'
import { runTask } from './run-task.ts'
import { SessionList } from './SessionList.tsx'
import { Strip } from './Strip.tsx'
import { VerifyHere } from './VerifyHere.tsx'
import './proof.css'

const ranges = [
  { value: '1h', label: '1 hour', ms: 3_600_000 },
  { value: '24h', label: '24 hours', ms: 86_400_000 },
  { value: '7d', label: '7 days', ms: 604_800_000 },
] as const
type Range = (typeof ranges)[number]['value']

/** How often the log is looked at while the page is open. */
const lookEveryMs = 5_000

/** Whether the record is whole, and everything that shows it. */
export function IntegrityPage(): JSX.Element {
  const [params, setParams] = useSearchParams<{ range: string; session: string }>()
  const range = createMemo(() => ranges.find(each => each.value === params.range) ?? ranges[0])
  const now = createNow(1_000)
  const [remembered, setRemembered] = createSignal(recallLog())
  const log = useQuery(() => ({
    queryKey: ['log'],
    queryFn: ({ signal }) => api.log(signal),
    refetchInterval: lookEveryMs,
    suspense: false,
  }))
  const look = useQuery(() => ({
    queryKey: ['log', 'look', range().value, log.data?.witnesses.map(({ key }) => key).join(' ') ?? null],
    queryFn: ({ signal }) =>
      runTask(
        'look',
        {
          seen: recallLog()?.note ?? null,
          witnesses: log.data?.witnesses.map(({ key }) => key) ?? [],
          fromUs: (nowMs() - range().ms) * 1000,
        },
        { signal },
      ),
    enabled: !log.isPending,
    refetchInterval: lookEveryMs,
    placeholderData: before => before,
    suspense: false,
  }))
  const verification = createVerification({
    nowMs,
    run: options => runTask('verify', { seen: recallLog()?.note ?? null }, options),
    onReport: (report, atMs) => {
      setRemembered(rememberLog(report, atMs))
      // What is shown of the log is then no older than what was computed of it.
      void look.refetch()
    },
  })
  onCleanup(verification.cancel)
  const verified = () => {
    const state = verification.state()
    return state.is === 'done' ? state : null
  }
  const sentence = createMemo(() => {
    if (look.data === undefined) return null
    const said = logSentence({
      look: look.data,
      unanchoredSeconds: log.data?.unanchoredSeconds ?? 0,
      witnesses: log.data?.witnesses.length ?? null,
      verified: verified(),
      nowMs: now(),
    })
    return connection.isReachable() ? said : withoutAnswer(said)
  })
  useKeys([
    { keys: 'v', title: 'Verify here', group: 'Integrity', run: verification.start },
    { keys: 'Escape', title: 'Stop verifying', group: 'Integrity', run: verification.cancel },
  ])

  return (
    <main class="page proof-page">
      <div class="bar">
        <h1>Integrity</h1>
        <span class="muted proof-bar-words">What was recorded, and whether it still says what it said then.</span>
      </div>
      <Switch>
        <Match when={look.data === undefined && look.isError}>
          <Problem
            error={look.error}
            what={
              connection.isReachable() ? 'The log cannot be shown' : 'The gateway does not answer, so nothing is known of its record now'
            }
            onRetry={() => void look.refetch()}
          />
        </Match>
        <Match when={look.data === undefined}>
          <Skeleton rows={12} label="Looking at the log" />
        </Match>
        <Match when={sentence()}>
          {said => (
            <div class="proof-body">
              <section class={`proof-sentence is-${said().tone}`} aria-label="How the record stands">
                <p class="proof-says">
                  <span class="proof-sign" aria-hidden="true">
                    {signs[said().tone]}
                  </span>
                  <span>
                    <span class="spoken">{tones[said().tone]}: </span>
                    <b>{said().says}</b>
                  </span>
                </p>
                <p class="muted">{said().means}</p>
              </section>
              <Show when={look.data}>
                {seen => (
                  <>
                    <section class="proof-strip" id="proof-strip" aria-label="The log over time">
                      <div class="proof-strip-head">
                        <h2>The log over time</h2>
                        <Tabs<Range>
                          label="How much time"
                          items={ranges}
                          value={range().value}
                          onChange={value => setParams({ range: value === '1h' ? '' : value }, { replace: true })}
                          controls="proof-strip"
                        />
                      </div>
                      <Strip
                        leaves={seen().leaves}
                        cosigners={seen().cosigners}
                        fromMs={stripFrom(seen().leaves, now() - range().ms, now())}
                        toMs={now()}
                        onSession={session => setParams({ session })}
                      />
                    </section>
                    <div class="proof-columns">
                      <div class="proof-main">
                        <VerifyHere verification={verification} remembered={remembered()} history={seen().history} now={now()} />
                        <SessionList
                          leaves={seen().leaves}
                          report={verified()?.report ?? null}
                          chosen={typeof params.session === 'string' ? params.session : null}
                          onChoose={session => setParams({ session: session ?? '' })}
                        />
                      </div>
                      <LogFacts look={seen()} log={log.data ?? null} />
                    </div>
                  </>
                )}
              </Show>
            </div>
          )}
        </Match>
      </Switch>
    </main>
  )
}

/** The strip begins with the log where that is younger than what is asked for: before it there is nothing to draw. */
function stripFrom(leaves: readonly PlacedLeaf[], fromMs: number, nowMsOfPage: number): number {
  const [first] = leaves
  if (first?.index !== 0) return fromMs
  return Math.max(fromMs, Math.min(first.said.atUs / 1000, nowMsOfPage - stripMsMin))
}

const stripMsMin = 60_000

const signs = { good: '✓', unsure: '◔', bad: '✕' } as const
const tones = { good: 'Good', unsure: 'To know', bad: 'Wrong' } as const
