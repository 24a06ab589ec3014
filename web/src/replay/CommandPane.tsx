import type { Parameter } from '@steno/recordings'
import { createMemo, For, Show, type JSX } from 'solid-js'
import { countLabel, Visible } from '../ui/index.ts'
import { readCell } from './cell.ts'
import { CellText } from './CellText.tsx'
import type { CommandDetail, FrameSummary } from './frame.ts'
import { durationOfUs } from './offset.ts'
import { sqlPieces } from './sql-pieces.ts'
import { unendedWords } from './unended-words.ts'

export interface CommandPaneProps {
  frame: FrameSummary
  /** Null while it is read; the statement's start is shown meanwhile. */
  detail: CommandDetail | null
  count: number
  search: string
  /** The time of the shown command: since the start, or of day. */
  timeOf(atUs: number): string
  onSelect(index: number): void
}

/** The command as it was sent: its text, when and how it was asked, the values bound to it. */
export function CommandPane(props: CommandPaneProps): JSX.Element {
  const text = () => props.detail?.command.text ?? props.frame.preview
  const pieces = createMemo(() => sqlPieces({ text: text(), search: props.search, errorPosition: errorPosition(props.detail) }))
  const parameters = () => props.detail?.command.parameters ?? []
  return (
    <>
      <section class="rp-command" aria-label="Command">
        <pre class="rp-sql" tabindex="0" aria-label="Statement">
          <For each={pieces()}>
            {piece => (
              <span class={`sql-${piece.kind}`} classList={{ hit: piece.isFound, 'rp-mark': piece.isFaulty }}>
                <Visible text={piece.text} lines />
              </span>
            )}
          </For>
          <Show when={text() === ''}>
            <span class="rp-null">empty statement</span>
          </Show>
        </pre>
        <Show when={props.detail && props.detail.textLength > props.detail.command.text.length}>
          <p class="rp-note">
            The first {countLabel(text().length)} of {countLabel(props.detail!.textLength)} characters; the recording has all of them.
          </p>
        </Show>
        <p class="rp-meta">
          <span>
            command {countLabel(props.frame.n)} of {countLabel(props.count)}
          </span>
          <span>{props.timeOf(props.frame.atUs)}</span>
          <span>{props.frame.endUs === null ? unendedWords(props.frame.outcome) : durationOfUs(props.frame.endUs - props.frame.atUs)}</span>
          <Show when={props.frame.kind !== 'query'}>
            <span>
              {props.frame.kind}
              <Show when={statementName(props.detail)}>
                {name => (
                  <>
                    {' '}
                    <code class="mono">
                      <Visible text={name()} />
                    </code>
                  </>
                )}
              </Show>
              <Show when={props.detail?.preparedAt}>
                {prepared => (
                  <>
                    , prepared at{' '}
                    <button type="button" class="rp-link" onClick={() => props.onSelect(prepared().index)}>
                      {countLabel(prepared().n)}
                    </button>
                  </>
                )}
              </Show>
            </span>
          </Show>
          <Show when={props.detail?.command.rowsMax}>{most => <span>at most {countLabel(most())} rows</span>}</Show>
          <Show when={props.detail}>{detail => <span>{transactionWords(detail())}</span>}</Show>
        </p>
      </section>
      <Show when={parameters().length > 0}>
        <dl class="rp-binds mono" classList={{ 'is-short': isShort(parameters()) }} tabindex="0" aria-label="Bind values">
          <For each={parameters()}>
            {(parameter, at) => (
              <div class="rp-bind">
                <dt>${at() + 1}</dt>
                <dd class="rp-bind-type">
                  <Visible text={parameter.type} />
                </dd>
                <dd>
                  <BindValue parameter={parameter} />
                </dd>
              </div>
            )}
          </For>
        </dl>
      </Show>
    </>
  )
}

function BindValue(props: { parameter: Parameter }): JSX.Element {
  return (
    <Show
      when={readCell(props.parameter.value).kind === 'text'}
      fallback={<CellText cell={props.parameter.value} charactersMax={10_000} isWhole />}
    >
      '<CellText cell={props.parameter.value} charactersMax={10_000} isWhole />'
    </Show>
  )
}

function isShort(parameters: readonly Parameter[]): boolean {
  return parameters.length <= 6 && parameters.every(parameter => readCell(parameter.value).text.length <= 60)
}

function statementName(detail: CommandDetail | null): string | null {
  return detail?.command.statement || null
}

function errorPosition(detail: CommandDetail | null): number | null {
  const error = detail?.sections.find(section => section.kind === 'error')
  const position = error?.error.fields?.['position']
  return position === undefined || !/^\d+$/.test(position) ? null : Number(position)
}

function transactionWords(detail: CommandDetail): string {
  const { transaction } = detail.command
  if (transaction === 'failed') return 'in a failed transaction'
  if (transaction === 'transaction')
    return detail.leaves === 'idle' ? 'ends the transaction' : detail.leaves === 'failed' ? 'fails the transaction' : 'in a transaction'
  return detail.leaves === 'transaction' ? 'begins a transaction' : 'outside a transaction'
}
