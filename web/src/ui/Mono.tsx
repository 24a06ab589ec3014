import { createMemo, For, Show, type JSX } from 'solid-js'
import { findHits } from './find-hits.ts'
import { countLabel } from './labels.ts'
import { sqlTokens, type SqlToken } from './sql-tokens.ts'
import { visibleParts } from './visible-text.ts'

export interface MonoProps {
  text: string
  /** Keep line ends; otherwise the text stands on one line. */
  lines?: boolean
  /** Colour it as SQL. */
  sql?: boolean
  /** What a search looked for. */
  hits?: readonly string[]
  /** How much is put on the page; the rest is counted in words. */
  charactersMax?: number
  class?: string
}

/** Untrusted text: text nodes only, nothing invisible, nothing that reorders, and never more than the page can bear. */
export function Mono(props: MonoProps): JSX.Element {
  const max = (): number => props.charactersMax ?? (props.lines ? 20_000 : 400)
  const shown = (): string => (props.text.length > max() ? props.text.slice(0, max()) : props.text)
  const tokens = createMemo((): SqlToken[] => (props.sql ? sqlTokens(shown()) : [{ kind: 'plain', text: shown() }]))
  return (
    <span class={`mono untrusted ${props.lines ? 'lines' : ''} ${props.class ?? ''}`}>
      <For each={tokens()}>{token => <Token token={token} lines={props.lines ?? false} hits={props.hits ?? []} />}</For>
      <Show when={props.text.length > max()}>
        <span class="faint"> … {countLabel(props.text.length - max())} more characters</span>
      </Show>
    </span>
  )
}

function Token(props: { token: SqlToken; lines: boolean; hits: readonly string[] }): JSX.Element {
  return (
    <For each={findHits(props.token.text, props.hits)}>
      {stretch => (
        <Show when={stretch.isHit || props.token.kind !== 'plain'} fallback={<Visible text={stretch.text} lines={props.lines} />}>
          <span classList={{ [`sql-${props.token.kind}`]: props.token.kind !== 'plain', hit: stretch.isHit }}>
            <Visible text={stretch.text} lines={props.lines} />
          </span>
        </Show>
      )}
    </For>
  )
}

/** Untrusted text without a box of its own, for names inside trusted sentences. */
export function Visible(props: { text: string; lines?: boolean }): JSX.Element {
  return (
    <For each={visibleParts(props.text, { lines: props.lines ?? false })}>
      {part =>
        part.kind === 'text' ? (
          <bdi>{part.text}</bdi>
        ) : (
          <span class="symbol" title={part.name}>
            {part.text}
          </span>
        )
      }
    </For>
  )
}
