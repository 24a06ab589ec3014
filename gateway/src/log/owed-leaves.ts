import { formatBase64 } from '@steno/recordings'
import type { LedgerEntry } from '../journal/ledger.ts'
import type { Disk } from '../runtime/machine.ts'
import type { NewLeaf } from './gateway-log.ts'
import { ledgerLeaf } from './ledger-leaf.ts'
import { lineHashes } from './line-tree.ts'
import type { LogState } from './log-state.ts'

/** The leaves that a gateway which died had not written yet: of entries that are in the ledger and that no leaf tells of. */
export function owedLeaves(
  disk: Disk,
  ledger: { path: string; sizeBytes: number },
  { entries, state }: { entries: readonly LedgerEntry[]; state: Pick<LogState, 'ledgerLines' | 'ledgerHashes'> },
): NewLeaf[] {
  const { ledgerLines, ledgerHashes } = state
  // Without the list of the last epoch nobody knows; the heads of later epochs have these entries all the same.
  if (ledgerLines === null || ledgerLines >= entries.length) return []
  const owed: NewLeaf[] = []
  let line = 0
  for (const hash of lineHashes(disk, ledger)) {
    const entry = entries[line]!
    const leaf = line >= ledgerLines && !ledgerHashes.has(formatBase64(hash)) ? ledgerLeaf(entry, { line, hash }) : null
    if (leaf) owed.push(leaf)
    line += 1
  }
  return owed
}
