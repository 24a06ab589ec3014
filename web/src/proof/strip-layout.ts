import type { LogLeafKind } from '@steno/recordings'
import type { PlacedLeaf } from './look-at-log.ts'

/** A stretch of time, as shares of the strip from 0 to 1. */
export interface Stretch {
  from: number
  to: number
}

/** A session from its `open` leaf to its `seal`. */
export interface SessionBar extends Stretch {
  session: string
  row: number
  /** `sealed`; `open` as far as these leaves tell. */
  is: 'sealed' | 'open'
}

/** Leaves that are drawn as one sign, because they lie on each other. */
export interface StripMark {
  lane: 'said' | 'removed'
  /** The kind that matters most among them: its sign is drawn. */
  kind: LogLeafKind
  at: number
  counts: Partial<Record<LogLeafKind, number>>
}

/** What a strip of time shows of a log. */
export interface StripLayout {
  /** Epochs in each column, as a share of the fullest one. */
  epochs: number[]
  /** Where the log said nothing for longer than it may. */
  gaps: Stretch[]
  /** Before the first leaf that was read. */
  unread: Stretch | null
  sessions: SessionBar[]
  /** Sessions there was no row for. */
  hidden: number
  marks: StripMark[]
  counts: Partial<Record<LogLeafKind, number>>
}

export interface StripInput {
  leaves: readonly PlacedLeaf[]
  fromUs: number
  toUs: number
  columns: number
  rows: number
}

/** The log says that it is there each minute; after twice that it was not. */
const silentUsMax = 120_000_000
/** Kinds that are drawn as marks, those that matter most first; epochs, and what sessions do, have lanes of their own. */
const marked: readonly LogLeafKind[] = ['erase', 'retain', 'key', 'deny', 'policy', 'hold', 'approval', 'config', 'read']
const removals: readonly LogLeafKind[] = ['erase', 'retain']
/** Columns that a sign is wide. */
const markColumns = 2

/** Lays the leaves of a stretch of time out: epochs by density, sessions as bars, the rest as marks. */
export function stripLayout({ leaves, fromUs, toUs, columns, rows }: StripInput): StripLayout {
  const share = (us: number) => Math.min(1, Math.max(0, (us - fromUs) / (toUs - fromUs)))
  const column = (us: number) => Math.min(columns - 1, Math.floor(share(us) * columns))
  const inside = leaves.filter(({ said }) => said.atUs >= fromUs && said.atUs <= toUs)
  const epochs = Array.from({ length: columns }, () => 0)
  const counts: StripLayout['counts'] = {}
  const marks = new Map<string, StripMark>()
  for (const { said } of inside) {
    const at = column(said.atUs)
    counts[said.kind] = (counts[said.kind] ?? 0) + 1
    if (said.kind === 'epoch') epochs[at]! += 1
    if (!marked.includes(said.kind)) continue
    const lane = removals.includes(said.kind) ? 'removed' : 'said'
    const place = Math.floor(at / markColumns)
    const mark = marks.get(`${lane} ${place}`) ?? { lane, kind: said.kind, at: ((place + 0.5) * markColumns) / columns, counts: {} }
    marks.set(`${lane} ${place}`, mark)
    mark.counts[said.kind] = (mark.counts[said.kind] ?? 0) + 1
    if (marked.indexOf(said.kind) < marked.indexOf(mark.kind)) mark.kind = said.kind
  }
  const most = Math.max(1, ...epochs)
  const first = leaves[0]
  const isFirstOfAll = first?.index === 0
  return {
    epochs: epochs.map(count => count / most),
    gaps: gapsOf(leaves, toUs)
      .filter(gap => gap.toUs > fromUs && gap.fromUs < toUs)
      .map(gap => ({ from: share(gap.fromUs), to: share(gap.toUs) })),
    unread: first && !isFirstOfAll && first.said.atUs > fromUs ? { from: 0, to: share(first.said.atUs) } : null,
    ...sessionBars(leaves, { fromUs, toUs, rows, share }),
    marks: [...marks.values()],
    counts,
  }
}

function gapsOf(leaves: readonly PlacedLeaf[], toUs: number): { fromUs: number; toUs: number }[] {
  const times = [...leaves.map(({ said }) => said.atUs), toUs]
  return times.flatMap((us, i) => {
    const before = times[i - 1]
    return before !== undefined && us - before > silentUsMax ? [{ fromUs: before, toUs: us }] : []
  })
}

function sessionBars(
  leaves: readonly PlacedLeaf[],
  { fromUs, toUs, rows, share }: { fromUs: number; toUs: number; rows: number; share: (us: number) => number },
): { sessions: SessionBar[]; hidden: number } {
  const spans = new Map<string, { fromUs: number; toUs: number; is: 'sealed' | 'open' }>()
  for (const { said } of leaves) {
    if (said.kind === 'open') spans.set(said.session, { fromUs: said.atUs, toUs, is: 'open' })
    if (said.kind === 'seal') spans.set(said.session, { fromUs: spans.get(said.session)?.fromUs ?? fromUs, toUs: said.atUs, is: 'sealed' })
  }
  const ends: number[] = Array.from({ length: rows }, () => -Infinity)
  const sessions: SessionBar[] = []
  let hidden = 0
  for (const [session, span] of spans) {
    if (span.toUs < fromUs || span.fromUs > toUs) continue
    const from = share(span.fromUs)
    const row = ends.findIndex(end => end < from)
    if (row < 0) {
      hidden += 1
      continue
    }
    const to = Math.max(share(span.toUs), from + shareMin)
    ends[row] = to
    sessions.push({ session, row, from, to, is: span.is })
  }
  return { sessions, hidden }
}

/** A bar that is shorter could not be seen. */
const shareMin = 0.004
