import { useQuery } from '@tanstack/solid-query'
import type { SessionDetail, Verdict } from '@steno/recordings'
import { createMemo, createSignal, For, Match, Show, Switch, type JSX } from 'solid-js'
import { api } from '../api.ts'
import { readDraft, writeDraft } from '../policies/drafts.ts'
import { Dialog, Mono, Problem, Skeleton, Visible } from '../ui/index.ts'
import { pinOf, ruleFrom, withAdded, type PastCommandText, type RuleEffect } from './from-command.ts'
import './from-command.css'

export interface FromCommandDialogProps {
  what: 'rule' | 'test'
  session: SessionDetail
  /** The command's number in its session. */
  n: number
  onClose(): void
}

const effects: { value: RuleEffect; label: string }[] = [
  { value: 'forbid', label: 'Forbid it' },
  { value: 'requireApproval', label: 'Ask somebody first' },
  { value: 'alert', label: 'Tell whoever watches' },
]
const verdicts: { value: Verdict; label: string }[] = [
  { value: 'allow', label: 'Allowed' },
  { value: 'hold', label: 'Held' },
  { value: 'deny', label: 'Denied' },
]

/** Writes a rule or a test for one command, and opens the editor with it at the end of a policy, as a draft. */
export function FromCommandDialog(props: FromCommandDialogProps): JSX.Element {
  const command = useQuery(() => ({
    queryKey: ['command', props.session.id, props.n],
    queryFn: ({ signal }) => api.command(`${props.session.id}.${props.n}`, signal),
  }))
  const policies = useQuery(() => ({ queryKey: ['policies'], queryFn: ({ signal }) => api.policies(signal) }))
  const [effect, setEffect] = createSignal<RuleEffect>('forbid')
  const [chosenVerdict, setVerdict] = createSignal<Verdict | null>(null)
  const [chosenPolicy, setPolicy] = createSignal<string | null>(null)
  const [trouble, setTrouble] = createSignal<string | null>(null)
  /** Those that can be changed here; files are changed where they lie. */
  const names = () =>
    policies.isPending ? [] : (policies.data?.items ?? []).filter(({ managed }) => managed === 'api').map(({ name }) => name)
  /** A test belongs beside the rule that decided; a rule to the first policy there is. */
  const policy = (): string =>
    chosenPolicy() ?? names().find(name => command.data?.policyVersion.startsWith(`${name}@`)) ?? names()[0] ?? ''
  const verdict = (): Verdict => chosenVerdict() ?? command.data?.verdict ?? 'allow'
  const written = createMemo((): string | null => {
    if (command.isPending || !command.data) return null
    const { text, textLength = text.length, operations, task } = command.data
    const past: PastCommandText = { text, operations, target: props.session.target, principal: props.session.principalDetail, task }
    // Of a text that was cut, a test would say something else.
    return props.what === 'rule' ? ruleFrom(past, effect()) : textLength > text.length ? null : pinOf(past, verdict())
  })

  async function open(added: string): Promise<void> {
    try {
      const name = policy()
      const draft = readDraft(name)
      const inForce = name === '' ? null : await api.policy(name)
      writeDraft(name, { source: withAdded(draft?.source ?? inForce?.source ?? '', added), base: draft?.base ?? inForce?.version ?? null })
      // The editor is another document: its pages allow what no other page does.
      location.assign(`/policies/${name === '' ? 'new' : encodeURIComponent(name)}`)
    } catch (error) {
      setTrouble(error instanceof Error ? error.message : String(error))
    }
  }

  return (
    <Dialog
      isOpen
      onClose={props.onClose}
      title={props.what === 'rule' ? 'Make a rule from this command' : 'Pin this command as a test'}
      class="from-command"
    >
      <Switch fallback={<Skeleton rows={4} label="Reading the command" />}>
        <Match when={command.isError || policies.isError}>
          <Problem
            error={command.error ?? policies.error}
            what="The command cannot be read"
            onRetry={() => {
              void command.refetch()
              void policies.refetch()
            }}
          />
        </Match>
        <Match when={!command.isPending && !policies.isPending}>
          <form
            onSubmit={event => {
              event.preventDefault()
              const added = written()
              if (added !== null) void open(added)
            }}
          >
            <div class="from-command-fields">
              <Show
                when={props.what === 'rule'}
                fallback={
                  <label class="field">
                    <span>It must be</span>
                    <select
                      class="input"
                      value={verdict()}
                      onChange={event => setVerdict(verdicts.find(({ value }) => value === event.currentTarget.value)?.value ?? null)}
                    >
                      <For each={verdicts}>{each => <option value={each.value}>{each.label}</option>}</For>
                    </select>
                  </label>
                }
              >
                <label class="field">
                  <span>The next like it</span>
                  <select
                    class="input"
                    value={effect()}
                    onChange={event => setEffect(effects.find(({ value }) => value === event.currentTarget.value)?.value ?? 'forbid')}
                  >
                    <For each={effects}>{each => <option value={each.value}>{each.label}</option>}</For>
                  </select>
                </label>
              </Show>
              <label class="field">
                <span>Add it to</span>
                <select class="input" value={policy()} onChange={event => setPolicy(event.currentTarget.value)}>
                  <For each={names()}>
                    {name => (
                      <option value={name}>
                        {name}
                        {readDraft(name) ? ' (your draft)' : ''}
                      </option>
                    )}
                  </For>
                  <option value="">a new policy{readDraft('') ? ' (your draft)' : ''}</option>
                </select>
              </label>
            </div>
            <Show when={written()} fallback={<p class="muted">Its text is too long to stand in a policy. Make a rule from it instead.</p>}>
              {text => (
                <pre class="from-command-text" tabindex="0" aria-label="What is added">
                  <Mono text={text()} lines />
                </pre>
              )}
            </Show>
            <p class="muted">
              {props.what === 'rule'
                ? 'It stands at the end of your draft, where you can make it say more exactly what you mean. Nothing is in force before you publish it.'
                : 'As long as it stands in the policy, nothing can be published under which this command meets another verdict.'}
            </p>
            <Show when={trouble()}>
              {said => (
                <p class="from-command-trouble" role="alert">
                  The policy cannot be opened: <Visible text={said()} />
                </p>
              )}
            </Show>
            <footer>
              <button type="button" class="button" onClick={() => props.onClose()}>
                Cancel
              </button>
              <button type="submit" class="button primary" disabled={written() === null}>
                Open in the editor
              </button>
            </footer>
          </form>
        </Match>
      </Switch>
    </Dialog>
  )
}
