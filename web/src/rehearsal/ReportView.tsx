import type { MaskSample, RehearsalReport } from '@steno/policy-dsl'
import type { Verdict } from '@steno/recordings'
import { createMemo, createSignal, For, Show, type JSX } from 'solid-js'
import { countLabel, countOf, Mono, Tabs, VerdictChip, Visible } from '../ui/index.ts'
import { flipsOf, type FlipBy, type VerdictPair } from './flips-of.ts'

export interface ReportViewProps {
  report: RehearsalReport
  /** The draft's name in the report. */
  name: string
  /** The text that the report is of. */
  source: string
}

const verdicts: readonly Verdict[] = ['allow', 'hold', 'deny']
const words: Record<Verdict, string> = { allow: 'allowed', hold: 'held', deny: 'denied' }

/** What past commands would have met under a text. */
export function ReportView(props: ReportViewProps): JSX.Element {
  const [pair, setPair] = createSignal<VerdictPair | null>(null)
  return (
    <Show when={props.report.commands > 0} fallback={<Nothing unknowns={props.report.unknowns} />}>
      <Summary report={props.report} />
      <Matrix report={props.report} pair={pair()} onPair={setPair} />
      <Show when={props.report.flipsTotal > 0}>
        <Flips {...props} pair={pair()} />
      </Show>
      <Masks {...props} />
      <Limits report={props.report} />
      <Approvals report={props.report} />
      <Unmatched report={props.report} />
      <Unknowns unknowns={props.report.unknowns} />
    </Show>
  )
}

function Nothing(props: { unknowns: readonly string[] }): JSX.Element {
  return (
    <>
      <p class="rh-summary">No command of the past stands in this window.</p>
      <Unknowns unknowns={props.unknowns} />
    </>
  )
}

function Summary(props: { report: RehearsalReport }): JSX.Element {
  const counts = createMemo((): { mark: Verdict; count: number; word: string }[] => {
    const { allow, hold, deny } = props.report.matrix
    return [
      { mark: 'deny', count: allow.deny + hold.deny, word: 'newly denied' },
      { mark: 'hold', count: allow.hold + deny.hold, word: 'newly held' },
      { mark: 'allow', count: hold.allow + deny.allow, word: 'newly allowed' },
    ]
  })
  return (
    <p class="rh-summary">
      <Show when={props.report.flipsTotal > 0} fallback={<b>No command would be decided otherwise.</b>}>
        <For each={counts().filter(({ count }) => count > 0)}>
          {each => <VerdictChip mark={each.mark} count={each.count} word={each.word} />}
        </For>
      </Show>
      <span class="muted">
        of {countOf(props.report.commands, 'command')}, {countOf(props.report.sessions, 'session')}, {countOf(props.report.agents, 'agent')}
      </span>
    </p>
  )
}

function Matrix(props: { report: RehearsalReport; pair: VerdictPair | null; onPair(pair: VerdictPair | null): void }): JSX.Element {
  const isPressed = (before: Verdict, after: Verdict): boolean => props.pair?.before === before && props.pair.after === after
  return (
    <table class="rh-matrix">
      <caption class="spoken">Commands by what was decided then and what would be decided now</caption>
      <thead>
        <tr>
          <th scope="col">was → would be</th>
          <For each={verdicts}>
            {after => (
              <th scope="col">
                <VerdictChip mark={after} />
              </th>
            )}
          </For>
        </tr>
      </thead>
      <tbody>
        <For each={verdicts}>
          {before => (
            <tr>
              <th scope="row">
                <VerdictChip mark={before} />
              </th>
              <For each={verdicts}>
                {after => (
                  <td>
                    <Show
                      when={before !== after && props.report.matrix[before][after] > 0}
                      fallback={
                        <span classList={{ faint: props.report.matrix[before][after] === 0 }}>
                          {countLabel(props.report.matrix[before][after])}
                        </span>
                      }
                    >
                      <button
                        type="button"
                        class={`rh-cell ${after}`}
                        aria-pressed={isPressed(before, after)}
                        aria-label={`${countLabel(props.report.matrix[before][after])} were ${words[before]} and would be ${words[after]}: show only these`}
                        onClick={() => props.onPair(isPressed(before, after) ? null : { before, after })}
                      >
                        {countLabel(props.report.matrix[before][after])}
                      </button>
                    </Show>
                  </td>
                )}
              </For>
            </tr>
          )}
        </For>
      </tbody>
    </table>
  )
}

/** Groups that are drawn at once. */
const groupsShownMax = 30
/** Commands of one group that are drawn. */
const flipsShownMax = 20

