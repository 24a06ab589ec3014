import type { FrameSummary, TransactionSummary } from './frame.ts'
import { isFlagged } from './statement-list.ts'
import type { TimeScale } from './time-scale.ts'

/** A stretch of the timeline, in whole pixels. */
interface Block {
  x: number
  width: number
}

export type FlagKind = 'error' | 'denied' | 'held' | 'masked'

/** What the timeline draws: one value per pixel, however many commands there are. */
export interface TimelineLayout {
  transactions: (Block & { outcome: TransactionSummary['outcome'] })[]
  /** How long the longest statement over each pixel took, 0 none to 1 longest of all; the scale is logarithmic. */
  durations: Float32Array
  /** How many rows came back at each pixel, 0 none to 1 most of all; the scale is logarithmic. */
  rows: Float32Array
  flags: (Block & { flag: FlagKind })[]
}

export interface TimelineInput {
  frames: readonly FrameSummary[]
  transactions: readonly TransactionSummary[]
  /** Where a command that has not ended is drawn to. */
  nowUs: number
  scale: TimeScale
}

const durationLevels = 24
const strictness: readonly FlagKind[] = ['masked', 'held', 'error', 'denied']

/** Lays a recording out on a timeline. Costs one pass over the frames and one over the pixels, however the commands overlap. */
export function timelineLayout(input: TimelineInput): TimelineLayout {
  const width = Math.max(1, Math.floor(input.scale.widthPx))
  const column = (atUs: number) => Math.max(0, Math.min(width - 1, Math.floor(input.scale.toX(atUs))))
  let longestUs = 1
  for (const frame of input.frames) longestUs = Math.max(longestUs, endOf(frame, input.nowUs) - frame.atUs)

  // Each level counts the statements that start and end at a pixel, so that
  // thousands of overlapping ones cost no more than one.
  const levels = Array.from({ length: durationLevels }, () => new Int32Array(width + 1))
  const rowCounts = new Float64Array(width)
  const flagAt = new Int8Array(width).fill(-1)
  for (const frame of input.frames) {
    if (frame.n === 0) continue
    const endUs = endOf(frame, input.nowUs)
    const from = column(frame.atUs)
    const to = column(endUs)
    const level = levels[durationLevel(endUs - frame.atUs, longestUs)]!
    level[from] = level[from]! + 1
    level[to + 1] = level[to + 1]! - 1
    if (frame.rows > 0) rowCounts[to] = rowCounts[to]! + frame.rows
    if (isFlagged(frame)) flagAt[from] = Math.max(flagAt[from]!, strictness.indexOf(flagOf(frame)))
  }

  const durations = new Float32Array(width)
  const open = new Int32Array(durationLevels)
  for (let x = 0; x < width; x += 1) {
    for (let level = 0; level < durationLevels; level += 1) {
      open[level] = open[level]! + levels[level]![x]!
      if (open[level]! > 0) durations[x] = (level + 1) / durationLevels
    }
  }

  const mostRows = rowCounts.reduce((most, count) => Math.max(most, count), 1)
  const rows = Float32Array.from(rowCounts, count => (count === 0 ? 0 : (1 + Math.log(count)) / (1 + Math.log(mostRows))))
  return { transactions: transactionBlocks(input, column), durations, rows, flags: flagBlocks(flagAt) }
}

/** From shortest to longest, on a logarithmic scale from a tenth of a millisecond. */
function durationLevel(durationUs: number, longestUs: number): number {
  const share = Math.log1p(durationUs / 100) / Math.log1p(longestUs / 100)
  return Math.min(durationLevels - 1, Math.floor(share * durationLevels))
}

function endOf(frame: FrameSummary, nowUs: number): number {
  return Math.max(frame.atUs, frame.endUs ?? nowUs)
}

function flagOf(frame: FrameSummary): FlagKind {
  if (frame.verdict === 'deny') return 'denied'
  if (frame.outcome === 'error') return 'error'
  if (frame.verdict === 'hold') return 'held'
  return 'masked'
}

function transactionBlocks(input: TimelineInput, column: (atUs: number) => number): TimelineLayout['transactions'] {
  const blocks: TimelineLayout['transactions'] = []
  for (const transaction of input.transactions) {
    const x = column(transaction.fromUs)
    const toUs = transaction.outcome === 'open' ? Math.max(transaction.toUs, input.nowUs) : transaction.toUs
    const width = Math.max(2, column(toUs) - x)
    const last = blocks.at(-1)
    // Blocks too close to tell apart become one.
    if (last && x <= last.x + last.width && last.outcome === transaction.outcome) last.width = Math.max(last.width, x + width - last.x)
    else blocks.push({ x, width, outcome: transaction.outcome })
  }
  return blocks
}

function flagBlocks(flagAt: Int8Array): TimelineLayout['flags'] {
  const blocks: TimelineLayout['flags'] = []
  flagAt.forEach((strict, x) => {
    if (strict < 0) return
    const flag = strictness[strict]!
    const last = blocks.at(-1)
    if (last && last.flag === flag && x <= last.x + last.width) last.width = x + 1 - last.x
    else blocks.push({ x, width: 1, flag })
  })
  return blocks
}
