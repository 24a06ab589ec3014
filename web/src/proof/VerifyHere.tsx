import { A } from '@solidjs/router'
import type { Finding, Report } from '@steno/recordings'
import { createMemo, createSignal, For, Match, Show, Switch, type JSX } from 'solid-js'
import { ageLabel, bytesLabel, countLabel, countOf, durationLabel, Kbd, Visible } from '../ui/index.ts'
import type { Verification, VerificationState } from './create-verification.ts'
import { findingWords, stillProven } from './finding-words.ts'
import type { History } from './log-history.ts'
import { readSeen } from './look-at-log.ts'
import type { VerifyProgress } from './proof-tasks.ts'
import type { RememberedLog } from './remembered-log.ts'
import { reportSentence } from './report-sentence.ts'

/** Recomputes everything in this browser, and says what came out. */
export function VerifyHere(props: {
  verification: Verification
  remembered: RememberedLog | null
  history: History
  now: number
}): JSX.Element {
  const state = () => props.verification.state()
  const running = () => asRunning(state())
  return (
    <section class="proof-verify" aria-label="Verify here">
      <div class="proof-verify-head">
        <h2>Verify here</h2>
        <span class="spring" />
        <Show
          when={running()}
          fallback={
            <button type="button" class="button primary" onClick={() => props.verification.start()}>
              {state().is === 'done' ? 'Verify again' : 'Verify here'} <Kbd keys="v" />
            </button>
          }
        >
          <button type="button" class="button" onClick={() => props.verification.cancel()}>
            Stop <Kbd keys="Escape" />
          </button>
        </Show>
      </div>
      <p class="muted">
        This browser downloads the log, the tiles and every recording, and computes every hash and signature again. It believes nothing but
        the log’s first key{props.remembered ? ', and that history goes on from what it verified before' : ''}.
      </p>
      <Show when={props.remembered !== null || asDone(state()) === null}>
        <Remembered remembered={props.remembered} history={props.history} now={props.now} />
      </Show>
      <div class="proof-outcome" aria-live="polite">
        <Switch>
          <Match when={running()}>{each => <Progress progress={each().progress} />}</Match>
          <Match when={asFailed(state())}>
            {each => (
              <p class="proof-verdict is-unsure">
                <span class="proof-sign" aria-hidden="true">
                  ◔
                </span>
                <span>
                  <b>It could not be verified.</b> <Visible text={each().reason} />. That says nothing of the record.
                </span>
              </p>
            )}
          </Match>
          <Match when={asDone(state())}>{each => <Outcome done={each()} />}</Match>
        </Switch>
      </div>
      <Show when={asDone(state())}>{each => <Findings report={each().report} />}</Show>
    </section>
  )
}

function Remembered(props: { remembered: RememberedLog | null; history: History; now: number }): JSX.Element {
  const checkpoint = createMemo(() => (props.remembered ? readSeen(props.remembered.note) : null))
  return (
    <Show
      when={props.remembered && checkpoint()}
      fallback={<p class="faint">This browser has verified nothing of this log yet. The first time it must take the log’s key on trust.</p>}
    >
      {seen => (
        <p class="faint">
          This browser verified {countLabel(seen().size)} leaves {ageLabel(props.now - (props.remembered?.atMs ?? 0))}.{' '}
          {historyWords[props.history]}
        </p>
      )}
    </Show>
  )
}

const historyWords: Record<History, string> = {
  first: '',
  same: 'The log has not changed since.',
  grown: 'The log goes on from there.',
  'rolled back': 'The log is shorter now.',
  forked: 'The log does not go on from there.',
  'another log': 'This is another log.',
  'not shown': 'The log’s tiles do not show whether it goes on from there.',
}

function Progress(props: { progress: VerifyProgress | null }): JSX.Element {
  const words = () => {
    const progress = props.progress
    if (!progress) return 'Fetching the verifier'
    return progress.doing === 'log'
      ? `Reading the log: ${countLabel(progress.bundles)} of ${countLabel(progress.bundlesTotal ?? 0)} bundles`
      : `Reading recordings: ${countLabel(progress.recordings)} of ${countLabel(progress.recordingsTotal)}`
  }
  /** Nobody knows how long recordings are before they are read; the log counts as much as one of them. */
  const share = () => {
    const progress = props.progress
    if (!progress) return 0
    const { bundles, bundlesTotal, recordings, recordingsTotal } = progress
    const log = progress.doing === 'log' ? Math.min(1, bundles / Math.max(1, bundlesTotal ?? 1)) : 1
    return (log + recordings) / (1 + recordingsTotal)
  }
  return (
    <div class="proof-progress">
      <progress aria-label="Verifying" max={1} value={share()} />
      <span>{words()}</span>
      <span class="figures muted">{bytesLabel(props.progress?.bytes ?? 0)}</span>
      <Show when={(props.progress?.findings ?? 0) > 0}>
        <span>{countOf(props.progress?.findings ?? 0, 'finding')}</span>
      </Show>
    </div>
  )
}