function Flips(props: ReportViewProps & { pair: VerdictPair | null }): JSX.Element {
  const [by, setBy] = createSignal<FlipBy>('shape')
  // A report that comes while somebody types draws all groups anew: those that were open stay so.
  const open = new Set<string>()
  const groups = createMemo(() => flipsOf(props.report, by(), props.pair))
  return (
    <section class="rh-part">
      <div class="rh-part-head">
        <h3>Decided otherwise</h3>
        <span class="spring" />
        <Tabs
          label="Grouped by"
          items={[
            { value: 'shape', label: 'By statement' },
            { value: 'agent', label: 'By agent' },
          ]}
          value={by()}
          controls="rehearsal-flips"
          onChange={setBy}
        />
      </div>
      <div id="rehearsal-flips" role="tabpanel" aria-label={by() === 'shape' ? 'By statement' : 'By agent'}>
        <ul class="rh-groups">
          <For each={groups().slice(0, groupsShownMax)}>
            {group => (
              <li>
                <details
                  open={open.has(group.name)}
                  onToggle={event => (event.currentTarget.open ? open.add(group.name) : open.delete(group.name))}
                >
                  <summary>
                    <span class="rh-group-name">
                      <Show when={by() === 'shape'} fallback={<Visible text={group.name} />}>
                        <Mono text={group.name} sql />
                      </Show>
                    </span>
                    <span class="chips">
                      <Show when={group.newlyDenied > 0}>
                        <VerdictChip mark="deny" count={group.newlyDenied} isShort />
                      </Show>
                      <Show when={group.newlyHeld > 0}>
                        <VerdictChip mark="hold" count={group.newlyHeld} isShort />
                      </Show>
                      <Show when={group.newlyAllowed > 0}>
                        <VerdictChip mark="allow" count={group.newlyAllowed} isShort />
                      </Show>
                    </span>
                  </summary>
                  <ul class="rh-flips">
                    <For each={group.listed.slice(0, flipsShownMax)}>
                      {flip => (
                        <li>
                          <a href={frameHref(flip, props.name)} class="rh-flip">
                            <Mono text={flip.text} sql charactersMax={160} />
                            <span class="muted">
                              {words[flip.before]} → <b class={flip.after}>{words[flip.after]}</b>
                              {', '}
                              <Visible text={flip.principal} /> on <Visible text={flip.target} />
                              {', '}
                              <time dateTime={flip.at}>{flip.at.slice(0, 16).replace('T', ' ')}</time>
                            </span>
                          </a>
                          <Show when={flip.rule ?? flip.ruleBefore}>
                            {rule => (
                              <p class="rh-because">
                                <Show when={flip.rule} fallback={<>no longer stopped by </>}>
                                  by{' '}
                                </Show>
                                <b>
                                  <Visible text={rule()} />
                                </b>
                                <Show when={flip.policy === props.name && flip.clauses.length > 0}>
                                  , for{' '}
                                  <For each={flip.clauses}>
                                    {([start, end], at) => (
                                      <>
                                        {at() > 0 ? ' and ' : ''}
                                        <mark class="mono">
                                          <Visible text={props.source.slice(start, end)} />
                                        </mark>
                                      </>
                                    )}
                                  </For>
                                </Show>
                              </p>
                            )}
                          </Show>
                        </li>
                      )}
                    </For>
                  </ul>
                  <Show when={group.flips > Math.min(group.listed.length, flipsShownMax)}>
                    <p class="faint">and {countLabel(group.flips - Math.min(group.listed.length, flipsShownMax))} more</p>
                  </Show>
                </details>
              </li>
            )}
          </For>
        </ul>
        <Show when={groups().length > groupsShownMax}>
          <p class="faint">
            and {countLabel(groups().length - groupsShownMax)} more {by() === 'shape' ? 'statements' : 'agents'}
          </p>
        </Show>
      </div>
    </section>
  )
}

/** A command's frame in its replay, under the draft. The replay is another document: its pages allow less than the editor's. */
function frameHref({ session, frame }: { session: string; frame: number }, name: string): string {
  const draft = name.startsWith('(') ? 'new' : name
  return `/sessions/${encodeURIComponent(session)}?frame=${frame}&draft=${encodeURIComponent(draft)}`
}

function Masks(props: ReportViewProps): JSX.Element {
  return (
    <Show when={props.report.masks.length > 0}>
      <section class="rh-part">
        <h3>Masked</h3>
        <p class="muted">{countOf(props.report.maskedTotal, 'answer')} would come back masked. What is recorded stays as it is.</p>
        <For each={props.report.masks}>
          {mask => (
            <div class="rh-mask">
              <p>
                <span class="chip mask">
                  <span aria-hidden="true">▒</span>
                  <span class="mono">
                    <Visible text={mask.column} />
                  </span>
                </span>{' '}
                <span class="muted">
                  {countOf(mask.rows, 'row')} of {countOf(mask.commands, 'command')}, by <Visible text={mask.rule} />
                </span>
              </p>
              <Show when={mask.samples.length > 0}>
                <table class="rh-samples">
                  <thead>
                    <tr>
                      <th scope="col">recorded</th>
                      <th scope="col">would come back</th>
                      <th scope="col">
                        <span class="spoken">where</span>
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    <For each={mask.samples}>{sample => <Sample sample={sample} name={props.name} />}</For>
                  </tbody>
                </table>
              </Show>
            </div>
          )}
        </For>
      </section>
    </Show>
  )
}

