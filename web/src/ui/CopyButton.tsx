import Check from 'lucide-solid/icons/check'
import Copy from 'lucide-solid/icons/copy'
import { createSignal, onCleanup, Show, type JSX } from 'solid-js'
import { after } from '../clock.ts'

export interface CopyButtonProps {
  text: string
  /** What is copied, for the tooltip and whoever hears it: `Copy command`. */
  label: string
  /** Draw the label beside the sign. */
  isWide?: boolean
}

/** Copies a text and says that it did, or that the browser would not let it. */
export function CopyButton(props: CopyButtonProps): JSX.Element {
  const [outcome, setOutcome] = createSignal<'copied' | 'not allowed here' | null>(null)
  let callOff = (): void => {}
  onCleanup(() => callOff())
  async function copy(): Promise<void> {
    setOutcome(await copied(props.text))
    callOff()
    callOff = after(1600, () => setOutcome(null))
  }
  return (
    <button
      type="button"
      class="button small"
      classList={{ icon: !props.isWide }}
      title={props.label}
      aria-label={props.label}
      onClick={() => void copy()}
    >
      <Show when={outcome() === 'copied'} fallback={<Copy size={14} aria-hidden="true" />}>
        <Check size={14} aria-hidden="true" />
      </Show>
      <Show when={props.isWide}>{outcome() ?? props.label}</Show>
      <span class="spoken" role="status">
        {outcome() ?? ''}
      </span>
    </button>
  )
}

async function copied(text: string): Promise<'copied' | 'not allowed here'> {
  try {
    await navigator.clipboard.writeText(text)
    return 'copied'
  } catch {
    return 'not allowed here'
  }
}
