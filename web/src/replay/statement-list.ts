import type { FrameSummary, TransactionSummary } from './frame.ts'

/** One row of the statement list: the head of a transaction's band, or a statement. */
export type ListEntry =
  | { kind: 'band'; transaction: TransactionSummary; number: number }
  | { kind: 'statement'; frame: FrameSummary; band: 'none' | 'first' | 'inside' | 'last'; isRolledBack: boolean }

export interface StatementListInput {
  frames: readonly FrameSummary[]
  transactions: readonly TransactionSummary[]
  /** Words that must all stand in the statement; upper and lower case are the same. */
  filter: string
  /** Whether frames that only make others possible are listed. */
  showsPreparation: boolean
  /** Only these frames, where given: the hits of a search. */
  only?: ReadonlySet<number>
}

/** Gives the rows of the list, bands before their first statement. */
export function statementList(input: StatementListInput): ListEntry[] {
  const words = input.filter.toLowerCase().split(/\s+/).filter(Boolean)
  const entries: ListEntry[] = []
  let inBand = -1
  for (const frame of input.frames) {
    if (!input.showsPreparation && isPreparation(frame)) continue
    if (input.only && !input.only.has(frame.index)) continue
    if (words.length > 0 && !matches(frame, words)) continue
    const transaction = input.transactions[frame.transaction]
    if (frame.transaction !== inBand) {
      closeBand(entries)
      if (transaction) entries.push({ kind: 'band', transaction, number: frame.transaction })
      inBand = frame.transaction
      entries.push({
        kind: 'statement',
        frame,
        band: transaction ? 'first' : 'none',
        isRolledBack: transaction?.outcome === 'rolled back',
      })
    } else {
      entries.push({
        kind: 'statement',
        frame,
        band: transaction ? 'inside' : 'none',
        isRolledBack: transaction?.outcome === 'rolled back',
      })
    }
  }
  closeBand(entries)
  return entries
}

/** Whether a frame only makes another one possible: it prepares, binds, or tells a setting. One that failed is a story of its own. */
export function isPreparation(frame: FrameSummary): boolean {
  return ((frame.kind === 'prepare' || frame.kind === 'bind') && frame.outcome === 'ok') || frame.kind === 'setting'
}

/** Whether a frame is one an investigator wants to stop at. */
export function isFlagged(frame: FrameSummary): boolean {
  return frame.outcome === 'error' || frame.verdict !== 'allow' || frame.masked > 0
}

function closeBand(entries: ListEntry[]): void {
  const last = entries.at(-1)
  if (last?.kind === 'statement' && (last.band === 'inside' || last.band === 'first')) last.band = 'last'
}

function matches(frame: FrameSummary, words: readonly string[]): boolean {
  const text = frame.preview.toLowerCase()
  return words.every(word => text.includes(word))
}