function Sample(props: { sample: MaskSample; name: string }): JSX.Element {
  return (
    <tr>
      <td>
        <Value value={props.sample.before} />
      </td>
      <td>
        <Show
          when={props.sample.maskedBy}
          fallback={
            <span class="rh-masked">
              <Value value={props.sample.after} />
            </span>
          }
        >
          {rule => (
            <span class="muted">
              masked already by <Visible text={rule()} />
            </span>
          )}
        </Show>
      </td>
      <td>
        <a href={frameHref(props.sample, props.name)} aria-label={`Open command ${props.sample.command} of its session`}>
          open
        </a>
      </td>
    </tr>
  )
}

function Value(props: { value: string | null }): JSX.Element {
  return (
    <Show when={props.value !== null} fallback={<span class="faint">NULL</span>}>
      <Mono text={props.value!} charactersMax={80} />
    </Show>
  )
}

function Limits(props: { report: RehearsalReport }): JSX.Element {
  return (
    <Show when={props.report.limits.length > 0}>
      <section class="rh-part">
        <h3>Limited</h3>
        <ul class="rh-lines">
          <For each={props.report.limits}>
            {limit => (
              <li>
                <b>
                  <Visible text={limit.rule} />
                </b>{' '}
                <span class="muted">{limitWords(limit)}</span>
              </li>
            )}
          </For>
        </ul>
      </section>
    </Show>
  )
}

function limitWords({ commands, denied, held, cut, rowsCut, brokenOff }: RehearsalReport['limits'][number]): string {
  const parts = [
    ...(denied > 0 ? [`${countLabel(denied)} denied`] : []),
    ...(held > 0 ? [`${countLabel(held)} held`] : []),
    ...(cut > 0 ? [`${countLabel(cut)} cut by ${countOf(rowsCut, 'row')}`] : []),
    ...(brokenOff > 0 ? [`${countLabel(brokenOff)} broken off`] : []),
  ]
  return `looks at ${countOf(commands, 'command')}: ${parts.length > 0 ? parts.join(', ') : 'none goes over it'}`
}

function Approvals(props: { report: RehearsalReport }): JSX.Element {
  return (
    <Show when={props.report.approvalsPerDay.length > 0}>
      <section class="rh-part">
        <h3>Approvals a day</h3>
        <table class="rh-days">
          <thead>
            <tr>
              <th scope="col">day</th>
              <th scope="col" class="right">
                then
              </th>
              <th scope="col" class="right">
                would be
              </th>
              <th scope="col">asked</th>
            </tr>
          </thead>
          <tbody>
            <For each={props.report.approvalsPerDay.slice(-daysShownMax)}>
              {day => (
                <tr>
                  <th scope="row">{day.day}</th>
                  <td class="right">{countLabel(day.heldBefore)}</td>
                  <td class="right">{countLabel(day.heldAfter)}</td>
                  <td>
                    <Visible
                      text={Object.entries(day.by)
                        .map(([group, count]) => `${group} ${countLabel(count)}`)
                        .join(', ')}
                    />
                  </td>
                </tr>
              )}
            </For>
          </tbody>
        </table>
        <Show when={props.report.approvalsPerDay.length > daysShownMax}>
          <p class="faint">and {countOf(props.report.approvalsPerDay.length - daysShownMax, 'day')} before</p>
        </Show>
      </section>
    </Show>
  )
}

const daysShownMax = 14

function Unmatched(props: { report: RehearsalReport }): JSX.Element {
  return (
    <Show when={props.report.unmatched.commands > 0}>
      <section class="rh-part">
        <h3>Matched by no rule</h3>
        <p class="muted">
          {countOf(props.report.unmatched.commands, 'command')}:{' '}
          <Visible
            text={props.report.unmatched.byVerb
              .slice(0, verbsShownMax)
              .map(({ verb, operations }) => `${verb} ${countLabel(operations)}`)
              .join(', ')}
          />
          <Show when={props.report.unmatched.byVerb.length > verbsShownMax}>, …</Show>
        </p>
      </section>
    </Show>
  )
}

const verbsShownMax = 8

function Unknowns(props: { unknowns: readonly string[] }): JSX.Element {
  return (
    <Show when={props.unknowns.length > 0}>
      <section class="rh-part rh-unknowns">
        <h3>What history cannot tell</h3>
        <ul>
          <For each={props.unknowns}>
            {unknown => (
              <li>
                <Visible text={unknown} />
              </li>
            )}
          </For>
        </ul>
      </section>
    </Show>
  )
}
