import { useQuery } from '@tanstack/solid-query'
import { createSignal, For, onCleanup, onMount, Show, type JSX } from 'solid-js'
import { api, type PolicyDetail } from '../api.ts'
import { Dialog, Visible } from '../ui/index.ts'
import { describeProblem } from '../ui/describe-problem.ts'
import { editor } from './monaco.ts'

export interface PublishDialogProps {
  name: string
  before: PolicyDetail | null
  source: string
  onClose(): void
  onPublished(name: string): void
}

/** What changes, in the text and in what it means, and why. */
export function PublishDialog(props: PublishDialogProps): JSX.Element {
  const [name, setName] = createSignal(props.name)
  const [reason, setReason] = createSignal('')
  const [state, setState] = createSignal<'asking' | 'sending'>('asking')
  const [trouble, setTrouble] = createSignal('')
  const compiled = useQuery(() => ({
    queryKey: ['policy compiled', props.name, props.source],
    queryFn: ({ signal }) => api.compilePolicy({ source: props.source, ...(props.before ? { name: props.before.name } : {}) }, signal),
  }))
  const differences = () => (compiled.isPending ? [] : (compiled.data?.differences ?? []))
  const isReady = (): boolean =>
    state() === 'asking' && !compiled.isPending && reason().trim() !== '' && /^[a-z0-9][a-z0-9-]*$/.test(name())

  async function publish(): Promise<void> {
    setState('sending')
    setTrouble('')
    try {
      await api.publishPolicy(name(), { source: props.source, reason: reason().trim(), expectedVersion: props.before?.version ?? null })
      props.onPublished(name())
    } catch (error) {
      setTrouble(describeProblem(error).why)
      setState('asking')
    }
  }

  return (
    <Dialog isOpen onClose={() => props.onClose()} title={props.before ? `Publish ${props.name}` : 'Publish a new policy'} class="publish">
      <form
        onSubmit={event => {
          event.preventDefault()
          if (isReady()) void publish()
        }}
      >
        <Show when={props.before}>{before => <Difference before={before().source} after={props.source} />}</Show>
        <section aria-label="What it means">
          <h3>What it means</h3>
          <Show when={!compiled.isPending} fallback={<p class="muted">Comparing…</p>}>
            <Show
              when={differences().length > 0}
              fallback={
                <p class="muted">
                  {props.before ? 'No command is judged otherwise than before.' : 'It is new: nothing was in force by this name.'}
                </p>
              }
            >
              <ul class="publish-differences">
                <For each={differences()}>
                  {difference => (
                    <li class={difference.isLessStrict ? 'deny' : ''}>
                      <b>{difference.isLessStrict ? 'Less strict: ' : ''}</b>
                      <Visible text={difference.message} />
                    </li>
                  )}
                </For>
              </ul>
            </Show>
          </Show>
        </section>
        <Show when={!props.before}>
          <label class="field">
            <span>Name</span>
            <input class="input mono" value={name()} placeholder="payments" onInput={event => setName(event.currentTarget.value)} />
          </label>
        </Show>
        <label class="field">
          <span>Why (it is recorded with the version)</span>
          <input class="input" value={reason()} maxLength={500} onInput={event => setReason(event.currentTarget.value)} />
        </label>
        <Show when={trouble()}>
          <p class="decide-trouble" role="alert">
            {trouble()}
          </p>
        </Show>
        <p class="muted">From here on the next command of every session is judged by it.</p>
        <footer>
          <button type="button" class="button" onClick={() => props.onClose()}>
            Cancel
          </button>
          <button type="submit" class="button primary" disabled={!isReady()}>
            {state() === 'sending' ? 'Publishing…' : 'Publish'}
          </button>
        </footer>
      </form>
    </Dialog>
  )
}

function Difference(props: { before: string; after: string }): JSX.Element {
  let place!: HTMLDivElement
  onMount(() => {
    const [original, modified] = [editor.createModel(props.before, 'typescript'), editor.createModel(props.after, 'typescript')]
    const view = editor.createDiffEditor(place, {
      theme: 'steno',
      readOnly: true,
      automaticLayout: true,
      minimap: { enabled: false },
      scrollBeyondLastLine: false,
      hideUnchangedRegions: { enabled: true },
      renderOverviewRuler: false,
      fontSize: 12,
      ariaLabel: 'The version in force beside the draft',
    })
    view.setModel({ original, modified })
    onCleanup(() => {
      view.dispose()
      original.dispose()
      modified.dispose()
    })
  })
  return <div class="publish-diff" ref={place} />
}
