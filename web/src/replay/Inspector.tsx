import { A } from '@solidjs/router'
import type { Principal, SessionDetail } from '@steno/recordings'
import { createEffect, createSignal, For, lazy, on, Show, Suspense, type JSX } from 'solid-js'
import { policyHref, policyOf } from '../policies/policy-href.ts'
import { FromCommand } from '../rehearsal/FromCommand.tsx'
import { bytesLabel, Visible, visibleText } from '../ui/index.ts'
import { maskedColumns } from './cell.ts'
import type { DraftVerdict } from './draft-overlay.ts'
import type { CommandDetail, FrameDetail, FrameSummary, RecordingFacts } from './frame.ts'
import type { FrameProof } from './frame-proof.ts'
import { lookOf } from './OutcomeSign.tsx'
import { ProofSign } from './ProofSign.tsx'

const DraftVerdictPart = lazy(() => import('./DraftVerdictPart.tsx').then(part => ({ default: part.DraftVerdictPart })))

export interface InspectorProps {
  session: SessionDetail
  frame: FrameSummary | undefined
  detail: FrameDetail | undefined
  facts: RecordingFacts
  isLive: boolean
  downloadUrl: string
  proof: FrameProof
  /** What a draft would say of it; null while no draft is asked, a null verdict for what it decides alike. */
  underDraft: { verdict: DraftVerdict | null } | null
  /** Reads the line the shown command stands on, as it is in the file. */
  readRaw(): Promise<string>
}

/** What was decided, who asked, and where it is written. */
export function Inspector(props: InspectorProps): JSX.Element {
  return (
    <aside class="rp-inspector" aria-label="About this command" tabindex="0">
      <Show when={props.frame && props.frame.n > 0 ? props.frame : undefined}>
        {frame => (
          <Decision frame={frame()} detail={props.detail?.kind === 'command' ? props.detail : undefined}>
            <FromCommand session={props.session} n={frame().n} />
          </Decision>
        )}
      </Show>
      <Suspense>
        <Show when={props.frame && props.frame.n > 0 ? props.underDraft : null}>
          {asked => <DraftVerdictPart verdict={asked().verdict} />}
        </Show>
      </Suspense>
      <Who session={props.session} facts={props.facts} />
      <Place {...props} />
    </aside>
  )
}

function Decision(props: { frame: FrameSummary; detail: CommandDetail | undefined; children: JSX.Element }): JSX.Element {
  const decision = () => props.detail?.decision
  const maskRules = () => [
    ...new Set(
      (props.detail?.sections ?? []).flatMap(section => (section.kind === 'table' ? [...maskedColumns(section.head).values()] : [])),
    ),
  ]
  const policy = () => decision()?.policyVersion
  /** The one that decided, or all that were asked. */
  const versions = () => (policy() ?? '').split(' ').filter(version => version.includes('@'))
  const alsoMatched = () => {
    const effects = new Map<string, Set<string>>()
    for (const { rule, effect, isObserved } of decision()?.matched ?? [])
      effects.set(rule, (effects.get(rule) ?? new Set()).add(isObserved ? `${effect}, observed` : effect))
    effects.delete(decision()?.rule ?? '')
    return [...effects].map(([rule, those]) => ({ rule, effects: [...those] }))
  }
  return (
    <section>
      <h2>Decision</h2>
      <div class="rp-chips">
        <span class={`rp-sign is-word is-${verdictKinds[props.frame.verdict]}`}>{verdictWords[props.frame.verdict]}</span>
        <Show when={props.frame.masked > 0}>
          <span class="rp-sign is-word is-masked">▒ {props.frame.masked.toLocaleString('en')} cells masked</span>
        </Show>
        <Show when={props.frame.outcome !== 'ok' && props.frame.verdict !== 'deny'}>
          <span class={`rp-sign is-word is-${lookOf(props.frame).kind}`}>
            {lookOf(props.frame).sign} {lookOf(props.frame).word}
          </span>
        </Show>
      </div>
      <dl class="rp-facts">
        <dt>Rule</dt>
        <dd>
          <Show when={decision()?.rule} fallback={<span class="rp-absent">none decided</span>}>
            {rule => <RuleLink rule={rule()} versions={versions()} />}
          </Show>
        </dd>
        <Show when={alsoMatched().length > 0}>
          <dt>Also</dt>
          <dd class="rp-also">
            <For each={alsoMatched()}>
              {({ rule, effects }) => (
                <span>
                  <RuleLink rule={rule} versions={versions()} /> <span class="rp-absent">{effects.join(', ')}</span>
                </span>
              )}
            </For>
          </dd>
        </Show>
        <dt>Policy</dt>
        <dd class="mono rp-also">
          <Show when={policy() !== 'none'} fallback={<span class="rp-absent">none published</span>}>
            <For each={versions()}>
              {version => (
                <a href={policyHref(policyOf(version), { v: version })} rel="external">
                  <Visible text={version} />
                </a>
              )}
            </For>
          </Show>
        </dd>
        <Show when={maskRules().length > 0}>
          <dt>Masked by</dt>
          <dd>
            <Visible text={maskRules().join(', ')} />
          </dd>
        </Show>
        <Show when={decision()?.reason}>
          {reason => (
            <>
              <dt>Because</dt>
              <dd>
                <Visible text={reason()} />
              </dd>
            </>
          )}
        </Show>
      </dl>
      {props.children}
    </section>
  )
}

