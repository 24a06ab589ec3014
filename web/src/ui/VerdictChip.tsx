import type { Verdict } from '@steno/recordings'
import { Show, type JSX } from 'solid-js'
import { countLabel } from './labels.ts'

/** What a chip can say: a verdict, or a mark that is not a verdict but as honest. */
export type Mark = Verdict | 'mask' | 'error'

export interface VerdictChipProps {
  mark: Mark
  /** `2 denied`; without it, `denied`. */
  count?: number
  /** Said in place of the mark's word: the rule that decided. */
  word?: string
  /** Only the sign is drawn; the word is spoken and in the tooltip. */
  isSignOnly?: boolean
}

/** A verdict as a sign and a word: never by colour alone. */
export function VerdictChip(props: VerdictChipProps): JSX.Element {
  const word = (): string => props.word ?? words[props.mark]
  const full = (): string =>
    props.count === undefined ? word() : `${countLabel(props.count)} ${props.mark === 'error' && props.count !== 1 ? 'errors' : word()}`
  return (
    <span class={`chip ${props.mark}`} title={full()}>
      <span aria-hidden="true">{signs[props.mark]}</span>
      <Show when={!props.isSignOnly} fallback={<span class="spoken">{full()}</span>}>
        <span>{full()}</span>
      </Show>
    </span>
  )
}

const signs: Record<Mark, string> = { allow: '✓', hold: '◔', deny: '✕', mask: '▒', error: '!' }
const words: Record<Mark, string> = { allow: 'allowed', hold: 'held', deny: 'denied', mask: 'masked', error: 'error' }
