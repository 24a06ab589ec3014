import { createEffect, createSignal, For, Match, onCleanup, Show, Switch, type Accessor, type JSX } from 'solid-js'
import { readDraft } from '../policies/drafts.ts'
import { policyHref } from '../policies/policy-href.ts'
import { countOf, Visible } from '../ui/index.ts'
import { openDraftOverlay, type DraftVerdicts, type OverlayState } from './draft-overlay.ts'

export interface DraftBannerProps {
  session: string
  /** The draft's name as addresses have it. */
  draft: string
  grown: Accessor<number>
  onVerdicts(verdicts: DraftVerdicts | null): void
  onStep(by: 1 | -1): void
  onClose(): void
}

/** What a draft of this browser would say of the session, in one line; and the way from one such command to the next. */
export function DraftBanner(props: DraftBannerProps): JSX.Element {
  const name = props.draft === 'new' ? '' : props.draft
  const draft = readDraft(name)
  const [state, setState] = createSignal<OverlayState>(
    draft ? { is: 'loading' } : { is: 'failed', reason: 'this browser has no draft of that policy (any more)' },
  )
  if (draft) {
    const asked = openDraftOverlay({ session: props.session, name, source: draft.source, grown: props.grown })
    createEffect(() => setState(asked()))
  }
  const verdicts = () => {
    const now = state()
    return now.is === 'shown' ? now.verdicts : null
  }
  createEffect(() => props.onVerdicts(verdicts()))
  onCleanup(() => props.onVerdicts(null))
  const parts = (shown: DraftVerdicts) =>
    (
      [
        ['denied', '✕', shown.newly.deny, 'newly denied'],
        ['held', '◔', shown.newly.hold, 'newly held'],
        ['ok', '✓', shown.newly.allow, 'newly allowed'],
      ] as const
    ).filter(([, , count]) => count > 0)
  return (
    <div class="rp-banner rp-drafted" role="status">
      <span>
        Under your draft of{' '}
        <a href={policyHref(name)} rel="external">
          {name === '' ? 'a new policy' : <Visible text={name} />}
        </a>
        :
      </span>
      <Switch>
        <Match when={state().is === 'loading'}>
          <span class="muted">asking…</span>
        </Match>
        <Match when={state().is === 'failed' && (state() as OverlayState & { is: 'failed' }).reason}>
          {reason => (
            <span>
              nothing can be said: <Visible text={reason()} />
            </span>
          )}
        </Match>
        <Match when={verdicts()}>
          {shown => (
            <>
              <For each={parts(shown())} fallback={<span>all {countOf(shown().commands, 'command')} would be decided as they were</span>}>
                {([kind, sign, count, words]) => (
                  <span class={`rp-sign is-word is-${kind}`}>
                    {sign} {count.toLocaleString('en')} {words}
                  </span>
                )}
              </For>
              <Show when={shown().byLine.size > 0}>
                <button
                  type="button"
                  class="button small"
                  onClick={() => props.onStep(-1)}
                  aria-label="Previous command it decides otherwise"
                >
                  ←
                </button>
                <button type="button" class="button small" onClick={() => props.onStep(1)} aria-label="Next command it decides otherwise">
                  →
                </button>
              </Show>
              <Show when={shown().isCut}>
                <span class="muted">the first {shown().byLine.size.toLocaleString('en')} are marked</span>
              </Show>
              <Show when={shown().unknowns.length > 0}>
                <details class="rp-unknown">
                  <summary>What history cannot tell</summary>
                  <ul>
                    <For each={shown().unknowns}>
                      {unknown => (
                        <li>
                          <Visible text={unknown} />
                        </li>
                      )}
                    </For>
                  </ul>
                </details>
              </Show>
            </>
          )}
        </Match>
      </Switch>
      <span class="rp-fill" />
      <button type="button" class="button small quiet" onClick={() => props.onClose()}>
        Turn off
      </button>
    </div>
  )
}
