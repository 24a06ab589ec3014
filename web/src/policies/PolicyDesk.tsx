import { useNavigate, useSearchParams } from '@solidjs/router'
import { useQuery, useQueryClient } from '@tanstack/solid-query'
import { createEffect, createMemo, createSignal, lazy, on, onCleanup, Show, Suspense, type JSX } from 'solid-js'
import { api, ProblemError, type PolicyDetail } from '../api.ts'
import { after } from '../clock.ts'
import { lastRehearsal } from '../rehearsal/last-rehearsal.ts'
import { PolicySide } from '../rehearsal/PolicySide.tsx'
import { windowOf } from '../rehearsal/windows.ts'
import { describeProblem } from '../ui/describe-problem.ts'
import { countOf, Time, useKeys, Visible } from '../ui/index.ts'
import type { Checked } from './check-messages.ts'
import { Checks, type OwnTests } from './Checks.tsx'
import { createDraft } from './create-draft.ts'
import { clearDraft, readDraft, watchDraft, writeDraft } from './drafts.ts'
import { marksLabel, type TextMark } from './marks.ts'
import { ofPolicies } from './of-policies.ts'
import { policyHref, shortVersion } from './policy-href.ts'
import { PolicyBar } from './PolicyBar.tsx'
import { PolicyEditor } from './PolicyEditor.tsx'

const PublishDialog = lazy(() => import('./PublishDialog.tsx').then(part => ({ default: part.PublishDialog })))
const OvertakenDialog = lazy(() => import('./OvertakenDialog.tsx').then(part => ({ default: part.OvertakenDialog })))

export interface PolicyDeskProps {
  /** Empty for one that has no name yet. */
  name: string
  /** What is in force; another one when somebody publishes meanwhile. */
  policy: PolicyDetail | null
  types: string
  live: Awaited<ReturnType<typeof api.policySchema>>
  mayPublish: boolean
}

/** What a policy begins with that nobody wrote yet. */
const firstText = `// Rules are checked against your targets while you type: write op. and wait a moment.
rule('nothing is dropped', {
  on: postgres(),
  when: op => op.verb === 'DROP' || op.verb === 'TRUNCATE',
  effect: forbid('what is there stays there', { hint: 'ask whoever owns the table' }),
})
`

/** How long nothing was typed before the policy's own tests are run again. */
const testAfterMs = 400

