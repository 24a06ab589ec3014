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

/** Leaves of one kind that fall into one column. */
export interface StripMark {
  kind: LogLeafKind
  at: number
  count: number
  /** The first of them. */
  leaf: number
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
/** Kinds that are drawn each for itself; epochs, and the sessions' own, have lanes. */
const marked: readonly LogLeafKind[] = ['key', 'config', 'deny', 'approval', 'policy', 'read', 'hold', 'retain', 'erase']

/** Lays the leaves of a stretch of time out: epochs by density, sessions as bars, the rest as marks. */
export function stripLayout({ leaves, fromUs, toUs, columns, rows }: StripInput): StripLayout {
  const share = (us: number) => Math.min(1, Math.max(0, (us - fromUs) / (toUs - fromUs)))
  const column = (us: number) => Math.min(columns - 1, Math.floor(share(us) * columns))
  const inside = leaves.filter(({ said }) => said.atUs >= fromUs && said.atUs <= toUs)
  const epochs = Array.from({ length: columns }, () => 0)
  const counts: StripLayout['counts'] = {}
  const marks = new Map<string, StripMark>()
  for (const { index, said } of inside) {
    const at = column(said.atUs)
    counts[said.kind] = (counts[said.kind] ?? 0) + 1
    if (said.kind === 'epoch') epochs[at]! += 1
    if (!marked.includes(said.kind)) continue
    const known = marks.get(`${said.kind} ${at}`)
    if (known) known.count += 1
    else marks.set(`${said.kind} ${at}`, { kind: said.kind, at: (at + 0.5) / columns, count: 1, leaf: index })
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
