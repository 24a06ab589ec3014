import { createSignal, Show, type JSX } from 'solid-js'
import { api, type Approval } from '../api.ts'
import { Dialog, Mono, PrincipalChain, Visible } from '../ui/index.ts'
import { describeProblem } from '../ui/describe-problem.ts'
import { grantMinutes, grantMinutesMax } from './approval-list.ts'

export interface DecideDialogProps {
  approval: Approval
  vote: 'approve' | 'reject'
  onClose(): void
  onDecided(): void
}

/** Names what is decided and takes the reason. The vote carries the hash of what is shown here, and counts for nothing else. */
export function DecideDialog(props: DecideDialogProps): JSX.Element {
  const [comment, setComment] = createSignal('')
  /** How far an approval reaches: this command, or for so many minutes whatever is like it. */
  const [reach, setReach] = createSignal<'once' | 'shape'>('once')
  const [minutes, setMinutes] = createSignal('10')
  const [state, setState] = createSignal<'asking' | 'sending'>('asking')
  const [trouble, setTrouble] = createSignal('')
  // What was shown when the dialog opened is what is voted on, whatever arrives meanwhile.
  const shown = props.approval
  const isRejecting = (): boolean => props.vote === 'reject'
  const isForShape = (): boolean => !isRejecting() && reach() === 'shape'
  const forMinutes = (): number | null => grantMinutes(minutes())
  const isReady = (): boolean =>
    state() === 'asking' && (!isRejecting() || comment().trim() !== '') && (!isForShape() || forMinutes() !== null)
  const title = (): string =>
    isRejecting() ? 'Reject this command' : isForShape() ? 'Approve this shape, for a while' : 'Approve this command, once'

  async function send(): Promise<void> {
    setState('sending')
    setTrouble('')
    try {
      const lasting = isForShape() ? { forMinutes: forMinutes() ?? 0 } : {}
      await api.review(shown.id, { vote: props.vote, comment: comment().trim(), digest: shown.digest, ...lasting })
      props.onDecided()
      props.onClose()
    } catch (error) {
      setTrouble(describeProblem(error).why)
      setState('asking')
      props.onDecided()
    }
  }

  return (
    <Dialog isOpen onClose={() => props.onClose()} title={title()} class="decide">
      <form
        onSubmit={event => {
          event.preventDefault()
          if (isReady()) void send()
        }}
      >
        <p>
          <PrincipalChain principal={shown.principal} delegation={shown.delegation} /> on{' '}
          <b>
            <Visible text={shown.target} />
          </b>
          :
        </p>
        <div class="approval-statement" tabIndex={0} role="region" aria-label="Statement">
          <Mono text={shown.text} lines sql charactersMax={20_000} />
        </div>
        <Show when={shown.parameters.length > 0}>
          <p class="muted">
            with {shown.parameters.length === 1 ? 'one value' : `${shown.parameters.length} values`} bound to it, as shown behind this
          </p>
        </Show>
        <Show when={!isRejecting() && shown.shape !== null}>
          <fieldset class="decide-reach">
            <legend>What you approve</legend>
            <label>
              <input type="radio" name="reach" checked={reach() === 'once'} onChange={() => setReach('once')} />
              <span>this command, once</span>
            </label>
            <label>
              <input type="radio" name="reach" checked={reach() === 'shape'} onChange={() => setReach('shape')} />
              <span>
                whatever is like it but for plain values, in this run, for{' '}
                <input
                  class="input"
                  type="number"
                  min="1"
                  max={grantMinutesMax}
                  aria-label="Minutes"
                  value={minutes()}
                  disabled={reach() !== 'shape'}
                  onInput={event => setMinutes(event.currentTarget.value)}
                />{' '}
                minutes
              </span>
            </label>
            <Show when={isForShape()}>
              <p class="muted">
                The same statement on the same tables and columns, with any values compared or stored. It ends with its time, with the run,
                and with the next change of a policy
                {shown.demands.some(({ quorum }) => quorum > 1) ? '; everybody who is needed has to choose it' : ''}.
              </p>
            </Show>
          </fieldset>
        </Show>
        <label class="field">
          <span>{isRejecting() ? 'Reason (the agent is told)' : 'Comment (optional; it is recorded)'}</span>
          <textarea class="input" rows={3} maxLength={2000} value={comment()} onInput={event => setComment(event.currentTarget.value)} />
        </label>
        <p class="faint mono approval-digest" title="SHA-256 of exactly what you are shown; your vote counts for nothing else">
          {shown.digest}
        </p>
        <Show when={trouble()}>
          <p class="decide-trouble" role="alert">
            {trouble()}
          </p>
        </Show>
        <footer>
          <button type="button" class="button" onClick={() => props.onClose()}>
            Cancel
          </button>
          <button type="submit" class={`button ${isRejecting() ? 'danger' : 'primary'}`} disabled={!isReady()}>
            {state() === 'sending'
              ? 'Sending…'
              : isRejecting()
                ? 'Reject'
                : isForShape()
                  ? `Approve for ${forMinutes() ?? '…'} min`
                  : 'Approve once'}
          </button>
        </footer>
      </form>
    </Dialog>
  )
}
