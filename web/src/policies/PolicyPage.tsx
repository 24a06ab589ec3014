import { useNavigate, useParams } from '@solidjs/router'
import { useQuery, useQueryClient } from '@tanstack/solid-query'
import { createEffect, createMemo, createSignal, For, Match, on, Show, Switch, type JSX } from 'solid-js'
import { api, ProblemError, type PolicyDetail } from '../api.ts'
import { after } from '../clock.ts'
import { PolicySide } from '../rehearsal/PolicySide.tsx'
import { Problem, Skeleton, Time, useKeys, Visible } from '../ui/index.ts'
import type { Checked } from './check-messages.ts'
import { clearDraft, readDraft, writeDraft } from './drafts.ts'
import { marksLabel, type TextMark } from './marks.ts'
import { PolicyEditor } from './PolicyEditor.tsx'
import { PublishDialog } from './PublishDialog.tsx'
import './policies.css'

/** What a policy begins with that nobody wrote yet. */
const firstText = `// Rules are types-checked against your targets: try op. and wait a moment.
rule('nothing is dropped', {
  on: postgres(),
  when: op => op.verb === 'DROP' || op.verb === 'TRUNCATE',
  effect: forbid('what is there stays there', { hint: 'ask whoever owns the table' }),
})
`

/** One policy: its text, what is to be said of it, and the way into force. */
export function PolicyPage(): JSX.Element {
  const params = useParams<{ name: string }>()
  const isNew = (): boolean => params.name === 'new'
  const policy = useQuery(() => ({
    queryKey: ['policy', params.name],
    queryFn: ({ signal }): Promise<PolicyDetail | null> => (isNew() ? Promise.resolve(null) : api.policy(params.name, signal)),
    // What is typed stands on it: it changes under nobody's hands.
    staleTime: Infinity,
    refetchOnWindowFocus: false,
  }))
  const world = useQuery(() => ({
    queryKey: ['policy world'],
    queryFn: async ({ signal }) => ({ types: await api.policyTypes(signal), live: await api.policySchema(signal) }),
    staleTime: 60_000,
  }))
  const me = useQuery(() => ({ queryKey: ['me'], queryFn: ({ signal }) => api.me(signal) }))
  return (
    <main class="page policy-page">
      <Switch fallback={<Skeleton rows={12} label="Loading the policy" />}>
        <Match when={policy.isError}>
          <Problem error={policy.error} what="This policy cannot be shown" onRetry={() => void policy.refetch()} />
        </Match>
        <Match when={world.isError}>
          <Problem error={world.error} what="What policies can name is not known" onRetry={() => void world.refetch()} />
        </Match>
        <Match when={!policy.isPending && !world.isPending && !me.isPending && world.data}>
          {known => (
            <Desk
              name={isNew() ? '' : params.name}
              policy={policy.data ?? null}
              types={known().types}
              live={known().live}
              mayPublish={me.data?.permissions.includes('publish policies') ?? false}
            />
          )}
        </Match>
      </Switch>
    </main>
  )
}

interface DeskProps {
  /** Empty for one that has no name yet. */
  name: string
  policy: PolicyDetail | null
  types: string
  live: Awaited<ReturnType<typeof api.policySchema>>
  mayPublish: boolean
}

/** How long nothing was typed before the policy's own tests are run again. */
const testAfterMs = 400

