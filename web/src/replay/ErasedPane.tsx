import type { JSX } from 'solid-js'
import { Visible } from '../ui/index.ts'
import type { FrameDetail } from './frame.ts'
import { erasedWords } from './frame-index.ts'

/** That lines are erased, and by which erasure. What they said is nowhere. */
export function ErasedPane(props: { detail: FrameDetail & { kind: 'erased' }; from: string; until: string }): JSX.Element {
  return (
    <section class="rp-saying" aria-label="Erased lines">
      <p class="rp-meta">
        <span>{props.from}</span>
        <span>to {props.until}</span>
      </p>
      <h2>Here {erasedWords(props.detail.lines)}</h2>
      <p>
        What they said is nowhere any more. Why, and who agreed to it, stands in the gateway’s ledger under{' '}
        <span class="mono">
          <Visible text={props.detail.erasure} />
        </span>
        .
      </p>
    </section>
  )
}
