import { useQuery, useQueryClient } from '@tanstack/solid-query'
import { createSignal, Match, Show, Switch, type JSX } from 'solid-js'
import { api, type PolicyProposal } from '../api.ts'
import { readAgain, useFresh } from '../live.ts'
import { Dialog, Problem, Skeleton, Time, useKeys, Visible } from '../ui/index.ts'
import { describeProblem } from '../ui/describe-problem.ts'
import { Differences } from './Differences.tsx'
import { ofPolicies } from './of-policies.ts'
import { shortVersion } from './policy-href.ts'
import { PolicyBar } from './PolicyBar.tsx'
import { RehearsedLine } from './PublishDialog.tsx'
import { TextDiff } from './TextDiff.tsx'

/** A change that waits for a second person: everything they agree to, and the two answers. */
export function ProposalView(props: { name: string; id: string }): JSX.Element {
  const queries = useQueryClient()
  const proposal = useQuery(() => ({
    queryKey: ['policy proposal', props.id],
    queryFn: async ({ signal }) => {
      const found = await api.policyProposal(props.id, signal)
      const base = found.base === null ? null : await api.policyVersion(found.name, found.base, { signal })
      return { found, base: base?.source ?? '' }
    },
  }))
  const again = (): void => void readAgain(queries, ofPolicies)
  useFresh(['proposal', 'policy'], () => ofPolicies)
  return (
    <Switch fallback={<Skeleton rows={12} label="Loading the proposal" />}>
      <Match when={proposal.isError && proposal.data === undefined}>
        <h1 class="spoken">{props.name}</h1>
        <Problem error={proposal.error} what="This proposal cannot be shown" onRetry={() => void proposal.refetch()} />
      </Match>
      <Match when={proposal.data}>{shown => <Proposed proposal={shown().found} base={shown().base} onDecided={again} />}</Match>
    </Switch>
  )
}

const endings: Record<PolicyProposal['state'], string> = {
  pending: '◔ waiting',
  overtaken: '✕ overtaken',
  accepted: '✓ agreed to, in force since',
  refused: '✕ refused',
  withdrawn: '✕ taken back',
}

function Proposed(props: { proposal: PolicyProposal; base: string; onDecided(): void }): JSX.Element {
  const [answering, setAnswering] = createSignal<'accept' | 'refuse' | null>(null)
  const isOpen = (): boolean => props.proposal.state === 'pending' || props.proposal.state === 'overtaken'
  const mayAccept = (): boolean => props.proposal.canReview && props.proposal.state === 'pending'
  const mayEnd = (): boolean => isOpen() && (props.proposal.canReview || props.proposal.isOwn)
  useKeys([
    { keys: 'a', title: 'Agree…', group: 'Proposal', run: () => mayAccept() && setAnswering('accept') },
    { keys: 'd', title: 'Refuse, or take back…', group: 'Proposal', run: () => mayEnd() && setAnswering('refuse') },
  ])
  return (
    <>
      <PolicyBar name={props.proposal.name} version={props.proposal.version} isBeside={props.proposal.base !== null}>
        <span
          class={`chip ${{ pending: 'hold', accepted: 'allow', overtaken: 'deny', refused: 'deny', withdrawn: '' }[props.proposal.state]}`}
        >
          {endings[props.proposal.state]}
        </span>
        <span class="spring" />
        <Show when={mayEnd()}>
          <button type="button" class="button" onClick={() => setAnswering('refuse')}>
            {props.proposal.isOwn ? 'Take back…' : 'Refuse…'}
          </button>
        </Show>
        <Show when={mayAccept()}>
          <button type="button" class="button primary" onClick={() => setAnswering('accept')}>
            Agree…
          </button>
        </Show>
      </PolicyBar>
      <div class="policy-note policy-about">
        <p>
          <b>
            <Visible text={props.proposal.by.name} />
          </b>{' '}
          proposes{' '}
          {props.proposal.source === null
            ? 'to take it out of force'
            : props.proposal.base === null
              ? 'it as a new policy'
              : `it in the place of ${shortVersion(props.proposal.base)}`}
          , <Time at={props.proposal.proposedAt} as="age" />
          <Show when={props.proposal.reason}>
            {reason => (
              <>
                : “<Visible text={reason()} />”
              </>
            )}
          </Show>
        </p>
        <Show when={props.proposal.rehearsed}>{summary => <RehearsedLine summary={summary()} on="what was rehearsed" />}</Show>
        <Show when={props.proposal.state === 'overtaken'}>
          <p class="deny">Another version is in force than the one this would replace, so nobody can agree to it any more.</p>
        </Show>
        <Show when={isOpen() && !props.proposal.canReview && props.proposal.cannotReview}>
          {why => (
            <p class="muted">
              It waits for {props.proposal.reviewers.join(' or ') || 'nobody'}: {why()}.
            </p>
          )}
        </Show>
        <Show when={props.proposal.closed}>
          {closed => (
            <p>
              {endings[props.proposal.state]} <Time at={closed().at} as="age" /> by <Visible text={closed().by.name} />
              <Show when={closed().comment}>
                : <Visible text={closed().comment} />
              </Show>
            </p>
          )}
        </Show>
      </div>
      <div class="proposal">
        <section class="history-meaning" aria-label="What it means">
          <Differences
            differences={props.proposal.differences ?? null}
            without={
              props.proposal.source === null ? 'None of its rules would hold any more.' : 'It is new: nothing was in force by this name.'
            }
          />
        </section>
        <TextDiff before={props.base} after={props.proposal.source ?? ''} label="What is in force beside what is proposed" />
      </div>
      <Show when={answering()} keyed>
        {vote => <Answer vote={vote} proposal={props.proposal} onClose={() => setAnswering(null)} onDecided={() => props.onDecided()} />}
      </Show>
    </>
  )
}

