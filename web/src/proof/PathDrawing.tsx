import { For, Show, type JSX } from 'solid-js'
import { countLabel, countOf, Visible } from '../ui/index.ts'
import type { SessionPath, Step } from './proof-tasks.ts'

/** The way from a recording's root to the root that is signed, hash by hash. */
export function PathDrawing(props: { path: SessionPath }): JSX.Element {
  return (
    <ol class="path" aria-label="From the recording to the signed root">
      <Show when={props.path.recording}>
        {recording => (
          <Node
            name={recording().isSealed ? 'The recording, sealed' : 'The recording, so far'}
            says={`${countOf(recording().lines, 'line')}; each line is a leaf of its tree`}
            hash={recording().root}
          />
        )}
      </Show>
      <Show when={props.path.list}>
        {list => (
          <>
            <Node name="Its line in the epoch’s list" says={list().text} hash={list().hash} isMono />
            <Steps steps={list().steps} />
            <Node name="The epoch’s root" says="stands in the leaf" hash={list().root} />
          </>
        )}
      </Show>
      <Show when={props.path.leaf}>
        {leaf => <Node name={`Leaf ${countLabel(leaf().index)}, ${leaf().kind}`} says={leaf().text} hash={leaf().hash} isMono />}
      </Show>
      <Steps steps={props.path.steps} />
      <Node
        name="The signed root"
        says={`of ${countLabel(props.path.size)} leaves of ${props.path.origin}`}
        hash={props.path.root}
        isRoot
      />
      <li class="path-end">
        <Show
          when={props.path.key}
          fallback={
            <span class="chip deny">
              <span aria-hidden="true">✕</span>
              <span>
                <Visible text={props.path.findings[0]?.says ?? 'the path leads nowhere'} />
              </span>
            </span>
          }
        >
          {key => (
            <span class="chip allow">
              <span aria-hidden="true">✓</span>
              <span>
                computed here; signed by <Visible text={key()} />
              </span>
            </span>
          )}
        </Show>
      </li>
    </ol>
  )
}

function Node(props: { name: string; says: string; hash: string; isMono?: boolean; isRoot?: boolean }): JSX.Element {
  return (
    <li class="path-node" classList={{ 'is-root': props.isRoot ?? false }}>
      <b>{props.name}</b>
      <span class="mono path-hash">{props.hash}</span>
      <span class="muted path-says" classList={{ mono: props.isMono ?? false }}>
        <Visible text={props.says} />
      </span>
    </li>
  )
}

function Steps(props: { steps: readonly Step[] }): JSX.Element {
  return (
    <For each={props.steps}>
      {step => (
        <li class={`path-step is-${step.side}`}>
          <span class="faint">with its neighbour on the {step.side}</span>
          <span class="mono faint path-hash">{step.beside}</span>
        </li>
      )}
    </For>
  )
}
