import { For, Show, type JSX } from 'solid-js'
import { isLive } from '../live.ts'
import { CopyButton } from '../ui/CopyButton.tsx'
import { Empty } from '../ui/Problem.tsx'
import { visibleText } from '../ui/visible-text.ts'
import type { Search } from './query.ts'

/** Why the list is empty: nothing was recorded yet, or a filter leaves nothing, and which one to drop. */
export function NothingFound(props: { search: Search; what: string; onSearch(search: Search): void }): JSX.Element {
  const isFiltered = (): boolean => props.search.terms.length > 0 || props.search.text !== ''
  return (
    <Show when={isFiltered()} fallback={<FirstSession />}>
      <Empty title={`No ${props.what} match all of this`}>
        <p>Drop a filter to see more:</p>
        <div class="drops">
          <For each={props.search.terms}>
            {term => (
              <button
                type="button"
                class="button"
                onClick={() => props.onSearch({ ...props.search, terms: props.search.terms.filter(other => other.field !== term.field) })}
              >
                without <span class="mono">{`${term.field}:${visibleText(term.value)}`}</span>
              </button>
            )}
          </For>
          <Show when={props.search.text}>
            <button type="button" class="button" onClick={() => props.onSearch({ ...props.search, text: '' })}>
              without the text <span class="mono">“{visibleText(props.search.text)}”</span>
            </button>
          </Show>
          <button type="button" class="button quiet" onClick={() => props.onSearch({ terms: [], text: '' })}>
            all {props.what}
          </button>
        </div>
      </Empty>
    </Show>
  )
}

const firstCommand = `npx steno run --target shop --task look-around -- psql -c 'select now()'`

function FirstSession(): JSX.Element {
  return (
    <Empty title="Nothing has been recorded yet">
      <p>Every client that connects through Steno becomes a session here, command by command. Run one:</p>
      <div class="snippet">
        <pre tabIndex={0}>{firstCommand}</pre>
        <CopyButton text={firstCommand} label="Copy command" />
      </div>
      <p>
        The <a href="/targets">targets</a> page has the same for Python, Node and anything that reads a DATABASE_URL.
      </p>
      <p class="waiting" role="status">
        <span class="dot" classList={{ live: isLive() }} />
        {isLive() ? 'Waiting for the first session; it will appear by itself.' : 'Connecting to the gateway’s events.'}
      </p>
    </Empty>
  )
}