function Outcome(props: { done: VerificationState & { is: 'done' } }): JSX.Element {
  const said = () => reportSentence(props.done.report)
  const { report } = props.done
  return (
    <>
      <p class={`proof-verdict is-${said().tone}`}>
        <span class="proof-sign" aria-hidden="true">
          {said().tone === 'good' ? '✓' : said().tone === 'bad' ? '✕' : '◔'}
        </span>
        <b>{said().says}</b>
      </p>
      <p class="muted">
        <Show when={report.log.checkpoint}>
          {checkpoint => (
            <>
              {countLabel(checkpoint().size)} leaves, {countOf(report.sessions.length, 'recording')},{' '}
              {countOf(
                report.sessions.reduce((sum, { provenLines }) => sum + provenLines, 0),
                'line',
              )}{' '}
              proven, {countOf(report.ledger.provenLines, 'line')} of the ledger, in {durationLabel(props.done.tookMs)}.{' '}
            </>
          )}
        </Show>
        <Show when={report.log.key}>
          {key => (
            <>
              Signed by{' '}
              <span class="mono">
                <Visible text={key()} />
              </span>
              , a key that the log itself names: this shows that all is of one piece, not whose it is.
            </>
          )}
        </Show>
      </p>
    </>
  )
}

/** Findings that are drawn at once; a record that is broken everywhere has more than a page can bear. */
const shownMax = 50

function Findings(props: { report: Report }): JSX.Element {
  const [isAll, setIsAll] = createSignal(false)
  const lawful = () => props.report.findings.filter(({ verdict }) => verdict === 'UNANCHORED' || verdict === 'ERASED')
  const wrong = () => props.report.findings.filter(finding => !lawful().includes(finding))
  const shown = () => (isAll() ? [...wrong(), ...lawful()] : [...wrong(), ...lawful()].slice(0, shownMax))
  return (
    <Show when={props.report.findings.length > 0}>
      <h3 class="proof-found">
        {wrong().length > 0 ? `${countOf(wrong().length, 'finding')}` : 'Nothing wrong'}
        <Show when={lawful().length > 0}>
          <span class="muted">
            {wrong().length > 0 ? ' and ' : ', '}
            {countOf(lawful().length, 'lawful remark')}
          </span>
        </Show>
      </h3>
      <ol class="proof-findings">
        <For each={shown()}>{finding => <FindingItem finding={finding} report={props.report} />}</For>
      </ol>
      <Show when={shown().length < props.report.findings.length}>
        <button type="button" class="button small" onClick={() => setIsAll(true)}>
          Show all {countLabel(props.report.findings.length)}
        </button>
      </Show>
    </Show>
  )
}

function FindingItem(props: { finding: Finding; report: Report }): JSX.Element {
  const words = () => findingWords(props.finding)
  const isLawful = () => props.finding.verdict === 'UNANCHORED' || props.finding.verdict === 'ERASED'
  /** Of lines that differ, heads tell only between which ones the first lies. */
  const lines = () => {
    const { code, session, line } = props.finding
    if (line === null) return null
    const judged = props.report.sessions.find(one => one.session === session)
    const known =
      code === 'lines_differ' ? judged?.differing : code === 'lines_erased' ? judged?.erased.find(({ from }) => from === line) : null
    return known?.from === line ? known : { from: line, to: line + 1 }
  }
  return (
    <li class="proof-finding" classList={{ 'is-lawful': isLawful() }}>
      <p class="proof-finding-head">
        <span class={`chip ${isLawful() ? 'hold' : 'deny'}`}>
          <span aria-hidden="true">{signs[props.finding.verdict]}</span>
          <span>{props.finding.verdict.toLowerCase()}</span>
        </span>
        <b>{words().title}</b>
        <span class="spring" />
        <span class="mono faint">{props.finding.code}</span>
      </p>
      <p>
        <Visible text={sentence(props.finding.says)} />
      </p>
      <dl class="proof-dl">
        <Show when={props.finding.session}>
          {session => (
            <>
              <dt>Record</dt>
              <dd>
                <A
                  class="mono"
                  href={`/sessions/${encodeURIComponent(session())}${props.finding.line === null ? '' : `?frame=${props.finding.line}`}`}
                >
                  {session()}
                </A>
              </dd>
            </>
          )}
        </Show>
        <Show when={lines()}>
          {range => (
            <>
              <dt>{range().to - range().from === 1 ? 'Line' : 'Lines'}</dt>
              <dd class="mono">
                {countLabel(range().from)}
                <Show when={range().to - range().from > 1}>
                  {' '}
                  to {countLabel(range().to - 1)}
                  <Show when={props.finding.code === 'lines_differ'}>
                    <span class="faint"> one of these is the first</span>
                  </Show>
                </Show>
              </dd>
            </>
          )}
        </Show>
        <Show when={props.finding.leaf !== null}>
          <dt>Leaf</dt>
          <dd class="mono">{countLabel(props.finding.leaf ?? 0)}</dd>
        </Show>
        <dt>Key</dt>
        <dd class="mono">{props.finding.key === null ? <span class="faint">none trusted</span> : <Visible text={props.finding.key} />}</dd>
        <dt>Expected</dt>
        <dd>{words().expected}</dd>
        <dt>It implies</dt>
        <dd>{words().implies}</dd>
        <dt>Still proven</dt>
        <dd>
          <Visible text={stillProven(props.finding, props.report)} />
        </dd>
      </dl>
    </li>
  )
}

const signs: Record<Finding['verdict'], string> = { TAMPERED: '✕', LOST: '✕', TRUNCATED: '✕', UNANCHORED: '◔', ERASED: '▨', WHOLE: '✓' }

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`
}

function asRunning(state: VerificationState) {
  return state.is === 'running' ? state : null
}

function asFailed(state: VerificationState) {
  return state.is === 'failed' ? state : null
}

function asDone(state: VerificationState) {
  return state.is === 'done' ? state : null
}
