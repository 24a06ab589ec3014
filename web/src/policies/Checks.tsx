import { For, Show, type JSX } from 'solid-js'
import { Visible } from '../ui/index.ts'
import type { Checked } from './check-messages.ts'
import type { TextMark } from './marks.ts'

export interface ChecksProps {
  tests: readonly { name: string; passed: boolean; message: string }[]
  rules: Checked['rules']
  marks: readonly TextMark[]
}

/** What is to be said of a text: its own tests, its rules, and what is worth a look. */
export function Checks(props: ChecksProps): JSX.Element {
  const failed = () => props.tests.filter(({ passed }) => !passed)
  return (
    <>
      <section>
        <h2>
          Tests
          <Show when={props.tests.length > 0}>
            <span class={failed().length > 0 ? 'chip deny' : 'chip allow'}>
              {failed().length > 0 ? `✕ ${failed().length} of ${props.tests.length} fail` : `✓ ${props.tests.length} pass`}
            </span>
          </Show>
        </h2>
        <Show
          when={props.tests.length > 0}
          fallback={
            <p class="muted">
              None yet. <code>test('a name', shop`DROP TABLE orders`, 'deny')</code>
            </p>
          }
        >
          <ul class="policy-tests">
            <For each={props.tests}>
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
