import { For, Show, type JSX } from 'solid-js'
import { Visible } from './Mono.tsx'
import { visibleText } from './visible-text.ts'

export interface PrincipalChainProps {
  principal: string
  /** Whoever launched the principal, nearest first. */
  delegation: readonly string[]
  /** Said after the principal's name. */
  version?: string | null
}

/** The principal and who launched it, always together; all hops between them in the tooltip. */
export function PrincipalChain(props: PrincipalChainProps): JSX.Element {
  const between = (): readonly string[] => props.delegation.slice(0, -1)
  const launcher = (): string | undefined => props.delegation.at(-1)
  const spoken = (): string =>
    [props.principal, ...props.delegation.map(name => `launched by ${name}`)].map(text => visibleText(text)).join(', ')
  return (
    <span class="chain" title={spoken()}>
      <b>
        <Visible text={props.principal} />
        <Show when={props.version}>{version => <span class="version"> {visibleText(version())}</span>}</Show>
      </b>
      <For each={between()}>
        {name => (
          <>
            <span class="by" aria-hidden="true">
              ‹
            </span>
            <span>
              <Visible text={name} />
            </span>
          </>
        )}
      </For>
      <Show when={launcher()}>
        {name => (
          <>
            <span class="by" aria-hidden="true">
              ←
            </span>
            <span class="muted">
              <Visible text={name()} />
            </span>
          </>
        )}
      </Show>
    </span>
  )
}
