import { For, Show, type JSX } from 'solid-js'
import type { LogState } from '../api.ts'
import { CopyButton, countLabel, Time, Visible } from '../ui/index.ts'
import { shellWord } from '../targets/snippets.ts'
import { CompareCheckpoint } from './CompareCheckpoint.tsx'
import type { LogLook } from './look-at-log.ts'

/** What the log is, as everybody may have it: its name, its key, its newest checkpoint. */
export function LogFacts(props: { look: LogLook; log: LogState | null }): JSX.Element {
  const command = () =>
    `npx steno verify ${shellWord(location.origin)}${props.log ? ` --key ${shellWord(props.log.vkey)}` : ''} --since checkpoint`
  return (
    <aside class="proof-facts" aria-label="The log">
      <section>
        <h2>The log</h2>
        <dl class="proof-dl">
          <dt>Name</dt>
          <dd class="mono">
            <Visible text={props.look.origin} />
          </dd>
          <dt>Leaves</dt>
          <dd class="mono">{countLabel(props.look.size)}</dd>
          <dt>Root</dt>
          <dd class="mono">{props.look.root}</dd>
          <Show when={props.log}>
            {log => (
              <>
                <dt>Key</dt>
                <dd class="proof-key">
                  <span class="mono">
                    <Visible text={log().vkey} />
                  </span>
                  <CopyButton text={log().vkey} label="Copy key" />
                </dd>
              </>
            )}
          </Show>
          <dt>Witnesses</dt>
          <dd>
            <For each={props.log?.witnesses ?? []} fallback={<span class="faint">none configured</span>}>
              {witness => {
                const signed = () => props.look.cosigners.find(({ name }) => witness.key.startsWith(`${name}+`))
                return (
                  <div class="proof-witness">
                    <b>
                      <Visible text={witness.name} />
                    </b>
                    {!signed() && witness.reason ? ': ' : ' '}
                    <Show when={signed()} fallback={<span>{witness.reason ? <Visible text={witness.reason} /> : witness.state}</span>}>
                      {cosigner => (
                        <span>
                          {cosigner().isTrue === false ? 'wrong signature' : 'signed'}{' '}
                          <Time at={new Date(cosigner().atMs).toISOString()} as="age" />
                        </span>
                      )}
                    </Show>
                  </div>
                )
              }}
            </For>
          </dd>
        </dl>
      </section>
      <section>
        <h2>Checkpoint</h2>
        <p class="muted">Whoever keeps it can show later that this history was here.</p>
        <div class="snippet">
          <pre tabIndex={0} aria-label="The newest checkpoint">
            <Visible text={props.look.note} lines />
          </pre>
          <CopyButton text={props.look.note} label="Copy checkpoint" />
        </div>
        <CompareCheckpoint />
      </section>
      <section>
        <h2>Verify offline</h2>
        <p class="muted">
          On a machine you trust, with <code>STENO_TOKEN</code> set. The file <code>checkpoint</code> is kept up to date: the next time, the
          log must go on from there. Take the key from elsewhere than this page, if you can.
        </p>
        <div class="snippet">
          <pre tabIndex={0} aria-label="The command that verifies this gateway">
            {command()}
          </pre>
          <CopyButton text={command()} label="Copy command" />
        </div>
      </section>
    </aside>
  )
}
