import { useSearchParams } from '@solidjs/router'
import { useQuery } from '@tanstack/solid-query'
import { createMemo, For, Match, Show, Switch, type JSX } from 'solid-js'
import { api, type TargetInfo } from '../api.ts'
import { CopyButton } from '../ui/CopyButton.tsx'
import { Visible } from '../ui/Mono.tsx'
import { Empty, Problem, Skeleton } from '../ui/Problem.tsx'
import { useKeys } from '../ui/use-keys.ts'
import { connectSnippets } from './snippets.ts'
import './targets.css'

/** What can be reached, and for each target how to connect. */
export function TargetsPage(): JSX.Element {
  const [params, setParams] = useSearchParams<{ target: string }>()
  const targets = useQuery(() => ({ queryKey: ['targets'], queryFn: ({ signal }) => api.targets(signal) }))
  const items = createMemo((): readonly TargetInfo[] => (targets.isPending ? [] : (targets.data?.items ?? [])))
  const chosen = createMemo(() => items().find(target => target.name === params.target) ?? items()[0])
  function move(by: number): void {
    const at = items().findIndex(target => target === chosen())
    const next = items()[Math.min(Math.max(at + by, 0), items().length - 1)]
    if (next) setParams({ target: next.name }, { replace: true })
  }
  useKeys([
    { keys: 'j', title: 'Next target', group: 'List', run: () => move(1) },
    { keys: 'k', title: 'Target before', group: 'List', run: () => move(-1) },
  ])
  return (
    <main class="page targets-page">
      <div class="bar">
        <h1>Targets</h1>
        <span class="muted">Agents reach these through Steno and never see their credentials.</span>
      </div>
      <Switch fallback={<Skeleton rows={8} label="Loading targets" />}>
        <Match when={targets.isError && items().length === 0}>
          <Problem error={targets.error} what="The targets cannot be shown" onRetry={() => void targets.refetch()} />
        </Match>
        <Match when={!targets.isPending && items().length === 0}>
          <Empty title="No targets are configured">
            <p>Name one in steno.yaml and start the gateway again:</p>
            <div class="snippet">
              <pre tabIndex={0}>{example}</pre>
              <CopyButton text={example} label="Copy configuration" />
            </div>
          </Empty>
        </Match>
        <Match when={chosen()}>
          {target => (
            <div class="targets">
              <nav class="target-list" aria-label="Targets">
                <For each={items()}>
                  {item => (
                    <button
                      type="button"
                      class="target-item"
                      aria-current={item.name === target().name}
                      onClick={() => setParams({ target: item.name })}
                    >
                      <b>
                        <Visible text={item.name} />
                      </b>
                      <span class="muted">
                        <Visible text={item.protocol} />
                      </span>
                      <span class="labels">
                        <Labels labels={item.labels} />
                      </span>
                    </button>
                  )}
                </For>
              </nav>
              <Connect target={target()} />
            </div>
          )}
        </Match>
      </Switch>
    </main>
  )
}

function Connect(props: { target: TargetInfo }): JSX.Element {
  return (
    <div class="connect">
      <section class="connect-facts">
        <h2>
          <Visible text={props.target.name} />
        </h2>
        <dl class="facts-line">
          <div>
            <dt>Protocol</dt>
            <dd>
              <Visible text={props.target.protocol} />
            </dd>
          </div>
          <div>
            <dt>Clients connect to</dt>
            <dd class="mono">
              <Show when={props.target.listen} fallback="its port is turned off">
                {listen => <Visible text={listen()} />}
              </Show>
            </dd>
          </div>
          <div>
            <dt>Steno connects to</dt>
            <dd class="mono">
              <Visible text={props.target.address + (props.target.database === null ? '' : `/${props.target.database}`)} />
            </dd>
          </div>
          <Show when={Object.keys(props.target.labels).length > 0}>
            <div>
              <dt>Labels</dt>
              <dd class="labels">
                <Labels labels={props.target.labels} />
              </dd>
            </div>
          </Show>
        </dl>
      </section>
      <section>
        <h2>How to connect</h2>
        <p class="muted">
          Set <code>STENO_TOKEN</code> to the agent’s secret (<code>npx steno agent add my-agent</code> prints one). Each command below
          opens a run of its own.
        </p>
        <For each={connectSnippets(props.target)}>
          {snippet => (
            <div class="way">
              <h3>{snippet.title}</h3>
              <p class="muted">{snippet.why}</p>
              <div class="snippet">
                <pre tabIndex={0}>{snippet.code}</pre>
                <CopyButton text={snippet.code} label={`Copy: ${snippet.title}`} />
              </div>
            </div>
          )}
        </For>
      </section>
      <section>
        <h2>What an agent sees</h2>
        <ul class="sees">
          <li>
            An address on this gateway, with <code>{props.target.name}</code> as its database name, and a credential that ends with the run.
          </li>
          <li>The real server’s version, settings, errors and types: drivers work unchanged.</li>
          <li>Not the target’s own address, user or password.</li>
          <li>Not the other targets, unless the run was opened for them.</li>
        </ul>
      </section>
    </div>
  )
}

function Labels(props: { labels: Record<string, string> }): JSX.Element {
  return (
    <For each={Object.entries(props.labels)}>
      {([name, value]) => (
        <span class="label mono">
          <Visible text={`${name}=${value}`} />
        </span>
      )}
    </For>
  )
}

const example = `targets:
  shop:
    protocol: postgres
    address: 127.0.0.1:5432
    database: shop
    user: app
    password: { env: SHOP_PASSWORD }`
