import { For, Show, type JSX } from 'solid-js'
import { Visible } from '../ui/index.ts'
import type { DraftVerdict } from './draft-overlay.ts'
import { sourceExcerpt } from './source-excerpt.ts'

const words = { allow: '✓ would be allowed', hold: '◔ would be held', deny: '✕ would be denied' } as const
const kinds = { allow: 'ok', hold: 'held', deny: 'denied' } as const

/** What a draft would say of the shown command, with the clauses that held marked in its rule. */
export function DraftVerdictPart(props: { verdict: DraftVerdict | null }): JSX.Element {
  return (
    <section aria-label="Under the draft">
      <h2>Under the draft</h2>
      <Show when={props.verdict} fallback={<p class="rp-absent">decided as it was</p>}>
        {verdict => (
          <>
            <div class="rp-chips">
              <span class={`rp-sign is-word is-${kinds[verdict().after]}`}>{words[verdict().after]}</span>
            </div>
            <dl class="rp-facts">
              <dt>Rule</dt>
              <dd>
                <Show when={verdict().rule} fallback={<span class="rp-absent">nothing speaks against it</span>}>
                  {rule => <Visible text={rule()} />}
                </Show>
              </dd>
              <Show when={verdict().reason}>
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
            <Show when={verdict().source !== null && verdict().clauses.length > 0}>
              <pre class="rp-raw mono" tabindex="0" aria-label="The clauses of the rule that held">
                <For each={sourceExcerpt(verdict().source!, verdict().clauses)}>
                  {piece => (
                    <Show when={piece.isMarked} fallback={<Visible text={piece.text} />}>
                      <mark>
                        <Visible text={piece.text} />
                      </mark>
                    </Show>
                  )}
                </For>
              </pre>
            </Show>
          </>
        )}
      </Show>
    </section>
  )
}
