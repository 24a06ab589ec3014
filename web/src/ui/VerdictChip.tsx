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
  /** The word is spoken and in the tooltip, not drawn: for a column that is named by it. */
  isShort?: boolean
}

/** A verdict as a sign and a word: never by colour alone. */
export function VerdictChip(props: VerdictChipProps): JSX.Element {
  const word = (): string =>
    props.word ?? (props.mark === 'error' && props.count !== undefined && props.count !== 1 ? 'errors' : words[props.mark])
  const count = (): string => (props.count === undefined ? '' : countLabel(props.count))
  return (
    <span class={`chip ${props.mark}`} title={`${count()} ${word()}`.trim()}>
      <span aria-hidden="true">{signs[props.mark]}</span>
      <Show when={count()}>
        <span>{count()}</span>
      </Show>
      <span class={props.isShort ? 'spoken' : 'chip-word'}>{word()}</span>
    </span>
  )
}

const signs: Record<Mark, string> = { allow: '✓', hold: '◔', deny: '✕', mask: '▒', error: '!' }
const words: Record<Mark, string> = { allow: 'allowed', hold: 'held', deny: 'denied', mask: 'masked', error: 'error' }