function Desk(props: DeskProps): JSX.Element {
  const navigate = useNavigate()
  const queries = useQueryClient()
  const begun = props.policy?.source ?? firstText
  const draft = readDraft(props.name)
  const [source, setSource] = createSignal(draft?.source ?? begun)
  const [checked, setChecked] = createSignal<Checked | null>(null)
  const [marks, setMarks] = createSignal<TextMark[]>([])
  const [isPublishing, setIsPublishing] = createSignal(false)
  const [settled, setSettled] = createSignal(source())
  const isReadOnly = (): boolean => props.policy?.managed === 'files' || !props.mayPublish
  const isChanged = (): boolean => source() !== begun
  // Somebody else published since this draft was begun.
  const isOvertaken = (): boolean => draft !== null && draft.base !== (props.policy?.version ?? null) && isChanged()

  createEffect(
    on(source, text => {
      if (text === begun) clearDraft(props.name)
      else writeDraft(props.name, { source: text, base: props.policy?.version ?? null })
      const later = after(testAfterMs, () => setSettled(text))
      return later
    }),
  )
  const compiled = useQuery(() => ({
    queryKey: ['policy compiled', props.name, settled()],
    queryFn: ({ signal }) => api.compilePolicy({ source: settled(), ...(props.policy ? { name: props.policy.name } : {}) }, signal),
    enabled: props.mayPublish,
    placeholderData: before => before,
    staleTime: 30_000,
    retry: (count, error) => !(error instanceof ProblemError) && count < 1,
  }))
  const tests = () => (compiled.isPending ? [] : (compiled.data?.tests ?? []))
  const failed = createMemo(() => tests().filter(({ passed }) => !passed))
  const hasErrors = (): boolean => marks().some(({ severity }) => severity === 'error')
  const blocked = (): string | null => {
    if (isReadOnly()) return 'read-only here'
    if (hasErrors()) return 'mend the errors first'
    if (failed().length > 0) return 'a test fails'
    if (!isChanged()) return 'nothing is changed'
    return null
  }
  useKeys([
    {
      keys: 'mod+s',
      title: 'Publish…',
      group: 'Policy',
      whileTyping: true,
      run: () => {
        if (blocked() === null) setIsPublishing(true)
      },
    },
  ])

  return (
    <>
      <div class="bar">
        <a href="/policies" class="muted" rel="external">
          Policies
        </a>
        <span class="faint" aria-hidden="true">
          /
        </span>
        <h1>{props.name || 'new policy'}</h1>
        <Show when={props.policy}>{policy => <span class="mono faint policy-version">@{policy().version.split('@').at(-1)}</span>}</Show>
        <span class="spring" />
        <span class={`policy-state ${hasErrors() ? 'deny' : 'muted'}`} aria-live="polite">
          {checked() ? marksLabel(marks()) : 'checking…'}
        </span>
        <Show when={!isReadOnly()}>
          <Show when={isChanged()}>
            <button type="button" class="button quiet" onClick={() => setSource(begun)}>
              Discard draft
            </button>
          </Show>
          <button
            type="button"
            class="button primary"
            disabled={blocked() !== null}
            title={blocked() ?? 'Publish (mod+s)'}
            onClick={() => setIsPublishing(true)}
          >
            Publish…
          </button>
        </Show>
      </div>
      <Show when={props.policy?.managed === 'files'}>
        <p class="policy-note">
          This policy lives in <code>{props.policy?.file}</code>. Change it there; it is taken up at once.
        </p>
      </Show>
      <Show when={isOvertaken()}>
        <p class="policy-note hold" role="alert">
          Another version was published since you began this draft. Publishing will ask you to look at the difference first.
        </p>
      </Show>
      <div class="policy">
        <PolicyEditor
          name={props.name || 'new'}
          source={source()}
          types={props.types}
          live={props.live}
          isReadOnly={isReadOnly()}
          onChange={setSource}
          onChecked={(said, found) => {
            setChecked(said)
            setMarks(found)
          }}
        />
        <aside class="policy-side" aria-label="About this text">
          <PolicySide name={props.name} source={source()}>
            <section>
              <h2>
                Tests
                <Show when={tests().length > 0}>
                  <span class={failed().length > 0 ? 'chip deny' : 'chip allow'}>
                    {failed().length > 0 ? `✕ ${failed().length} of ${tests().length} fail` : `✓ ${tests().length} pass`}
                  </span>
                </Show>
              </h2>
              <Show
                when={tests().length > 0}
                fallback={
                  <p class="muted">
                    None yet. <code>test('a name', shop`DROP TABLE orders`, 'deny')</code>
                  </p>
                }
              >
                <ul class="policy-tests">
                  <For each={tests()}>
                    {test => (
                      <li>
                        <span class={test.passed ? 'allow' : 'deny'}>
                          <span aria-hidden="true">{test.passed ? '✓' : '✕'}</span>
                          <span class="spoken">{test.passed ? 'passes' : 'fails'}</span>
                        </span>
                        <span>
                          <Visible text={test.name} />
                          <Show when={!test.passed}>
                            <span class="policy-why">
                              <Visible text={test.message} />
                            </span>
                          </Show>
                        </span>
                      </li>
                    )}
                  </For>
                </ul>
              </Show>
            </section>
            <section>
              <h2>Rules</h2>
              <ul class="policy-rules">
                <For each={checked()?.rules ?? []}>
                  {rule => (
                    <li>
                      <Visible text={rule.name} />
                      <span class="faint">line {rule.line}</span>
                      <Show when={rule.mode === 'observe'}>
                        <span class="chip hold">observed only</span>
                      </Show>
                    </li>
                  )}
                </For>
              </ul>
            </section>
            <Show when={marks().length > 0}>
              <section>
                <h2>To look at</h2>
                <ul class="policy-marks">
                  <For each={marks()}>
                    {mark => (
                      <li class={mark.severity}>
                        <Visible text={mark.message} />
                      </li>
                    )}
                  </For>
                </ul>
              </section>
            </Show>
            <Show when={props.policy}>
              {policy => (
                <section>
                  <h2>Versions</h2>
                  <ol class="policy-versions">
                    <For each={policy().versions}>
                      {version => (
                        <li>
                          <button
                            type="button"
                            class="link mono"
                            disabled={isReadOnly()}
                            title="Put this version's text into the editor"
                            onClick={() => void api.policyVersion(policy().name, version.version).then(found => setSource(found.source))}
                          >
                            @{version.version.split('@').at(-1)?.slice(0, 8)}
                          </button>
                          <Show when={version.version === policy().version}>
                            <span class="chip allow">✓ in force</span>
                          </Show>
                          <span class="muted">
                            <Time at={version.publishedAt} as="age" /> by <Visible text={version.by.name} />
                          </span>
                          <Show when={version.reason}>
                            <span class="policy-why">
                              <Visible text={version.reason!} />
                            </span>
                          </Show>
                        </li>
                      )}
                    </For>
                  </ol>
                </section>
              )}
            </Show>
          </PolicySide>
        </aside>
      </div>
      <Show when={isPublishing()}>
        <PublishDialog
          name={props.name}
          before={props.policy}
          source={source()}
          onClose={() => setIsPublishing(false)}
          onPublished={name => {
            clearDraft(props.name)
            void queries.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[0]).startsWith('polic') })
            setIsPublishing(false)
            navigate(`/policies/${encodeURIComponent(name)}`)
          }}
        />
      </Show>
    </>
  )
}