interface AnswerProps {
  vote: 'accept' | 'refuse'
  proposal: PolicyProposal
  onClose(): void
  onDecided(): void
}

/** Names what is agreed to and takes the reason. The answer carries the digest of what is shown, and counts for nothing else. */
function Answer(props: AnswerProps): JSX.Element {
  // What was shown when the dialog opened is what is decided, whatever arrives meanwhile.
  const shown = props.proposal
  const [comment, setComment] = createSignal('')
  const [state, setState] = createSignal<'asking' | 'sending'>('asking')
  const [trouble, setTrouble] = createSignal('')
  const isAccepting = (): boolean => props.vote === 'accept'
  const isReady = (): boolean => state() === 'asking' && (isAccepting() || comment().trim() !== '')
  const title = (): string => {
    if (!isAccepting()) return shown.isOwn ? 'Take this proposal back' : 'Refuse this proposal'
    return shown.version === null ? `Take ${shown.name} out of force` : `Put ${shown.version} in force`
  }

  async function send(): Promise<void> {
    setState('sending')
    setTrouble('')
    const said = comment().trim()
    try {
      await api.reviewProposal(
        shown.id,
        isAccepting() ? { vote: 'accept', digest: shown.digest, ...(said ? { comment: said } : {}) } : { vote: 'refuse', comment: said },
      )
      props.onClose()
    } catch (error) {
      setTrouble(describeProblem(error).why)
      setState('asking')
    }
    props.onDecided()
  }

  return (
    <Dialog isOpen onClose={() => props.onClose()} title={title()}>
      <form
        class="answer"
        onSubmit={event => {
          event.preventDefault()
          if (isReady()) void send()
        }}
      >
        <p>
          <Show when={isAccepting()} fallback="Nothing is published.">
            From then on the next command of every session is judged by what <Visible text={shown.by.name} /> proposes, and you are named
            with it.
          </Show>
        </p>
        <label class="field">
          <span>{isAccepting() ? 'Comment (optional; it is recorded)' : 'Why (whoever proposed it reads it)'}</span>
          <input class="input" value={comment()} maxLength={200} onInput={event => setComment(event.currentTarget.value)} />
        </label>
        <p class="faint mono answer-digest" title="SHA-256 of exactly what you are shown; your answer counts for nothing else">
          {shown.digest}
        </p>
        <Show when={trouble()}>
          <p class="publish-trouble" role="alert">
            {trouble()}
          </p>
        </Show>
        <footer>
          <button type="button" class="button" onClick={() => props.onClose()}>
            Cancel
          </button>
          <button type="submit" class={`button ${isAccepting() ? 'primary' : 'danger'}`} disabled={!isReady()}>
            {state() === 'sending' ? 'Sending…' : isAccepting() ? 'Agree' : shown.isOwn ? 'Take back' : 'Refuse'}
          </button>
        </footer>
      </form>
    </Dialog>
  )
}
