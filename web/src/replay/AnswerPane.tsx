import type { Cell, Column, Notice } from '@steno/recordings'
import { createEffect, createMemo, createSignal, For, Match, on, Show, Switch, type JSX } from 'solid-js'
import { bytesLabel, countLabel, Visible } from '../ui/index.ts'
import { answerViews, type AnswerView } from './answer-views.ts'
import { readCell } from './cell.ts'
import { CellText } from './CellText.tsx'
import type { CommandDetail, FrameSummary } from './frame.ts'
import { ResultGrid } from './ResultGrid.tsx'

export interface AnswerPaneProps {
  frame: FrameSummary
  detail: CommandDetail
  search: string
  readRows: (result: number, first: number, count: number) => Promise<Cell[][]>
}

/** What came back, in the order it came: one view each when there are several. */
export function AnswerPane(props: AnswerPaneProps): JSX.Element {
  const views = createMemo(() => answerViews(props.detail))
  const [chosen, setChosen] = createSignal(0)
  createEffect(
    on(
      () => props.detail.index,
      () =>
        setChosen(
          Math.max(
            0,
            views().findIndex(view => view.kind === 'error'),
          ),
        ),
    ),
  )
  const view = createMemo(() => views()[Math.min(chosen(), views().length - 1)])

  const onTabKey = (event: KeyboardEvent) => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    if (by === 0) return
    event.preventDefault()
    event.stopPropagation()
    setChosen(at => (at + by + views().length) % views().length)
    document.getElementById(`rp-tab-${chosen()}`)?.focus()
  }

  return (
    <>
      <Show when={views().length > 1}>
        <div class="rp-tabs" role="tablist" aria-label="Parts of the answer" on:keydown={onTabKey}>
          <For each={views()}>
            {(each, at) => (
              <button
                type="button"
                id={`rp-tab-${at()}`}
                class="rp-tab"
                role="tab"
                aria-selected={chosen() === at()}
                aria-controls="rp-answer"
                tabindex={chosen() === at() ? 0 : -1}
                onClick={() => setChosen(at())}
              >
                {each.title} <small>{each.note}</small>
              </button>
            )}
          </For>
        </div>
      </Show>
      <div
        class="rp-answer"
        id="rp-answer"
        role={views().length > 1 ? 'tabpanel' : undefined}
        aria-labelledby={views().length > 1 ? `rp-tab-${chosen()}` : undefined}
      >
        <Show when={view()} fallback={<p class="rp-quietly">{nothingYet(props.frame)}</p>}>
          {shown => <View view={shown()} search={props.search} readRows={props.readRows} />}
        </Show>
      </div>
    </>
  )
}

function View(props: { view: AnswerView; search: string; readRows: AnswerPaneProps['readRows'] }): JSX.Element {
  const as = <K extends AnswerView['kind']>(kind: K) => (props.view.kind === kind ? (props.view as AnswerView & { kind: K }) : null)
  return (
    <Switch>
      <Match when={as('table')}>
        {table => (
          <Show when={table().columns.length > 0 || table().rows > 0} fallback={<p class="rp-quietly">A result without columns.</p>}>
            <ResultGrid
              label={table().title}
              columns={columnsOf(table())}
              rowCount={table().rows}
              head={table().head}
              search={props.search}
              readRows={(first, count) => props.readRows(table().result, first, count)}
            />
          </Show>
        )}
      </Match>
      <Match when={as('copy')}>
        {copy => (
          <>
            <pre class="rp-copy mono" tabindex="0" aria-label={copy().title}>
              <Visible text={copy().text} lines />
            </pre>
            <Show when={!copy().isWhole}>
              <p class="rp-quietly">
                The first {bytesLabel(copy().text.length)} of about {bytesLabel(copy().bytes)}; the recording has all of it.
              </p>
            </Show>
          </>
        )}
      </Match>
      <Match when={as('error')}>{error => <NoticeBox notice={error().notice} by={error().by} isError />}</Match>
      <Match when={as('notices')}>
        {notices => (
          <div class="rp-scroll">
            <For each={notices().notices}>{notice => <NoticeBox notice={notice} by="target" isError={false} />}</For>
            <Show when={notices().count > notices().notices.length}>
              <p class="rp-quietly">
                The first {countLabel(notices().notices.length)} of {countLabel(notices().count)}; the recording has all of them.
              </p>
            </Show>
          </div>
        )}
      </Match>
      <Match when={as('value')}>
        {value => (
          <p class="rp-quietly mono">
            <CellText cell={value().value} charactersMax={10_000} isWhole={readCell(value().value).kind !== 'text'} />
          </p>
        )}
      </Match>
      <Match when={as('words')}>{words => <p class="rp-quietly">{words().words}</p>}</Match>
    </Switch>
  )
}

/** Everything the target said about an error or a notice. */
export function NoticeBox(props: { notice: Notice; by: 'target' | 'gateway'; isError: boolean }): JSX.Element {
  const fields = () => [
    ...(props.notice.detail ? [['detail', props.notice.detail]] : []),
    ...(props.notice.hint ? [['hint', props.notice.hint]] : []),
    ...(props.by === 'gateway' ? [['said by', 'the gateway, not the target']] : []),
    ...Object.entries(props.notice.fields ?? {}),
  ]
  return (
    <div
      class="rp-error"
      classList={{ 'is-notice': !props.isError }}
      role={props.isError ? 'group' : undefined}
      aria-label={props.isError ? 'Error' : undefined}
    >
      <h2>
        <span>
          <Visible text={props.notice.severity} />
        </span>
        <span class="rp-code">
          <Visible text={props.notice.code} />
        </span>
        <span class="mono">
          <Visible text={props.notice.message} />
        </span>
      </h2>
      <dl class="rp-fields">
        <For each={fields()}>
          {([name, value]) => (
            <>
              <dt>
                <Visible text={name ?? ''} />
              </dt>
              <dd class="mono">
                <Visible text={value ?? ''} />
              </dd>
            </>
          )}
        </For>
      </dl>
    </div>
  )
}

/** Rows whose columns were never described still have as many columns as values. */
function columnsOf(table: { columns: readonly Column[]; head: readonly Cell[][] }): readonly Column[] {
  if (table.columns.length > 0) return table.columns
  return (table.head[0] ?? []).map((_, at) => ({
    name: `column ${at + 1}`,
    type: '',
    typeOid: 0,
    tableOid: 0,
    attribute: 0,
    format: 'text' as const,
  }))
}

function nothingYet(frame: FrameSummary): string {
  if (frame.outcome === 'unanswered') return 'No answer was recorded: the session ended first.'
  if (frame.outcome === 'erased') return 'What came of it is erased.'
  return frame.endUs === null ? 'No answer was recorded yet.' : 'The answer has no content.'
}
