import { Show, type JSX } from 'solid-js'
import { policyHref } from './policy-href.ts'

export interface PolicyBarProps {
  /** Empty for one that has no name yet. */
  name: string
  /** The version that is shown, or that the text is begun on. */
  version: string | null
  /** Set where the name leads back to the text. */
  isBeside?: boolean
  children: JSX.Element
}

/** Where one is: the policy, its version, and what can be done. */
export function PolicyBar(props: PolicyBarProps): JSX.Element {
  return (
    <div class="bar">
      <a href="/policies" class="muted" rel="external">
        Policies
      </a>
      <span class="faint" aria-hidden="true">
        /
      </span>
      <h1>
        <Show when={props.isBeside} fallback={props.name || 'new policy'}>
          <a href={policyHref(props.name)}>{props.name}</a>
        </Show>
      </h1>
      <Show when={props.version}>{version => <span class="mono faint policy-version">@{version().split('@').at(-1)}</span>}</Show>
      {props.children}
    </div>
  )
}