/** A rule, linked to its line in the version that decided, where the record tells which that was. */
function RuleLink(props: { rule: string; versions: readonly string[] }): JSX.Element {
  return (
    <Show when={props.versions.length === 1 ? props.versions[0] : undefined} fallback={<Visible text={props.rule} />}>
      {version => (
        <a href={policyHref(policyOf(version()), { v: version(), rule: props.rule })} rel="external">
          <Visible text={props.rule} />
        </a>
      )}
    </Show>
  )
}

const verdictWords = { allow: '✓ allowed', hold: '◔ held', deny: '✕ denied' } as const
const verdictKinds = { allow: 'ok', hold: 'held', deny: 'denied' } as const

function Who(props: { session: SessionDetail; facts: RecordingFacts }): JSX.Element {
  const run = () => props.session.runIdentity
  const principal = () => props.session.principalDetail
  const chain = () => props.session.delegationDetail
  const lines = (): [string, JSX.Element][] => [
    [
      kindWords[principal().kind],
      <>
        <Visible text={principal().name} />
        <Show when={run().agentVersion}>
          {version => (
            <>
              {' '}
              <Visible text={version()} />
            </>
          )}
        </Show>
      </>,
    ],
    ...launchedBy(chain()),
    ...optional('Task', run().task, `, attempt ${run().attempt}`),
    ...optional('Trigger', run().trigger),
    ['Run', <span class="mono">{run().id}</span>],
    ...optional('Inside run', run().parent),
    [
      'Client',
      <span class="mono">
        <Visible text={props.session.clientAddress} />
      </span>,
    ],
    ...(props.session.application
      ? [
          [
            'Claims to be',
            <span class="mono">
              <Visible text={props.session.application} />
            </span>,
          ] as [string, JSX.Element],
        ]
      : []),
    ...(props.facts.header ? [['Wire', props.facts.header.client.tls ? 'TLS' : 'not encrypted'] as [string, JSX.Element]] : []),
  ]
  return (
    <section>
      <h2>Who</h2>
      <dl class="rp-facts">
        <For each={lines()}>
          {([name, value]) => (
            <>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </>
          )}
        </For>
      </dl>
    </section>
  )
}

const kindWords: Record<Principal['kind'], string> = { agent: 'Agent', human: 'Person', service: 'Service' }

/** The nearest launcher last: the person who began it all is the one to ask. */
function launchedBy(chain: readonly Principal[]): [string, JSX.Element][] {
  const first = chain.at(-1)
  if (!first) return []
  const through = chain.slice(0, -1)
  const lines: [string, JSX.Element][] = [['Launched by', visibleText(first.name)]]
  if (through.length > 0) lines.push(['Through', through.map(each => visibleText(each.name)).join(' ← ')])
  return lines
}

