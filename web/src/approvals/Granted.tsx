import { createSignal, Show, type JSX } from 'solid-js'
import { api, type Approval } from '../api.ts'
import { countOf, Time, Visible } from '../ui/index.ts'
import { describeProblem } from '../ui/describe-problem.ts'
import { grantEnds } from './approval-list.ts'

/** What was granted to the shape of a command: by whom, until when, and what became of it. */
export function Granted(props: { approval: Approval; canTakeBack: boolean; onTakenBack(): void }): JSX.Element {
  const [isSending, setIsSending] = createSignal(false)
  const [trouble, setTrouble] = createSignal('')

  async function takeBack(): Promise<void> {
    setIsSending(true)
    setTrouble('')
    try {
      await api.takeBackGrant(props.approval.id)
    } catch (error) {
      setTrouble(describeProblem(error).why)
    }
    setIsSending(false)
    props.onTakenBack()
  }

  return (
    <Show when={props.approval.grant}>
      {grant => (
        <section aria-label="Granted to its shape">
          <h2>
            Granted to its shape <span class={`chip ${grant().ended ? '' : 'allow'}`}>{grant().ended ? 'over' : '✓ open'}</span>
          </h2>
          <p>
            <Visible text={grant().by.join(', ')} /> agreed that commands like it, but for plain values, pass in this run until{' '}
            <Time at={grant().until} as="absolute" />. It let {countOf(grant().passed, 'more command')} pass.
          </p>
          <Show
            when={grant().ended}
            fallback={
              <Show when={props.canTakeBack}>
                <p>
                  <button type="button" class="button" disabled={isSending()} onClick={() => void takeBack()}>
                    {isSending() ? 'Taking back…' : 'Take it back now'}
                  </button>
                </p>
              </Show>
            }
          >
            {ended => (
              <p class="muted">
                {grantEnds[ended().because]}
                <Show when={ended().by}>
                  {by => (
                    <>
                      {' '}
                      by <Visible text={by()} />
                    </>
                  )}
                </Show>
                , <Time at={ended().at} as="absolute" />.
              </p>
            )}
          </Show>
          <Show when={trouble()}>
            <p class="decide-trouble" role="alert">
              {trouble()}
            </p>
          </Show>
        </section>
      )}
    </Show>
  )
}
