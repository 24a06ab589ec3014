import { useSearchParams } from '@solidjs/router'
import { useQuery } from '@tanstack/solid-query'
import { createMemo, createSignal, Match, onCleanup, Show, Switch, type JSX } from 'solid-js'
import { api, connection } from '../api.ts'
import { createNow, nowMs } from '../clock.ts'
import { Problem, Skeleton, Tabs, useKeys } from '../ui/index.ts'
import { createVerification } from './create-verification.ts'
import { LogFacts } from './LogFacts.tsx'
import { logSentence } from './log-sentence.ts'
import { recallLog, rememberLog } from './remembered-log.ts'
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
  const sentence = createMemo(() =>
    look.data === undefined
      ? null
      : logSentence({
          look: look.data,
          unanchoredSeconds: log.data?.unanchoredSeconds ?? 0,
          witnesses: log.data?.witnesses.length ?? null,
          nowMs: now(),
        }),
  )
  const verification = createVerification({
    nowMs,
    run: options => runTask('verify', { seen: recallLog()?.note ?? null }, options),
    onReport: (report, atMs) => setRemembered(rememberLog(report, atMs)),
  })
  onCleanup(verification.cancel)
  const report = () => {
    const state = verification.state()
    return state.is === 'done' ? state.report : null
  }

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
                    <b>{connection.isReachable() ? said().says : `The gateway does not answer. When it last did: ${said().says}`}</b>
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
                        fromMs={now() - range().ms}
                        toMs={now()}
                        onSession={session => setParams({ session })}
                      />
                    </section>
                    <div class="proof-columns">
                      <div class="proof-main">
                        <VerifyHere verification={verification} remembered={remembered()} history={seen().history} now={now()} />
                        <SessionList
                          leaves={seen().leaves}
                          report={report()}
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

const signs = { good: '✓', unsure: '◔', bad: '✕' } as const
const tones = { good: 'Good', unsure: 'To know', bad: 'Wrong' } as const
