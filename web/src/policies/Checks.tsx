import { For, Match, Show, Switch, type JSX } from 'solid-js'
import { Visible } from '../ui/index.ts'
import type { Checked } from './check-messages.ts'
import type { TextMark } from './marks.ts'

/** What is known of a policy's own tests. */
export type OwnTests =
  | { state: 'running' }
  /** A text with errors is no policy that anything could be tried on. */
  | { state: 'waiting' }
  | { state: 'unknown'; why: string }
  | { state: 'run'; outcomes: readonly { name: string; passed: boolean; message: string }[] }

export interface ChecksProps {
  tests: OwnTests
  rules: Checked['rules']
  marks: readonly TextMark[]
}

/** What is to be said of a text: its own tests, its rules, and what is worth a look. */
export function Checks(props: ChecksProps): JSX.Element {
  const outcomes = () => (props.tests.state === 'run' ? props.tests.outcomes : [])
  const failed = () => outcomes().filter(({ passed }) => !passed)
  return (
    <>
      <section>
        <h2>
          Tests
          <Show when={outcomes().length > 0}>
            <span class={failed().length > 0 ? 'chip deny' : 'chip allow'}>
              {failed().length > 0 ? `✕ ${failed().length} of ${outcomes().length} fail` : `✓ ${outcomes().length} pass`}
            </span>
          </Show>
        </h2>
        <Show
          when={outcomes().length > 0}
          fallback={
            <p class="muted">
              <NoOutcomes tests={props.tests} />
            </p>
          }
        >
          <ul class="policy-tests">
            <For each={outcomes()}>
              {test => (
                <li>
                  <span class={test.passed ? 'allow' : 'deny'}>
                    <span aria-hidden="true">{test.passed ? '✓' : '✕'}</span>
                    <span class="spoken">{test.passed ? 'passes' : 'fails'}</span>
                  </span>
                  <span>
                    <Visible text={test.name} />
                    <Show when={!test.passed}>
                      <span class="policy-why">
                        <Visible text={test.message} />
                      </span>
                    </Show>
                  </span>
                </li>
              )}
            </For>
          </ul>
        </Show>
      </section>
      <section>
        <h2>Rules</h2>
        <ul class="policy-rules">
          <For each={props.rules}>
            {rule => (
              <li>
                <Visible text={rule.name} />
                <span class="faint">line {rule.line}</span>
                <Show when={rule.mode === 'observe'}>
                  <span class="chip hold">observed only</span>
                </Show>
              </li>
            )}
          </For>
        </ul>
      </section>
      <Show when={props.marks.length > 0}>
        <section>
          <h2>To look at</h2>
          <ul class="policy-marks">
            <For each={props.marks}>
              {mark => (
                <li class={mark.severity}>
                  <Visible text={mark.message} />
                </li>
              )}
            </For>
          </ul>
        </section>
      </Show>
    </>
  )
}

function NoOutcomes(props: { tests: OwnTests }): JSX.Element {
  return (
    <Switch
      fallback={
        <>
          None yet. <code>test('a name', shop`DROP TABLE orders`, 'deny')</code>
        </>
      }
    >
      <Match when={props.tests.state === 'running'}>Running…</Match>
      <Match when={props.tests.state === 'waiting'}>They run when the errors are mended.</Match>
      <Match when={props.tests.state === 'unknown' && props.tests}>{unknown => <>They could not be run. {unknown().why}</>}</Match>
    </Switch>
  )
}
