import type { JSX } from 'solid-js'
import { visibleText } from '../ui/index.ts'
import type { FrameProof } from './frame-proof.ts'

/** What is proven, as a sign and, where there is room, words: never by colour alone. */
export function ProofSign(props: { proof: Pick<FrameProof, 'is' | 'word' | 'says'>; isWord?: boolean }): JSX.Element {
  const label = () => `${props.proof.word}: ${visibleText(props.proof.says)}`
  return (
    <span
      class={`rp-proof is-${props.proof.is}`}
      classList={{ 'is-word': props.isWord ?? false }}
      title={label()}
      {...(props.isWord ? {} : { role: 'img', 'aria-label': label() })}
    >
      <span aria-hidden="true">{signs[props.proof.is]}</span>
      {props.isWord ? ` ${props.proof.word}` : ''}
    </span>
  )
}

const signs: Record<FrameProof['is'], string> = { anchored: '✓', young: '◔', erased: '▨', broken: '✕', unknown: '·' }
