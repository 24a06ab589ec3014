import { parseLogLeaf, type EpochHead, type LogLeafKind } from '@steno/recordings'
import type { RawLeaf } from './open-log.ts'

/** What the leaves of a log say of the gateway that wrote them. */
export interface LogState {
  /** The number of its last session. */
  sessions: number
  /** The number of its last epoch, and when that ended; 0 before the first. */
  epochs: number
  lastEpochAtUs: number
  /** Sessions that it opened and did not seal. */
  unsealed: Set<string>
  /** How many lines of the ledger were on disk, and had their leaves, before the last epoch; null when its list is gone. */
  ledgerLines: number | null
  /** Leaf hashes of ledger lines that have their leaves since, in base64. */
  ledgerHashes: Set<string>
}

/**
 * Reads a log backwards until it knows. A list is made before its epoch's leaf
 * and after that of the epoch before, so what the leaves of two epochs say,
 * and the last list, is everything.
 */
export function readLogState(leaves: Iterable<RawLeaf>, readList: (epoch: number) => EpochHead[] | null): LogState {
  const state: LogState = { sessions: 0, epochs: 0, lastEpochAtUs: 0, unsealed: new Set(), ledgerLines: 0, ledgerHashes: new Set() }
  const sealed = new Set<string>()
  let passed = 0
  let hasSession = false
  for (const { bytes } of leaves) {
    if (passed === 2 && hasSession) break
    if (passed === 2 && kindOf(bytes) !== 'open') continue
    const leaf = parseLogLeaf(bytes)
    if (leaf.kind === 'open') {
      if (!hasSession) state.sessions = leaf.number
      hasSession = true
      if (passed < 2) state.unsealed.add(leaf.session)
    } else if (leaf.kind === 'seal') sealed.add(leaf.session)
    else if (leaf.kind === 'epoch') {
      if (passed++ > 0) continue
      state.epochs = leaf.number
      state.lastEpochAtUs = leaf.atUs
      const list = readList(leaf.number)
      state.ledgerLines = list?.find(({ id }) => id === ledgerId)?.size ?? null
      for (const { id } of list ?? []) if (id !== ledgerId) state.unsealed.add(id)
    } else if ('entry' in leaf) state.ledgerHashes.add(leaf.hash)
    else if ('commitment' in leaf) state.ledgerHashes.add(leaf.commitment)
  }
  for (const session of sealed) state.unsealed.delete(session)
  return state
}

/** What the ledger is called among sessions. */
export const ledgerId = 'ledger'

const kindStart = '{"kind":"'.length

/** The kind of a leaf, without reading the rest of it. */
function kindOf(bytes: Uint8Array): LogLeafKind {
  let kind = ''
  for (let at = kindStart; bytes[at] !== 0x22 && at < bytes.length; at++) kind += String.fromCharCode(bytes[at]!)
  return kind as LogLeafKind
}
