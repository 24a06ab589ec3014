import type { FrameSummary } from './frame.ts'

/** Says of a command without an end why it has none. */
export function unendedWords(outcome: FrameSummary['outcome']): string {
  if (outcome === 'unanswered') return 'the session ended before its answer did'
  return outcome === 'erased' ? 'what came of it is erased' : 'still running'
}
