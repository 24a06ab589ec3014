import { For, Show, type JSX } from 'solid-js'
import { bytesLabel, countLabel, countOf, Visible } from '../ui/index.ts'
import { maskedColumns } from './cell.ts'
import type { CommandDetail, FrameSummary, Section } from './frame.ts'
import { unendedWords } from './unended-words.ts'

/** What the target said when it was done, and whether all of it is in the recording. */
export function Footer(props: { frame: FrameSummary; detail: CommandDetail }): JSX.Element {
  const tags = () => props.detail.sections.flatMap(section => doneOf(section))
  const error = () => props.detail.sections.find(section => section.kind === 'error')
  const maskedBy = () => maskedByRule(props.detail)
  const isSuspended = () => props.detail.sections.some(section => section.kind === 'table' && section.isSuspended)
  return (
    <footer class="rp-foot">
      <For each={tags().slice(0, 4)}>
        {tag => (
          <b class="mono">
            <Visible text={tag} />
          </b>
        )}
      </For>
      <Show when={tags().length > 4}>
        <span>and {countLabel(tags().length - 4)} more</span>
      </Show>
      <Show when={error()}>
        {said => (
          <b class="is-error mono">
            {said().error.severity === 'ERROR' ? 'error' : <Visible text={said().error.severity.toLowerCase()} />}{' '}
            <Visible text={said().error.code} />
          </b>
        )}
      </Show>
      <Show when={props.frame.rows > 0}>
        <Show
          when={props.frame.cut === 0}
          fallback={
            <span class="is-cut">
              {countOf(props.frame.rows, 'row')} recorded, {countOf(props.frame.cut, 'value')} cut
            </span>
          }
        >
          <span>
            {countOf(props.frame.rows, 'row')} recorded{props.frame.endUs === null ? ' so far' : ' in full'}
          </span>
        </Show>
      </Show>
      <Show when={isSuspended()}>
        <span>stopped at its row limit; resumed by a later command</span>
      </Show>
      <Show when={props.frame.masked > 0}>
        <span class="chip mask">
          <span aria-hidden="true">▒</span>
          <Show when={maskedBy()} fallback={`${countOf(props.frame.masked, 'cell')} masked`}>
            {said => (
              <span>
                <Visible text={said().names} /> masked by “<Visible text={said().rule} />”
              </span>
            )}
          </Show>
        </span>
      </Show>
      <Show when={props.frame.endUs === null}>
        <span class="is-cut">{unendedWords(props.frame.outcome)}</span>
      </Show>
      <span class="rp-fill" />
      <Show when={props.detail.answer}>{range => <span>{bytesLabel(range().to - range().from)}</span>}</Show>
    </footer>
  )
}

function doneOf(section: Section): string[] {
  if (section.kind === 'done') return [section.tag]
  if ((section.kind === 'table' || section.kind === 'copy') && section.done) return [section.done.tag]
  return []
}

/** The masked columns by name and the rule, where one rule masked them all. */
function maskedByRule(detail: CommandDetail): { names: string; rule: string } | null {
  const names = new Set<string>()
  const rules = new Set<string>()
  for (const section of detail.sections) {
    if (section.kind !== 'table') continue
    for (const [at, rule] of maskedColumns(section.head)) {
      names.add(section.columns[at]?.name ?? `column ${at + 1}`)
      rules.add(rule)
    }
  }
  const [rule] = rules
  return rules.size === 1 && rule !== undefined ? { names: [...names].join(', '), rule } : null
}