function optional(name: string, value: string | null, after = ''): [string, JSX.Element][] {
  return value === null || value === '' ? [] : [[name, `${visibleText(value)}${after}`]]
}

function Place(props: InspectorProps): JSX.Element {
  const [raw, setRaw] = createSignal<{ text: string } | { failure: string } | null>(null)
  createEffect(
    on(
      () => props.frame?.line,
      () => setRaw(null),
    ),
  )
  async function toggle(): Promise<void> {
    if (raw()) {
      setRaw(null)
      return
    }
    try {
      setRaw({ text: await props.readRaw() })
    } catch (error) {
      setRaw({ failure: error instanceof Error ? error.message : String(error) })
    }
  }
  return (
    <section>
      <h2>Record</h2>
      <dl class="rp-facts">
        <Show when={props.frame}>
          {frame => (
            <>
              <dt>Line</dt>
              <dd class="mono">
                {frame().line.toLocaleString('en')} of {props.facts.lines.toLocaleString('en')}
              </dd>
            </>
          )}
        </Show>
        <Show when={props.frame}>
          <dt>Proof</dt>
          <dd>
            <ProofSign proof={props.proof} />
            <Show when={props.proof.leaf}>
              {leaf => (
                <>
                  {' '}
                  <A class="mono rp-leaf" href={`/integrity?session=${encodeURIComponent(props.session.id)}`}>
                    leaf {leaf().toLocaleString('en')}
                  </A>
                </>
              )}
            </Show>
            <Show when={props.proof.is !== 'anchored'}>
              <p class="rp-proof-says">
                <Visible text={props.proof.says} />
              </p>
            </Show>
          </dd>
        </Show>
        <Show when={props.detail}>
          {detail => (
            <>
              <dt>{detail().kind === 'command' ? 'Asked' : 'Said'}</dt>
              <dd class="mono">{placeLabel(detail().bytes)}</dd>
              <Show when={answerOf(detail())}>
                {answer => (
                  <>
                    <dt>Answered</dt>
                    <dd class="mono">
                      {placeLabel(answer())}
                      <Show when={answer().lines > 1}>, {answer().lines.toLocaleString('en')} lines</Show>
                    </dd>
                  </>
                )}
              </Show>
            </>
          )}
        </Show>
        <dt>Recording</dt>
        <dd>{bytesLabel(props.session.sizeBytes)}</dd>
        <dt>Ended</dt>
        <dd>
          {props.facts.end ? endWords(props.facts.end.reason) : <span class="rp-absent">{props.isLive ? 'not yet' : 'not recorded'}</span>}
        </dd>
      </dl>
      <div class="rp-record-actions">
        <a class="button" href={props.downloadUrl} download={`${props.session.id}.cast`}>
          Download .cast
        </a>
        <Show when={props.frame}>
          <button type="button" class="button" aria-expanded={raw() !== null} onClick={() => void toggle()}>
            Raw line
          </button>
        </Show>
      </div>
      <Show when={raw()}>
        {shown => {
          const each = shown()
          return 'text' in each ? (
            <pre class="rp-raw mono" tabindex="0" aria-label="The command's line as it is in the file">
              <Visible text={each.text} />
            </pre>
          ) : (
            <p class="rp-trouble">The line could not be read: {each.failure}</p>
          )
        }}
      </Show>
    </section>
  )
}

/** Gives the reason a session ended as a person would say it. */
function endWords(reason: string): string {
  return reason === 'interrupted' ? 'interrupted: the gateway died' : reason
}

function answerOf(detail: FrameDetail) {
  return detail.kind === 'command' ? detail.answer : null
}

function placeLabel(range: { from: number; to: number }): string {
  return `bytes ${range.from.toLocaleString('en')}–${(range.to - 1).toLocaleString('en')}`
}
