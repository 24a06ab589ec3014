import { useSearchParams } from '@solidjs/router'
import { lazy, Show, Suspense, type JSX } from 'solid-js'
import { recall, remember } from '../memory.ts'
import { Tabs } from '../ui/index.ts'

// The text is there before what the past would have met under it.
const RehearsalPanel = lazy(() => import('./RehearsalPanel.tsx').then(part => ({ default: part.RehearsalPanel })))

type Side = 'checks' | 'rehearsal'
const sides = [
  { value: 'checks', label: 'Checks' },
  { value: 'rehearsal', label: 'Rehearsal' },
] as const satisfies readonly { value: Side; label: string }[]

export interface PolicySideProps {
  /** Empty for one that has no name yet. */
  name: string
  source: string
  /** What is said of the text itself. */
  children: JSX.Element
}

/** What stands beside a policy's text: what is to be said of it, and what it would have done. */
export function PolicySide(props: PolicySideProps): JSX.Element {
  const [address, setAddress] = useSearchParams<{ side?: string }>()
  const side = (): Side => sideOf(address.side) ?? sideOf(recall('policy side')) ?? 'checks'
  return (
    <>
      <div class="policy-side-tabs">
        <Tabs
          label="Beside the text"
          items={sides}
          value={side()}
          controls="policy-side-panel"
          onChange={next => {
            remember('policy side', next)
            setAddress({ side: next }, { replace: true, scroll: false })
          }}
        />
      </div>
      <div id="policy-side-panel" role="tabpanel" aria-label={sides.find(({ value }) => value === side())?.label} class="policy-side-panel">
        <Show when={side() === 'checks'}>{props.children}</Show>
        {/* It goes on while it is not looked at: the lines above the rules say what it finds. */}
        <Suspense>
          <RehearsalPanel name={props.name} source={props.source} isShown={side() === 'rehearsal'} />
        </Suspense>
      </div>
    </>
  )
}

function sideOf(text: string | null | undefined): Side | null {
  return sides.find(({ value }) => value === text)?.value ?? null
}