/** The desk a policy is written at: its text, what is to be said of it, and the way into force. */
export function PolicyDesk(props: PolicyDeskProps): JSX.Element {
  const navigate = useNavigate()
  const queries = useQueryClient()
  const [address, setAddress] = useSearchParams<{ publish?: string; since?: string }>()
  const draft = createDraft({
    inForce: () => props.policy,
    firstText,
    store: {
      read: () => readDraft(props.name),
      write: text => writeDraft(props.name, text),
      clear: () => clearDraft(props.name),
      watch: onChanged => watchDraft(props.name, onChanged),
    },
  })
  onCleanup(() => draft.close())
  const { source } = draft
  const [checked, setChecked] = createSignal<Checked | null>(null)
  const [marks, setMarks] = createSignal<TextMark[]>([])
  const [settled, setSettled] = createSignal(source())
  const [isPublishing, setIsPublishing] = createSignal(address.publish !== undefined)
  const [isComparing, setIsComparing] = createSignal(false)
  const isReadOnly = (): boolean => props.policy?.managed === 'files' || !props.mayPublish
  // A version that somebody goes back to says so itself.
  const reason = address.publish ?? ''

  createEffect(on(source, text => onCleanup(after(testAfterMs, () => setSettled(text)))))
  const compiled = useQuery(() => ({
    queryKey: ['policy compiled', props.policy?.version ?? '', settled()],
    queryFn: ({ signal }) => api.compilePolicy({ source: settled(), ...(props.policy ? { name: props.policy.name } : {}) }, signal),
    enabled: props.mayPublish,
    placeholderData: before => before,
    staleTime: 30_000,
    retry: (count, error) => !(error instanceof ProblemError) && count < 1,
  }))
  const tests = createMemo((): OwnTests => {
    // Whoever only reads sees what is in force, and nothing comes into force whose tests fail.
    if (!props.mayPublish)
      return { state: 'run', outcomes: (props.policy?.tests ?? []).map(({ name }) => ({ name, passed: true, message: '' })) }
    if (compiled.data) return compiled.data.hash === null ? { state: 'waiting' } : { state: 'run', outcomes: compiled.data.tests }
    return compiled.isError ? { state: 'unknown', why: describeProblem(compiled.error).why } : { state: 'running' }
  })
  const failed = createMemo(() => {
    const is = tests()
    return is.state === 'run' ? is.outcomes.filter(({ passed }) => !passed) : []
  })
  const hasErrors = (): boolean => marks().some(({ severity }) => severity === 'error')
  /** For the lines above the rules. */
  const rehearsed = createMemo(() => {
    const last = lastRehearsal(props.name)
    if (!last) return null
    const { age, label } = windowOf(address.since)
    return { report: last.report, policy: props.name || '(draft)', window: age === '' ? null : label, isOld: last.source !== source() }
  })
  const blocked = (): string | null => {
    if (isReadOnly()) return 'read-only here'
    if (draft.elsewhere()) return 'choose first which of the two texts to keep'
    if (draft.standing() === 'overtaken') return 'look first at what was published meanwhile'
    if (hasErrors()) return 'mend the errors first'
    if (failed().length > 0) return 'a test fails'
    if (draft.standing() === 'same') return 'nothing is changed'
    return null
  }
  const publish = (): void => {
    if (blocked() === null) setIsPublishing(true)
  }
  useKeys([
    { keys: 'mod+s', title: 'Publish…', group: 'Policy', whileTyping: true, run: publish },
    { keys: 'v', title: 'Versions', group: 'Policy', run: () => props.policy && setAddress({ view: 'history' }) },
  ])

  function leave(name: string, query: Record<string, string> = {}): void {
    clearDraft(props.name)
    draft.discard()
    setIsPublishing(false)
    void queries.invalidateQueries(ofPolicies)
    navigate(policyHref(name, query))
  }

  return (
    <>
      <PolicyBar name={props.name} version={props.policy?.version ?? null}>
        <Show when={draft.standing() !== 'same' && !isReadOnly()}>
          <span class="chip mask" title="Kept in this browser, and nowhere else, until you publish it">
            ✎ draft
          </span>
        </Show>
        <span class="spring" />
        <span class={`policy-state ${hasErrors() ? 'deny' : 'muted'}`} aria-live="polite">
          {checked() ? marksLabel(marks()) : 'checking…'}
        </span>
        <Show when={props.policy}>
          {policy => (
            <a class="button quiet" href={policyHref(policy().name, { view: 'history' })} title="Versions (v)">
              {countOf(policy().versions.length, 'version')}
            </a>
          )}
        </Show>
        <Show when={!isReadOnly()}>
          <Show when={draft.standing() !== 'same'}>
            <button type="button" class="button quiet" onClick={() => draft.discard()}>
              Discard draft
            </button>
          </Show>
          <button
            type="button"
            class="button primary"
            disabled={blocked() !== null}
            title={blocked() ?? 'Publish (mod+s)'}
            onClick={() => publish()}
          >
            Publish…
          </button>
        </Show>
      </PolicyBar>
      <Show when={props.policy?.managed === 'files'}>
        <p class="policy-note">
          This policy lives in <code>{props.policy?.file}</code>. Change it there; it is taken up at once.
        </p>
      </Show>
      <Show when={draft.elsewhere() && !isReadOnly()}>
        <div class="policy-note hold" role="alert">
          <p>This draft was changed in another tab. Nothing is kept until you choose.</p>
          <button type="button" class="button" onClick={() => draft.takeElsewhere()}>
            Take the other tab’s
          </button>
          <button type="button" class="button" onClick={() => draft.keepMine()}>
            Keep this one
          </button>
        </div>
      </Show>
      <Show when={draft.standing() === 'overtaken' && !isReadOnly()}>
        <div class="policy-note hold" role="alert">
          <p>
            Another version was published since you began this draft
            <Show when={props.policy}>
              {policy => (
                <>
                  : {shortVersion(policy().version)} by <Visible text={policy().by.name} />, <Time at={policy().publishedAt} as="age" />
                  <Show when={policy().reason}>
                    {said => (
                      <>
                        , “<Visible text={said()} />”
                      </>
                    )}
                  </Show>
                </>
              )}
            </Show>
            .
          </p>
          <button type="button" class="button" onClick={() => setIsComparing(true)}>
            See the difference
          </button>
        </div>
      </Show>
      <div class="policy">
        <PolicyEditor
          name={props.name || 'new'}
          source={source()}
          types={props.types}
          live={props.live}
          isReadOnly={isReadOnly()}
          rehearsed={rehearsed()}
          onLens={() => setAddress({ side: 'rehearsal' })}
          onChange={draft.write}
          onChecked={(said, found) => {
            setChecked(said)
            setMarks(found)
          }}
        />
        <aside class="policy-side" aria-label="About this text">
          <PolicySide name={props.name} source={source()}>
            <Checks tests={tests()} rules={checked()?.rules ?? []} marks={marks()} />
          </PolicySide>
        </aside>
      </div>
      <Suspense>
        <Show when={isComparing()}>
          <OvertakenDialog
            before={props.policy?.source ?? ''}
            after={source()}
            onClose={() => setIsComparing(false)}
            onGoOn={() => {
              draft.rebase()
              setIsComparing(false)
            }}
          />
        </Show>
        <Show when={isPublishing()}>
          <PublishDialog
            name={props.name}
            before={props.policy}
            source={source()}
            reason={reason}
            onClose={() => {
              setIsPublishing(false)
              setAddress({ publish: undefined }, { replace: true })
            }}
            onPublished={name => leave(name)}
            onProposed={({ id, name }) => leave(name, { proposal: id })}
          />
        </Show>
      </Suspense>
    </>
  )
}
