import { useQuery } from '@tanstack/solid-query'
import { createMemo, createSignal, For, Match, Show, Switch, type JSX } from 'solid-js'
import { api, ProblemError, type PolicyDetail } from '../api.ts'
import { lastRehearsal } from '../rehearsal/last-rehearsal.ts'
import { countOf, Dialog, Visible } from '../ui/index.ts'
import { describeProblem } from '../ui/describe-problem.ts'
import { Differences } from './Differences.tsx'
import { rehearsedSummary } from './rehearsed-summary.ts'
import { TextDiff } from './TextDiff.tsx'

export interface PublishDialogProps {
  /** Empty for a policy that has no name yet. */
  name: string
  /** What is in force now; what is published takes its place and that of nothing else. */
  before: PolicyDetail | null
  source: string
  /** What the reason begins with. */
  reason: string
  onClose(): void
  onPublished(name: string): void
  onProposed(proposal: { id: string; name: string }): void
}

/** What changes, in the text, in what it means and in what the past would have met; and why. What is sent is what is shown. */
export function PublishDialog(props: PublishDialogProps): JSX.Element {
  // What was shown when the dialog opened is what is published, whatever is typed or arrives meanwhile.
  const source = props.source
  const before = props.before
  const [name, setName] = createSignal(props.name)
  const [reason, setReason] = createSignal(props.reason)
  const [state, setState] = createSignal<'asking' | 'sending'>('asking')
  const [trouble, setTrouble] = createSignal('')
  const list = useQuery(() => ({ queryKey: ['policies'], queryFn: ({ signal }) => api.policies(signal) }))
  const compiled = useQuery(() => ({
    queryKey: ['policy compiled', before?.version ?? '', source],
    queryFn: ({ signal }) => api.compilePolicy({ source, ...(before ? { name: before.name } : {}) }, signal),
    retry: (count, error) => !(error instanceof ProblemError) && count < 1,
  }))
  const known = () => {
    const last = lastRehearsal(props.name)
    return last?.source === source ? last : null
  }
  const asked = useQuery(() => ({
    queryKey: ['policy rehearsed', before?.version ?? '', source],
    queryFn: ({ signal }) => api.rehearsed({ source, ...(before ? { replaces: before.name } : {}) }, signal),
    enabled: known() === null,
    staleTime: 60_000,
    retry: false,
  }))
  const rehearsal = createMemo(() => {
    const last = known()
    if (last) return { summary: rehearsedSummary(last.report), on: last.on === 'loaded' ? 'what is loaded here' : 'everything recorded' }
    return asked.isPending || !asked.data ? null : { summary: rehearsedSummary(asked.data), on: 'the last 7 days' }
  })
  const reviewers = () => (list.isPending ? [] : (list.data?.reviewers ?? []))
  const said = () => (compiled.isPending ? undefined : compiled.data)
  const blocked = (): string | null => {
    if (list.isPending || !said()) return compiled.isError ? 'the gateway could not check it' : 'it is being checked'
    const errors = said()!.problems.filter(({ severity }) => severity === 'error').length
    if (errors > 0) return `it has ${countOf(errors, 'error')}`
    const failed = said()!.tests.filter(({ passed }) => !passed)
    if (failed.length > 0) return `${countOf(failed.length, 'test')} of it ${failed.length === 1 ? 'fails' : 'fail'}: ${failed[0]!.name}`
    if (said()!.comparedTo !== (before?.version ?? null)) return 'another version came into force: close this and look at it first'
    if (!rehearsal() && !asked.isError) return 'it is being rehearsed'
    if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/.test(name())) return 'it needs a name of letters, digits, - and _'
    if (reason().trim() === '') return 'say why first'
    return null
  }
  const isReady = (): boolean => state() === 'asking' && blocked() === null

  async function publish(): Promise<void> {
    setState('sending')
    setTrouble('')
    const of = said()?.hash
    const summary = rehearsal()?.summary
    try {
      const answer = await api.publishPolicy(name(), {
        source,
        reason: reason().trim(),
        expectedVersion: before?.version ?? null,
        ...(of && summary ? { rehearsed: { of, summary } } : {}),
      })
      if ('digest' in answer) props.onProposed(answer)
      else props.onPublished(name())
    } catch (error) {
      setTrouble(describeProblem(error).why)
      setState('asking')
    }
  }

  return (
    <Dialog isOpen onClose={() => props.onClose()} title={before ? `Publish ${props.name}` : 'Publish a new policy'} class="publish">
      <form
        onSubmit={event => {
          event.preventDefault()
          if (isReady()) void publish()
        }}
      >
        <TextDiff before={before?.source ?? ''} after={source} label="The version in force beside the draft" />
        <section aria-label="What it means">
          <h3>What it means</h3>
          <Show when={said()} fallback={<p class="muted">Comparing…</p>}>
            {answer => <Differences differences={answer().differences} without="It is new: nothing was in force by this name." />}
          </Show>
        </section>
        <section aria-label="What the past would have met">
          <h3>What the past would have met</h3>
          <Switch fallback={<p class="muted">Rehearsing this text…</p>}>
            <Match when={rehearsal()}>{found => <RehearsedLine summary={found().summary} on={found().on} />}</Match>
            <Match when={asked.isError}>
              <p class="publish-trouble">
                It could not be rehearsed: {describeProblem(asked.error).why}. You would publish without having seen it.
              </p>
            </Match>
          </Switch>
        </section>
        <Show when={!before}>
          <label class="field">
            <span>Name</span>
            <input class="input mono" value={name()} placeholder="payments" onInput={event => setName(event.currentTarget.value)} />
          </label>
        </Show>
        <label class="field">
          <span>Why (it is recorded with the version)</span>
          <input class="input" value={reason()} maxLength={200} onInput={event => setReason(event.currentTarget.value)} />
        </label>
        <Show when={trouble()}>
          <p class="publish-trouble" role="alert">
            {trouble()}
          </p>
        </Show>
        <p class="muted">
          <Show when={reviewers().length > 0} fallback="From here on the next command of every session is judged by it.">
            It comes into force when somebody else of {reviewers().join(' or ')} agrees to exactly this.
          </Show>
        </p>
        <footer>
          <span class="publish-blocked muted" aria-live="polite">
            {state() === 'asking' && blocked() !== null ? blocked() : ''}
          </span>
          <button type="button" class="button" onClick={() => props.onClose()}>
            Cancel
          </button>
          <button type="submit" class="button primary" disabled={!isReady()}>
            {state() === 'sending' ? 'Sending…' : reviewers().length > 0 ? 'Propose' : 'Publish'}
          </button>
        </footer>
      </form>
    </Dialog>
  )
}

/** A rehearsal in one line: what would be decided otherwise, what is newly denied first. */
export function RehearsedLine(props: { summary: ReturnType<typeof rehearsedSummary>; on: string }): JSX.Element {
  const parts = () =>
    (
      [
        ['deny', '✕', props.summary.newlyDenied, 'newly denied'],
        ['hold', '◔', props.summary.newlyHeld, 'newly held'],
        ['allow', '✓', props.summary.newlyAllowed, 'newly allowed'],
      ] as const
    ).filter(([, , count]) => count > 0)
  return (
    <p class="rehearsed">
      <For each={parts()} fallback={<span class="chip">no command is decided otherwise</span>}>
        {([kind, sign, count, words]) => (
          <span class={`chip ${kind}`}>
            {sign} {count.toLocaleString('en')} {words}
          </span>
        )}
      </For>
      <span class="muted">
        of {countOf(props.summary.commands, 'command')} of <Visible text={props.on} />
      </span>
    </p>
  )
}
