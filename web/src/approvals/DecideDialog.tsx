import { createSignal, Show, type JSX } from 'solid-js'
import { api, type Approval } from '../api.ts'
import { Dialog, Mono, PrincipalChain, Visible } from '../ui/index.ts'
import { describeProblem } from '../ui/describe-problem.ts'

export interface DecideDialogProps {
  approval: Approval
  vote: 'approve' | 'reject'
  onClose(): void
  onDecided(): void
}

/** Names what is decided and takes the reason. The vote carries the hash of what is shown here, and counts for nothing else. */
export function DecideDialog(props: DecideDialogProps): JSX.Element {
  const [comment, setComment] = createSignal('')
  const [state, setState] = createSignal<'asking' | 'sending'>('asking')
  const [trouble, setTrouble] = createSignal('')
  // What was shown when the dialog opened is what is voted on, whatever arrives meanwhile.
  const shown = props.approval
  const isRejecting = (): boolean => props.vote === 'reject'
  const isReady = (): boolean => state() === 'asking' && (!isRejecting() || comment().trim() !== '')

  async function send(): Promise<void> {
    setState('sending')
    setTrouble('')
    try {
      await api.review(shown.id, { vote: props.vote, comment: comment().trim(), digest: shown.digest })
      props.onDecided()
      props.onClose()
    } catch (error) {
      setTrouble(describeProblem(error).why)
      setState('asking')
      props.onDecided()
    }
  }

  return (
    <Dialog
      isOpen
      onClose={() => props.onClose()}
      title={isRejecting() ? 'Reject this command' : 'Approve this command, once'}
      class="decide"
    >
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
            {state() === 'sending' ? 'Sending…' : isRejecting() ? 'Reject' : 'Approve once'}
          </button>
        </footer>
      </form>
    </Dialog>
  )
}
