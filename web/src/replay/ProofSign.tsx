import type { JSX } from 'solid-js'
import { visibleText } from '../ui/index.ts'
import type { FrameProof } from './frame-proof.ts'

type Proof = Pick<FrameProof, 'is' | 'word' | 'says'>

/** What is proven, as a sign and a word: never by colour alone. */
export function ProofSign(props: { proof: Proof }): JSX.Element {
  return (
    <span class={`rp-proof is-${props.proof.is}`} title={labelOf(props.proof)}>
      <span aria-hidden="true">{signs[props.proof.is]}</span> <span class="rp-proof-word">{props.proof.word}</span>
    </span>
  )
}

/** The same at the edge of a row whose signs say how a statement came out: whole, dashed, hatched, dotted, or broad where it is broken. */
export function ProofEdge(props: { proof: Proof }): JSX.Element {
  return <span class={`rp-edge is-${props.proof.is}`} title={labelOf(props.proof)} role="img" aria-label={labelOf(props.proof)} />
}

function labelOf({ word, says }: Proof): string {
  return `${word}: ${visibleText(says)}`
}

const signs: Record<FrameProof['is'], string> = { anchored: '✓', young: '◔', erased: '▨', broken: '✕', unknown: '·' }
