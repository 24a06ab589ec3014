import type { LineRange } from '../model.ts'
import { coverRange } from '../proof/tree.ts'
import { ErasureError } from './erasure-error.ts'
import { readSource, type RecordingSource } from './recording-source.ts'

/**
 * The lines to erase so that these are gone and no hash that is left can be
 * guessed back: each covers a line with a salt. The least such ranges, apart
 * from each other; lines that were erased before are taken whole or not at all.
 */
export function growRanges(source: RecordingSource, ranges: readonly LineRange[]): LineRange[] {
  const survey = surveyOf(source)
  for (const { from, to } of ranges) {
    if (from < 1 || to <= from || to > survey.lines)
      throw new ErasureError('lines_missing', `expected lines from 1 to before ${survey.lines}, got ${from} to before ${to}`)
  }
  const left = ranges.filter(range => !survey.erased.some(erased => isWithin(range, erased)))
  if (left.length === 0) throw new ErasureError('already_erased', 'the lines are erased already')
  return joined(left.map(range => grown(survey, range)))
}

interface Survey {
  lines: number
  /** Lines that have no salt, in their order. Erased ones are not among them: what is left of those covers a salt. */
  bare: number[]
  erased: LineRange[]
}

function surveyOf(source: RecordingSource): Survey {
  const survey: Survey = { lines: 1, bare: [], erased: [] }
  let isEnded = false
  for (const { line, event, salt } of readSource(source)) {
    if (event.code === 'v') survey.erased.push(event.erased)
    else if (salt === null) survey.bare.push(line)
    if (event.code === 'e' || (event.code === 'v' && event.erased.end)) isEnded = true
    survey.lines = event.code === 'v' ? event.erased.to : line + 1
  }
  if (!isEnded) throw new ErasureError('recording_open', 'the session is open: its recording still grows')
  return survey
}

// A subtree without a salt is mended by its parent alone: any range that holds
// the subtree and not its parent leaves its hash. So what grows here must grow.
function grown({ lines, bare, erased }: Survey, range: LineRange): LineRange {
  let { from, to } = range
  for (;;) {
    for (const other of erased) {
      if (other.from >= to || from >= other.to) continue
      from = Math.min(from, other.from)
      to = Math.max(to, other.to)
    }
    const exposed = coverRange(from, to).find(({ level, index }) => isBare(bare, rangeOf(level, index)))
    if (!exposed) return { from, to }
    const parent = rangeOf(exposed.level + 1, Math.floor(exposed.index / 2))
    if (parent.from === 0 || parent.to > lines) {
      const { from: first, to: next } = rangeOf(exposed.level, exposed.index)
      throw new ErasureError(
        'lines_exposed',
        `lines ${first} to ${next - 1} have no salt: the hash that would be left could be guessed back to them`,
      )
    }
    from = Math.min(from, parent.from)
    to = Math.max(to, parent.to)
  }
}

function rangeOf(level: number, index: number): LineRange {
  return { from: index * 2 ** level, to: (index + 1) * 2 ** level }
}

function isBare(bare: readonly number[], { from, to }: LineRange): boolean {
  return placeOf(bare, to) - placeOf(bare, from) === to - from
}

/** How many of the numbers, which are in order, are less than `number`. */
function placeOf(numbers: readonly number[], number: number): number {
  let low = 0
  let high = numbers.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (numbers[middle]! < number) low = middle + 1
    else high = middle
  }
  return low
}

/** Ranges in their order, those that touch as one. */
function joined(ranges: readonly LineRange[]): LineRange[] {
  const apart: LineRange[] = []
  for (const { from, to } of ranges.toSorted((a, b) => a.from - b.from)) {
    const last = apart.at(-1)
    if (last && from <= last.to) last.to = Math.max(last.to, to)
    else apart.push({ from, to })
  }
  return apart
}

function isWithin({ from, to }: LineRange, outer: LineRange): boolean {
  return outer.from <= from && to <= outer.to
}
