import type { LineRange } from '../model.ts'
import { ErasureError } from './erasure-error.ts'
import type { PlacedLine } from './read.ts'
import { readSource, type RecordingSource } from './recording-source.ts'

/**
 * The lines that tell of a command: its own, those of commands that ran the
 * text it carried, all their answers, and the transcript of both.
 */
export function linesOfCommand(source: RecordingSource, n: number): LineRange[] {
  const lines = new Set<number>()
  const meant = new Set<number>()
  /** Something of it was said, and the transcript has not told it yet. */
  let isUntold = false
  /** The line before is a command that is not meant: the transcript that follows at once is that one's. */
  let isAfterOther = false
  /** Lines of nothing but a salt are for the line behind them. */
  let salts: number[] = []
  for (const placed of readSource(source)) {
    const { line, event } = placed
    if (event.code === 's') {
      salts.push(line)
      continue
    }
    if (event.code === 'q' && (event.command.n === n || event.command.prepared === n)) meant.add(event.command.n)
    const number = commandOf(placed)
    const isOwn = number !== null && meant.has(number)
    const tells = event.code === 'o' && isUntold && !isAfterOther
    if (isOwn || tells) for (const taken of [...salts, line]) lines.add(taken)
    if (isOwn) isUntold = true
    if (tells) isUntold = false
    isAfterOther = event.code === 'q' && !isOwn
    salts = []
  }
  if (!meant.has(n)) throw new ErasureError('command_missing', `no command ${n} stands in the recording`)
  return rangesOf(lines)
}

function commandOf({ event }: PlacedLine): number | null {
  switch (event.code) {
    case 'q':
      return event.command.n
    case 'b':
      return event.body.n
    case 'd':
      return event.decision.n
    case 'a':
      return event.answer.n
    default:
      return null
  }
}

/** Neighbours as one range. The lines come in their order. */
function rangesOf(lines: Iterable<number>): LineRange[] {
  const ranges: LineRange[] = []
  for (const line of lines) {
    const last = ranges.at(-1)
    if (last?.to === line) last.to++
    else ranges.push({ from: line, to: line + 1 })
  }
  return ranges
}
