import type { JSX } from 'solid-js'
import type { FrameSummary } from './frame.ts'

type Look = { sign: string; word: string; kind: string }

/** A statement's outcome as a sign and a word: never by colour alone. */
export function OutcomeSign(props: { frame: FrameSummary }): JSX.Element {
  const look = (): Look => lookOf(props.frame)
  return (
    <span class={`rp-sign is-${look().kind}`} title={look().word} role="img" aria-label={look().word}>
      {look().sign}
    </span>
  )
}

/** Gives the sign and the word for an outcome. */
export function lookOf(frame: FrameSummary): Look {
  if (frame.verdict === 'deny') return { sign: '✕', word: 'denied', kind: 'denied' }
  if (frame.outcome === 'error') return { sign: '✕', word: frame.errorCode ? `error ${frame.errorCode}` : 'error', kind: 'error' }
  if (frame.verdict === 'hold' || frame.outcome === 'held') return { sign: '◔', word: 'held', kind: 'held' }
  if (frame.masked > 0) return { sign: '▒', word: `ok, ${frame.masked} cells masked`, kind: 'masked' }
  return plain[frame.outcome]
}

const plain: Record<FrameSummary['outcome'], Look> = {
  ok: { sign: '✓', word: 'ok', kind: 'ok' },
  error: { sign: '✕', word: 'error', kind: 'error' },
  denied: { sign: '✕', word: 'denied', kind: 'denied' },
  held: { sign: '◔', word: 'held', kind: 'held' },
  suspended: { sign: '…', word: 'suspended at its row limit', kind: 'suspended' },
  skipped: { sign: '⤼', word: 'skipped after an earlier error', kind: 'skipped' },
  empty: { sign: '✓', word: 'ok, an empty statement', kind: 'ok' },
  running: { sign: '▸', word: 'running', kind: 'running' },
  unanswered: { sign: '∅', word: 'no answer: the session ended first', kind: 'error' },
  erased: { sign: '▨', word: 'erased', kind: 'said' },
  said: { sign: '·', word: 'said outside any command', kind: 'said' },
}
