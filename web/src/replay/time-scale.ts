import type { Gap } from './player.ts'

/** Where a time stands on the timeline, and back. */
export interface TimeScale {
  readonly widthPx: number
  toX(atUs: number): number
  toUs(x: number): number
  /** The bands in which nothing happened, as they are drawn. */
  readonly idle: readonly { fromX: number; toX: number; gap: Gap }[]
}

export interface TimeScaleInput {
  fromUs: number
  toUs: number
  widthPx: number
  gaps: readonly Gap[]
  /** Whether idle stretches are folded into narrow bands. */
  foldsIdle: boolean
}

/** The width of a folded gap; all of them together never take more than a third of the timeline. */
const foldedPx = 14

interface Piece {
  fromUs: number
  toUs: number
  fromX: number
  toX: number
}

/** Gives the scale from times to pixels: straight, or with its idle stretches folded. */
export function timeScale(input: TimeScaleInput): TimeScale {
  const spanUs = Math.max(1, input.toUs - input.fromUs)
  const gaps = clip(input.gaps, input)
  const folded = input.foldsIdle ? gaps : []
  const gapUs = folded.reduce((sum, gap) => sum + gap.toUs - gap.fromUs, 0)
  const gapPx = folded.length === 0 ? 0 : Math.min(foldedPx, input.widthPx / 3 / folded.length)
  const busyUs = Math.max(1, spanUs - gapUs)
  const perUs = (input.widthPx - gapPx * folded.length) / busyUs
  const pieces: Piece[] = []
  let us = input.fromUs
  let x = 0
  const add = (toUs: number, widthPx: number) => {
    pieces.push({ fromUs: us, toUs, fromX: x, toX: x + widthPx })
    us = toUs
    x += widthPx
  }
  for (const gap of folded) {
    if (gap.fromUs > us) add(gap.fromUs, (gap.fromUs - us) * perUs)
    add(gap.toUs, gapPx)
  }
  if (us < input.fromUs + spanUs) add(input.fromUs + spanUs, input.widthPx - x)

  // Times are asked for in their order: the piece found last is most often the next one.
  let last = pieces[0]!
  const toX = (atUs: number): number => {
    if (atUs <= last.fromUs || atUs > last.toUs) last = find(pieces, candidate => candidate.toUs >= atUs)
    const piece = last
    const share = (atUs - piece.fromUs) / Math.max(1, piece.toUs - piece.fromUs)
    return piece.fromX + share * (piece.toX - piece.fromX)
  }
  const toUs = (at: number): number => {
    const piece = find(pieces, candidate => candidate.toX >= at)
    const share = (at - piece.fromX) / Math.max(1e-9, piece.toX - piece.fromX)
    return Math.max(input.fromUs, Math.min(input.fromUs + spanUs, piece.fromUs + share * (piece.toUs - piece.fromUs)))
  }
  return {
    widthPx: input.widthPx,
    toX,
    toUs,
    idle: gaps.map(gap => ({ fromX: toX(gap.fromUs), toX: toX(gap.toUs), gap })),
  }
}

/** The gaps inside a window, cut at its edges. */
function clip(gaps: readonly Gap[], window: { fromUs: number; toUs: number }): Gap[] {
  const inside: Gap[] = []
  for (const gap of gaps) {
    const fromUs = Math.max(gap.fromUs, window.fromUs)
    const toUs = Math.min(gap.toUs, window.toUs)
    if (toUs > fromUs) inside.push({ fromUs, toUs })
  }
  return inside
}

/** The first piece that satisfies a condition that stays true once it is; else the last. */
function find(pieces: readonly Piece[], isPast: (piece: Piece) => boolean): Piece {
  let low = 0
  let high = pieces.length - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isPast(pieces[middle]!)) high = middle
    else low = middle + 1
  }
  return pieces[low]!
}
